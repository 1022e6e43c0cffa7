"""What falls due by itself: expiries, scheduled starts, renewals and resets, each at its own exact instant.

`advance` answers one step at a time, the earliest instant first and within an instant in the order of
`Rank` (architecture.md, "Time"). Several missed periods are several steps. An idle window is no step at all.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from ledger.core.balance import Grant
from ledger.core.decider import Context
from ledger.core.deduction import overage_allowed
from ledger.core.entitlement import Granting
from ledger.core.events import (
    BalanceExpired,
    BalanceReset,
    Ended,
    Event,
    Level,
    PlanActivated,
    PlanExpired,
    PlanRenewed,
)
from ledger.core.money import ZERO, negate
from ledger.core.period import next_period, period_at
from ledger.core.pricing import consumed
from ledger.core.state import Customer
from ledger.core.subscription import Status, Subscription


class Rank(IntEnum):
    """The order of what falls due at one instant."""

    USAGE_CLOSED = 1
    EXPIRY = 2
    START = 3
    RENEWAL = 4
    RESET = 5


class Due(NamedTuple):
    """Something that falls due: when, in which order, and what it is about."""

    at: datetime
    rank: Rank
    id: str
    subject: Subscription | Grant


def due_things(customer: Customer) -> Iterator[Due]:
    """Everything of a customer that falls due at some time."""
    for subscription in customer.subscriptions.values():
        yield from _of_subscription(subscription)
    for grant in customer.grants.values():
        if grant.expires_at is not None:
            yield Due(grant.expires_at, Rank.EXPIRY, grant.grant_id, grant)
        if grant.resets_at is not None:
            rank = Rank.USAGE_CLOSED if overage_allowed(grant) else Rank.RESET
            yield Due(grant.resets_at, rank, grant.grant_id, grant)


def _of_subscription(subscription: Subscription) -> Iterator[Due]:
    key = subscription.subscription_id
    if subscription.status is Status.SCHEDULED:
        yield Due(subscription.started_at, Rank.START, key, subscription)
    elif subscription.expires_at is not None:
        yield Due(subscription.expires_at, Rank.EXPIRY, key, subscription)
    elif subscription.period_end is not None and _bills_ahead(subscription):
        yield Due(subscription.period_end, Rank.RENEWAL, key, subscription)


def _bills_ahead(subscription: Subscription) -> bool:
    """True when a new period changes what is owed: a base price, units bought ahead, or seats in use."""
    plan = subscription.plan
    recurring_base = plan.base is not None and plan.base.every.repeats
    return recurring_base or any(item.price and item.price.every.repeats and not consumed(item) for item in plan.items)


def next_due_at(customer: Customer) -> datetime | None:
    """The earliest instant at which something falls due, or None."""
    return min((due.at for due in due_things(customer)), default=None)


def advance(customer: Customer, context: Context) -> tuple[datetime, Sequence[Event]] | None:
    """The next step that is due at or before now, with its instant; None when nothing is."""
    if customer.due_at is None or customer.due_at > context.now or not customer.exists:
        return None
    due = min(
        (each for each in due_things(customer) if each.at <= context.now), key=lambda each: each[:3], default=None
    )
    if due is None:
        return None
    return due.at, _happen(customer, due, context)


def _happen(customer: Customer, due: Due, context: Context) -> Sequence[Event]:
    subject, zone = due.subject, context.settings.zone
    if isinstance(subject, Grant):
        if due.rank is Rank.EXPIRY:
            return [BalanceExpired(subject.feature_id, subject.grant_id, subject.level, subject.terms.entity_id)]
        return [_reset(subject)]
    if due.rank is Rank.EXPIRY:
        return _expire(customer, subject, due.at, context)
    if due.rank is Rank.START:
        return [_activate(customer, subject, due.at, context, event=0)]
    assert subject.plan.cycle is not None
    period = next_period(subject.anchor, subject.plan.cycle, due.at, zone)
    return [PlanRenewed(subject.subscription_id, period.start, period.end)]


def _reset(grant: Grant) -> BalanceReset:
    assert grant.period_start is not None
    assert grant.period_end is not None
    return BalanceReset(
        grant.feature_id,
        grant.grant_id,
        grant.level,
        Level(grant.granted, grant.granted),
        max(ZERO, negate(grant.balance)),
        grant.period_start,
        grant.period_end,
        grant.terms.entity_id,
    )


def _expire(customer: Customer, subscription: Subscription, at: datetime, context: Context) -> Sequence[Event]:
    """A plan ends, and the one that waits for it starts in the same step, so that seats in use pass over."""
    successor = next(
        (
            each
            for each in customer.subscriptions.values()
            if each.replaces == subscription.subscription_id and not each.active and each.started_at == at
        ),
        None,
    )
    cause = Ended.REPLACED if successor is not None and not successor.default else Ended.CANCELED
    expired = PlanExpired(subscription.subscription_id, at, cause, subscription.canceled_at)
    if successor is None:
        return [expired]
    return [expired, _activate(customer, successor, at, context, event=1)]


def _activate(
    customer: Customer, subscription: Subscription, at: datetime, context: Context, *, event: int
) -> PlanActivated:
    zone, plan = context.settings.zone, subscription.plan
    granting = Granting(customer, subscription.subscription_id, plan, subscription.entity_id, zone, event)
    period = period_at(subscription.anchor, plan.cycle, at, zone) if plan.cycle else None
    grants = granting.grants(subscription.quantities, subscription.anchor, at, subscription.replaces)
    return PlanActivated(
        subscription.subscription_id, at, period.start if period else None, period.end if period else None, grants
    )
