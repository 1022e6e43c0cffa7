"""Everything that can have happened, under the names it is stored by.

An event is a fact in the past tense and is kept for ever: a class here is never edited. A change of shape
is a new class with the next version in its tag, and an `upcast` from the old one beside it. Each class has
a golden file in `tests/golden/` with the bytes of one stored event.

Ids of grants and subscriptions are `<stream version>.<ordinal>` of the event that made them, unique within
their stream. Quantities are units of the feature; amounts of money are minor units; instants are aware UTC.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from ledger.core.money import ZERO
from ledger.core.period import Every
from ledger.core.sealed import Sealed
from ledger.core.terms import Feature, FeatureKind, ItemPrice, Plan


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """What every event carries: the reason that its caller gave, sealed; none on what fell due by itself.

    `gc=False`, here and on the states that are folded most: the core's values never form a cycle.
    """

    reason: Sealed | None = None


# --- values inside events -----------------------------------------------------------------------------


class Allocation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units taken from one grant; negative when they were given back."""

    grant_id: str
    amount: Decimal


class Window(msgspec.Struct, frozen=True, array_like=True):
    """The reset period that a grant was found in when it stopped being idle."""

    grant_id: str
    start: datetime
    end: datetime


class Level(msgspec.Struct, frozen=True, array_like=True):
    """Where one grant stands: what was granted and what of it remains (below zero: overage)."""

    granted: Decimal
    remaining: Decimal


