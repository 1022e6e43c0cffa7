"""The timeline of the ledger: everything that happened, by whom and why."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Response

from api.dashboard.gate import Visitor, to
from api.dashboard.page import page
from api.reads.query import LIMIT, read_query
from api.reads.timeline import RESOURCES, kept
from api.views.timeline import timeline_group
from projections import reads
from projections.reads import TIMELINE_MODELS

HERE: Final = "/timeline"


def timeline_page(visitor: Visitor) -> Response:
    """The timeline, newest first, or what the filters keep of it."""
    call, request = visitor.call, visitor.call.request
    given = list(request.args.items(multi=True))
    clean = [(name, value) for name, value in given if value]
    if clean != given:
        return to(f"{HERE}?{urlencode(clean)}")
    query = read_query(request, RESOURCES[-1].parameters)
    limit = query["limit"] or LIMIT.default
    with call.view(TIMELINE_MODELS) as view:
        keep = kept(call, query, {})
        oldest_first = query["order"] == "asc"
        found = reads.timeline_groups(view, keep, oldest_first=oldest_first, limit=limit, cursor=query["cursor"])
    further = [pair for pair in clean if pair[0] != "cursor"] + [("cursor", found.next_cursor or "")]
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "query": query,
        "timeline": [timeline_group(each.entries) for each in found.items],
        "exported": urlencode([pair for pair in clean if pair[0] not in ("cursor", "limit")]),
        "next": None if found.next_cursor is None else f"{HERE}?{urlencode(further)}",
    }
    return page("activity/timeline.html", **shown)
