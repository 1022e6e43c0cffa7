"""events.list and events.reverse: what products used, use by use, and taking the effect of an event back."""

from typing import Any, Final

from api.call import Call, Handlers
from api.ids import shown_customer
from api.v1.named import scene_for
from api.v1.ranges import SHORTEST, span_of
from api.views.shapes import Json
from api.views.usage import use
from ledger.core.balances.correction import Reverse
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM
from ledger.core.errors import Refusal
from ledger.store.addresses import StreamAddress
from ledger.store.kinds import core_kinds
from ledger.store.log import LogRow, read_log, reading_codec
from projections import reads
from projections.reads import USAGE_MODELS, UsageFilter


class EventNotFound(Refusal):
    code = "event_not_found"

    def __init__(self, position: int) -> None:
        super().__init__(f"No event of a customer is at position {position} of this ledger")


def list_all(call: Call, body: dict[str, Any]) -> Json:
    """Uses by when they were used, newest first."""
    scene = scene_for(call, body)
    feature_id = body.get("feature_id")
    features = (feature_id,) if isinstance(feature_id, str) else feature_id
    span = span_of(call, body, scene)
    keep = UsageFilter(
        None if scene is None else scene.stream_id,
        body.get("entity_id"),
        None if features is None else tuple(features),
        span.start,
        None if span.end is None else span.end - SHORTEST,
    )
    with call.view(USAGE_MODELS, stream_id=keep.stream_id) as view:
        page = reads.usage(view, keep, limit=body["limit"], cursor=body["start_cursor"] or None)
    return {"list": [use(each) for each in page.items], "next_cursor": page.next_cursor}


def reverse(call: Call, body: dict[str, Any]) -> Json:
    """Take back the effect of the event at a position, with a reason, once."""
    row, command = _event_at(call, body["position"])
    outcome = call.execute(StreamAddress(row.stream_id), command)
    scene = call.scene(outcome)
    return {
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "reversed_position": row.position,
        "position": outcome.position,
    }


def _event_at(call: Call, position: int) -> tuple[LogRow, Reverse]:
    """The row of a customer's event, and the command that takes its effect back. Raises `EventNotFound`."""
    store, ledger_id = call.services.store, call.identity.ledger.ledger_id
    with store.pool.connection() as conn:
        rows = read_log(conn, ledger_id, position - 1, 1)
        if not rows or rows[0].position != position or rows[0].stream_id in (CATALOG_STREAM, SETTINGS_STREAM):
            raise EventNotFound(position)
        row, codec = rows[0], reading_codec(conn, ledger_id, core_kinds(), store.operator)
        return row, Reverse(position, row.version, codec.decode(row.type, row.state, row.stream_id), row.at)


HANDLERS: Final[Handlers] = {
    "events.list": list_all,
    "events.reverse": reverse,
}
