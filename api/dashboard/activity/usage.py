"""Usage: graphs of what customers used, the same numbers as tables and files, and the uses behind every number."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response
from werkzeug.datastructures import MultiDict

from api.dashboard.activity.series import MOST_PANELS, panels
from api.dashboard.activity.usage_form import (
    CYCLE_RANGES,
    GROUPS,
    KEPT,
    MEASURES,
    RANGES,
    SIZES,
    TOPS,
    Form,
    canonical,
    read_form,
)
from api.dashboard.forms import beside
from api.dashboard.gate import to
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.errors import status_of
from api.ids import BALANCE
from api.reads.query import read_args, read_query
from api.reads.usage import RESOURCES, customers_of, ranked_of, uses_shown
from api.reads.usage_parameters import PROPERTY
from api.reads.usage_query import UsageAsked, asked
from api.views.shapes import Json
from api.views.uses import Links, use_row
from ledger.core.errors import CustomerNotFound, InvalidRequest, Refusal
from projections.queries import uses as recorded
from projections.queries.aggregate import sums
from projections.queries.bins import BinSize
from projections.view import View

HERE: Final = "/usage"
EVENTS: Final = "/usage/events"
CARD: Final = "card"
RECENT: Final = 20
RECENT_ON_CARD: Final = 6
FIELDS: Final = ("range", "from", "to", "bin", "measure", "group_by", "top", *KEPT)
EMPTY: Final = dict.fromkeys(FIELDS, "")
MOST_COLUMNS: Final = 6


def usage_page(visitor: Visitor) -> Response:
    """The graphs that are asked for; with htmx the part of the page that they are, also as a card on another page."""
    call = visitor.call
    args = call.request.args
    clean = canonical(args)
    if list(clean.items(multi=True)) != list(args.items(multi=True)):
        return to(f"{HERE}?{urlencode(list(clean.items(multi=True)))}")
    shown: dict[str, Any] = {"visitor": visitor, "here": HERE, "graph": {"card": clean.pop("place", "") == CARD}}
    graph = shown["graph"]
    try:
        form = read_form(call, clean)
        graph |= _choices(visitor, form) | {"form": form, "given": EMPTY | form.given, "wrong": {}}
        graph |= _answer(visitor, form, RECENT_ON_CARD if graph["card"] else RECENT)
    except Refusal as refusal:
        # What was asked stays in the form, and what is wrong with it stands beside it.
        given = {name: each for name, each in clean.items() if not name.startswith(PROPERTY)}
        form = Form(given, clean.getlist("feature_id"), {}, [], [])
        graph |= _choices(visitor, form) | {
            "form": form,
            "given": EMPTY | given,
            "wrong": _wrong(refusal),
            "panels": None,
        }
        return page("activity/usage.html", status_of(refusal), **shown)
    if not graph["card"] and not form.given.keys() & {"as_of", "at", "to"}:
        shown["live"] = live_path(call, form.customer_id)
    return page("activity/usage.html", **shown)


def _wrong(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, CustomerNotFound):
        return {"customer_id": refusal.sentence}
    return beside(refusal)


def _choices(visitor: Visitor, form: Form) -> Json:
    """What the form offers."""
    catalog = visitor.call.background.catalog
    features = [each for each in catalog.features.values() if not each.archived or each.feature_id in form.features]
    return {
        "features": features,
        "plans": [versions[-1] for versions in catalog.plans.values() if versions],
        "ranges": RANGES | (CYCLE_RANGES if form.customer_id else {}) | {"custom": "Other days"},
        "sizes": SIZES | ({"billing_cycle": "By billing cycle"} if form.customer_id else {}),
        "measures": MEASURES,
        "tops": TOPS,
        "groups": GROUPS,
        "named": (),
    }


def _answer(visitor: Visitor, form: Form, recent: int) -> Json:
    """The graphs, and the latest of the uses that they are made of."""
    call = visitor.call
    query = read_args(MultiDict(form.uses + form.sums), RESOURCES[1].parameters)
    question = asked(call, query)
    with call.view(recorded.MODELS, stream_id=question.keep.stream_id) as view:
        what = question.sums(view)
        found = sums(view, what)
        position = question.position(view)
        links = Links(EVENTS, what, ranked_of(question, what), position)
        drawn = panels(
            what,
            found,
            [links.of(each) for each in found],
            catalog=call.background.catalog,
            customers=customers_of(view, found),
            size=BinSize(query["bin"]),
            zone=question.zone,
        )
        rows = _recent(view, question, recent)
    names = _properties(rows)
    return {
        "panels": drawn[:MOST_PANELS],
        "beyond": [panel.name for panel in drawn[MOST_PANELS:]],
        "rows": rows,
        "columns": names[:MOST_COLUMNS],
        "named": names,
        "zone": str(question.zone),
        "position": position,
    }


def _recent(view: View, question: UsageAsked, limit: int) -> Sequence[Json]:
    found = recorded.uses(view, question.keep, balance_prefix=BALANCE, limit=limit)
    return [use_row(each) for each in found.items]


def _properties(rows: Sequence[Json]) -> list[str]:
    """The names of properties that uses have, in the order in which they come."""
    return list(dict.fromkeys(name for row in rows for name in row["properties"]))


def events_page(visitor: Visitor) -> Response:
    """Uses one by one, newest first: those behind a number of a graph, or what the address asks for."""
    call, request = visitor.call, visitor.call.request
    given = list(request.args.items(multi=True))
    clean = [(name, value) for name, value in given if value]
    if clean != given:
        return to(f"{EVENTS}?{urlencode(clean)}")
    query = read_query(request, RESOURCES[0].parameters)
    question = asked(call, query)
    if question.summed:
        raise InvalidRequest(f"Sums are drawn at {HERE}, and uses are listed here: leave bin, group_by and measure out")
    with call.view(recorded.MODELS, stream_id=question.keep.stream_id) as view:
        found = uses_shown(question, view, query)
    further = [pair for pair in clean if pair[0] != "cursor"]
    names = _properties(found["list"])
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "asked": [pair for pair in further if pair[0] != "limit"],
        "exported": urlencode([pair for pair in further if pair[0] != "limit"]),
        "rows": found["list"],
        "columns": names[:MOST_COLUMNS],
        "next": found["next_cursor"] and f"{EVENTS}?{urlencode([*further, ('cursor', found['next_cursor'])])}",
    }
    return page("activity/events.html", **shown)
