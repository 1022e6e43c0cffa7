"""GET read of one customer, whole."""

from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.resource import Resource
from api.v1.lists import scene_of
from api.views.customer import customer
from ledger.core.errors import CustomerNotFound
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import CUSTOMER_MODELS


def get_customer(call: Call, _query: dict[str, Any], customer_id: str) -> Response:
    """One customer as the projections have it, after what was due for it has happened."""
    stream_id = call.look(CustomerAddress(customer_id)).steps[0].stream_id
    with call.view(CUSTOMER_MODELS) as view:
        entry = reads.customer(view, stream_id)
        if entry is None:
            raise CustomerNotFound(customer_id)
        return answer(call, customer(scene_of(call, view, stream_id, entry.state)))


RESOURCES: Final = (
    Resource("/v1/customers/{customer_id}", "reads.customer", "One customer with what it holds", get_customer, ()),
)
