"""What can be read: each path with its parameters and the function that answers it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads import invoices
from api.reads.explaining import EXPLAIN, balance_explanation, explained
from api.reads.query import CURSOR, LIMIT, Parameter, choice, instant, text, whole
from api.v1.lists import balance_rows, customers_page, owner, scene_of
from api.views.customer import customer
from api.views.rows import balance_row
from api.views.shapes import Json
from api.views.timeline import timeline_entry
from api.wire.limits import NAME_CHARS, ROW_PAGE_ROWS_MAX
from ledger.core.errors import CustomerNotFound
from ledger.store.addresses import CatalogAddress, CustomerAddress
from projections import reads
from projections.reads import CUSTOMER_MODELS, TIMELINE_MODELS, BalanceFilter, CreatedRange, PlanFilter, TimelineFilter

Answering = Callable[..., Response]
CURRENT: Final = ("active", "scheduled")
POSITIONS: Final = 10**15 - 1


@dataclass(frozen=True)
class Resource:
    """One GET path. `answer` is called with the call, the query's values and what stands in the path."""

    path: str
    name: str
    summary: str
    answer: Answering
    parameters: Sequence[Parameter]
    media_type: str = "application/json"


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


def get_balances(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's balances, one row for each grant."""
    stream_id = call.look(CustomerAddress(customer_id)).steps[0].stream_id
    statuses = ("active", "expired") if query["status"] == "all" else (query["status"],)
    asked = {name: query[name] for name in ("entity_id", "plan_id", "feature_id")}
    keep = BalanceFilter(stream_id=stream_id, statuses=statuses, **asked)
    return answer(call, _balance_rows(call, query, keep))


def _balance_rows(call: Call, query: dict[str, Any], keep: BalanceFilter) -> Json:
    if query["explain"] != "true":
        return balance_rows(call, keep, query["limit"], query["cursor"])
    assert keep.stream_id is not None
    with call.view(CUSTOMER_MODELS) as view:
        page = reads.balances(view, keep, limit=query["limit"], cursor=query["cursor"])
        shown = [balance_row(scene_of(call, view, each.stream_id, owner(each)), each) for each in page.items]
        position = view.position
    found = explained(call, [keep.stream_id], position)[keep.stream_id]
    for row, each in zip(shown, page.items, strict=True):
        row["explain"] = balance_explanation(found, each.grant, each.rollovers)
    return {"list": shown, "has_more": page.next_cursor is not None, "next_cursor": page.next_cursor}


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


_ORDER: Final = choice("order", "Oldest first (asc) or newest first (desc).", ("asc", "desc"), "desc")
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
_PAGED_TIMELINE: Final = (*_TIMELINE, _ORDER, LIMIT, CURSOR)

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
            _ORDER,
            LIMIT,
            CURSOR,
        ),
    ),
    Resource("/v1/customers/{customer_id}", "reads.customer", "One customer with what it holds", get_customer, ()),
    Resource(
        "/v1/customers/{customer_id}/balances",
        "reads.balances",
        "A customer's balances, one row for each grant",
        get_balances,
        (
            choice("status", "Which of them.", ("active", "expired", "all"), "active"),
            text("feature_id", "Only balances of this feature."),
            text("entity_id", "Only balances of this entity."),
            text("plan_id", "Only balances that come from this plan."),
            EXPLAIN,
            whole("limit", "Rows on a page.", 1, ROW_PAGE_ROWS_MAX, 50),
            CURSOR,
        ),
    ),
    Resource(
        "/v1/customers/{customer_id}/invoices",
        "reads.customer_invoices",
        "A customer's invoices, with their lines",
        invoices.list_customer_invoices,
        invoices.PARAMETERS,
    ),
    Resource(
        "/v1/invoices",
        "reads.invoices",
        "Invoices of the ledger, with their lines",
        invoices.list_invoices,
        (text("customer_id", "Only this customer's invoices."), *invoices.PARAMETERS),
    ),
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
