"""Who the customers are, and their entities: the core's fold without plans and balances."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from typing import Final as Constant
from uuid import UUID

import msgspec

from ledger.core import folding
from ledger.core.events import (
    ClockMoved,
    ControlsChanged,
    CurrencySet,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    EntityCreated,
    EntityDeleted,
    Event,
)
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.core.state import Customer, Entity
from ledger.core.terms import Controls
from projections.jsonb import plain_json, state_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table

NO_CONTROLS: Constant = Controls()
_controls: Constant = msgspec.json.Decoder(Controls)

CUSTOMERS: Constant = Table(
    "customers",
    key=1,
    columns={
        "stream_id": Kind.UUID,
        "version": Kind.INTEGER,
        "customer_id": Kind.TEXT,
        "name": Kind.TEXT,
        "email": Kind.TEXT,
        "fingerprint": Kind.TEXT,
        "metadata": Kind.JSON,
        "forgotten": Kind.BOOLEAN,
        "search": Kind.TEXT,
        "created_at": Kind.INSTANT,
        "deleted_at": Kind.INSTANT,
        "currency": Kind.TEXT,
        "send_email_receipts": Kind.BOOLEAN,
        "clock": Kind.INSTANT,
        "controls": Kind.JSON,
    },
)

ENTITIES: Constant = Table(
    "entities",
    key=2,
    columns={
        "stream_id": Kind.UUID,
        "entity_id": Kind.TEXT,
        "feature_id": Kind.TEXT,
        "name": Kind.TEXT,
        "forgotten": Kind.BOOLEAN,
        "search": Kind.TEXT,
        "created_at": Kind.INSTANT,
        "controls": Kind.JSON,
    },
)

PAST: Constant = Table(
    "customers_past",
    key=2,
    columns={
        "stream_id": Kind.UUID,
        "position": Kind.BIGINT,
        "at": Kind.INSTANT,
        "customer_id": Kind.TEXT,
        "deleted": Kind.BOOLEAN,
        "clock": Kind.INSTANT,
    },
    grows_only=True,
)


class CustomerRow(NamedTuple):
    """A row of `customers`, as far as the customer is made of it."""

    version: int
    customer_id: str | None
    name: str | None
    email: str | None
    fingerprint: str | None
    metadata: str | None
    forgotten: bool
    created_at: datetime
    deleted_at: datetime | None
    currency: str | None
    send_email_receipts: bool
    clock: datetime | None
    controls: str | None


class EntityRow(NamedTuple):
    """A row of `entities`, as far as the entity is made of it."""

    entity_id: str
    feature_id: str
    name: str | None
    forgotten: bool
    created_at: datetime
    controls: str | None


def restore(rows: Mapping[str, Sequence[Row]]) -> Customer:
    """The customer of a stream without plans and balances. Its version is that of the last event folded here."""
    entities = {each[0]: to_entity(EntityRow(*each)) for each in rows["entities"]}
    if not rows["customers"]:
        return Customer(entities=entities)
    return to_customer(CustomerRow(*rows["customers"][0]), entities)


def to_customer(row: CustomerRow, entities: Mapping[str, Entity]) -> Customer:
    """The customer that a row describes."""
    known: dict[str, Any] = {"name": row.name, "email": row.email, "fingerprint": row.fingerprint}
    personal = {key: value for key, value in known.items() if value is not None}
    if row.metadata is not None:
        personal["metadata"] = msgspec.json.decode(row.metadata)
    return Customer(
        version=row.version,
        customer_id=row.customer_id,
        personal=Sealed(FORGOTTEN if row.forgotten else personal),
        created_at=row.created_at,
        deleted_at=row.deleted_at,
        currency=row.currency,
        send_email_receipts=row.send_email_receipts,
        clock=row.clock,
        entities=entities,
        controls=to_controls(row.controls),
    )


def to_entity(row: EntityRow) -> Entity:
    """The entity that a row describes."""
    name = Sealed(FORGOTTEN) if row.forgotten else None if row.name is None else Sealed(row.name)
    return Entity(row.entity_id, row.feature_id, name, row.created_at, to_controls(row.controls))


def to_controls(text: str | None) -> Controls:
    """The limits that a row has; none where nobody has set any."""
    return NO_CONTROLS if text is None else _controls.decode(text)


def _controls_json(controls: Controls) -> bytes | None:
    return None if controls == NO_CONTROLS else state_json(controls)


def fold(state: Customer, recorded: Recorded) -> tuple[Customer, Sequence[Final]]:
    """Move a customer by one event; the units that its entities take are the balances' to fold."""
    event = recorded.event
    if isinstance(event, EntityCreated | EntityDeleted):
        event = msgspec.structs.replace(event, allocations=())
    after = folding.identity(state, event)
    past = [] if _called(after) == _called(state) else [Final(PAST.name, past_row(recorded, after))]
    return msgspec.structs.replace(after, version=recorded.version), past


def _called(state: Customer) -> tuple[object, ...]:
    """What reads of the past ask of a customer: whether it is there, its id, and its clock."""
    return state.created_at, state.deleted_at, state.customer_id, state.clock


def changes(stream_id: UUID, before: Customer, after: Customer) -> Changes:
    """The rows of a stream that are different now."""
    found = Changes()
    if after is not before and after.created_at is not None:
        found.put(CUSTOMERS.name, customer_row(stream_id, after))
    for key, entity in after.entities.items():
        if before.entities.get(key) is not entity:
            found.put(ENTITIES.name, entity_row(stream_id, entity))
    for key in before.entities.keys() - after.entities.keys():
        found.drop(ENTITIES.name, (stream_id, key))
    return found


def customer_row(stream_id: UUID, state: Customer) -> Row:
    """A customer as it is stored."""
    return (
        stream_id,
        state.version,
        state.customer_id,
        state.name,
        state.email,
        state.fingerprint,
        plain_json(state.metadata) if state.metadata else None,
        state.personal.forgotten,
        searchable(state.customer_id, state.name, state.email),
        state.created_at,
        state.deleted_at,
        state.currency,
        state.send_email_receipts,
        state.clock,
        _controls_json(state.controls),
    )


def past_row(recorded: Recorded, after: Customer) -> Row:
    """What a customer was called after an event, as it is stored."""
    deleted = after.deleted_at is not None
    return recorded.stream_id, recorded.position, recorded.at, after.customer_id, deleted, after.clock


def entity_row(stream_id: UUID, entity: Entity) -> Row:
    """An entity as it is stored."""
    name = None if entity.name is None else entity.name.text()
    forgotten = entity.name is not None and entity.name.forgotten
    return (
        stream_id,
        entity.entity_id,
        entity.feature_id,
        name,
        forgotten,
        searchable(entity.entity_id, name),
        entity.created_at,
        _controls_json(entity.controls),
    )


def searchable(*texts: str | None) -> str:
    """What a search looks in: lower case, a line each, so that nothing is found across two fields."""
    return "\n".join(text.lower() for text in texts if text is not None)


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {
        CustomerCreated,
        CustomerUpdated,
        CustomerDeleted,
        CurrencySet,
        ControlsChanged,
        ClockMoved,
        EntityCreated,
        EntityDeleted,
    }
)

MODEL: Constant = Model(
    "customers", "projections.customers.sql", (CUSTOMERS, ENTITIES, PAST), FOLDS, restore, fold, changes, revision=3
)
