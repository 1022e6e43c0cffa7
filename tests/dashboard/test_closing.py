"""Closing an accounting period from the books: shown first, compared when it is confirmed, with the setting's rules."""

import pytest

from ledger.core.access import UserRole
from ledger.core.settings import ChangeSetting
from ledger.store.ledger import SettingsAddress
from tests.api.client import TESTER, Api
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden
from tests.dashboard.test_customer_page import MONTHLY, plain

JANUARY = {"Tallystick_Now": "2026-01-01T09:00:00Z"}


@pytest.fixture
def admin(desk: Desk, api: Api) -> Browser:
    """An admin's browser in a ledger that sold a month on the first of January."""
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 31, **MONTHLY}, items=[])
    api("customers.get_or_create", JANUARY, customer_id="acme")
    api("billing.attach", JANUARY, customer_id="acme", plan_id="pro")
    return desk.browser(UserRole.ADMIN, "ada")


def closed(api: Api) -> str:
    return str(api.store.ledger(api.ledger_id).look(SettingsAddress(), by=TESTER).state.books_closed_until)


def close(api: Api, day: str) -> None:
    command = ChangeSetting(setting="books_closed_until", value=day)
    api.store.ledger(api.ledger_id).execute(SettingsAddress(), command, by=TESTER)


def send(browser: Browser, **form: str) -> int:
    return browser.post("/books/close", {**hidden(browser, "once", "seen"), **form}).status_code


def test_a_period_is_closed_once_what_stands_in_it_was_seen(admin: Browser, api: Api) -> None:
    admin.get("/books/close")
    assert send(admin, day="2026-01-10") == 200
    assert "Closes the beginning to 10 Jan 2026" in plain(admin.text)
    assert "Deferred, USD $31.00 at its end" in plain(admin.text)  # a month is earned on its last day
    assert closed(api) == "never"
    assert send(admin, day="2026-01-10", reason="January is reported", confirm="1") == 303
    assert closed(api) == "2026-01-10"
    admin.get("/books/months")
    assert "closed until 10 Jan 2026" in plain(admin.text)
    told = api.get("/v1/timeline?kind=ledger.changed")["list"][0]
    assert (told["actor"], told["reason"]) == ("ada", "January is reported")


def test_a_form_that_was_edited_or_is_stale_closes_nothing_and_says_so(admin: Browser, api: Api) -> None:
    admin.get("/books/close")
    send(admin, day="2026-01-10")
    assert send(admin, day="2026-01-20", confirm="1") == 200
    assert "something else than was shown" in admin.text
    close(api, "2026-01-05")
    assert send(admin, day="2026-01-20", confirm="1") == 409
    assert "changed meanwhile, so nothing was done" in plain(admin.text)
    assert closed(api) == "2026-01-05"
    assert send(admin, day="2026-01-20", confirm="1") == 303
    assert closed(api) == "2026-01-20"


def test_opening_again_needs_a_reason_beside_its_field(admin: Browser, api: Api) -> None:
    close(api, "2026-01-20")
    admin.get("/books/close")
    assert send(admin, day="2026-01-10") == 200
    assert "Opens again 11 Jan 2026 to 20 Jan 2026" in plain(admin.text)
    assert send(admin, day="2026-01-10", confirm="1") == 400
    said = admin.text.partition('id="close-reason-said" role="alert">')[2].partition("</p>")[0]
    assert said.strip().endswith("needs a reason")  # there is a field for it, and no header
    assert send(admin, never="1", day="2026-01-10") == 200
    assert send(admin, never="1", day="2026-01-10", reason="Audit", confirm="1") == 303
    assert closed(api) == "never"


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "1969-12-31", "<b>"])
def test_what_is_no_day_is_said_beside_it(admin: Browser, api: Api, day: str) -> None:
    admin.get("/books/close")
    assert send(admin, day=day) == 400
    said = admin.text.partition('id="close-day-said" role="alert">')[2].partition("</p>")[0]
    assert "is not the last day of a closed period" in said
    assert "<b>" not in admin.last_raw().partition('id="close-day-said"')[2].partition("</p>")[0]
    assert send(admin, day=day, confirm="1") == 400
    assert closed(api) == "never"


def test_only_an_admin_may_and_is_offered_it(desk: Desk, api: Api) -> None:
    browser = desk.browser(UserRole.FINANCE)
    browser.get("/books")
    assert "Close a period" not in browser.text
    assert browser.get("/books/close").status_code == 403
    browser.get("/books")
    assert browser.post("/books/close", {"day": "2026-01-10", "confirm": "1"}).status_code == 403
    assert closed(api) == "never"
