"""What will happen by itself: when, in which order, and to what (architecture.md, "Time")."""

from collections.abc import Iterator
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from ledger.core.balances.balance import Grant
from ledger.core.balances.deduction import overage_allowed
from ledger.core.balances.lock import Lock
from ledger.core.invoices.pricing import billed_ahead
from ledger.core.state import Customer
from ledger.core.subscriptions.held import Held
from ledger.core.subscriptions.subscription import Status, Subscription


class Rank(IntEnum):
    """The order of what falls due at one instant. Charges that waited for it are billed with what it costs."""

    LAPSE = 0
    LOCK_EXPIRY = 1
    USAGE_CLOSED = 2
    TRIAL_END = 3
    EXPIRY = 4
    START = 5
    RENEWAL = 6
    RESET = 7


class Due(NamedTuple):
    """Something that falls due: when, in which order, and what it is about."""

    at: datetime
    rank: Rank
    id: str
    subject: Subscription | Grant | Lock | Held


def due_things(customer: Customer) -> Iterator[Due]:
    """Everything of a customer that falls due at some time."""
    if customer.held is not None:
        yield from _of_held(customer.held)
    for lock in customer.locks.values():
        yield _of_lock(lock)
    for subscription in customer.subscriptions.values():
        yield from _of_subscription(subscription)
    for grant in customer.grants.values():
        if grant.period_end is not None or grant.expires_at is not None:
            yield from _of_grant(customer, grant)


def due_by(customer: Customer, at: datetime) -> list[Due]:
    """What is due at an instant or before it, in the order in which it happens."""
    return sorted((each for each in due_things(customer) if each.at <= at), key=lambda each: each[:3])


def still_due(customer: Customer, due: Due) -> Due | None:
    """What was found to be due, as it is after other things have happened at the same instant; None once it is not."""
    now: Iterator[Due] = iter(())
    match due.subject:
        case Held() if customer.held is not None:
            now = _of_held(customer.held)
        case Lock() if due.id in customer.locks:
            now = iter((_of_lock(customer.locks[due.id]),))
        case Subscription() if due.id in customer.subscriptions:
            now = _of_subscription(customer.subscriptions[due.id])
        case Grant() if due.id in customer.grants:
            now = _of_grant(customer, customer.grants[due.id])
    return next((each for each in now if each.rank is due.rank and each.at <= due.at), None)


def _of_held(held: Held) -> Iterator[Due]:
    if held.lapses_at is not None:
        yield Due(held.lapses_at, Rank.LAPSE, held.invoice_id, held)


def _of_lock(lock: Lock) -> Due:
    return Due(lock.expires_at, Rank.LOCK_EXPIRY, lock.lock_id, lock)


def _of_subscription(subscription: Subscription) -> Iterator[Due]:
    key, ends_at = subscription.subscription_id, subscription.expires_at
    if subscription.awaits_payment:
        return
    if subscription.status is Status.SCHEDULED:
        yield Due(subscription.started_at, Rank.START, key, subscription)
        return
    if ends_at is not None:
        yield Due(ends_at, Rank.EXPIRY, key, subscription)
    if subscription.trial_ends_at is not None:
        if ends_at is None or subscription.trial_ends_at < ends_at:
            yield Due(subscription.trial_ends_at, Rank.TRIAL_END, key, subscription)
    elif subscription.period_end is not None and ends_at != subscription.period_end and _bills_ahead(subscription):
        yield Due(subscription.period_end, Rank.RENEWAL, key, subscription)


def _of_grant(customer: Customer, grant: Grant) -> Iterator[Due]:
    if grant.expires_at is not None:
        yield Due(grant.expires_at, Rank.EXPIRY, grant.grant_id, grant)
    resets_at = reset_due_at(customer, grant)
    if resets_at is not None:
        rank = Rank.USAGE_CLOSED if overage_allowed(grant) else Rank.RESET
        yield Due(resets_at, rank, grant.grant_id, grant)


def _bills_ahead(subscription: Subscription) -> bool:
    """True when a new period changes what is owed: a base price, units bought ahead, or seats in use."""
    plan = subscription.plan
    recurring_base = plan.base is not None and plan.base.every.repeats
    return recurring_base or any(item.price and item.price.every.repeats and billed_ahead(item) for item in plan.items)


def reset_due_at(customer: Customer, grant: Grant) -> datetime | None:
    """When a grant is reset. A plan that is past due does not reset, unless it says that it does not mind (§2.11)."""
    resets_at = grant.resets_at
    if resets_at is None:
        return None
    subscription = customer.subscriptions.get(grant.terms.subscription_id or "")
    held_back = subscription is not None and subscription.past_due is not None and not subscription.plan.ignore_past_due
    return None if held_back else resets_at


def next_due_at(customer: Customer) -> datetime | None:
    """The earliest instant at which something falls due, or None.

    The first of `due_things` and of charges that wait, found without making them: this runs after nearly every event.
    """
    found = min((each.bill_at for each in customer.account.accrued.values() if each.bill_at is not None), default=None)
    if customer.held is not None:
        found = _sooner(customer.held.lapses_at, found)
    for lock in customer.locks.values():
        found = _sooner(lock.expires_at, found)
    for subscription in customer.subscriptions.values():
        found = _sooner(_plan_due_at(subscription, found), found)
    for grant in customer.grants.values():
        found = _sooner(grant.expires_at, found)
        at = grant.period_end
        if at is not None and (found is None or at < found) and reset_due_at(customer, grant) is not None:
            found = at
    return found


def _sooner(at: datetime | None, found: datetime | None) -> datetime | None:
    return found if at is None or (found is not None and found <= at) else at


def _plan_due_at(subscription: Subscription, before: datetime | None) -> datetime | None:
    """When a plan starts, ends, is paid for or enters its next period, where that is `before` an instant."""
    if subscription.awaits_payment:
        return None
    if subscription.status is Status.SCHEDULED:
        return subscription.started_at
    ends_at, turns_at = subscription.expires_at, subscription.trial_ends_at or subscription.period_end
    if turns_at is None or (ends_at is not None and ends_at <= turns_at) or (before is not None and before <= turns_at):
        return ends_at
    return turns_at if subscription.trialing or _bills_ahead(subscription) else ends_at


def due_after_use(before: Customer, after: Customer, grant_ids: Iterator[str]) -> datetime | None:
    """`next_due_at` after units of some grants moved and nothing else: found without a look at all the others.

    A grant that was idle falls due with the others now. One that became idle matters only where it was the next.
    """
    found = before.due_at
    for key in grant_ids:
        was, grant = before.grants[key], after.grants[key]
        granted = was.granted
        if granted == was.balance:
            resets_at = reset_due_at(after, grant)
            if resets_at is not None and (found is None or resets_at < found):
                found = resets_at
        elif granted == grant.balance and was.period_end == before.due_at:
            return next_due_at(after)
    return found
