"""Finding by typing, from any page: a customer by name, ID or email as the list finds it, or a page of the menu."""

from collections.abc import Sequence
from typing import Final

from flask import Response

from api.call import Call
from api.dashboard.customers.question import Args, asked
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.reads.customers import page_of
from api.views.account import address as address_of
from api.views.shapes import Json
from projections.reads import AccountRow

MOST_FOUND: Final = 7


def find_page(visitor: Visitor) -> Response:
    """Where one may go from here whose name has what is asked for; without a word, all the pages."""
    words = visitor.call.request.args.get("search", "").strip()
    pages = [each for each in visitor.pages if words.lower() in each[1].lower()]
    found = [(address_of(row), row) for row in _customers(visitor.call, words)] if words else []
    shown, more = found[:MOST_FOUND], len(found) > MOST_FOUND
    everything: Json = {"asked": words, "pages": pages, "customers": shown, "more": more}
    return page("customers/find.html", visitor=visitor, here="/find", **everything)


def _customers(call: Call, words: str) -> Sequence[AccountRow]:
    """The customers that the list shows first for these words, and one more; nobody for words that it refuses."""
    question = asked(Args({"search": words}), ())
    if question.refused:
        return ()
    with call.view(question.question.models) as view:
        return page_of(call, view, question.question, None, MOST_FOUND + 1, None).items
