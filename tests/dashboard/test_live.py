"""What others change: a page is told that something has, and asks what."""

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from api.dashboard.live import changes
from api.followers import Followers, TooManyFollowers, places_of
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.support.application import own_app as app

__all__ = ["app"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat is what a test waits for to know that nothing came."""
    monkeypatch.setattr(changes, "HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(changes, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def browser(desk: Desk, api: Api) -> Browser:
    for each in ("acme", "other"):
        api("customers.get_or_create", customer_id=each, name=each.title())
    return desk.browser()


def said(stream: TestResponse) -> Iterator[str]:
    """What a stream says: `changed`, or `nothing` for a heartbeat."""
    for chunk in stream.iter_encoded():
        if chunk.startswith(b"id: "):
            yield chunk.decode().split("data: ")[1].strip()
        elif chunk.startswith(b": "):
            yield "nothing"


def address(browser: Browser) -> str:
    """Where the page says that it is told of changes."""
    found = browser.text.split('data-live="')[1].split('"')[0]
    assert found.startswith("/live?after=")
    return found


def test_a_page_is_told_of_what_happened_after_it_was_made(browser: Browser, api: Api) -> None:
    browser.get("/customers/acme")
    where = address(browser)
    told = said(browser.get(where))
    assert next(told) == "nothing"
    api("customers.update", customer_id="acme", name="Acme GmbH")
    assert next(each for each in told if each != "nothing") == "changed"
    assert next(told) == "nothing"


def test_a_change_between_the_page_and_its_stream_is_told_at_once(browser: Browser, api: Api) -> None:
    browser.get("/customers/acme")
    api("customers.update", customer_id="acme", name="Acme GmbH")
    assert next(said(browser.get(address(browser)))) == "changed"


def test_a_customers_page_is_not_told_of_others_and_the_list_is(browser: Browser, api: Api) -> None:
    browser.get("/customers/acme")
    of_acme = address(browser)
    browser.get("/customers")
    of_all = address(browser)
    api("customers.update", customer_id="other", name="Other GmbH")
    assert next(said(browser.get(of_acme))) == "nothing"
    assert next(said(browser.get(of_all))) == "changed"


def test_who_comes_back_is_told_only_what_came_since(browser: Browser, api: Api) -> None:
    browser.get("/customers")
    where = address(browser)
    api("customers.update", customer_id="acme", name="Acme GmbH")
    chunk = next(each for each in browser.get(where).iter_encoded() if each.startswith(b"id: "))
    last = chunk.decode().split("\n")[0].removeprefix("id: ")
    assert next(said(browser.get(where, Last_Event_ID=last))) == "nothing"


@pytest.mark.parametrize(
    ("asked", "status"),
    [("customer=nobody", 404), ("after=x", 400), ("after=-1", 400), ("other=1", 400), ("customer=", 400)],
)
def test_what_is_no_customer_and_no_position_is_refused(browser: Browser, asked: str, status: int) -> None:
    assert browser.get(f"/live?{asked}").status_code == status


def test_a_customer_of_another_ledger_is_not_there(browser: Browser, ledgers: Ledgers) -> None:
    foreign = ledgers.sandbox()
    foreign("customers.get_or_create", customer_id="theirs")
    assert browser.get("/live?customer=theirs").status_code == 404


def test_nobody_follows_without_being_signed_in(desk: Desk) -> None:
    stranger = desk.stranger()
    assert stranger.get("/live").status_code == 303
    assert stranger.last is not None
    assert stranger.last.headers["Location"].startswith("/sign-in")


def test_pages_leave_places_to_programs_and_everybody_leaves_threads_to_requests() -> None:
    assert [places_of(threads) for threads in (1, 2, 4, 64)] == [0, 1, 1, 16]
    followers = Followers(None, 8)  # type: ignore[arg-type]  # who enters reads nothing
    for _ in range(6):
        followers.enter_page()
    with pytest.raises(TooManyFollowers):
        followers.enter_page()
    followers.enter()
    followers.leave()
    followers.leave()
    followers.enter_page()


def test_a_page_that_finds_no_place_is_told_so(desk: Desk, browser: Browser) -> None:
    streams = []
    while (found := browser.get("/live")).status_code == 200:
        streams.append(found)
        assert len(streams) < 64
    assert found.status_code == 503
    for each in streams:
        each.close()
    assert browser.get("/live").status_code == 200
