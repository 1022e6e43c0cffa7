"""GET reads of customers: the list, and one of them whole."""

from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.query import CURSOR, LIMIT, ORDER, choice, instant, text
from api.reads.resource import Resource
from api.v1.lists import customers_page, scene_of
from api.views.customer import customer
from api.wire.limits import NAME_CHARS
from ledger.core.errors import CustomerNotFound
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import CUSTOMER_MODELS, CreatedRange, PlanFilter

CURRENT: Final = ("active", "scheduled")


def list_customers(call: Call, query: dict[str, Any]) -> Response:
    """A page of customers."""
    statuses = CURRENT if query["subscription_status"] is None else (query["subscription_status"],)
    plans = [] if query["plan_id"] is None else [PlanFilter(query["plan_id"])]
    page = customers_page(
        call,
        search=query["search"],
        plans=plans,
        plan_statuses=statuses,
        created=CreatedRange(query["created_from"], query["created_to"]),
        oldest_first=query["order"] == "asc",
        limit=query["limit"],
        cursor=query["cursor"],
    )
    return answer(call, page)


def get_customer(call: Call, _query: dict[str, Any], customer_id: str) -> Response:
    """One customer as the projections have it, after what was due for it has happened."""
    stream_id = call.look(CustomerAddress(customer_id)).steps[0].stream_id
    with call.view(CUSTOMER_MODELS) as view:
        entry = reads.customer(view, stream_id)
        if entry is None:
            raise CustomerNotFound(customer_id)
        return answer(call, customer(scene_of(call, view, stream_id, entry.state)))


RESOURCES: Final = (
    Resource(
        "/v1/customers",
        "reads.customers",
        "Customers, filtered, page by page",
        list_customers,
        (
            text("search", "Part of an id, a name or an email.", NAME_CHARS),
            text("plan_id", "Only customers on this plan."),
            choice("subscription_status", "How they are on it.", CURRENT),
            instant("created_from", "Created from this instant on."),
            instant("created_to", "Created up to this instant."),
            ORDER,
            LIMIT,
            CURSOR,
        ),
    ),
    Resource("/v1/customers/{customer_id}", "reads.customer", "One customer with what it holds", get_customer, ()),
)
