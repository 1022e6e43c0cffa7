"""A sandbox customer's own clock and its answer as JSON, from the menu of its page."""

import json
import re
from html import unescape

import pytest
from flask import Flask

from api.dashboard.customer.subject import Subject, living
from api.dashboard.visitor import Visitor
from ledger.core.access import UserRole
from ledger.core.profile import UpdateCustomer
from ledger.store.addresses import CustomerAddress
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden
from tests.dashboard.test_customer_page import MONTHLY, plain

JANUARY = {"Tallystick_Now": "2026-01-01T09:00:00Z"}
PATH = "/customers/acme/clock"


@pytest.fixture
def browser(desk: Desk, api: Api) -> Browser:
    """A browser in a ledger with a customer whose clock stands at the first of January."""
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    item = {"feature_id": "messages", "included": 500, "reset": MONTHLY}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTHLY}, items=[item])
    api("customers.get_or_create", JANUARY, customer_id="acme", name="Acme")
    api("billing.attach", JANUARY, customer_id="acme", plan_id="pro")
    api("balances.track", JANUARY, customer_id="acme", feature_id="messages", value=120)
    return desk.browser()


def send(browser: Browser, to: str, **form: str) -> int:
    return browser.post(PATH, {**hidden(browser, "once", "seen"), "to": to, **form}).status_code


def test_the_page_says_where_the_clock_stands(browser: Browser) -> None:
    browser.get("/customers/acme")
    assert "Test clock at 1 Jan 2026, 09:00 UTC" in plain(browser.text)


def test_what_falls_due_is_shown_first_and_has_happened_then(browser: Browser, api: Api) -> None:
    browser.get(PATH)
    assert 'value="2026-02-01T09:00"' in browser.text  # when the next thing falls due
    shown = plain(browser.text)
    assert "The next thing falls due on 1 Feb 2026, 09:00 UTC" in shown
    assert "Pro renews 1 Feb 2026 until 1 Mar 2026" in shown
    assert "Messages resets 1 Feb 2026 380 → 500" in shown
    assert "Invoiced by then $20.00" in shown
    assert send(browser, "2026-03-02T00:00") == 200
    assert "Invoiced by then $40.00" in plain(browser.text)
    assert len(api("invoices.list", customer_id="acme")["list"]) == 1
    assert send(browser, "2026-03-02T00:00", reason="Two renewals", confirm="1") == 303
    assert [each["total"] for each in api("invoices.list", customer_id="acme")["list"]] == [20, 20, 20]
    browser.get("/customers/acme")
    assert "Test clock at 2 Mar 2026, 00:00 UTC" in plain(browser.text)
    told = api.get("/v1/timeline?kind=clock.moved")["list"][0]
    assert (told["actor"], told["reason"]) == ("anna", "Two renewals")


def test_use_that_came_meanwhile_and_changes_what_falls_due_is_shown_again(browser: Browser, api: Api) -> None:
    browser.get(PATH)
    api("balances.track", customer_id="acme", feature_id="messages", value=30)
    assert send(browser, "2026-02-01T09:00", confirm="1") == 409
    assert "350 → 500" in browser.text
    assert send(browser, "2026-02-01T09:00", confirm="1") == 303


def test_what_is_written_between_the_look_and_the_decision_lets_nothing_happen(
    browser: Browser, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.get(PATH)
    address, command = CustomerAddress("acme"), UpdateCustomer({"fingerprint": "another"})

    def looked_at(visitor: Visitor, customer_id: str) -> Subject:
        found = living(visitor, customer_id)
        api.store.ledger(api.ledger_id).execute(address, command, by=TESTER)
        return found

    with monkeypatch.context() as late:
        late.setattr("api.dashboard.customer.clock.living", looked_at)
        assert send(browser, "2026-02-01T09:00", confirm="1") == 409
    browser.get("/customers/acme")
    assert "Test clock at 1 Jan 2026, 09:00 UTC" in plain(browser.text)


def test_many_things_are_told_one_by_one_at_first(browser: Browser) -> None:
    browser.get(PATH)
    assert send(browser, "2028-01-02T00:00") == 200
    assert re.search(r"and \d+ more until 2 Jan 2028", plain(browser.text)) is not None
    assert "Invoiced by then $480.00" in plain(browser.text)


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("2025-12-31T09:00", "2026-01-01"),
        ("tomorrow", "must be a day and its time"),
        ("2026-02-30T09:00", "must be a day and its time"),
        ("", "must be a day and its time"),
        ("9999-12-31T23:59", "must be"),
        ("<b>", "must be a day and its time"),
    ],
)
def test_where_the_clock_cannot_go_is_said_beside_the_field(browser: Browser, to: str, said: str) -> None:
    browser.get(PATH)
    assert send(browser, to) in (400, 422)
    assert said in browser.text.partition('id="clock-to-said" role="alert">')[2].partition("</p>")[0]
    assert send(browser, to, confirm="1") in (400, 422)
    browser.get("/customers/acme")
    assert "Test clock at 1 Jan 2026, 09:00 UTC" in plain(browser.text)


def test_a_live_ledger_has_no_clock_to_advance(app: Flask, store: Store) -> None:
    live = Ledgers(app, store).live()
    live("customers.get_or_create", customer_id="acme")
    browser = Desk(app, store, live.ledger_id).browser()
    browser.get("/customers/acme")
    assert "Advance the clock" not in browser.text
    assert browser.get(PATH).status_code == 404


def test_the_answer_as_json_is_the_api_s_own_and_every_role_reads_it(desk: Desk, browser: Browser, api: Api) -> None:
    api("customers.update", customer_id="acme", name="</pre><b>Acme")
    viewer = desk.browser(UserRole.VIEWER, "vera")
    for each in (browser, viewer):
        assert each.get("/customers/acme/json").status_code == 200
        shown = re.search(r"<pre[^>]*>(.*?)</pre>", each.last_raw(), re.DOTALL)
        assert shown is not None
        assert json.loads(unescape(shown[1])) == api("customers.get", customer_id="acme")
    viewer.get("/customers/acme")
    assert "Customer as JSON" in viewer.text
    assert "Advance the clock" not in viewer.text
    assert viewer.get(PATH).status_code == 403


def test_a_deleted_customer_and_the_past_have_no_answer(browser: Browser, api: Api) -> None:
    assert browser.get("/customers/acme/json?as_of=position:9").status_code == 404
    api("customers.delete", customer_id="acme")
    browser.get("/customers")
    assert browser.get("/customers/acme/json").status_code == 404
    assert browser.get(PATH).status_code == 404
