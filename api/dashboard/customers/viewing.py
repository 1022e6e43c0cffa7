"""Saved views of the list: keeping what is shown under a name, changing that, forgetting it."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from flask import Response

from api.dashboard.customers.columns import LABELS
from api.dashboard.customers.listing import kept_views
from api.dashboard.customers.question import HERE, Args, asked, chips
from api.dashboard.doing import do
from api.dashboard.forms import beside, given, once_after
from api.dashboard.gate import leave_for
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.errors import status_of
from api.views.shapes import Json
from ledger.core.errors import Refusal
from ledger.store.saved_views import SavedView, ViewNotFound

OF_CODE: Final = {"view_already_exists": "name"}


def new_page(visitor: Visitor) -> Response:
    """Asks for the name of a new view of what the address says after `query=`."""
    return _form(visitor, None, given(visitor.call.request))


def new_form(visitor: Visitor) -> Response:
    """Keep the view and open it."""
    said = given(visitor.call.request)
    return _done(visitor, None, "views.create", {"name": said.get("name", ""), "query": said.get("query", "")})


def edit_page(visitor: Visitor, view_id: str) -> Response:
    """A view's name and what it shows, which may become what is looked at."""
    view = _view(visitor, view_id)
    said = given(visitor.call.request)
    return _form(visitor, view, {"name": view.name, **said})


def edit_form(visitor: Visitor, view_id: str) -> Response:
    """Another name for a view and, where that was ticked, what is looked at in place of what it shows."""
    view, said = _view(visitor, view_id), given(visitor.call.request)
    query = {"query": said.get("query", "")} if said.get("replace") else {}
    return _done(visitor, view, "views.update", {"view_id": view.view_id, "name": said.get("name", ""), **query})


def delete_page(visitor: Visitor, view_id: str) -> Response:
    """Asks once more."""
    view = _view(visitor, view_id)
    return page("customers/forget_view.html", visitor=visitor, here=HERE, view=view)


def delete_form(visitor: Visitor, view_id: str) -> Response:
    """Forget a view; a second time changes nothing."""
    view = _view(visitor, view_id)
    do(visitor, "views.delete", {"view_id": view.view_id})
    return leave_for(visitor.call.request, HERE)


def _view(visitor: Visitor, view_id: str) -> SavedView:
    """The view of an id. Raises `ViewNotFound`."""
    found = next((each for each in kept_views(visitor.call) if each.view_id == view_id), None)
    if found is None:
        raise ViewNotFound(view_id)
    return found


def _done(visitor: Visitor, view: SavedView | None, operation: str, payload: Json) -> Response:
    try:
        kept = do(visitor, operation, payload)
    except Refusal as refusal:
        wrong = beside(refusal)
        if refusal.code in OF_CODE:
            wrong = {OF_CODE[refusal.code]: refusal.sentence}
        return _form(visitor, view, given(visitor.call.request), wrong, status_of(refusal))
    return leave_for(visitor.call.request, f"{HERE}?view={quote(kept['id'], safe='')}")


def _form(
    visitor: Visitor,
    view: SavedView | None,
    said: dict[str, str],
    wrong: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    query = said.get("query", "" if view is None else view.query)
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "view": view,
        "given": {"replace": "1", **said, "name": said.get("name", ""), "query": query},
        "differs": view is not None and query != view.query,
        "keeps": _told(query),
        "wrong": wrong or {},
        "once": once_after(visitor.call.request),
    }
    return page("customers/view.html", status, **shown)


def _told(query: str) -> list[tuple[str, str]]:
    """What a view of this query keeps, in words."""
    question = asked(Args(parse_qsl(query, keep_blank_values=True)), [])
    ordering = question.question.ordering
    said = [(chip.about, chip.says) for chip in chips(question)] or [("Customers", "all of them")]
    way = "downwards" if ordering.descending else "upwards"
    said.append(("Sorted by", f"{LABELS.get(ordering.sort, ordering.sort)}, {way}"))
    if ordering.feature_id is not None:
        said.append(("Balance of", ordering.feature_id))
    if question.query["columns"] is not None:
        said.append(("Columns", ", ".join(LABELS.get(each, each) for each in question.question.columns)))
    return said
