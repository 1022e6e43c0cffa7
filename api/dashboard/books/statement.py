"""Statements: of an account, or of what a customer owes: every line, and what stands after it."""

from decimal import Decimal
from typing import Any, Final

from flask import Response

from api.dashboard.books.frame import address, books_page
from api.dashboard.visitor import Visitor
from api.reads.book_queries import asked
from api.reads.books import RESOURCES
from api.views.books import stated
from api.views.shapes import Json
from ledger.core.money import to_major
from projections.journal.chart import RECEIVABLES
from projections.queries import journal as books

HERE: Final = "/books/statement"


def statement_page(visitor: Visitor) -> Response:
    """The statement that is asked for, or the form that asks which."""
    return books_page(visitor, HERE, "books/statement.html", RESOURCES[3].parameters, _read)


def _read(visitor: Visitor, query: dict[str, Any]) -> Json:
    if query["account"] is None and query["customer_id"] is None:
        return {"list": None}
    request = visitor.call.request
    question = asked(visitor.call, query).stated()
    with visitor.call.view(books.MODELS) as view:
        keep = question.within(view)
        found = books.statement(view, keep, limit=query["limit"], cursor=query["cursor"])
    currency = keep.currency or ""

    def major(amount_minor: Decimal) -> Decimal:
        return to_major(amount_minor, currency)

    shown = [stated(each) for each in found.page.items]
    pairs = list(request.args.items(multi=True))
    following = found.page.next_cursor
    return {
        "currency": currency,
        "account": request.args.get("account") or RECEIVABLES,
        "from": keep.from_day,
        "to": keep.to_day,
        "opening": major(found.opening_minor),
        "carried": major(found.carried_minor) if query["cursor"] else None,
        "closing": major(found.closing_minor),
        "list": shown,
        "told": any(each["plan_id"] or each["feature_id"] or each["period"] for each in shown),
        "next": None if following is None else address(HERE, pairs, cursor=following),
    }
