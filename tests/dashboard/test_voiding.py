"""Taking back from a page what an event did to balances: once, with a reason, and by an event of its own."""

import pytest

from ledger.core.access import UserRole
from tests.api.client import Api
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden, remaining, stands


@pytest.fixture
def shop(api: Api) -> Api:
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    for customer_id in ("acme", "globex"):
        api("customers.get_or_create", customer_id=customer_id, name="Acme")
        api("balances.create", customer_id=customer_id, feature_id="messages", included_grant=100)
    api("balances.track", customer_id="acme", feature_id="messages", value=30)
    return api


@pytest.fixture
def browser(desk: Desk, shop: Api) -> Browser:
    assert desk.ledger_id == shop.ledger_id
    return desk.browser(UserRole.FINANCE)


def last(shop: Api, kind: str) -> int:
    """The position of the last event of a kind."""
    found: int = shop.get(f"/v1/customers/acme/timeline?kind={kind}&limit=1")["list"][0]["position"]
    return found


def void(browser: Browser, position: int, **fields: str) -> int:
    form = {**hidden(browser, "once", "seen"), **fields}
    return browser.post(f"/customers/acme/events/{position}/void", form).status_code


def test_what_was_used_is_given_back_and_both_stay_on_the_timeline(browser: Browser, shop: Api) -> None:
    used = last(shop, "usage.recorded")
    assert browser.get(f"/customers/acme/events/{used}/void").status_code == 200
    assert stands(browser) == ["70 of 100", "100 of 100"]
    assert void(browser, used, reason="Reported twice", confirm="1") == 303
    assert remaining(shop) == 100
    told = shop.get("/v1/customers/acme/timeline?kind=effect.reversed")["list"][0]
    assert (told["actor"], told["reason"], told["reverses"]) == ("anna", "Reported twice", used)


def test_what_was_set_by_hand_is_taken_back_without_what_happened_since(browser: Browser, shop: Api) -> None:
    shop("balances.update", customer_id="acme", feature_id="messages", remaining=10)
    position = last(shop, "balance.set")
    shop("balances.track", customer_id="acme", feature_id="messages", value=4)
    browser.get(f"/customers/acme/events/{position}/void")
    assert stands(browser) == ["6 of 100", "66 of 100"]
    assert void(browser, position, reason="A slip", confirm="1") == 303
    assert remaining(shop) == 66


def test_a_second_time_is_said_and_changes_nothing(browser: Browser, shop: Api) -> None:
    used = last(shop, "usage.recorded")
    browser.get(f"/customers/acme/events/{used}/void")
    kept = hidden(browser, "once", "seen", "form_token")
    assert void(browser, used, reason="Reported twice", confirm="1") == 303
    assert void(browser, used, reason="Reported twice", confirm="1", **kept) == 303  # the same form again
    assert browser.get(f"/customers/acme/events/{used}/void").status_code == 409
    assert "was taken back already: it is done once" in browser.text
    browser.get("/customers/acme/balances/messages")
    assert void(browser, used, reason="Again", confirm="1", seen=kept["seen"]) == 409
    assert remaining(shop) == 100


def test_without_a_reason_nothing_is_taken_back(browser: Browser, shop: Api) -> None:
    used = last(shop, "usage.recorded")
    browser.get(f"/customers/acme/events/{used}/void")
    assert void(browser, used, confirm="1") == 400
    assert 'class="wrong" id="reason-said"' in browser.text
    assert remaining(shop) == 70


def test_use_in_between_is_shown_before_it_is_taken_back(browser: Browser, shop: Api) -> None:
    used = last(shop, "usage.recorded")
    browser.get(f"/customers/acme/events/{used}/void")
    shop("balances.track", customer_id="acme", feature_id="messages", value=1)
    assert void(browser, used, reason="Reported twice", confirm="1") == 409
    assert stands(browser) == ["69 of 100", "99 of 100"]
    assert void(browser, used, reason="Reported twice", confirm="1") == 303


def test_what_cannot_be_taken_back_so_is_told(browser: Browser, shop: Api) -> None:
    created = last(shop, "customer.created")
    assert browser.get(f"/customers/acme/events/{created}/void").status_code == 400
    assert "cannot be taken back so" in browser.text


def test_an_event_of_somebody_else_or_of_nobody_is_not_found(browser: Browser, shop: Api) -> None:
    used = last(shop, "usage.recorded")
    for path in (
        f"globex/events/{used}",
        "acme/events/1",
        "acme/events/99999",
        "acme/events/x",
        "acme/events/" + "9" * 40,
    ):
        assert browser.get(f"/customers/{path}/void").status_code == 404, path
