"""GET reads of the timeline: everything that happened, of the ledger or of one customer."""

from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.query import CURSOR, LIMIT, ORDER, instant, text
from api.reads.resource import Resource
from api.views.shapes import Json
from api.views.timeline import timeline_entry
from api.wire.limits import NAME_CHARS
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import TIMELINE_MODELS, TimelineFilter


def get_timeline(call: Call, query: dict[str, Any]) -> Response:
    """A page of the whole ledger's timeline."""
    return answer(call, _timeline(call, query, TimelineFilter()))


def get_customer_timeline(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's timeline."""
    stream_id = call.look(CustomerAddress(customer_id)).steps[0].stream_id
    return answer(call, _timeline(call, query, TimelineFilter(stream_id=stream_id)))


def _timeline(call: Call, query: dict[str, Any], keep: TimelineFilter) -> Json:
    keep = keep._replace(**{name: query[name] for name in FILTERS})
    with call.view(TIMELINE_MODELS) as view:
        page = reads.timeline(
            view, keep, oldest_first=query["order"] == "asc", limit=query["limit"], cursor=query["cursor"]
        )
        return {"list": [timeline_entry(each) for each in page.items], "next_cursor": page.next_cursor}


_TIMELINE: Final = (
    text("kind", "What happened: `balance.deducted`, or `balance` for everything of that kind.", NAME_CHARS),
    text("actor", "Who did it: a key's or a user's name, or `clock`.", NAME_CHARS),
    text("feature_id", "Only what touched this feature."),
    text("entity_id", "Only what touched this entity."),
    text("plan_id", "Only what touched this plan."),
    instant("at_from", "From this business instant on."),
    instant("at_to", "Before this business instant."),
    instant("recorded_from", "Recorded from this instant on."),
    instant("recorded_to", "Recorded before this instant."),
)
FILTERS: Final = tuple(parameter.name for parameter in _TIMELINE)
_PAGED_TIMELINE: Final = (*_TIMELINE, ORDER, LIMIT, CURSOR)

RESOURCES: Final = (
    Resource(
        "/v1/customers/{customer_id}/timeline",
        "reads.customer_timeline",
        "Everything that happened to a customer, in words",
        get_customer_timeline,
        _PAGED_TIMELINE,
    ),
    Resource(
        "/v1/timeline",
        "reads.timeline",
        "Everything that happened in the ledger, in words",
        get_timeline,
        _PAGED_TIMELINE,
    ),
)
