"""GET reads of customers: the list."""

from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.query import CURSOR, LIMIT, ORDER, choice, instant, text
from api.reads.resource import Resource
from api.v1.lists import customers_page
from api.wire.limits import NAME_CHARS
from projections.reads import CreatedRange, PlanFilter

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
)
