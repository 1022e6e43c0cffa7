"""The timeline of the ledger, or of one customer: everything that happened, by whom and why."""

from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response

from api.call import Call
from api.dashboard.forms import beside
from api.dashboard.gate import to
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.dashboard.words import beginning, machine
from api.errors import status_of
from api.reads.moments import when_of
from api.reads.query import LIMIT, read_query
from api.reads.timeline import FILTERS, RESOURCES, kept
from api.views.shapes import Json
from api.views.timeline import timeline_group
from api.wire.refusals import InvalidInputs
from ledger.core.errors import CustomerNotFound, Refusal
from projections import reads
from projections.queries.timeline import KINDS, command_of
from projections.reads import TIMELINE_MODELS, Page, TimelineGroup, timeline_after

HERE: Final = "/timeline"
NEWER: Final = "/timeline/newer"
AT_ONCE: Final = 500
MOST_ENTRIES: Final = 300  # of a page: one command may have caused thousands
ASKED: Final = ("customer_id", *FILTERS)
MOMENTS: Final = ("as_of", "at")
DAYS: Final = ("at_from", "at_to", "recorded_from", "recorded_to")
STANDING: Final = ("order", "cursor", "position", *MOMENTS)
"""What a page does not grow at its top with: it is not of the present, or does not begin with it."""
Pairs = list[tuple[str, str]]


def timeline_page(visitor: Visitor) -> Response:
    """The timeline, newest first, or what the filters keep of it; with htmx only the further part of the list."""
    request = visitor.call.request
    given = [(name, value.strip()) for name, value in request.args.items(multi=True)]
    clean = [(name, value) for name, value in given if value]
    if clean != list(request.args.items(multi=True)):
        return to(f"{HERE}?{urlencode(clean)}")
    shown: dict[str, Any] = {"visitor": visitor, "here": HERE, "given": dict(clean), "kinds": _kinds(), "wrong": {}}
    shown["chips"] = _chips(clean)
    shown["exported"] = _exported(clean)
    try:
        return page("activity/timeline.html", **shown, **_read(visitor, clean))
    except (InvalidInputs, CustomerNotFound) as refusal:
        # What was asked stays in the form, with what is wrong beside it.
        shown |= {"wrong": _wrong(refusal), "timeline": None, "next": None, "newer": None}
        return page("activity/timeline.html", status_of(refusal), **shown)


def _read(visitor: Visitor, clean: Pairs) -> Json:
    call = visitor.call
    query = _query(call)
    limit = query["limit"] or LIMIT.default
    keep, when = kept(call, query, {}), when_of(call, query)
    with call.view(TIMELINE_MODELS, stream_id=keep.stream_id) as view:
        found = reads.timeline_groups(
            view,
            keep,
            oldest_first=query["order"] == "asc",
            limit=limit,
            cursor=query["cursor"],
            when=when,
            most_entries=MOST_ENTRIES,
        )
    further = [pair for pair in clean if pair[0] != "cursor"]
    shown: Json = {
        "timeline": told(found),
        "next": None if found.next_cursor is None else f"{HERE}?{urlencode([*further, ('cursor', found.next_cursor)])}",
        "newer": None,
    }
    if not any(name in STANDING for name, _ in clean):
        shown["live"] = live_path(call, query["customer_id"])
        shown["newer"] = _newer(clean, view.position)
    return shown


def told(found: Page[TimelineGroup]) -> list[Json]:
    """Groups as `activity/entries.html` takes them."""
    return [{**timeline_group(each.entries), "cut": each.cut} for each in found.items]


def newer_entries(visitor: Visitor) -> Response:
    """What came after a position, for the top of a list that is open: the newest first, as on the page."""
    call = visitor.call
    query = _query(call)
    keep, after = kept(call, query, {}), query["after"] or 0
    with call.view(TIMELINE_MODELS, stream_id=keep.stream_id) as view:
        found = timeline_after(view, keep, after, AT_ONCE)
        position = view.position
    more = len(found) == AT_ONCE
    asked = [(name, value) for name, value in call.request.args.items(multi=True) if name != "after"]
    groups = [TimelineGroup(list(each)) for _, each in groupby(reversed(found), key=command_of)]
    newer = _newer(asked, found[-1].position if more else position)
    return page("activity/newer.html", visitor=visitor, timeline=told(Page(groups, None)), newer=newer, more=more)


def _query(call: Call) -> dict[str, Any]:
    """What is asked; a day is one of the ledger's time zone. Raises `InvalidInputs`."""
    query = read_query(call.request, RESOURCES[-1].parameters)
    days = {name: found for name in DAYS if (found := _first_instant(call.request.args.get(name, ""))) is not None}
    return {**query, **days}


def _exported(clean: Pairs) -> str:
    """The same for a file, which reads days in UTC."""
    pairs = [(name, value) for name, value in clean if name not in ("cursor", "limit", "order", "group")]
    days = {name: _first_instant(value) for name, value in pairs if name in DAYS}
    return urlencode([(name, value if (at := days.get(name)) is None else machine(at)) for name, value in pairs])


def _first_instant(text: str) -> datetime | None:
    try:
        return beginning(date.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _newer(asked: Pairs, position: int) -> str:
    return f"{NEWER}?{urlencode([*(pair for pair in asked if pair[0] in ASKED), ('after', str(position))])}"


def _kinds() -> dict[str, list[str]]:
    """What may be asked for, by what it happened to."""
    return {name: list(each) for name, each in groupby(KINDS, key=lambda kind: kind.partition(".")[0])}


def _chips(clean: Pairs) -> list[tuple[str, str, str]]:
    """Each filter that is on: its name, its value, and the address without it."""
    found = []
    for name, value in clean:
        if name in ASKED or name in MOMENTS:
            rest = [pair for pair in clean if pair != (name, value) and pair[0] != "cursor"]
            found.append((name, value, f"{HERE}?{urlencode(rest)}" if rest else HERE))
    return found


def _wrong(refusal: Refusal) -> dict[str, str]:
    return {"customer_id": refusal.sentence} if isinstance(refusal, CustomerNotFound) else beside(refusal)
