"""The pages that are read: the customer list, one customer, the timeline."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk


class Everything(NamedTuple):
    """Where other ledgers are made, and a viewer's browser in this one."""

    ledgers: Ledgers
    browser: Browser
    desk: Desk

    def stranger(self) -> Browser:
        return self.desk.stranger()


MARKUP = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def everything(app: Flask, store: Store) -> Everything:
    """One shop for all of these tests: nobody changes anything in it."""
    api = Ledgers(app, store).sandbox()
    fill(api)
    desk = Desk(app, store, api.ledger_id)
    return Everything(Ledgers(app, store), desk.browser(UserRole.VIEWER), desk)


@pytest.fixture
def browser(everything: Everything) -> Browser:
    return everything.browser


def fill(api: Api) -> None:
    """Three customers: one on a paid plan that used something, one on none, one whose every word is markup."""
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    item = {"feature_id": "messages", "included": 500, "reset": {"interval": "month"}}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, "interval": "month"}, items=[item])
    api("customers.get_or_create", customer_id="acme", name="Acme", email="ap@acme.example", metadata={"tier": "gold"})
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=450)
    reason = {"Tallystick-Reason": "Goodwill for the outage"}
    api("balances.update", reason, customer_id="acme", feature_id="messages", add_to_balance=25)
    api("entities.create", customer_id="acme", entity_id="team-a", name="Team A", feature_id=seats(api))
    api("customers.get_or_create", customer_id="blank", name="Blank Slate")
    api("customers.get_or_create", customer_id="odd", name=MARKUP, metadata={MARKUP: MARKUP})


def seats(api: Api) -> str:
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("balances.create", customer_id="acme", feature_id="seats", included_grant=5)
    return "seats"


def shown(browser: Browser) -> list[str]:
    """The customers of the list, in order."""
    return [each.split('"')[0] for each in browser.last_raw().split('<td class="who"><a href="/customers/')[1:]]


def test_the_list_shows_who_they_are_and_what_they_are_on(browser: Browser) -> None:
    assert browser.get("/customers").status_code == 200
    assert sorted(shown(browser)) == ["acme", "blank", "odd"]
    for words in ("Acme", "ap@acme.example", "Pro", "active", "$0.00"):
        assert words in browser.text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("search=acme", ["acme"]),
        ("search=SLATE", ["blank"]),
        ("status=none&sort=id", ["blank", "odd"]),
        ("plan=pro", ["acme"]),
        ("metadata.tier=gold", ["acme"]),
        ("balance=messages:remaining:lt:100", ["acme"]),
        ("balance=messages:remaining:gt:100", []),
        ("sort=id&order=desc", ["odd", "blank", "acme"]),
        ("sort=name&limit=1&order=asc", ["odd"]),
    ],
)
def test_the_list_is_searched_filtered_and_sorted_by_its_address(
    browser: Browser, asked: str, found: list[str]
) -> None:
    assert browser.get(f"/customers?{asked}").status_code == 200
    assert shown(browser) == found
    assert ("No customer is like that" in browser.text) is (not found)


def test_a_form_becomes_the_address_that_says_the_same(browser: Browser) -> None:
    form = "search=&status=active&plan=&balance_feature=messages&balance_column=remaining&balance_compare=lt"
    sent = browser.get(f"/customers?{form}&balance_number=100&property_name=tier&property_value=gold&created_from=")
    assert sent.status_code == 303
    assert parse_qsl(urlsplit(sent.headers["Location"]).query) == [
        ("status", "active"),
        ("balance", "messages:remaining:lt:100"),
        ("metadata.tier", "gold"),
    ]
    browser.get(sent.headers["Location"])
    assert shown(browser) == ["acme"]


def test_pages_of_the_list_lead_to_each_other(browser: Browser) -> None:
    browser.get("/customers?sort=id&order=asc&limit=2")
    assert shown(browser) == ["acme", "blank"]
    further = browser.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    browser.get(further)
    assert shown(browser) == ["odd"]
    assert 'rel="next"' not in browser.text
    assert "First page" in browser.text


