"""GET read of one customer, whole, now or as it stood."""

from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.moments import PAST
from api.reads.past import Then, in_order, then_of, whose
from api.reads.resource import Resource
from api.v1.lists import scene_of
from api.views.customer import customer
from api.views.shapes import Json
from ledger.core.errors import CustomerNotFound
from projections import reads
from projections.reads import CUSTOMER_MODELS


def get_customer(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """One customer as the projections have it, after what was due for it has happened."""
    then = then_of(call, query)
    if then is not None:
        return answer(call, _then(call, then, customer_id))
    stream_id = call.settle(customer_id)
    with call.view(CUSTOMER_MODELS, stream_id=stream_id) as view:
        entry = reads.customer(view, stream_id)
        if entry is None:
            raise CustomerNotFound(customer_id)
        return answer(call, customer(scene_of(call, view, stream_id, entry.state)))


def _then(call: Call, then: Then, customer_id: str) -> Json:
    found = whose(call, then, customer_id)
    with call.view(("subscriptions",), stream_id=found.stood.stream_id) as view:
        return customer(found.scene(in_order(view, found)))


RESOURCES: Final = (
    Resource("/v1/customers/{customer_id}", "reads.customer", "One customer with what it holds", get_customer, PAST),
)
