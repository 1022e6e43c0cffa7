"""The books over HTTP: what happens to money is in balance on every day, and closed periods stay as they were."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from flask import Flask

from ledger.core.sealed import Sealed
from ledger.core.settings import ChangeSetting
from ledger.store.ledger import Caller, SettingsAddress, Store
from projections.journal.entries import EntryKind
from tests.api.client import TESTER, Api, Ledgers, Refused, catalog

JANUARY, JANUARY_MS = "2026-01-10T09:00:00Z", "2026-01-10T09:00:00.000Z"


@pytest.fixture(scope="module")
def books(app: Flask, store: Store) -> Api:
    """A ledger that is only read."""
    return acme(Ledgers(app, store).sandbox())


def acme(api: Api) -> Api:
    """A customer that went from pro (20 a month) to team (100 a month) on 25 January."""
    catalog(api)
    api("customers.get_or_create", api.at(JANUARY), customer_id="acme", name="Acme")
    api("billing.attach", api.at(JANUARY), customer_id="acme", plan_id="pro")
    api("billing.attach", api.at("2026-01-25T09:00:00Z"), customer_id="acme", plan_id="team")
    return api


def close(api: Api, until: str) -> None:
    by = Caller(TESTER.actor, reason=Sealed("audit"))
    api.store.ledger(api.ledger_id).execute(SettingsAddress(), ChangeSetting("books_closed_until", until), by=by)


def read_csv(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode())))


def balances(api: Api, question: str = "") -> dict[str, Any]:
    found = api.get(f"/v1/books/trial-balance?{question}")
    for total in found["totals"]:
        assert total["debits"] == total["credits"]
        assert (total["opening"], total["balance"]) == (0, 0)
    return {each["account"]: each["balance"] for each in found["list"]}


def test_the_trial_balance_of_a_day_has_what_was_earned_by_then(books: Api) -> None:
    assert balances(books, "at=2026-01-10") == {
        "Assets:Cash:Simulated": 20,
        "Assets:Receivables": 0,
        "Liabilities:DeferredRevenue": -20,
    }
    assert balances(books, "at=2026-01-31") == {
        "Assets:Cash:Simulated": Decimal("61.29"),
        "Assets:Receivables": 0,
        # 22 of 31 days of pro, less 7 of the 16 days given back of it, and 7 of 16 days of team
        "Income:Revenue:Base": -(Decimal("14.19") - Decimal("4.52") + Decimal("22.58")),
        "Liabilities:DeferredRevenue": -Decimal("29.04"),
    }
    assert balances(books)["Liabilities:DeferredRevenue"] == 0


def test_a_trial_balance_of_some_days_opens_with_what_was_before(books: Api) -> None:
    found = books.get("/v1/books/trial-balance?from=2026-02-01&to=2026-12-31&account=Income")
    assert found["list"] == [
        {
            "account": "Income:Revenue:Base",
            "currency": "usd",
            "opening": Decimal("-32.25"),
            "debits": Decimal("5.8"),
            "credits": Decimal("34.84"),
            "balance": Decimal("-61.29"),
        }
    ]
    assert (found["from"], found["to"]) == ("2026-02-01", "2026-12-31")


def test_as_of_a_position_the_books_are_what_they_were(books: Api) -> None:
    entries = books.get("/v1/books/journal")["list"]
    first_payment = next(each for each in entries if each["kind"] == "payment")
    then = balances(books, f"as_of=position:{first_payment['position']}")
    assert then["Assets:Cash:Simulated"] == 20
    assert books.last is not None
    assert books.last.headers["Ledger-Position"] == str(first_payment["position"])
    before = balances(books, f"as_of=position:{first_payment['position'] - 1}&at=2026-01-10")
    assert before == {"Assets:Receivables": 20, "Liabilities:DeferredRevenue": -20}


def test_an_entry_says_where_it_comes_from_and_what_it_is_for(books: Api) -> None:
    invoiced = books.get("/v1/books/journal?kind=invoice&limit=1")["list"][0]
    (invoice,) = [each for each in books.get("/v1/invoices")["list"] if each["number"] == 1]
    assert (invoiced["invoice_id"], invoiced["invoice_number"]) == (invoice["id"], 1)
    assert (invoiced["customer_id"], invoiced["posted_on"], invoiced["corrects"]) == ("acme", "2026-01-10", None)
    assert invoiced["entry_id"] == str(invoiced["position"])
    assert [(each["account"], each["debit"], each["credit"]) for each in invoiced["lines"]] == [
        ("Assets:Receivables", 20, None),
        ("Liabilities:DeferredRevenue", None, 20),
    ]
    assert invoiced["lines"][1]["period"] == {"start": JANUARY_MS, "end": "2026-02-10T09:00:00.000Z"}
    assert (invoiced["lines"][1]["plan_id"], invoiced["lines"][1]["invoice_item"]) == ("pro", 0)
    (paid, _) = books.get("/v1/books/journal?kind=payment")["list"]
    assert paid["about_entry_id"] == invoiced["entry_id"]
    timeline = books.get("/v1/timeline?kind=invoice.finalized&order=asc&limit=1")["list"][0]
    assert timeline["position"] == invoiced["position"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_are_the_whole_journal_whatever_happens_between_them(books: Api, order: str) -> None:
    whole = books.get(f"/v1/books/journal?order={order}&limit=100")["list"]
    days = [each["posted_on"] for each in whole]
    assert days == sorted(days, reverse=order == "desc")
    path, found = f"/v1/books/journal?order={order}&limit=3", list[Any]()
    page = books.get(path)
    while page["next_cursor"]:
        found += page["list"]
        assert len(page["list"]) == 3
        page = books.get(f"{path}&cursor={page['next_cursor']}")
    assert [*found, *page["list"]] == whole


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("account=Assets:Cash", {"payment"}),
        ("account=Liabilities:DeferredRevenue", {"invoice", "recognition"}),
        ("customer_id=acme&plan_id=team", {"invoice", "recognition"}),
        ("plan_id=none", set()),
        ("feature_id=messages", set()),
        ("currency=EUR", set()),
        ("kind=recognition", {"recognition"}),
        ("from=2026-01-26&to=2026-01-31", {"recognition"}),
        ("to=2026-01-09", set()),
    ],
)
def test_entries_are_found_by_a_line_and_shown_whole(books: Api, question: str, kinds: set[str]) -> None:
    found = books.get(f"/v1/books/journal?{question}")["list"]
    assert {each["kind"] for each in found} == kinds
    for each in found:
        assert sum((line["debit"] or 0) - (line["credit"] or 0) for line in each["lines"]) == 0


@pytest.mark.parametrize("few", [0, 500])
def test_what_is_asked_of_entries_is_what_a_loop_finds_be_their_lines_rare_or_not(
    books: Api, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.queries.journal.FEW_LINES", few)
    for order in ("asc", "desc"):
        whole = books.get(f"/v1/books/journal?order={order}&limit=100")["list"]
        for kind, plan_id in product((None, *EntryKind), (None, "pro", "team", "none")):
            asked = "".join(f"&{name}={value}" for name, value in (("kind", kind), ("plan_id", plan_id)) if value)
            assert books.get(f"/v1/books/journal?order={order}&limit=100{asked}")["list"] == [
                each
                for each in whole
                if kind in (None, each["kind"])
                and (plan_id is None or any(line["plan_id"] == plan_id for line in each["lines"]))
            ]


def test_entries_of_an_invoice_are_its_own(books: Api) -> None:
    second = books.get("/v1/invoices")["list"][0]
    found = books.get(f"/v1/books/journal?invoice_id={second['id']}")["list"]
    assert {each["invoice_number"] for each in found} == {2}
    assert {each["kind"] for each in found} == {"invoice", "payment", "recognition"}


def test_a_statement_goes_from_what_was_to_what_is_line_by_line(books: Api) -> None:
    whole = books.get("/v1/books/statement?account=Liabilities:DeferredRevenue&from=2026-01-25&to=2026-01-31")
    assert (whole["opening"], whole["closing"], whole["currency"]) == (-20, Decimal("-29.04"), "usd")
    assert [each["balance"] for each in whole["list"]][-1] == whole["closing"]
    path = "/v1/books/statement?account=Liabilities:DeferredRevenue&from=2026-01-25&to=2026-01-31&limit=2"
    first = books.get(path)
    second = books.get(f"{path}&cursor={first['next_cursor']}")
    assert first["carried"] == first["opening"]
    assert second["carried"] == first["list"][-1]["balance"]
    assert [*first["list"], *second["list"]] == whole["list"][:4]


def test_a_customers_statement_is_of_what_it_owes(books: Api) -> None:
    found = books.get("/v1/books/statement?customer_id=acme")
    assert [(each["kind"], each["balance"]) for each in found["list"]] == [
        ("invoice", 20),
        ("payment", 0),
        ("invoice", Decimal("41.29")),
        ("payment", 0),
    ]
    credit = books.get("/v1/books/statement?customer_id=acme&account=Liabilities:CustomerCredits")
    assert (credit["list"], credit["opening"], credit["closing"]) == ([], 0, 0)


def test_what_is_learned_of_a_closed_period_is_posted_on_the_first_open_day_and_says_so(api: Api) -> None:
    books = acme(api)
    before = balances(books, "at=2026-01-31")
    close(books, "2026-01-31")
    created = books("invoices.create", books.at("2026-01-25T09:00:00Z"), customer_id="acme", **BY_HAND)["invoice"]
    books("invoices.void", books.at("2026-01-25T09:00:00Z"), invoice_id=created["id"])
    assert balances(books, "at=2026-01-31") == before
    *_, made, voided = [each for each in books.get("/v1/books/journal")["list"] if each["kind"] in ("invoice", "void")]
    assert (made["posted_on"], made["corrects"]) == ("2026-02-01", {"day": "2026-01-25", "entry_id": None})
    assert voided["corrects"] == {"day": "2026-01-25", "entry_id": made["entry_id"]}
    rows = read_csv(books.get("/v1/books/journal?kind=void&format=csv"))
    assert {each["corrects_day"] for each in rows} == {"2026-01-25"}
    balances(books)


BY_HAND: dict[str, Any] = {
    "custom_line_items": [{"amount": 30, "description": "Work"}],
    "issue_method": "send",
}


@pytest.mark.parametrize("path", ["trial-balance", "journal", "statement?account=Assets"])
def test_a_file_holds_what_the_pages_do(books: Api, path: str) -> None:
    page = books.get(f"/v1/books/{path}")
    rows = read_csv(books.get(f"/v1/books/{path}{'&' if '?' in path else '?'}format=csv"))
    shown = [line for each in page["list"] for line in each.get("lines", [each])]
    assert [each["account"] for each in rows] == [each["account"] for each in shown]
    amount = "balance" if "balance" in rows[0] else "debit"
    assert [each[amount] for each in rows] == [plainly(each[amount]) for each in shown]


def plainly(value: Any) -> str:
    return "" if value is None else str(value)


@pytest.mark.parametrize("media_type", ["text/x-hledger", "text/x-beancount"])
def test_accounting_programs_formats_are_asked_for_by_accept_or_by_name(books: Api, media_type: str) -> None:
    by_accept = books.get("/v1/books/journal", Accept=media_type)
    assert books.last is not None
    assert books.last.mimetype == media_type
    assert by_accept.startswith(b"; journal of")
    assert books.get(f"/v1/books/journal?format={media_type.removeprefix('text/x-')}") == by_accept


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("trial-balance?account=Assets:Gold", "must be an account of /v1/books/accounts"),
        ("trial-balance?account=Asset", "must be an account of /v1/books/accounts"),
        ("trial-balance?currency=dollars", "must be an ISO 4217 currency"),
        ("trial-balance?from=2026-02-30", "must be a day such as 2026-03-31"),
        ("trial-balance?to=2026-1-1", "must be a day such as 2026-03-31"),
        ("trial-balance?to=yesterday", "must be a day such as 2026-03-31"),
        ("trial-balance?from=2026-03-01&to=2026-02-01", "from was 2026-03-01 and must not be after"),
        ("trial-balance?from=2026-03-01&at=2026-02-01", "from was 2026-03-01 and must not be after"),
        ("trial-balance?at=sometime", "is no moment"),
        ("trial-balance?plan_id=pro", "plan_id"),
        ("trial-balance?format=hledger", "must be one of json, csv, ndjson, parquet"),
        ("journal?kind=gift", "must be one of invoice, payment"),
        ("journal?order=up", "must be one of asc, desc"),
        ("journal?invoice_id=7", "must be the id of an invoice"),
        ("journal?cursor=abc", "cursor"),
        ("journal?format=hledger&columns=account", "leave it out"),
        ("journal?format=hledger&limit=3", "a file holds all rows"),
        ("statement", "send account, customer_id or both"),
        ("statement?account=Books", "must be an account of /v1/books/accounts"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(api: Api, path: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        api.get(f"/v1/books/{path}")
    assert refused.value.status == 400


def test_a_position_beyond_the_head_and_a_customer_who_is_not_there_are_not_found(api: Api) -> None:
    for question in ("as_of=position:999999", "customer_id=nobody"):
        with pytest.raises(Refused) as refused:
            api.get(f"/v1/books/trial-balance?{question}")
        assert refused.value.status == 404


def test_a_cursor_of_another_question_is_refused(books: Api) -> None:
    cursor = books.get("/v1/books/journal?limit=1")["next_cursor"]
    for path in ("journal?order=desc&limit=1", "journal?limit=1&account=Assets", "statement?account=Assets&limit=1"):
        with pytest.raises(Refused) as refused:
            books.get(f"/v1/books/{path}&cursor={cursor}")
        assert (refused.value.status, refused.value.code) == (400, "invalid_cursor")


def test_the_chart_says_of_every_account_what_it_holds(api: Api) -> None:
    chart: Sequence[dict[str, Any]] = api.get("/v1/books/accounts")["list"]
    found = {each["account"]: (each["type"], each["side"]) for each in chart}
    assert found["Assets:Receivables"] == ("assets", "debit")
    assert found["Liabilities:DeferredRevenue"] == ("liabilities", "credit")
    assert all(each["about"] for each in chart)
    assert balances(api) == {}
