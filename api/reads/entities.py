"""GET reads of a customer's entities, each with what it holds, now or as it stood."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.ids import shown_customer
from api.reads.moments import PAST
from api.reads.past import Then, Whose, in_order, page, then_of, whose
from api.reads.query import CURSOR, LIMIT, text
from api.reads.resource import Column, Export, Kind, Resource, Rows
from api.v1.lists import scene_of
from api.views.customer import entity
from api.wire.limits import NAME_CHARS
from ledger.core.state import Customer, Entity
from ledger.core.subscriptions.subscription import Subscription
from projections import reads
from projections.customers.fold import searchable
from projections.queries.lists import CURRENT
from projections.reads import CUSTOMER_MODELS, EntityEntry, PlanFilter

MOST_AT_ONCE: Final = 500


def list_entities(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's entities, after what was due for it has happened."""
    then = then_of(call, query)
    if then is not None:
        found, customer = _stood(call, then, customer_id)
        asked, items = (query["search"], query["plan_id"], then.asked), _kept(customer, query)
        paged = page(call, "entities_then", asked, items, _key, query, found.stood.stream_id)
        shown = [entity(found.scene(customer), each.entity_id) for each in paged.items]
        return answer(call, {"list": shown, "next_cursor": paged.next_cursor})
    asking = _asking(call, query, customer_id)
    with call.view(CUSTOMER_MODELS, stream_id=asking["stream_id"]) as view:
        listed = reads.entities(view, **asking, limit=query["limit"], cursor=query["cursor"])
        shown = [
            entity(scene_of(call, view, each.stream_id, each.customer), each.entity.entity_id) for each in listed.items
        ]
    return answer(call, {"list": shown, "next_cursor": listed.next_cursor})


def _asking(call: Call, query: dict[str, Any], customer_id: str) -> dict[str, Any]:
    plans = [] if query["plan_id"] is None else [PlanFilter(query["plan_id"])]
    stream_id = call.settle(customer_id)
    return {"stream_id": stream_id, "search": query["search"], "plans": plans}


def _stood(call: Call, then: Then, customer_id: str) -> tuple[Whose, Customer]:
    found = whose(call, then, customer_id)
    with call.view(("subscriptions",), stream_id=found.stood.stream_id) as view:
        return found, in_order(view, found)


def _kept(customer: Customer, query: dict[str, Any]) -> list[Entity]:
    """The question of `list_entities.sql`, of the entities of one customer."""
    search, plan_id = (query["search"] or "").lower(), query["plan_id"]
    held = [each for each in customer.subscriptions.values() if each.plan.plan_id == plan_id]
    return [
        each
        for each in customer.entities.values()
        if search in searchable(each.entity_id, each.name.text() if each.name else None)
        and (plan_id is None or _has(each, held))
    ]


def _has(found: Entity, held: Sequence[Subscription]) -> bool:
    """Whether one of these plans is an entity's, or its customer's."""
    return any(each.status.value in CURRENT and each.entity_id in (None, found.entity_id) for each in held)


def _key(found: Entity) -> tuple[datetime, str]:
    return found.created_at, found.entity_id


COLUMNS: Final = (
    Column("id", Kind.TEXT, "The entity's id, unique within its customer."),
    Column("customer_id", Kind.TEXT, "Whose it is."),
    Column("name", Kind.TEXT, "What it is called."),
    Column("feature_id", Kind.TEXT, "The feature that it takes a unit of."),
    Column("created_at", Kind.INSTANT, "When it was created."),
)


@contextmanager
def _file(call: Call, query: dict[str, Any], customer_id: str) -> Iterator[Rows]:
    """Every entity of one customer."""
    then = then_of(call, query)
    if then is not None:
        found, customer = _stood(call, then, customer_id)
        owner = shown_customer(customer.customer_id, found.stood.stream_id)
        kept = sorted(_kept(customer, query), key=_key, reverse=True)
        yield Rows(then.when.position, None, (_flat(owner, each) for each in kept))
        return
    asking = _asking(call, query, customer_id)
    with call.view(CUSTOMER_MODELS, stream_id=asking["stream_id"]) as view:
        entries = _all(view, asking)
        rows = (_flat(shown_customer(each.customer.customer_id, each.stream_id), each.entity) for each in entries)
        yield Rows(view.position, view.due, rows)


def _all(view: reads.View, asking: dict[str, Any]) -> Iterator[EntityEntry]:
    cursor = None
    while True:
        found = reads.entities(view, **asking, limit=MOST_AT_ONCE, cursor=cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def _flat(owner: str, each: Entity) -> Sequence[Any]:
    return each.entity_id, owner, each.name.text() if each.name else None, each.feature_id, each.created_at


RESOURCES: Final = (
    Resource(
        "/v1/customers/{customer_id}/entities",
        "reads.entities",
        "A customer's entities, with what each holds",
        list_entities,
        (
            text("search", "Part of an id or a name.", NAME_CHARS),
            text("plan_id", "Only entities that have this plan, themselves or through their customer."),
            *PAST,
            LIMIT,
            CURSOR,
        ),
        export=Export("entities", COLUMNS, _file),
    ),
)
