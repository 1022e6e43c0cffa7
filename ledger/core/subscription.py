"""Subscriptions: the plans a customer or one of its entities is on, or will be on."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum

import msgspec

from ledger.core.events import (
    Event,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    Quantity,
    QuantityChanged,
)
from ledger.core.money import ZERO
from ledger.core.period import Period, period_at
from ledger.core.terms import Plan

Subscriptions = Mapping[str, "Subscription"]


class Status(StrEnum):
    """Expired ones leave the state; the projections keep them."""

    ACTIVE = "active"
    SCHEDULED = "scheduled"


class Subscription(msgspec.Struct, frozen=True):
    """One attached plan. Priced recurring ones carry the bounds of their billing period."""

    subscription_id: str
    plan: Plan
    status: Status
    started_at: datetime
    anchor: datetime
    period_start: datetime | None = None
    period_end: datetime | None = None
    entity_id: str | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    replaces: str | None = None
    default: bool = False
    canceled_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def main(self) -> bool:
        """True for the kind of plan of which there is one per scope and group."""
        return not self.plan.add_on and not self.plan.one_off

    @property
    def active(self) -> bool:
        return self.status is Status.ACTIVE

    @property
    def canceling(self) -> bool:
        return self.active and self.canceled_at is not None

    def period(self, now: datetime, zone: tzinfo) -> Period | None:
        """The billing period that holds `now`; None without a cycle. Where a new period changes nothing that is
        owed, no event says that it began: it is computed.
        """
        if self.period_start is None or self.period_end is None or self.plan.cycle is None:
            return None
        if now < self.period_end:
            return Period(self.period_start, self.period_end)
        return period_at(self.anchor, self.plan.cycle, now, zone)

    def quantity(self, feature_id: str) -> Decimal:
        """The total units bought of a prepaid feature, included ones counted; zero where none were."""
        return next((each.quantity for each in self.quantities if each.feature_id == feature_id), ZERO)


def evolve(subscriptions: Subscriptions, event: Event) -> Subscriptions:
    """Fold one event of a customer into its subscriptions; events about other things leave them as they are."""
    match event:
        case PlanAttached():
            return {**subscriptions, event.subscription_id: _attached(event)}
        case PlanScheduled():
            return {**subscriptions, event.subscription_id: _scheduled(event)}
        case PlanUnscheduled() | PlanExpired():
            return {key: each for key, each in subscriptions.items() if key != event.subscription_id}
        case PlanActivated() | PlanCanceled() | PlanUncanceled() | PlanRenewed() | QuantityChanged():
            changed = _changed(subscriptions[event.subscription_id], event)
            return {**subscriptions, event.subscription_id: changed}
    return subscriptions


def _attached(event: PlanAttached) -> Subscription:
    return Subscription(
        event.subscription_id,
        event.plan,
        Status.ACTIVE,
        event.started_at,
        event.anchor,
        event.period_start,
        event.period_end,
        event.entity_id,
        event.external_id,
        event.quantities,
        event.replaces,
        event.default,
    )


def _scheduled(event: PlanScheduled) -> Subscription:
    return Subscription(
        event.subscription_id,
        event.plan,
        Status.SCHEDULED,
        event.starts_at,
        event.anchor,
        None,
        None,
        event.entity_id,
        event.external_id,
        event.quantities,
        event.replaces,
        event.default,
    )


def _changed(
    subscription: Subscription, event: PlanActivated | PlanCanceled | PlanUncanceled | PlanRenewed | QuantityChanged
) -> Subscription:
    match event:
        case PlanActivated():
            return msgspec.structs.replace(
                subscription,
                status=Status.ACTIVE,
                started_at=event.started_at,
                period_start=event.period_start,
                period_end=event.period_end,
            )
        case PlanCanceled():
            return msgspec.structs.replace(subscription, canceled_at=event.canceled_at, expires_at=event.expires_at)
        case PlanUncanceled():
            return msgspec.structs.replace(subscription, canceled_at=None, expires_at=None)
        case PlanRenewed():
            return msgspec.structs.replace(subscription, period_start=event.period_start, period_end=event.period_end)
        case QuantityChanged():
            others = tuple(each for each in subscription.quantities if each.feature_id != event.feature_id)
            return msgspec.structs.replace(subscription, quantities=(*others, Quantity(event.feature_id, event.after)))


def main_plan(subscriptions: Iterable[Subscription], entity_id: str | None, group: str) -> Subscription | None:
    """The active main plan of a scope (the customer, or one entity) and group; scopes never mix (§2.2)."""
    return next((each for each in _mains(subscriptions, entity_id, group) if each.active), None)


def scheduled_plan(subscriptions: Iterable[Subscription], entity_id: str | None, group: str) -> Subscription | None:
    """The plan that waits to become the main plan of a scope and group."""
    return next((each for each in _mains(subscriptions, entity_id, group) if not each.active), None)


def _mains(subscriptions: Iterable[Subscription], entity_id: str | None, group: str) -> Iterable[Subscription]:
    return (each for each in subscriptions if each.main and each.entity_id == entity_id and each.plan.group == group)
