"""The trial balance: what stands on each account, whose two sides are the same."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from flask import Response

from api.dashboard.books.frame import address, books_page
from api.dashboard.visitor import Visitor
from api.reads.book_queries import asked
from api.reads.books import RESOURCES, totals
from api.views.books import standing
from api.views.shapes import Json
from projections.journal.chart import CHART
from projections.queries import journal as books

HERE: Final = "/books"
STATEMENT: Final = "/books/statement"
ABOUT: Final = {each.name: each.about for each in CHART}


def trial_page(visitor: Visitor) -> Response:
    """What stands on each account at the end of a day, or between two."""
    return books_page(visitor, HERE, "books/trial.html", RESOURCES[1].parameters, _read)


def _read(visitor: Visitor, query: dict[str, Any]) -> Json:
    question = asked(visitor.call, query)
    with visitor.call.view(books.MODELS) as view:
        keep = question.within(view)
        found = books.trial_balance(view, keep)
        position = question.position(view)
    pairs = list(visitor.call.request.args.items(multi=True))
    rows = [_row(standing(each), pairs) for each in found]
    sums = {each["currency"]: each for each in totals(found)}
    return {
        "to": keep.to_day,
        "from": keep.from_day,
        "position": position,
        "currencies": [(name, _by_type(list(each)), sums[name]) for name, each in groupby(_ordered(rows), _currency)],
    }


def _row(shown: Json, pairs: Sequence[tuple[str, str]]) -> Json:
    link = address(STATEMENT, pairs, account=shown["account"], currency=shown["currency"])
    return {**shown, "about": ABOUT.get(shown["account"], ""), "link": link}


def _currency(row: Json) -> str:
    return str(row["currency"])


def _type(row: Json) -> str:
    return str(row["account"]).partition(":")[0]


def _ordered(rows: list[Json]) -> list[Json]:
    """By currency, and within it as the chart goes."""
    names = [each.name for each in CHART]
    return sorted(rows, key=lambda row: (row["currency"], names.index(row["account"])))


def _by_type(rows: list[Json]) -> list[tuple[str, list[Json]]]:
    return [(name, list(each)) for name, each in groupby(rows, key=_type)]
