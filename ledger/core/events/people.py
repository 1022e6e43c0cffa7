"""What happens to a customer and to the entities inside it."""

from datetime import datetime

from ledger.core.events.base import Event
from ledger.core.events.values import Allocation, GrantTerms
from ledger.core.sealed import Sealed
from ledger.core.terms import Controls


class CustomerCreated(Event, frozen=True, tag="customer.created.v1"):
    """`personal` holds name, email, fingerprint and metadata, as far as they were given."""

    customer_id: str | None
    personal: Sealed
    created_at: datetime
    currency: str | None = None
    send_email_receipts: bool = False


class CustomerUpdated(Event, frozen=True, tag="customer.updated.v1"):
    """`before` and `after` hold only the personal fields that changed."""

    before: Sealed
    after: Sealed
    customer_id_before: str | None = None
    customer_id_after: str | None = None
    send_email_receipts: bool | None = None


class CustomerDeleted(Event, frozen=True, tag="customer.deleted.v1"):
    """The customer takes no more commands; its id, email and entities are free again."""

    customer_id: str | None
    deleted_at: datetime


class ClockMoved(Event, frozen=True, tag="clock.moved.v1"):
    """A sandbox customer's own clock, standing at `after` until it is moved again."""

    before: datetime | None
    after: datetime


class EntityCreated(Event, frozen=True, tag="entity.created.v2"):
    """An entity takes one unit of its feature, where the customer holds a balance of it (§2.12).

    `grants` are its own balances of plans that the customer is on, of items that are for each entity of its feature.
    """

    entity_id: str
    feature_id: str
    name: Sealed | None
    created_at: datetime
    allocations: tuple[Allocation, ...] = ()
    grants: tuple[GrantTerms, ...] = ()


class EntityDeleted(Event, frozen=True, tag="entity.deleted.v1"):
    """The entity is gone with its balances; the unit it took is free again."""

    entity_id: str
    feature_id: str
    allocations: tuple[Allocation, ...] = ()


class CurrencySet(Event, frozen=True, tag="currency.set.v1"):
    """The customer is billed in this ISO 4217 currency from now on."""

    before: str | None
    after: str


class ControlsChanged(Event, frozen=True, tag="controls.changed.v1"):
    """The limits that a customer, or one of its entities, has set for itself; they go before the plan's."""

    before: Controls
    after: Controls
    entity_id: str | None = None
