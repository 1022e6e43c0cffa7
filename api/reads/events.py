"""GET reads of the raw log: what the models are folded from, personal data still sealed in it."""

from typing import Any, Final

from flask import Response

from api.call import Call
from api.reads.query import text, whole
from api.reads.resource import Resource
from ledger.store.addresses import CatalogAddress, CustomerAddress
from projections import reads

POSITIONS: Final = 10**15 - 1


def get_events(call: Call, query: dict[str, Any]) -> Response:
    """The raw log as NDJSON, streamed in the order of positions up to the head as it is now."""
    stream_id = None
    outcome = call.look(CatalogAddress())
    if query["customer_id"] is not None:
        outcome = call.look(CustomerAddress(query["customer_id"]))
        stream_id = outcome.steps[0].stream_id
    upto = outcome.position if query["upto"] is None else min(query["upto"], outcome.position)
    store, ledger_id = call.services.store, call.identity.ledger.ledger_id
    rows = reads.events(store.pool, ledger_id, after=query["after"], upto=upto, stream_id=stream_id)
    response = Response(map(reads.ndjson, rows), content_type="application/x-ndjson")
    response.headers["Ledger-Position"] = str(outcome.position)
    return response


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
        ),
        "application/x-ndjson",
    ),
)
