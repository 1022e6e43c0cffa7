"""Subscriptions: the plans a customer or one of its entities is on, or will be on."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from ledger.core.events import (
    AppliedDiscount,
    DiscountRemoved,
    Event,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    Promise,
    Quantity,
    QuantityChanged,
    QuantityScheduled,
    TrialEnded,
)
from ledger.core.money import ZERO
from ledger.core.period import Period, common_period
from ledger.core.terms import Plan

Subscriptions = Mapping[str, "Subscription"]

MOVES: Final[frozenset[type[Event]]] = frozenset(
    {
        DiscountRemoved,
        PlanActivated,
        PlanAttached,
        PlanCanceled,
        PlanChanged,
        PlanExpired,
        PlanPaidUp,
        PlanPastDue,
        PlanRenewed,
        PlanScheduled,
        PlanUncanceled,
        PlanUnscheduled,
        QuantityChanged,
        QuantityScheduled,
        TrialEnded,
    }
)
"""The events that change plans: no other is asked."""


class Status(StrEnum):
    """Expired ones leave the state; the projections keep them."""

    ACTIVE = "active"
    SCHEDULED = "scheduled"


class Subscription(msgspec.Struct, frozen=True, gc=False):
    """One attached plan. Priced recurring ones carry the bounds of their billing period.

    `since` is the stream version of the event that began the period; `past_due` the invoice that was not paid.
    `next_quantities` take the place of `quantities` at the next renewal. A scheduled one that is not `prorated` neither
    charges nor credits the parts of periods that its start cuts; one that `awaits_payment` starts when it is paid.
    `trials` are those that are over. `agreed_end_at` is the end that it had before it was cancelled, unless it is
    `followed` there by another plan.
    """

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
    trial_ends_at: datetime | None = None
    past_due: str | None = None
    discounts: tuple[AppliedDiscount, ...] = ()
    next_quantities: tuple[Quantity, ...] = ()
    reverts_to: Promise | None = None
    since: int = 0
    prorated: bool = True
    awaits_payment: bool = False
    trials: tuple[Period, ...] = ()
    agreed_end_at: datetime | None = None
    followed: bool = False

    @property
    def trialing(self) -> bool:
        return self.trial_ends_at is not None

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

    def tried_at(self, instant: datetime) -> bool:
        """True where an instant lies in a trial, the running one or one that is over: what was used then is free."""
        running = self.trialing and self.period_start is not None and self.period_start <= instant
        return running or any(each.start <= instant < each.end for each in self.trials)

    def period(self, now: datetime, zone: tzinfo) -> Period | None:
        """The billing period that holds `now`; None without a cycle. Where a new period changes nothing that is
        owed, no event says that it began: it is computed.
        """
        if self.period_start is None or self.period_end is None or self.plan.cycle is None:
            return None
        if now < self.period_end:
            return Period(self.period_start, self.period_end)
        return common_period(self.anchor, self.plan.cycles, now, zone)

    def quantity(self, feature_id: str) -> Decimal:
        """The total units bought of a prepaid feature, included ones counted; zero where none were."""
        return next((each.quantity for each in self.quantities if each.feature_id == feature_id), ZERO)


def evolve(subscriptions: Subscriptions, event: Event, version: int) -> Subscriptions:
    """Fold the event of a stream version into its subscriptions; events about other things leave them as they are."""
    match event:
        case PlanAttached():
            return {**subscriptions, event.subscription_id: _attached(event, version)}
        case PlanScheduled():
            before = _followed(subscriptions, event)
            return {**subscriptions, **before, event.subscription_id: _scheduled(event, version)}
        case PlanUnscheduled() | PlanExpired():
            return {key: each for key, each in subscriptions.items() if key != event.subscription_id}
        case (
            PlanActivated()
            | PlanCanceled()
            | PlanUncanceled()
            | PlanRenewed()
            | PlanChanged()
            | PlanPastDue()
            | PlanPaidUp()
            | TrialEnded()
            | QuantityChanged()
            | QuantityScheduled()
            | DiscountRemoved()
        ):
            changed = _changed(subscriptions[event.subscription_id], event, version)
            return {**subscriptions, event.subscription_id: changed}
    return subscriptions


def _attached(event: PlanAttached, version: int) -> Subscription:
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
        expires_at=event.expires_at,
        trial_ends_at=event.trial_ends_at,
        discounts=event.discounts,
        reverts_to=event.reverts_to,
        since=version,
    )


def _followed(subscriptions: Subscriptions, event: PlanScheduled) -> Subscriptions:
    """The plan that runs until the scheduled one starts, where it was told to end there from the beginning."""
    found = subscriptions.get(event.replaces or "")
    if found is None or found.canceled_at is not None or found.expires_at != event.starts_at:
        return {}
    return {found.subscription_id: msgspec.structs.replace(found, followed=True)}


def _scheduled(event: PlanScheduled, version: int) -> Subscription:
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
        expires_at=event.expires_at,
        discounts=event.discounts,
        since=version,
        prorated=event.prorated,
        awaits_payment=event.awaits_payment,
    )


_Change = (
    PlanActivated
    | PlanCanceled
    | PlanUncanceled
    | PlanRenewed
    | PlanChanged
    | PlanPastDue
    | PlanPaidUp
    | TrialEnded
    | QuantityChanged
    | QuantityScheduled
    | DiscountRemoved
)


def _changed(subscription: Subscription, event: _Change, version: int) -> Subscription:
    replace = msgspec.structs.replace
    match event:
        case PlanActivated():
            return replace(
                subscription,
                status=Status.ACTIVE,
                awaits_payment=False,
                started_at=event.started_at,
                period_start=event.period_start,
                period_end=event.period_end,
                since=version,
            )
        case PlanCanceled():
            canceled = replace(subscription, canceled_at=event.canceled_at, expires_at=event.expires_at)
            if subscription.canceled_at is not None or subscription.followed:
                return canceled
            return replace(canceled, agreed_end_at=subscription.expires_at)
        case PlanUncanceled():
            return replace(subscription, canceled_at=None, expires_at=event.expires_at, agreed_end_at=None)
        case PlanRenewed():
            return replace(subscription, period_start=event.period_start, period_end=event.period_end, since=version)
        case PlanChanged():
            return _revised(subscription, event, version)
        case PlanPastDue():
            return replace(subscription, past_due=event.invoice_id)
        case PlanPaidUp():
            return replace(subscription, past_due=None)
        case TrialEnded():
            return replace(
                subscription,
                trial_ends_at=None,
                reverts_to=None,
                period_start=event.period_start,
                period_end=event.period_end,
                since=version,
                trials=_tried(subscription, event.ended_at),
            )
        case QuantityChanged():
            return replace(
                subscription,
                quantities=_with(subscription.quantities, event.feature_id, event.after),
                next_quantities=_without(subscription.next_quantities, event.feature_id),
            )
        case QuantityScheduled():
            waiting = _without(subscription.next_quantities, event.feature_id)
            if event.after != subscription.quantity(event.feature_id):
                waiting = (*waiting, Quantity(event.feature_id, event.after))
            return replace(subscription, next_quantities=waiting)
        case DiscountRemoved():
            kept = tuple(each for each in subscription.discounts if each.discount_id != event.discount_id)
            return replace(subscription, discounts=kept)


def _revised(subscription: Subscription, event: PlanChanged, version: int) -> Subscription:
    return msgspec.structs.replace(
        subscription,
        plan=event.plan,
        anchor=event.anchor,
        period_start=event.period_start,
        period_end=event.period_end,
        quantities=event.quantities,
        next_quantities=(),
        trial_ends_at=event.trial_ends_at,
        expires_at=event.expires_at,
        discounts=event.discounts,
        reverts_to=event.reverts_to,
        since=version,
        trials=_tried(subscription, event.period_start),
    )


def _tried(subscription: Subscription, ended_at: datetime | None) -> tuple[Period, ...]:
    """The trials that are over once the running one, if there is one, ends at an instant."""
    began_at = subscription.period_start
    if not subscription.trialing or began_at is None or ended_at is None or ended_at <= began_at:
        return subscription.trials
    return (*subscription.trials, Period(began_at, ended_at))


def _without(quantities: Iterable[Quantity], feature_id: str) -> tuple[Quantity, ...]:
    return tuple(each for each in quantities if each.feature_id != feature_id)


def _with(quantities: Iterable[Quantity], feature_id: str, total: Decimal) -> tuple[Quantity, ...]:
    return (*_without(quantities, feature_id), Quantity(feature_id, total))


def main_plan(subscriptions: Iterable[Subscription], entity_id: str | None, group: str) -> Subscription | None:
    """The active main plan of a scope (the customer, or one entity) and group; scopes never mix (§2.2)."""
    return next((each for each in _mains(subscriptions, entity_id, group) if each.active), None)


def scheduled_plan(subscriptions: Iterable[Subscription], entity_id: str | None, group: str) -> Subscription | None:
    """The plan that waits to become the main plan of a scope and group."""
    return next((each for each in _mains(subscriptions, entity_id, group) if not each.active), None)


def scheduled_plans(subscriptions: Iterable[Subscription], entity_id: str | None, group: str) -> list[Subscription]:
    """All that wait to become the main plan of a scope and group, one after the other."""
    return [each for each in _mains(subscriptions, entity_id, group) if not each.active]


def _mains(subscriptions: Iterable[Subscription], entity_id: str | None, group: str) -> Iterable[Subscription]:
    return (each for each in subscriptions if each.main and each.entity_id == entity_id and each.plan.group == group)
