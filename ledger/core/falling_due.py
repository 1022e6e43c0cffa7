"""What will happen by itself: when, in which order, and to what (architecture.md, "Time")."""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from ledger.core.balance import Grant
from ledger.core.deduction import overage_allowed
from ledger.core.lock import Lock
from ledger.core.pricing import billed_ahead
from ledger.core.state import Customer
from ledger.core.subscription import Status, Subscription


class Rank(IntEnum):
    """The order of what falls due at one instant."""

    LOCK_EXPIRY = 0
    USAGE_CLOSED = 1
    TRIAL_END = 2
    EXPIRY = 3
    START = 4
    RENEWAL = 5
    RESET = 6


class Due(NamedTuple):
    """Something that falls due: when, in which order, and what it is about."""

    at: datetime
    rank: Rank
    id: str
    subject: Subscription | Grant | Lock


def due_things(customer: Customer) -> Iterator[Due]:
    """Everything of a customer that falls due at some time."""
    for lock in customer.locks.values():
        yield Due(lock.expires_at, Rank.LOCK_EXPIRY, lock.lock_id, lock)
    for subscription in customer.subscriptions.values():
        yield from _of_subscription(subscription)
    for grant in customer.grants.values():
        if grant.expires_at is not None:
            yield Due(grant.expires_at, Rank.EXPIRY, grant.grant_id, grant)
        if grant.resets_at is not None and not _held_back(customer, grant):
            rank = Rank.USAGE_CLOSED if overage_allowed(grant) else Rank.RESET
            yield Due(grant.resets_at, rank, grant.grant_id, grant)


def _of_subscription(subscription: Subscription) -> Iterator[Due]:
    key, ends_at = subscription.subscription_id, subscription.expires_at
    if subscription.status is Status.SCHEDULED:
        yield Due(subscription.started_at, Rank.START, key, subscription)
        return
    if ends_at is not None:
        yield Due(ends_at, Rank.EXPIRY, key, subscription)
    if subscription.trial_ends_at is not None:
        if ends_at is None or subscription.trial_ends_at < ends_at:
            yield Due(subscription.trial_ends_at, Rank.TRIAL_END, key, subscription)
    elif _bills_ahead(subscription) and subscription.period_end is not None and ends_at != subscription.period_end:
        yield Due(subscription.period_end, Rank.RENEWAL, key, subscription)


def _bills_ahead(subscription: Subscription) -> bool:
    """True when a new period changes what is owed: a base price, units bought ahead, or seats in use."""
    plan = subscription.plan
    recurring_base = plan.base is not None and plan.base.every.repeats
    return recurring_base or any(item.price and item.price.every.repeats and billed_ahead(item) for item in plan.items)


def _held_back(customer: Customer, grant: Grant) -> bool:
    """A plan that is past due does not reset, unless it says that it does not mind (§2.11)."""
    subscription = customer.subscriptions.get(grant.terms.subscription_id or "")
    return subscription is not None and subscription.past_due is not None and not subscription.plan.ignore_past_due


def next_due_at(customer: Customer) -> datetime | None:
    """The earliest instant at which something falls due, or None."""
    return min((due.at for due in due_things(customer)), default=None)
