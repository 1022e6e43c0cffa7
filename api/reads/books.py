"""GET reads of the books: the chart of accounts, the trial balance, the journal, and statements of an account."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.book_files import ACCOUNTS, JOURNAL, STATEMENT, TRIAL_BALANCE
from api.reads.book_queries import ACCOUNT, CURRENCY, CUSTOMER, FROM, OF_ENTRIES, TO, asked
from api.reads.moments import PAST, when_of
from api.reads.query import CURSOR, LIMIT, choice
from api.reads.resource import Resource
from api.views.books import entry, ledger_account, standing, stated
from api.views.shapes import Json
from ledger.core.money import to_major
from projections.journal.chart import CHART
from projections.queries import journal as books
from projections.queries.journal import AccountStanding, BooksFilter

ORDER: Final = choice("order", "The first day first (asc) or the last one (desc).", ("asc", "desc"), "asc")


def get_accounts(call: Call, query: dict[str, Any]) -> Response:
    """The chart of accounts, which is the same at every moment."""
    when_of(call, query)
    with call.view(books.MODELS):
        return answer(call, {"list": [ledger_account(each) for each in CHART]})


def get_trial_balance(call: Call, query: dict[str, Any]) -> Response:
    """What stands on each account in each currency, and the totals of each currency."""
    question = asked(call, query)
    with call.view(books.MODELS) as view:
        keep = question.within(view)
        found = books.trial_balance(view, keep)
        shown = [standing(each) for each in found]
        return _answer(call, keep, {"list": shown, "totals": totals(found)})


def get_journal(call: Call, query: dict[str, Any]) -> Response:
    """A page of entries, each with all of its lines."""
    question = asked(call, query)
    with call.view(books.MODELS) as view:
        keep = question.within(view)
        page = books.entries(
            view,
            keep,
            question.of_lines,
            oldest_first=query["order"] == "asc",
            limit=query["limit"],
            cursor=query["cursor"],
        )
        shown = {"list": [entry(each) for each in page.items], "next_cursor": page.next_cursor}
        return _answer(call, keep, shown)


def get_statement(call: Call, query: dict[str, Any]) -> Response:
    """A page of the lines of an account in one currency, each with what stands there after it."""
    question = asked(call, query).stated()
    with call.view(books.MODELS) as view:
        keep = question.within(view)
        found = books.statement(view, keep, limit=query["limit"], cursor=query["cursor"])
        assert keep.currency is not None

        def major(amount_minor: Decimal) -> Decimal:
            return to_major(amount_minor, keep.currency or "")

        shown = {
            "currency": keep.currency,
            "opening": major(found.opening_minor),
            "carried": major(found.carried_minor),
            "closing": major(found.closing_minor),
            "list": [stated(each) for each in found.page.items],
            "next_cursor": found.page.next_cursor,
        }
        return _answer(call, keep, shown)


def _answer(call: Call, keep: BooksFilter, shown: Json) -> Response:
    days = {"from": keep.from_day and keep.from_day.isoformat(), "to": keep.to_day and keep.to_day.isoformat()}
    return answer(call, {**days, **shown})


def totals(found: Sequence[AccountStanding]) -> list[Json]:
    """The sums of each currency: in whole books both sides are the same, and the balances sum to nothing."""
    currencies = sorted({each.currency for each in found})
    return [_total(currency, [each for each in found if each.currency == currency]) for currency in currencies]


def _total(currency: str, found: Sequence[AccountStanding]) -> Json:
    whole = AccountStanding(
        "",
        currency,
        Decimal(sum(each.opening_minor for each in found)),
        Decimal(sum(each.debits_minor for each in found)),
        Decimal(sum(each.credits_minor for each in found)),
    )
    return {name: value for name, value in standing(whole).items() if name != "account"}


RESOURCES: Final = (
    Resource(
        "/v1/books/accounts", "reads.books_accounts", "The chart of accounts", get_accounts, PAST, export=ACCOUNTS
    ),
    Resource(
        "/v1/books/trial-balance",
        "reads.trial_balance",
        "What stands on each account, in each currency",
        get_trial_balance,
        (ACCOUNT, CURRENCY, CUSTOMER, FROM, TO, *PAST),
        export=TRIAL_BALANCE,
    ),
    Resource(
        "/v1/books/journal",
        "reads.journal",
        "The entries of the books, with their lines",
        get_journal,
        (ACCOUNT, CURRENCY, CUSTOMER, *OF_ENTRIES, FROM, TO, *PAST, ORDER, LIMIT, CURSOR),
        export=JOURNAL,
    ),
    Resource(
        "/v1/books/statement",
        "reads.statement",
        "The lines of an account, or of what a customer owes, with what stands after each",
        get_statement,
        (ACCOUNT, CURRENCY, CUSTOMER, FROM, TO, *PAST, LIMIT, CURSOR),
        export=STATEMENT,
    ),
)
