"""What people do from a page: a customer is created, a balance is granted, set or deducted."""

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
    found = {}
    for name in names:
        _, mark, after = browser.text.partition(f'type="hidden" name="{name}" value="')
        if mark:
            found[name] = after.split('"')[0]
    return found


def ask(browser: Browser, action: str, amount: str, reason: str = "Ticket 8812", **more: str) -> int:
    form = {"action": action, "amount": amount, "reason": reason, "entity": "", **hidden(browser, "once"), **more}
    return browser.post(BALANCE, form).status_code


def confirm(browser: Browser, action: str, amount: str, reason: str = "Ticket 8812") -> int:
    return ask(browser, action, amount, reason, **hidden(browser, "seen"))


@pytest.mark.parametrize(
    ("action", "amount", "after", "sentence"),
    [
        ("grant", "25", 125, "granted 25 messages"),
        ("set", "7", 7, "set messages of customer acme from 100 to 7"),
        ("deduct", "40", 60, "deducted 40 of 100 messages"),
        ("grant", "1,000", 1100, "granted 1000 messages"),
        ("set", "0", 0, "set messages of customer acme from 100 to 0"),
    ],
)
def test_a_balance_is_changed_after_it_was_shown_how(
    browser: Browser, shop: Api, action: str, amount: str, after: int, sentence: str
) -> None:
    assert browser.get(BALANCE).status_code == 200
    assert "Now 100 of 100" in browser.text
    assert ask(browser, action, amount) == 200
    assert f"<b>{after:,} of" in browser.text
    assert remaining(shop) == 100
    assert confirm(browser, action, amount) == 303
    assert remaining(shop) == after
    browser.get("/customers/acme")
    assert f"anna {sentence}" in browser.text
    assert "Ticket 8812" in browser.text


def test_a_form_that_is_sent_twice_counts_once(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    ask(browser, "grant", "25")
    page = browser.text
    assert confirm(browser, "grant", "25") == 303
    browser.text = page
    assert confirm(browser, "grant", "25") == 200  # the balance is another one by now, and is shown before anything
    assert "changed meanwhile" in browser.text
    assert remaining(shop) == 125


def test_what_changed_meanwhile_is_shown_before_it_is_confirmed(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    ask(browser, "set", "50")
    shop("balances.track", customer_id="acme", feature_id="messages", value=30)
    assert confirm(browser, "set", "50") == 200
    assert "changed meanwhile" in browser.text
    assert "<span>70 of 100</span>" in browser.text
    assert remaining(shop) == 70
    assert confirm(browser, "set", "50") == 303
    assert remaining(shop) == 50


@pytest.mark.parametrize("amount", ["", "lots", "-5", "NaN", "Infinity", "1e999", "9" * 40])
def test_an_amount_that_is_none_is_told_beside_its_field(browser: Browser, shop: Api, amount: str) -> None:
    browser.get(BALANCE)
    assert ask(browser, "grant", amount) == 400
    assert 'class="wrong"' in browser.text
    assert 'value="Ticket 8812"' in browser.text
    assert remaining(shop) == 100


def test_nothing_is_granted_where_nothing_was_asked_for(browser: Browser, shop: Api) -> None:
    browser.get(BALANCE)
    assert ask(browser, "grant", "0") == 400
    assert "above 0" in browser.text
    assert remaining(shop) == 100


def test_a_viewer_sees_no_way_to_change_anything_and_is_refused_one(desk: Desk, shop: Api) -> None:
    browser = desk.browser(UserRole.VIEWER, "vera")
    browser.get("/customers/acme")
    assert "Edit" not in browser.text
    browser.get("/customers")
    assert "New customer" not in browser.text
    for path in (BALANCE, "/customers/new"):
        assert browser.get(path).status_code == 403
    assert "role read" in browser.text
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
