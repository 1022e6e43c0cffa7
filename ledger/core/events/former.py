"""Versions of events that are not written any more, each with the way to what it is today."""

from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.core.events.balances import BalanceReset
from ledger.core.events.base import Event
from ledger.core.events.people import EntityCreated
from ledger.core.events.plans import PlanAttached, PlanScheduled, PlanUncanceled
from ledger.core.events.usage import UsageRecorded
from ledger.core.events.values import Allocation, GrantTerms, Level, Quantity, Window
from ledger.core.money import ZERO
from ledger.core.sealed import Sealed
from ledger.core.terms import Plan


class PlanAttachedV1(Event, frozen=True, tag="plan.attached.v1"):
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

    def upcast(self) -> PlanAttached:
        """The same fact as it is told today."""
        return PlanAttached(**msgspec.structs.asdict(self))


class EntityCreatedV1(Event, frozen=True, tag="entity.created.v1"):
    """An entity takes one unit of its feature, where the customer holds a balance of it."""

    entity_id: str
    feature_id: str
    name: Sealed | None
    created_at: datetime
    allocations: tuple[Allocation, ...] = ()

    def upcast(self) -> EntityCreated:
        """The same fact as it is told today."""
        return EntityCreated(**msgspec.structs.asdict(self))


class PlanUncanceledV1(Event, frozen=True, tag="plan.uncanceled.v1"):
    """A plan that was to end goes on."""

    subscription_id: str
    expires_at_before: datetime | None

    def upcast(self) -> PlanUncanceled:
        """The same fact as it is told today."""
        return PlanUncanceled(**msgspec.structs.asdict(self))


class PlanScheduledV1(Event, frozen=True, tag="plan.scheduled.v1"):
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

    def upcast(self) -> PlanScheduled:
        """The same fact as it is told today."""
        return PlanScheduled(**msgspec.structs.asdict(self))


class UsageRecordedV1(Event, frozen=True, tag="usage.recorded.v1"):
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

    def upcast(self) -> UsageRecorded:
        """The same fact as it is told today."""
        return UsageRecorded(**msgspec.structs.asdict(self))


class BalanceResetV1(Event, frozen=True, tag="balance.reset.v1"):
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

    def upcast(self) -> BalanceReset:
        """The same fact as it is told today."""
        return BalanceReset(**msgspec.structs.asdict(self))
