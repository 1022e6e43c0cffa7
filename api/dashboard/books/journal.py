"""The journal: every entry with its lines, each leading to the event that it comes from."""

from typing import Any, Final

from flask import Response

from api.dashboard.books.frame import address, books_page
from api.dashboard.visitor import Visitor
from api.reads.book_queries import asked
from api.reads.books import RESOURCES
from api.views.books import entry
from api.views.shapes import Json
from projections.queries import journal as books

HERE: Final = "/books/journal"


def journal_page(visitor: Visitor) -> Response:
    """Entries, the latest first unless asked; with htmx only the further ones."""
    return books_page(visitor, HERE, "books/journal.html", RESOURCES[2].parameters, _read)


def _read(visitor: Visitor, query: dict[str, Any]) -> Json:
    request = visitor.call.request
    question = asked(visitor.call, query)
    with visitor.call.view(books.MODELS) as view:
        found = books.entries(
            view,
            question.within(view),
            question.of_lines,
            oldest_first=request.args.get("order") == "asc",
            limit=query["limit"],
            cursor=query["cursor"],
        )
    pairs = list(request.args.items(multi=True))
    return {
        "entries": [_debits_first(entry(each)) for each in found.items],
        "next": None if found.next_cursor is None else address(HERE, pairs, cursor=found.next_cursor),
    }


def _debits_first(shown: Json) -> Json:
    return {**shown, "lines": sorted(shown["lines"], key=lambda line: line["debit"] is None)}
