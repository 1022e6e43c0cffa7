"""GET read of the saved views, and what a view adds to a question."""

from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Response
from werkzeug.datastructures import MultiDict

from api.call import Call
from api.dispatch import answer
from api.exports.choosing import FORMAT
from api.reads.account_query import PARAMETERS
from api.reads.query import read_args
from api.reads.resource import Resource
from api.v1.views import views_of
from api.views.saved_view import saved_view
from ledger.store import saved_views


def list_views(call: Call, _query: dict[str, Any]) -> Response:
    """Every view of the ledger."""
    with views_of(call) as (conn, ledger_id):
        found = saved_views.list_views(conn, ledger_id)
    return answer(call, {"list": [saved_view(each) for each in found]})


def with_view(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What a request to the customer list asks once its view is opened. What it says itself counts for more.

    Raises `ViewNotFound`.
    """
    if query["view"] is None:
        return query
    with views_of(call) as (conn, ledger_id):
        found = saved_views.find_view(conn, ledger_id, query["view"])
    asked = MultiDict(parse_qsl(found.query, keep_blank_values=True))
    for name, values in call.request.args.lists():
        asked.setlist(name, values)
    return read_args(asked, (*PARAMETERS, FORMAT))


RESOURCES: Final = (
    Resource("/v1/views", "reads.views", "The saved views of the customer list, by name", list_views, ()),
)
