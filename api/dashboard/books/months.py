"""Month by month: what was earned, by kind, and what was deferred at each month's end, with what is still to come."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask import Response

from api.dashboard.books.frame import address, books_page, first_instant, month_of, today
from api.dashboard.visitor import Visitor
from api.dashboard.words import calendar_day
from api.reads.book_queries import CURRENCY, CUSTOMER, asked
from api.reads.query import Parameter
from api.views.shapes import Json
from ledger.core.closing_books import NEVER
from ledger.core.money import to_major
from ledger.core.settings import LedgerSettings
from projections.journal.chart import BAD_DEBT, DEFERRED, RECEIVABLES, REVENUE
from projections.queries import journal as books
from projections.queries.journal import AccountStanding
from projections.view import View

HERE: Final = "/books/months"
STATEMENT: Final = "/books/statement"
BACK: Final = 11
AHEAD: Final = 3
PARAMETERS: Final[Sequence[Parameter]] = (CURRENCY, CUSTOMER)
AMOUNTS: Final = ("revenue", "deferred", "receivable", "bad_debt")
UNSENT: Final = dict.fromkeys(("from", "to", "account", "as_of", "at"))


def months_page(visitor: Visitor) -> Response:
    """A year of months and the next three, in one currency."""
    return books_page(visitor, HERE, "books/months.html", PARAMETERS, _read)


def _read(visitor: Visitor, query: dict[str, Any]) -> Json:
    question = asked(visitor.call, {**UNSENT, **query})
    currency = query["currency"] or question.currency
    now = today(visitor)
    with visitor.call.view(books.MODELS) as view:
        made = _told(
            [standing_of(view, question.keep._replace(currency=currency), month_of(now, each)) for each in _range()]
        )
    kinds = sorted({name for month in made for name in month["earned"]})
    pairs = [("customer_id", query["customer_id"])] if query["customer_id"] else []
    return {
        "currency": currency,
        "kinds": [(name, name.removeprefix(f"{REVENUE}:")) for name in kinds],
        "bad_debt": any(month["bad_debt"] for month in made),
        "months": [
            {
                **month,
                "ahead": month["first"] > now,
                "link": _link(pairs, currency, month),
                "closed": _closed(visitor, month),
            }
            for month in made
        ],
    }


def _closed(visitor: Visitor, month: Json) -> str:
    """Whether the month is closed: all of it, or up to a day of it."""
    settings: LedgerSettings = visitor.call.background.settings
    until = settings.books_closed_until
    if until == NEVER or until < str(month["first"]):
        return ""
    return "closed" if until >= str(month["last"]) else f"closed until {calendar_day(until)}"


def _told(made: list[Json]) -> list[Json]:
    """Without the months before the first and after the last in which something was there."""
    there = [index for index, each in enumerate(made) if any(each[name] for name in AMOUNTS)]
    return made[min(there) : max(there) + 1] if there else []


def _range() -> range:
    return range(AHEAD, -BACK - 1, -1)


def standing_of(view: View, keep: books.BooksFilter, days: tuple[date, date]) -> Json:
    """What was earned from the first to the last of these days, and what stood at their end, in one currency."""
    first, last = days
    found = books.trial_balance(view, keep._replace(from_day=first, to_day=last, implied=False))
    by_name: Mapping[str, AccountStanding] = {each.account: each for each in found}
    currency = keep.currency or ""

    def moved(name: str) -> Decimal:
        each = by_name.get(name)
        return Decimal(0) if each is None else to_major(each.debits_minor - each.credits_minor, currency)

    def stands(name: str) -> Decimal:
        each = by_name.get(name)
        return Decimal(0) if each is None else to_major(each.balance_minor, currency)

    # Income and what is deferred grow on the side of credits, and are told as people tell them: above zero.
    earned = {name: -moved(name) for name in by_name if name.startswith(REVENUE) and moved(name)}
    return {
        "first": first,
        "last": last,
        "at": first_instant(first),
        "earned": earned,
        "revenue": sum(earned.values(), Decimal(0)),
        "deferred": -stands(DEFERRED),
        "receivable": stands(RECEIVABLES),
        "bad_debt": moved(BAD_DEBT),
    }


def _link(pairs: Sequence[tuple[str, str]], currency: str, month: Json) -> str:
    days = {"from": month["first"].isoformat(), "to": month["last"].isoformat()}
    return address(STATEMENT, pairs, account=REVENUE, currency=currency, **days)
