"""GET reads of the raw log: what the models are folded from, personal data still sealed in it."""

from typing import Any, Final
from uuid import UUID

from flask import Response

from api.call import Call
from api.exports.lines import lines_response
from api.reads.moments import PAST
from api.reads.past import Then, on_record, then_of
from api.reads.query import text, whole
from api.reads.resource import Resource
from ledger.store.addresses import CatalogAddress, CustomerAddress
from projections import reads

POSITIONS: Final = 10**15 - 1


def get_events(call: Call, query: dict[str, Any]) -> Response:
    """The raw log as NDJSON, streamed in the order of positions up to the head as it is now, or as it was."""
    then = then_of(call, query)
    position, stream_id = _whose(call, query["customer_id"]) if then is None else _whose_then(call, query, then)
    upto = position if query["upto"] is None else min(query["upto"], position)
    store, ledger_id = call.services.store, call.identity.ledger.ledger_id
    rows = reads.events(store.pool, ledger_id, after=query["after"], upto=upto, stream_id=stream_id)
    if then is not None and (at := then.when.at) is not None:
        rows = (row for row in rows if row.at <= at)
    return lines_response(call, map(reads.ndjson, rows), position)


def _whose(call: Call, customer_id: str | None) -> tuple[int, UUID | None]:
    """Where the log ends, and the stream that it is narrowed to, after what was due there has happened."""
    if customer_id is None:
        return call.look(CatalogAddress()).position, None
    outcome = call.look(CustomerAddress(customer_id))
    return outcome.position, outcome.steps[0].stream_id


def _whose_then(call: Call, query: dict[str, Any], then: Then) -> tuple[int, UUID | None]:
    """The same as it was: what had fallen due and nobody had looked at was not in the log."""
    customer_id = query["customer_id"]
    return then.when.position, None if customer_id is None else on_record(call, then, customer_id).stood.stream_id


RESOURCES: Final = (
    Resource(
        "/v1/events",
        "reads.events",
        "The raw log, one event a line; personal data stays sealed in it",
        get_events,
        (
            whole("after", "Only events after this position.", 0, POSITIONS, 0),
            whole("upto", "Only events up to this position.", 0, POSITIONS),
            text("customer_id", "Only this customer's events."),
            *PAST,
        ),
        "application/x-ndjson",
    ),
)
