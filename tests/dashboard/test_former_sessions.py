"""A form outlives its session: whoever signs out, or out and in again, in another tab loses nothing of it."""

import pytest
from flask import Flask

from api.sessions import sign_in_link
from api.users import list_users
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_access import kept_fields
from tests.dashboard.test_changing import hidden

CARRIED = ("once", "seen", "form_token", "form_of")
PATH = "/customers/acme/edit"
KNOWN = {"name": "Acme", "id": "acme", "email": "", "fingerprint": ""}


@pytest.fixture(scope="module")
def api(app: Flask, store: Store) -> Api:
    api = Ledgers(app, store).sandbox()
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("features.create", feature_id="mails", name="Mails", type="metered", consumable=True)
    return api


@pytest.fixture(scope="module")
def desk(app: Flask, store: Store, api: Api) -> Desk:
    desk = Desk(app, store, api.ledger_id)
    desk.user("anna", UserRole.ADMIN, None)
    desk.user("eve", UserRole.ADMIN, None)
    return desk


@pytest.fixture
def browser(desk: Desk, api: Api) -> Browser:
    """Anna's browser, in which a customer is being edited."""
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("customers.update", customer_id="acme", name="Acme", email=None)
    browser = desk.stranger()
    sign_in(desk, browser, "anna")
    return browser


def sign_in(desk: Desk, browser: Browser, name: str) -> None:
    user = next(each for each in list_users(desk.store, desk.ledger_id, by=TESTER) if each.name == name)
    assert browser.post(f"/sign-in/{sign_in_link(desk.store, desk.ledger_id, user.user_id)}").status_code == 303


def sign_out(browser: Browser) -> None:
    """In another tab: what is open here stays as it is."""
    page = browser.last
    assert browser.get("/customers").status_code == 200
    assert browser.post("/sign-out").status_code == 303
    browser.last = page


def opened(browser: Browser, path: str = PATH) -> dict[str, str]:
    assert browser.get(path).status_code == 200
    return hidden(browser, *CARRIED)


def email(api: Api) -> str | None:
    found: str | None = api("customers.get", customer_id="acme")["email"]
    return found


WRITTEN = {**KNOWN, "email": "ap@acme.example", "reason": "Asked for"}


def test_a_form_that_is_sent_after_signing_out_elsewhere_comes_back_after_signing_in(
    desk: Desk, api: Api, browser: Browser
) -> None:
    form = {**opened(browser), **WRITTEN}
    sign_out(browser)
    assert browser.post(PATH, form).status_code == 401
    assert "Sign in again: the form comes back as you wrote it" in browser.text
    kept = {**kept_fields(browser), "already": "1"}
    sign_in(desk, browser, "anna")
    assert browser.post("/sign-in", kept).status_code == 200
    assert 'value="ap@acme.example"' in browser.text
    assert 'value="Asked for"' in browser.text
    assert email(api) is None
    assert browser.post(PATH, {**hidden(browser, *CARRIED), **WRITTEN}).status_code == 303
    assert email(api) == "ap@acme.example"


@pytest.mark.parametrize("part", [False, True], ids=["without htmx", "with htmx"])
def test_a_form_of_the_session_before_comes_back_and_counts_once_it_is_confirmed(
    desk: Desk, api: Api, browser: Browser, part: bool
) -> None:
    form = {**opened(browser), **WRITTEN}
    sign_out(browser)
    sign_in(desk, browser, "anna")
    former = {"HX_Request": "true", "X_Form_Token": form["form_token"]} if part else {}
    answer = browser.post(PATH, form, **former)
    assert answer.status_code == 409
    assert ("<html" in answer.text) is not part
    assert "Nothing was done yet" in browser.text
    assert 'value="ap@acme.example"' in browser.text
    assert email(api) is None
    sent = browser.post(PATH, {**hidden(browser, *CARRIED), **WRITTEN}, **former)
    assert sent.headers["HX-Redirect" if part else "Location"] == "/customers/acme"
    assert email(api) == "ap@acme.example"


def test_a_form_of_another_user_is_neither_done_nor_shown(desk: Desk, api: Api, browser: Browser) -> None:
    form = {**opened(browser), **WRITTEN}
    sign_out(browser)
    sign_in(desk, browser, "eve")
    assert browser.post(PATH, form).status_code == 403
    assert "ap@acme.example" not in browser.text
    sign_out(browser)
    assert browser.post(PATH, form).status_code == 401
    kept = {**kept_fields(browser), "already": "1"}
    sign_in(desk, browser, "eve")
    assert browser.post("/sign-in", kept).status_code == 303
    assert email(api) is None


@pytest.mark.parametrize("mark", ["", "0" * 64, "ü"])
def test_a_mark_that_is_none_of_ours_brings_nothing_back(desk: Desk, browser: Browser, mark: str) -> None:
    form = {**opened(browser), **WRITTEN, "form_of": mark}
    sign_out(browser)
    sign_in(desk, browser, "anna")
    assert browser.post(PATH, form).status_code == 403


def test_what_changed_while_nobody_was_signed_in_is_shown_and_stays(desk: Desk, api: Api, browser: Browser) -> None:
    form = {**opened(browser), **WRITTEN}
    sign_out(browser)
    sign_in(desk, browser, "anna")
    api("customers.update", customer_id="acme", name="Acme Inc")
    assert browser.post(PATH, form).status_code == 409
    assert '<td class="number">Acme</td><td class="number">Acme Inc</td>' in browser.text
    assert browser.post(PATH, {**hidden(browser, *CARRIED), **WRITTEN}).status_code == 303
    found = api("customers.get", customer_id="acme")
    assert (found["name"], found["email"]) == ("Acme Inc", "ap@acme.example")


def test_the_rows_of_a_half_written_plan_come_back_too(desk: Desk, api: Api, browser: Browser) -> None:
    rows = {"items.0.feature_id": "messages", "items.0.included": "5", "items.1.feature_id": "mails",
            "items.1.included": "7"}  # fmt: skip
    form = {**opened(browser, "/new/plan"), "name": "Half", "plan_id": "half", **rows}
    sign_out(browser)
    sign_in(desk, browser, "anna")
    assert browser.post("/new/plan", form).status_code == 409
    assert 'name="items.1.feature_id"' in browser.text
    assert 'value="7"' in browser.text
    assert browser.post("/new/plan", {**form, **hidden(browser, *CARRIED)}).status_code == 303
    assert [each["included"] for each in api("plans.get", plan_id="half")["items"]] == [5, 7]
