"""The books on the dashboard: the same numbers as GET /v1/books, each with the way to what it comes from."""

import re
from decimal import Decimal

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.core.settings import ChangeSetting
from ledger.store.ledger import SettingsAddress, Store
from tests.api.client import TESTER, Api, Ledgers
from tests.dashboard.conftest import Browser, Desk

MARKUP = "<b onclick=x>&\"'"


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> tuple[Api, Browser]:
    """A shop that has sold something, and a viewer's browser; nobody changes anything in it."""
    api = Ledgers(app, store).sandbox()
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 30, "interval": "month"}, items=[])
    for each in ("acme", "other"):
        api("customers.get_or_create", customer_id=each, name=MARKUP)
        api("billing.attach", customer_id=each, plan_id="pro")
    return api, Desk(app, store, api.ledger_id).browser(UserRole.VIEWER)


@pytest.fixture
def api(shop: tuple[Api, Browser]) -> Api:
    return shop[0]


@pytest.fixture
def browser(shop: tuple[Api, Browser]) -> Browser:
    return shop[1]


def money(amount: Decimal) -> str:
    return f"${abs(amount):,.2f}"


def row(browser: Browser, name: str) -> list[str]:
    """The amounts of the row that begins with a name."""
    (found,) = [each for each in browser.text.split("<tr") if re.search(rf'<th scope="row">(<a[^>]*>)?{name}<', each)]
    return re.findall(r"\$[0-9,.]+[0-9]", found)


def test_the_trial_balance_is_that_of_the_api(api: Api, browser: Browser) -> None:
    assert browser.get("/books").status_code == 200
    answer = api.get("/v1/books/trial-balance")
    names = {"Receivables", "Cash · Simulated", "Deferred revenue", "Revenue · Base"}
    assert {each["account"] for each in answer["list"]} >= {"Assets:Receivables", "Liabilities:DeferredRevenue"}
    for each in answer["list"]:
        name = next(
            name for name in names if name.replace(" · ", ":").lower().replace(" ", "") in each["account"].lower()
        )
        assert row(browser, name) == [money(each[part]) for part in ("opening", "debits", "credits", "balance")]
    (total,) = answer["totals"]
    assert row(browser, "Both sides")[1:3] == [money(total["debits"]), money(total["credits"])]


def test_each_account_leads_to_its_statement(api: Api, browser: Browser) -> None:
    browser.get("/books?customer_id=acme")
    (link,) = re.findall(r'href="(/books/statement[^"]*Receivables[^"]*)"', browser.text)
    assert "customer_id=acme" in link
    assert browser.get(link).status_code == 200
    assert "Closing balance" in browser.text


def test_the_journal_leads_to_events_and_customers(api: Api, browser: Browser) -> None:
    assert browser.get("/books/journal?customer_id=acme&kind=invoice").status_code == 200
    (entry,) = api.get("/v1/books/journal?customer_id=acme&kind=invoice")["list"]
    assert f'href="/timeline?position={entry["position"]}"' in browser.text
    assert 'href="/customers/acme"' in browser.text
    assert browser.text.count("$30.00") == sum(1 for _ in entry["lines"])
    assert browser.get(f"/timeline?position={entry['position']}").status_code == 200


def test_further_entries_are_a_part_of_the_page(browser: Browser) -> None:
    browser.get("/books/journal?limit=1")
    (link,) = re.findall(r'rel="next" hx-get="([^"]*)"', browser.text)
    browser.get(link, HX_Request="true")
    assert browser.text.startswith("<div")
    assert browser.text.count('class="entry"') == 1


def test_a_customers_account_is_charged_and_paid(api: Api, browser: Browser) -> None:
    assert browser.get("/books/statement?customer_id=acme").status_code == 200
    assert "Account of acme" in browser.text
    assert "Charged" in browser.text
    found = api.get("/v1/books/statement?customer_id=acme")
    assert browser.text.count("$30.00") >= len(found["list"])
    assert f'Closing balance</th><td class="number"><b>{money(found["closing"])}' in browser.text


def test_what_a_month_earns_is_what_the_trial_balance_of_its_days_says(api: Api, browser: Browser) -> None:
    assert browser.get("/books/months").status_code == 200
    links = re.findall(
        r'href="/books/statement\?account=Income%3ARevenue&currency=usd&from=(\S+)&to=(\S+)"', browser.text
    )
    assert links
    for first, last in links:
        answer = api.get(f"/v1/books/trial-balance?account=Income&from={first}&to={last}")
        earned = sum((each["credits"] - each["debits"] for each in answer["list"]), Decimal(0))
        (shown,) = [each for each in browser.text.split("<tr") if f"from={first}" in each]
        assert f"<b>{money(earned)}</b>" in shown


def test_a_statement_asks_whose_it_is(browser: Browser) -> None:
    assert browser.get("/books/statement").status_code == 200
    assert "Whose, or of which account?" in browser.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/books?from=yesterday", 400, 'From: This was "yesterday"'),
        ("/books?from=2026-02-01&to=2026-01-01", 400, "must not be after the last day"),
        ("/books?customer_id=nobody", 404, "Customer: "),
        ("/books?currency=dollars", 400, 'Currency: This was "dollars"'),
        ("/books?as_of=position:999999", 404, "position"),
        ("/books/journal?kind=gift", 400, 'Kind: This was "gift"'),
        ("/books/journal?invoice_id=x", 400, "invoice_id was 'x'"),
        ("/books/statement?account=Nowhere", 400, 'Account: This was "Nowhere"'),
        ("/books/journal?cursor=x", 400, "cursor"),
        ("/books/months?currency=1", 400, 'Currency: This was "1"'),
    ],
)
def test_what_is_wrong_is_said_and_the_form_kept(browser: Browser, path: str, status: int, said: str) -> None:
    assert browser.get(path).status_code == status
    assert said in browser.text
    assert 'role="search"' in browser.text


def test_nothing_empty_stays_in_the_address(browser: Browser) -> None:
    assert browser.get("/books?from=&customer_id=acme").headers["Location"] == "/books?customer_id=acme"


def test_markup_in_a_query_shows_as_text(browser: Browser) -> None:
    assert browser.get("/books?customer_id=%3Cscript%3E").status_code == 404
    assert "<script>" not in browser.last_raw().split("<main")[1]


def test_what_is_closed_is_said(shop: tuple[Api, Browser], browser: Browser) -> None:
    browser.get("/books")
    assert "No period is closed" in browser.text
    api, _ = shop
    settle(api, "2001-01-31")
    browser.get("/books")
    assert "Closed up to and with 31 Jan 2001" in re.sub("<[^>]+>", "", browser.text)


def settle(api: Api, day: str) -> None:
    """Close the books up to a day."""
    change = ChangeSetting("books_closed_until", day)
    api.store.ledger(api.ledger_id).execute(SettingsAddress(), change, by=TESTER)


def test_files_leave_for_whoever_is_signed_in(browser: Browser) -> None:
    for path in ("trial-balance?format=csv", "journal?format=hledger", "journal?format=beancount"):
        assert browser.get(f"/files/v1/books/{path}").status_code == 200
