"""What reads answer with: identifying columns and the core's own structs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from ledger.core.balances.balance import Grant
from ledger.core.invoices.invoice import Invoice
from ledger.core.state import Customer, Entity
from ledger.core.subscriptions.subscription import Subscription

Item = TypeVar("Item")


class Page(NamedTuple, Generic[Item]):
    """Some items, and the cursor of the page after them; None when this is the last."""

    items: Sequence[Item]
    next_cursor: str | None


class PlanFilter(NamedTuple):
    """A plan, in these versions or, with none, in any."""

    plan_id: str
    versions: tuple[int, ...] = ()


class CreatedRange(NamedTuple):
    """From `start` to `end`, both inside; None for without end."""

    start: datetime | None = None
    end: datetime | None = None


class BalanceFilter(NamedTuple):
    """Which balances to list: `statuses` out of active and expired, `standalone` keeps those of no plan."""

    stream_id: UUID | None = None
    entity_id: str | None = None
    statuses: tuple[str, ...] = ("active",)
    plan_id: str | None = None
    standalone: bool = False
    feature_id: str | None = None


class CustomerEntry(NamedTuple):
    """A customer as the write side would have it: active and scheduled subscriptions, living grants, entities.

    `state.version` counts only what its profile was folded from.
    """

    stream_id: UUID
    state: Customer


class EntityEntry(NamedTuple):
    """An entity, with the customer that it belongs to (as in `CustomerEntry`)."""

    stream_id: UUID
    entity: Entity
    customer: Customer


class SubscriptionEntry(NamedTuple):
    """A subscription or purchase. `status` is active, scheduled or expired; `ended_by` says why it expired.

    `clock` is the customer's own standing clock, if it has one.
    """

    stream_id: UUID
    customer_id: str | None
    subscription: Subscription
    status: str
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    clock: datetime | None


class BalanceEntry(NamedTuple):
    """A balance. `status` is active or expired; an expired one stands as it did at `ended_at`.

    `rollovers` are what is left of its past periods, each a grant of its own, oldest first. `currency` is the
    customer's own, which its price is in.
    """

    stream_id: UUID
    customer_id: str | None
    grant: Grant
    status: str
    ended_at: datetime | None
    clock: datetime | None
    rollovers: Sequence[Grant] = ()
    currency: str | None = None


class InvoiceFilter(NamedTuple):
    """Which invoices to list: None keeps everything; `statuses` out of draft, open, paid, void and uncollectible.

    Instants are both inside. A draft may have no instant that it is due at, and is then in no range of them.
    """

    stream_id: UUID | None = None
    entity_id: str | None = None
    invoice_id: str | None = None
    stripe_id: str | None = None
    statuses: tuple[str, ...] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None

    def parameters(self) -> dict[str, Any]:
        """As statements take it."""
        return self._asdict() | {"statuses": None if self.statuses is None else list(self.statuses)}


class InvoiceEntry(NamedTuple):
    """An invoice, when it became final, and when it was paid, voided or given up."""

    stream_id: UUID
    customer_id: str | None
    invoice: Invoice
    finalized_at: datetime | None
    closed_at: datetime | None


class UsageFilter(NamedTuple):
    """Which uses to list: None keeps everything; instants are both inside."""

    stream_id: UUID | None = None
    entity_id: str | None = None
    feature_ids: tuple[str, ...] | None = None
    used_from: datetime | None = None
    used_to: datetime | None = None


class Deducted(NamedTuple):
    """Units that a use took from a grant; below zero what was given back. A grant that was deleted is None."""

    grant_id: str
    amount: Decimal
    grant: Grant | None


class UsageEntry(NamedTuple):
    """A use of a feature, or what opening or closing a lock counts as such. `version` names it within its stream."""

    stream_id: UUID
    customer_id: str | None
    position: int
    version: int
    at: datetime
    feature_id: str
    entity_id: str | None
    event_name: str | None
    value: Decimal
    properties: Mapping[str, Any]
    deductions: Sequence[Deducted]


class TimelineEntry(NamedTuple):
    """An event in words. `kind` is its stored name without the version; before, after and links are plain JSON.

    `reverses` is the position of the event that it took back, `reversed_by` of the one that took it back.
    """

    position: int
    stream_id: UUID
    customer_id: str | None
    kind: str
    sentence: str
    actor: str
    on_behalf_of: str | None
    reason: str | None
    request_id: str
    at: datetime
    recorded_at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    feature_ids: Sequence[str]
    entity_id: str | None
    plan_id: str | None
    amount: Decimal | None
    links: Mapping[str, Any] | None
    reverses: int | None
    reversed_by: int | None