class GrantTerms(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A new balance, with everything that later folds need to know of it.

    Loose when there is no `subscription_id`. `used` units were carried in from before; only then, and only
    with a `reset`, are the period's bounds here: an idle window has none (architecture.md, "Time").
    """

    grant_id: str
    feature_id: str
    kind: FeatureKind
    created_at: datetime
    entity_id: str | None = None
    subscription_id: str | None = None
    plan_id: str | None = None
    add_on: bool = False
    included: Decimal = ZERO
    prepaid: Decimal = ZERO
    used: Decimal = ZERO
    unlimited: bool = False
    reset: Every | None = None
    anchor: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    expires_at: datetime | None = None
    price: ItemPrice | None = None
    balance_id: str | None = None


class Quantity(msgspec.Struct, frozen=True, array_like=True):
    """The total units bought ahead of a prepaid feature, included ones counted."""

    feature_id: str
    quantity: Decimal


class Ended(StrEnum):
    """Why a plan ended."""

    CANCELED = "canceled"
    REPLACED = "replaced"
    ENTITY_DELETED = "entity_deleted"
    ENDED = "ended"


# --- the customer and its entities --------------------------------------------------------------------


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


class EntityCreated(Event, frozen=True, tag="entity.created.v1"):
    """An entity takes one unit of its feature, where the customer holds a balance of it (§2.12)."""

    entity_id: str
    feature_id: str
    name: Sealed | None
    created_at: datetime
    allocations: tuple[Allocation, ...] = ()


class EntityDeleted(Event, frozen=True, tag="entity.deleted.v1"):
    """The entity is gone with its balances; the unit it took is free again."""

    entity_id: str
    feature_id: str
    allocations: tuple[Allocation, ...] = ()


# --- plans ----------------------------------------------------------------------------------------------


class PlanAttached(Event, frozen=True, tag="plan.attached.v1"):
    """A plan is in force from `started_at`; `replaces` names the subscription it took over from."""

    subscription_id: str
    plan: Plan
    started_at: datetime
    anchor: datetime
    period_start: datetime | None
    period_end: datetime | None
    grants: tuple[GrantTerms, ...]
    entity_id: str | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    replaces: str | None = None
    default: bool = False


class PlanScheduled(Event, frozen=True, tag="plan.scheduled.v1"):
    """A plan will start at `starts_at`, when `replaces` ends."""

    subscription_id: str
    plan: Plan
    starts_at: datetime
    anchor: datetime
    entity_id: str | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    replaces: str | None = None
    default: bool = False


class PlanActivated(Event, frozen=True, tag="plan.activated.v1"):
    """A scheduled plan started."""

    subscription_id: str
    started_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    grants: tuple[GrantTerms, ...]


class PlanUnscheduled(Event, frozen=True, tag="plan.unscheduled.v1"):
    """A scheduled plan will not start after all."""

    subscription_id: str


class PlanCanceled(Event, frozen=True, tag="plan.canceled.v1"):
    """A plan was told to end at `expires_at`; it stays in force until then."""

    subscription_id: str
    canceled_at: datetime
    expires_at: datetime


class PlanUncanceled(Event, frozen=True, tag="plan.uncanceled.v1"):
    """A plan that was to end goes on."""

    subscription_id: str
    expires_at_before: datetime | None


class PlanExpired(Event, frozen=True, tag="plan.expired.v1"):
    """A plan ended and its balances with it."""

    subscription_id: str
    expired_at: datetime
    cause: Ended
    canceled_at: datetime | None = None


class PlanRenewed(Event, frozen=True, tag="plan.renewed.v1"):
    """A priced plan entered its next billing period."""

    subscription_id: str
    period_start: datetime
    period_end: datetime


class QuantityChanged(Event, frozen=True, tag="quantity.changed.v1"):
    """The units bought ahead of a feature changed, and their grant with them. Quantities are totals."""

    subscription_id: str
    feature_id: str
    grant_id: str
    before: Decimal
    after: Decimal
    prepaid_before: Decimal
    prepaid_after: Decimal


# --- balances -------------------------------------------------------------------------------------------


class UsageRecorded(Event, frozen=True, tag="usage.recorded.v1"):
    """A product used `value` units: value = sum of allocations + dropped. Negative when it gave some back."""

    feature_id: str
    value: Decimal
    allocations: tuple[Allocation, ...] = ()
    dropped: Decimal = ZERO
    entity_id: str | None = None
    event_name: str | None = None
    opened: tuple[Window, ...] = ()
    properties: Sealed | None = None
    used_at: datetime | None = None


class BalanceGranted(Event, frozen=True, tag="balance.granted.v1"):
    """Units were added by hand: a new loose balance when `terms` is there, else onto a balance that exists."""

    feature_id: str
    grant_id: str
    amount: Decimal
    before: Level
    after: Level
    entity_id: str | None = None
    terms: GrantTerms | None = None
    opened: tuple[Window, ...] = ()


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One grant before and after."""

    grant_id: str
    before: Level
    after: Level


class BalanceSet(Event, frozen=True, tag="balance.set.v1"):
    """Balances were put to a value by hand; a new reset or expiry instant may come with it."""

    feature_id: str
    changes: tuple[Change, ...]
    entity_id: str | None = None
    period_end: datetime | None = None
    expires_at: datetime | None = None
    opened: tuple[Window, ...] = ()


class BalanceDeducted(Event, frozen=True, tag="balance.deducted.v1"):
    """Units were taken away by hand, in the deduction order."""

    feature_id: str
    amount: Decimal
    changes: tuple[Change, ...]
    entity_id: str | None = None
    opened: tuple[Window, ...] = ()


class BalanceDeleted(Event, frozen=True, tag="balance.deleted.v1"):
    """A loose balance is gone."""

    feature_id: str
    grant_id: str
    before: Level
    entity_id: str | None = None


class BalanceExpired(Event, frozen=True, tag="balance.expired.v1"):
    """A balance reached its expiry; what remained of it is forfeited."""

    feature_id: str
    grant_id: str
    before: Level
    entity_id: str | None = None


class BalanceReset(Event, frozen=True, tag="balance.reset.v1"):
    """A period ended with units used: the balance is full again for the next one.

    `before` is the balance at the end of the period from `period_start` to `period_end`; `overage` the units
    used beyond what was granted.
    """

    feature_id: str
    grant_id: str
    before: Level
    after: Level
    overage: Decimal
    period_start: datetime
    period_end: datetime
    entity_id: str | None = None


# --- the catalog ----------------------------------------------------------------------------------------


class FeatureCreated(Event, frozen=True, tag="feature.created.v1"):
    feature: Feature


class FeatureUpdated(Event, frozen=True, tag="feature.updated.v1"):
    before: Feature
    after: Feature


class FeatureDeleted(Event, frozen=True, tag="feature.deleted.v1"):
    feature_id: str


class PlanCreated(Event, frozen=True, tag="plan.created.v1"):
    plan: Plan


class PlanVersionCreated(Event, frozen=True, tag="plan.version_created.v1"):
    """A plan that has customers got a next version; they stay on theirs (§2.6)."""

    plan: Plan


class PlanUpdated(Event, frozen=True, tag="plan.updated.v1"):
    """One version of a plan changed in place: nobody was on it, or only its labels changed."""

    before: Plan
    after: Plan


class PlanDeleted(Event, frozen=True, tag="plan.deleted.v1"):
    plan_id: str
    version: int


# --- the ledger itself ----------------------------------------------------------------------------------


class LedgerCreated(Event, frozen=True, tag="ledger.created.v1"):
    ledger_id: str
    env: str
    created_at: datetime
    timezone: str = "UTC"
    currency: str = "usd"


class LedgerChanged(Event, frozen=True, tag="ledger.changed.v1"):
    """A setting got another value, both as text."""

    setting: str
    before: str
    after: str


class KeyCreated(Event, frozen=True, tag="key.created.v1"):
    """An API key exists; its secret is a hash in a table of its own, never an event."""

    key_id: str
    name: str
    role: str
    created_at: datetime


class KeyRevoked(Event, frozen=True, tag="key.revoked.v1"):
    key_id: str
    revoked_at: datetime


def _registry() -> Mapping[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for cls in Event.__subclasses__():
        tag = cls.__struct_config__.tag
        assert isinstance(tag, str), cls
        assert tag not in found, tag
        found[tag] = cls
    return MappingProxyType(found)


REGISTRY: Final = _registry()


def stored_name(event: Event) -> str:
    """The name an event is stored under, such as `usage.recorded.v1`."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