def test_with_htmx_only_the_rows_are_sent(browser: Browser) -> None:
    answer = browser.get("/customers?search=acme", HX_Request="true")
    assert "<html" not in answer.text
    assert shown(browser) == ["acme"]


@pytest.mark.parametrize("asked", ["sort=shoe", "colour=red", "balance=x", "cursor=made-up", "limit=0", "status=happy"])
def test_an_address_that_asks_for_nothing_sensible_is_refused_in_a_sentence(browser: Browser, asked: str) -> None:
    answer = browser.get(f"/customers?{asked}")
    assert answer.status_code == 400
    assert "That did not work" in browser.text
    assert answer.mimetype == "text/html"


def test_one_customer_shows_plans_use_invoices_and_what_happened(browser: Browser) -> None:
    assert browser.get("/customers/acme").status_code == 200
    for words in (
        "Pro",
        "renews",
        "425",
        "of 500",
        "75",
        "paid",
        "$20.00",
        "Goodwill for the outage",
        "Before and after",
    ):
        assert words in browser.text, words


def test_an_entity_is_looked_at_by_itself(browser: Browser) -> None:
    browser.get("/customers/acme")
    assert "Team A" in browser.text
    assert browser.get("/customers/acme?entity=team-a").status_code == 200
    assert "Goodwill" not in browser.text
    assert browser.get("/customers/acme?entity=nobody").status_code == 404


def test_a_customer_of_nobody_is_told_so(browser: Browser) -> None:
    assert browser.get("/customers/nobody").status_code == 404
    assert "Customer nobody does not exist" in browser.text


def test_the_timeline_is_filtered_by_its_form(browser: Browser) -> None:
    assert browser.get("/timeline").status_code == 200
    assert "Goodwill for the outage" in browser.text
    assert browser.get("/timeline?kind=balance&customer_id=acme").status_code == 200
    assert "Goodwill" in browser.text
    assert "created" not in browser.text.split('<ol class="line"')[1]
    assert browser.get("/timeline?words=&kind=plan").headers["Location"] == "/timeline?kind=plan"
    assert browser.get("/timeline?words=zz").status_code == 400
    browser.get("/timeline?words=nothing+like+this")
    assert "Nothing like that happened" in browser.text


@pytest.mark.parametrize("path", ["/customers", "/customers/odd", "/timeline", "/customers?search=%3Cimg"])
def test_markup_that_somebody_wrote_is_text(browser: Browser, path: str) -> None:
    raw = browser.get(path).text
    assert "<img src=x" not in raw
    assert "&lt;img src=x" in raw


def test_what_another_ledger_holds_does_not_exist_here(everything: Everything) -> None:
    browser, other = everything.browser, everything.ledgers.sandbox()
    other("customers.get_or_create", customer_id="theirs", name="Theirs")
    internal = other("customers.get", customer_id="theirs")["internal_id"]
    assert browser.get(f"/customers/{internal}").status_code == 404
    assert browser.get("/customers/theirs").status_code == 404
    browser.get("/customers")
    assert "theirs" not in browser.text


def test_a_list_leaves_as_a_file_with_the_filters_it_is_looked_at_with(
    browser: Browser, everything: Everything
) -> None:
    browser.get("/customers?metadata.tier=gold")
    file = re.search(r'href="(/files/v1/customers[^"]+)"', browser.text)
    assert file is not None
    answer = browser.get(file[1])
    assert answer.mimetype == "text/csv"
    assert [line.split(",")[0] for line in browser.last_raw().splitlines()] == ["id", "acme"]
    assert everything.stranger().get(file[1]).status_code == 303
    assert browser.get("/files/v1/timeline?format=ndjson&kind=plan.attached").text.count("\n") == 1
