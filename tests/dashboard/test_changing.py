"""What people do from a page: a customer is created, a balance is granted, set or deducted."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest

from ledger.core.access import UserRole
from tests.api.client import Api
from tests.dashboard.conftest import Browser, Desk

BALANCE = "/customers/acme/balances/messages"


@pytest.fixture
def shop(api: Api) -> Api:
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("customers.get_or_create", customer_id="acme", name="Acme GmbH", email="ap@acme.example")
    api("balances.create", customer_id="acme", feature_id="messages", included_grant=100)
    return api


@pytest.fixture
def browser(desk: Desk, shop: Api) -> Browser:
    assert desk.ledger_id == shop.ledger_id
    return desk.browser(UserRole.FINANCE)


def remaining(shop: Api) -> int:
    return int(shop("customers.get", customer_id="acme")["balances"]["messages"]["remaining"])


def hidden(browser: Browser, *names: str) -> dict[str, str]:
    """What the form of the page carries without being seen."""
    page = browser.last_raw()
    found = {name: re.search(f'type="hidden" name="{name}" value="([^"]*)"', page) for name in names}
    return {name: unescape(match[1]) for name, match in found.items() if match is not None}


def ask(browser: Browser, action: str, amount: str, reason: str = "Ticket 8812", **more: str) -> int:
    form = {"action": action, "amount": amount, "reason": reason, "entity": "", **hidden(browser, "once", "seen")}
    return browser.post(BALANCE, {**form, **more}).status_code


def confirm(browser: Browser, action: str, amount: str, reason: str = "Ticket 8812", **more: str) -> int:
    return ask(browser, action, amount, reason, confirm="1", **more)


def stands(browser: Browser) -> list[str]:
    """What the preview says that remains, before and after."""
    rows = json.loads(hidden(browser, "seen").get("seen") or "[0, 0, []]")[2]
    return [value for part, _, value, _ in rows if part in ("before", "after")]


CHANGES = (
    ("grant", "25", 125, "125, 100 granted", "granted 25 messages"),
    ("set", "7", 7, "7 of 100", "set messages of customer acme from 125 to 7"),
    ("deduct", "4", 3, "3 of 100", "deducted 4 of 7 messages"),
    ("grant", "1,000", 1003, "1,003, 100 granted", "granted 1000 messages"),
    ("set", "0", 0, "0 of 100", "set messages of customer acme from 1003 to 0"),
)


def test_a_balance_is_changed_after_it_was_shown_how(browser: Browser, shop: Api) -> None:
    for action, amount, left, after, sentence in CHANGES:
        before = remaining(shop)
        assert browser.get(BALANCE).status_code == 200
        assert ask(browser, action, amount) == 200
        assert stands(browser)[1] == after
        assert f"<dd>{after}</dd>" in browser.text
        assert remaining(shop) == before
        assert confirm(browser, action, amount) == 303
        assert remaining(shop) == left
        told = shop.get("/v1/customers/acme/timeline?kind=balance&limit=1")["list"][0]
        assert (told["actor"], told["reason"]) == ("anna", "Ticket 8812")
        assert sentence in told["sentence"], told["sentence"]


def test_a_form_that_is_sent_twice_counts_once(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    ask(browser, "grant", "25")
    kept = hidden(browser, "once", "seen", "form_token")
    assert [confirm(browser, "grant", "25", **kept) for _ in range(3)] == [303, 303, 303]
    assert remaining(shop) == 125


def test_a_form_that_comes_back_saying_something_else_is_shown_first(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    ask(browser, "grant", "25")
    kept = hidden(browser, "once", "form_token")
    assert confirm(browser, "grant", "25") == 303
    browser.get(BALANCE)
    ask(browser, "grant", "30")
    assert confirm(browser, "grant", "30", **kept) == 200  # under a number that stands for 25
    assert "says something else than what was shown" in browser.text
    assert confirm(browser, "grant", "30") == 303
    assert remaining(shop) == 155


def test_what_changed_meanwhile_is_shown_before_it_is_confirmed(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    ask(browser, "set", "50")
    shop("balances.track", customer_id="acme", feature_id="messages", value=30)
    assert confirm(browser, "set", "50") == 409
    assert "changed meanwhile, so nothing was done" in browser.text
    assert '<td class="number">100 of 100</td><td class="number">70 of 100</td>' in browser.text
    assert remaining(shop) == 70
    assert confirm(browser, "set", "50") == 303
    assert remaining(shop) == 50


def test_of_two_who_set_it_at_once_one_is_shown_what_the_other_did(desk: Desk, shop: Api) -> None:
    people = [desk.browser(UserRole.FINANCE, name) for name in ("ada", "ben", "cleo")]
    for each in people:
        each.get(BALANCE)
        ask(each, "grant", "10")
    with ThreadPoolExecutor(3) as threads:
        answers = sorted(threads.map(lambda each: confirm(each, "grant", "10"), people))
    assert answers == [303, 409, 409]
    assert remaining(shop) == 110


def test_an_amount_that_is_none_is_told_beside_its_field(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    for amount in ("", "lots", "-5", "NaN", "Infinity", "1e999", "9" * 40):
        assert confirm(browser, "grant", amount) == 400, amount
        assert 'class="wrong" id="amount-said"' in browser.text
        assert 'value="Ticket 8812"' in browser.text
        assert f'value="{amount}"' in browser.text
    assert remaining(shop) == 100


def test_while_one_writes_nothing_is_said_of_what_is_still_missing(browser: Browser) -> None:
    browser.get(BALANCE)
    assert ask(browser, "grant", "", "") == 200
    assert ask(browser, "grant", "25", "") == 200
    assert stands(browser) == ["100 of 100", "125, 100 granted"]
    assert 'class="wrong"' not in browser.text


def test_without_a_reason_nothing_is_changed(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    ask(browser, "grant", "25")
    assert confirm(browser, "grant", "25", "") == 400
    assert 'class="wrong" id="reason-said"' in browser.text
    assert 'value="25"' in browser.text
    assert remaining(shop) == 100


def test_nothing_is_granted_where_nothing_was_asked_for(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    assert ask(browser, "grant", "0") == 400
    assert "above 0" in browser.text
    assert remaining(shop) == 100


def test_one_of_several_balances_is_chosen(browser: Browser, shop: Api) -> None:
    shop("balances.create", customer_id="acme", feature_id="messages", included_grant=40, balance_id="gift")
    browser.get(BALANCE)
    assert "Of which balance" in browser.text
    assert ask(browser, "set", "15", source="gift") == 200
    assert stands(browser) == ["140 of 140", "115 of 140"]
    assert "40 of 40 → 15 of 40" in browser.text
    assert confirm(browser, "set", "15", source="gift") == 303
    parts = {
        each["id"]: each["remaining"]
        for each in shop("customers.get", customer_id="acme")["balances"]["messages"]["breakdown"]
    }
    assert parts["gift"] == 15
    assert sum(parts.values()) == 115
    browser.get(BALANCE)
    assert ask(browser, "set", "15", source="none such") == 404


def test_an_entity_has_its_own_balance_or_is_told_that_it_shares_one(browser: Browser, shop: Api) -> None:
    shop("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    for entity_id in ("north", "south"):
        shop("entities.create", customer_id="acme", entity_id=entity_id, feature_id="seats")
    shop("balances.create", customer_id="acme", entity_id="north", feature_id="messages", included_grant=10)
    browser.get(f"{BALANCE}?entity=north")
    assert "Now 10 of 10 remaining for north" in browser.text
    ask(browser, "grant", "5", entity="north")
    assert stands(browser) == ["10 of 10", "15, 10 granted"]
    assert confirm(browser, "grant", "5", entity="north") == 303
    assert browser.last is not None
    assert browser.last.headers["Location"] == "/customers/acme?entity=north"
    assert remaining(shop) == 115  # with the entity's
    browser.get(f"{BALANCE}?entity=south")
    assert "shared by all of the customer: south has none of its own" in browser.text
    ask(browser, "deduct", "5", entity="south")
    assert stands(browser) == ["100 of 100", "95 of 100"]


def test_stored_markup_in_a_reason_shows_as_text(browser: Browser) -> None:
    browser.get(BALANCE)
    ask(browser, "grant", "25", "<script>alert(1)</script>")
    assert "<script>alert(1)" not in browser.last_raw()
    assert confirm(browser, "grant", "25", "<script>alert(1)</script>") == 303
    browser.get("/customers/acme")
    assert "<script>alert(1)" not in browser.last_raw()
    assert "&lt;script&gt;alert(1)" in browser.last_raw()


def test_a_viewer_sees_no_way_to_change_anything_and_is_refused_one(desk: Desk, shop: Api) -> None:
    browser = desk.browser(UserRole.VIEWER, "vera")
    browser.get("/customers/acme")
    assert "Edit" not in browser.text
    browser.get("/customers")
    assert "New customer" not in browser.text
    for path in (BALANCE, "/customers/new"):
        assert browser.get(path).status_code == 403
    assert "with the role viewer, and this needs the role finance" in browser.text
    assert remaining(shop) == 100


def create(browser: Browser, **fields: str) -> int:
    form = {"name": "", "id": "", "email": "", **hidden(browser, "once", "anyway"), **fields}
    return browser.post("/customers/new", form).status_code


def test_a_customer_is_created_and_looked_at(browser: Browser, shop: Api) -> None:
    assert browser.get("/customers/new").status_code == 200
    assert create(browser, name="Globex", id="globex", email="ap@globex.example") == 303
    assert browser.last is not None
    assert browser.last.headers["Location"] == "/customers/globex"
    assert shop("customers.get", customer_id="globex")["name"] == "Globex"


def test_with_an_email_address_alone_a_customer_is_addressed_by_its_internal_id(browser: Browser) -> None:
    browser.get("/customers/new")
    assert create(browser, email="lone@globex.example") == 303
    assert browser.last is not None
    assert browser.get(browser.last.headers["Location"]).status_code == 200
    assert "lone@globex.example" in browser.text


def test_neither_an_id_nor_an_email_address_is_told_beside_the_field(browser: Browser) -> None:
    browser.get("/customers/new")
    assert create(browser, name="Globex") == 400
    assert "Give an ID or an email address" in browser.text
    assert 'value="Globex"' in browser.text


@pytest.mark.parametrize("fields", [{"id": "globex", "email": "no address"}, {"id": "x" * 300}])
def test_what_the_wire_refuses_is_told_beside_its_field(browser: Browser, fields: dict[str, str]) -> None:
    browser.get("/customers/new")
    assert create(browser, **fields) == 400
    assert 'class="wrong"' in browser.text


def test_an_id_that_is_taken_makes_no_second_customer(browser: Browser) -> None:
    browser.get("/customers/new")
    assert create(browser, id="acme") == 409
    assert "acme is the ID of a customer already" in browser.text


@pytest.mark.parametrize("fields", [{"email": "AP@acme.example"}, {"name": "acme", "id": "acme-2"}])
def test_who_is_like_it_already_is_shown_before_a_second_one_is_made(browser: Browser, fields: dict[str, str]) -> None:
    browser.get("/customers/new")
    assert create(browser, **fields) == 200
    assert "Somebody like this is a customer already" in browser.text
    assert 'href="/customers/acme"' in browser.text
    assert create(browser, **fields) == 303


def test_a_part_of_a_page_is_a_form_alone_and_leaves_by_a_header(browser: Browser) -> None:
    browser.get("/customers/new")
    token = browser.text
    part = browser.get("/customers/new", HX_Request="true")
    assert "<html" not in part.text
    browser.text = token
    form = {"name": "", "id": "globex", "email": "", **hidden(browser, "once")}
    answer = browser.post("/customers/new", form, HX_Request="true")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/customers/globex")
