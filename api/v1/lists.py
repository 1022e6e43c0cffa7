"""Lists over many customers, read from the projections: customers.list, entities.list and the rows of §1.6."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.call import Call, Handlers
from api.v1.named import stream_of
from api.views.customer import customer, entity
from api.views.rows import balance_row, purchase_row, subscription_row
from api.views.shapes import Json, Scene
from ledger.core.state import Customer
from projections import reads
from projections.reads import CUSTOMER_MODELS, BalanceEntry, BalanceFilter, CreatedRange, PlanFilter, View

ALL_PLAN_STATUSES: Final = ("active", "scheduled")


def customers(call: Call, body: dict[str, Any]) -> Json:
    """Customers by creation, a page at a time."""
    created = body.get("created_at_range", {})
    return customers_page(
        call,
        search=body.get("search") or None,
        plans=_plans(body),
        plan_statuses=_plan_statuses(body),
        created=CreatedRange(created.get("start"), created.get("end")),
        oldest_first=body["sort_order"] == "asc",
        limit=body["limit"],
        cursor=body["start_cursor"] or None,
    )


def customers_page(call: Call, **asked: Any) -> Json:
    """A page of customers; `asked` are the arguments of `reads.customers`."""
    with call.view(CUSTOMER_MODELS) as view:
        page = reads.customers(view, **asked)
        shown = [customer(scene_of(call, view, each.stream_id, each.state)) for each in page.items]
    return {"list": shown, "next_cursor": page.next_cursor}


def entities(call: Call, body: dict[str, Any]) -> Json:
    """Entities of one customer or of all, newest first."""
    stream_id = stream_of(call, body)
    with call.view(CUSTOMER_MODELS, stream_id=stream_id) as view:
        page = reads.entities(
            view,
            stream_id=stream_id,
            search=body.get("search") or None,
            plans=_plans(body),
            plan_statuses=_plan_statuses(body),
            limit=body["limit"],
            cursor=body["start_cursor"] or None,
        )
        shown = [
            entity(scene_of(call, view, each.stream_id, each.customer), each.entity.entity_id) for each in page.items
        ]
    return {"list": shown, "next_cursor": page.next_cursor}


def subscriptions(call: Call, body: dict[str, Any]) -> Json:
    """Subscriptions row by row."""
    return _held(call, body, one_off=False)


def purchases(call: Call, body: dict[str, Any]) -> Json:
    """Plans that were paid once, row by row."""
    return _held(call, body, one_off=True)


def _held(call: Call, body: dict[str, Any], *, one_off: bool) -> Json:
    stream_id = stream_of(call, body)
    with call.view(CUSTOMER_MODELS, stream_id=stream_id) as view:
        page = reads.subscriptions(
            view,
            one_off=one_off,
            stream_id=stream_id,
            entity_id=body.get("entity_id"),
            statuses=body["statuses"],
            plan_id=body.get("plan_id"),
            limit=body["limit"],
            cursor=body["start_cursor"] or None,
        )
        due, zone = view.due, call.background.settings.zone
    row = purchase_row if one_off else subscription_row
    return _rows([row(each, due, zone) for each in page.items], page.next_cursor)


def balances(call: Call, body: dict[str, Any]) -> Json:
    """Balances row by row, one for each grant."""
    stream_id = stream_of(call, body)
    keep = BalanceFilter(
        stream_id,
        body.get("entity_id"),
        tuple(body["statuses"]),
        body.get("plan_id"),
        "plan_id" in body and body["plan_id"] is None,
        body.get("feature_id"),
    )
    return balance_rows(call, keep, body["limit"], body["start_cursor"] or None)


def balance_rows(call: Call, keep: BalanceFilter, limit: int, cursor: str | None) -> Json:
    """A page of grants, each with whose it is."""
    with call.view(CUSTOMER_MODELS, stream_id=keep.stream_id) as view:
        page = reads.balances(view, keep, limit=limit, cursor=cursor)
        shown = [balance_row(scene_of(call, view, each.stream_id, owner(each)), each) for each in page.items]
    return _rows(shown, page.next_cursor)


def owner(entry: BalanceEntry) -> Customer:
    """As much of a balance's customer as showing the balance takes."""
    return Customer(clock=entry.clock, currency=entry.currency)


def _rows(shown: list[Json], next_cursor: str | None) -> Json:
    return {"list": shown, "has_more": next_cursor is not None, "next_cursor": next_cursor}


def scene_of(call: Call, view: View, stream_id: UUID, customer_: Customer) -> Scene:
    """A projected customer as a view shows it: at its own clock, else up to where due work is done."""
    now: datetime = customer_.clock or view.due
    return Scene(stream_id, customer_, now, call.background.catalog, call.background.settings, counted=False)


def _plans(body: dict[str, Any]) -> list[PlanFilter]:
    return [PlanFilter(each["id"], tuple(each.get("versions", ()))) for each in body.get("plans", ())]


def _plan_statuses(body: dict[str, Any]) -> tuple[str, ...]:
    status = body.get("subscription_status")
    return ALL_PLAN_STATUSES if status is None else (status,)


HANDLERS: Final[Handlers] = {
    "customers.list": customers,
    "entities.list": entities,
    "subscriptions.list": subscriptions,
    "purchases.list": purchases,
    "balances.list": balances,
}
