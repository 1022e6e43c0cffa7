"""What people and integrations do to balances by hand: set, add, deduct, delete (reference §2.10); granting: loose.py.

Where the reference accepts a contradiction, ignores it or fails, we refuse it (docs/api.md, "Where it differs").
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import msgspec

from ledger.core.balances.balance import Grant, with_balance
from ledger.core.balances.deduction import Overage, give_back, in_order, take
from ledger.core.balances.entitlement import window, windows_opened
from ledger.core.balances.recalculating import moved_over
from ledger.core.decider import Command, Context
from ledger.core.errors import (
    BalanceNotFound,
    InvalidInput,
    InvalidRequest,
    PaidBalance,
    ReasonRequired,
)
from ledger.core.events import (
    Allocation,
    BalanceDeducted,
    BalanceDeleted,
    BalanceGranted,
    BalanceSet,
    Change,
    Event,
    Level,
    Window,
)
from ledger.core.money import ZERO, add, negate, subtract, total
from ledger.core.period import Every, Interval
from ledger.core.state import Customer
from ledger.core.terms import Rollover


class GrantBalance(Command, frozen=True):
    """Open a loose balance: units, or unlimited, or a boolean feature; resetting, expiring or for good."""

    waits_as: ClassVar[str | None] = "grant_balance"

    feature_id: str
    entity_id: str | None = None
    included: Decimal | None = None
    unlimited: bool = False
    reset: Every | None = None
    expires_at: datetime | None = None
    next_reset_at: datetime | None = None
    balance_id: str | None = None
    rollover: Rollover | None = None


class Which(Command, frozen=True):
    """Names balances of a feature: all of a scope, or those with one reset interval, or one by its id."""

    feature_id: str | None = None
    entity_id: str | None = None
    balance_id: str | None = None
    interval: Interval | None = None


class UpdateBalance(Which, frozen=True):
    """Put what remains, or the usage, to a value; or add to it (below zero: deduct); or change the grant itself."""

    waits_as: ClassVar[str | None] = "update_balance"

    remaining: Decimal | None = None
    add: Decimal | None = None
    usage: Decimal | None = None
    included: Decimal | None = None
    next_reset_at: datetime | None = None
    expires_at: datetime | None = None


class DeleteBalance(Which, frozen=True):
    """Take loose balances away with what remains of them; `recalculate` moves what was used onto the others."""

    recalculate: bool = False


def require_reason(what: str, context: Context) -> None:
    """Refuse a change without a reason where the ledger asks for one."""
    if context.settings.require_reason and not context.reasoned:
        raise ReasonRequired(f"{what} in this ledger")


def matching(customer: Customer, which: Which) -> list[Grant]:
    """The grants that a command names, in deduction order: exactly those of its scope."""
    found = [
        grant
        for grant in customer.grants.values()
        if which.feature_id in (None, grant.feature_id)
        and grant.terms.entity_id == which.entity_id
        and (which.balance_id is None or which.balance_id in (grant.terms.balance_id, grant.grant_id))
        and (which.interval is None or _interval(grant) is which.interval)
    ]
    return in_order(found, which.entity_id)


def _interval(grant: Grant) -> Interval:
    return grant.terms.reset.interval if grant.terms.reset else Interval.ONE_OFF


def _described(which: Which) -> str:
    parts = [("feature", which.feature_id), ("balance_id", which.balance_id), ("interval", which.interval)]
    named = ", ".join(f"{name} {value}" for name, value in parts if value)
    return named + (f" on entity {which.entity_id}" if which.entity_id else "")


def decide_update(customer: Customer, command: UpdateBalance, context: Context) -> Sequence[Event]:
    """Answer a change of balances with its events, or refuse it."""
    require_reason("Changing a balance", context)
    _check_update(command)
    _check_named(customer, command, context)
    grants = [grant for grant in matching(customer, command) if not grant.boolean]
    mains = _mains(grants)
    if not mains:
        raise BalanceNotFound(_described(command))
    events = _amounts(grants, command, context)
    if command.next_reset_at is not None or command.expires_at is not None:
        events.append(_times(customer, _only(mains, command), events, command, context))
    return events


def _check_named(customer: Customer, which: Which, context: Context) -> None:
    """Refuse a feature and an entity that there are not, before any balance of theirs is looked for."""
    if which.feature_id is not None:
        context.catalog.feature(which.feature_id)
    if which.entity_id is not None:
        customer.entity(which.entity_id)


def _check_update(command: UpdateBalance) -> None:
    given = [command.remaining, command.add, command.usage]
    if sum(each is not None for each in given) > 1:
        raise InvalidInput("Give one of remaining, add_to_balance and usage: together they contradict each other")
    if not any(each is not None for each in (*given, command.included, command.next_reset_at, command.expires_at)):
        raise InvalidInput(
            "Say what to change: remaining, add_to_balance, usage, included_grant, next_reset_at or expires_at"
        )
    if command.remaining is not None and command.remaining < ZERO:
        raise InvalidInput("remaining must not be negative: use usage to record a debt")
    if command.add is not None and not command.add:
        raise InvalidInput("add_to_balance must not be zero")


def _mains(grants: Sequence[Grant]) -> list[Grant]:
    """Balances without what was left over of earlier periods: that is changed only together with them."""
    return [grant for grant in grants if grant.terms.rollover_of is None]


def _only(grants: Sequence[Grant], command: Which) -> Grant:
    if len(grants) > 1:
        raise InvalidRequest(f"Several balances match {_described(command)}: name one with balance_id or interval")
    return grants[0]


def _amounts(grants: Sequence[Grant], command: UpdateBalance, context: Context) -> list[Event]:
    if command.add is not None and command.add > ZERO:
        return [_added(grants, command, command.add, context)]
    if command.add is not None:
        return [_deducted(grants, command, negate(command.add), context)]
    if command.remaining is None and command.usage is None and command.included is None:
        return []
    return [_put(grants, command, context)]


def _added(grants: Sequence[Grant], command: UpdateBalance, amount: Decimal, context: Context) -> Event:
    grant = _mains(grants)[0]
    granted = grant.granted if command.included is None else add(command.included, grant.prepaid)
    after = Level(granted, add(grant.balance, amount))
    windows = _windows(grants, [grant.grant_id], context)
    return BalanceGranted(
        grant.feature_id, grant.grant_id, amount, grant.level, after, command.entity_id, opened=windows
    )


def _deducted(grants: Sequence[Grant], command: UpdateBalance, amount: Decimal, context: Context) -> Event:
    if command.included is not None:
        raise InvalidInput("included_grant goes with remaining or a positive add_to_balance, not with a deduction")
    allocations, _ = take(grants, amount, Overage.OVERFLOW)
    changes = _changes(grants, allocations)
    windows = _windows(grants, [change.grant_id for change in changes], context)
    return BalanceDeducted(grants[0].feature_id, amount, changes, command.entity_id, windows)


def _put(grants: Sequence[Grant], command: UpdateBalance, context: Context) -> Event:
    resized = grants if command.included is None else _resized(grants, command, command.included)
    moves = {each.grant_id: each.amount for each in _moves(resized, command)}
    changes = tuple(
        Change(was.grant_id, was.level, Level(now.granted, subtract(now.balance, moves.get(now.grant_id, ZERO))))
        for was, now in zip(grants, resized, strict=True)
        if now.grant_id in moves or now is not was
    )
    windows = _windows(grants, [change.grant_id for change in changes], context)
    return BalanceSet(grants[0].feature_id, changes, command.entity_id, opened=windows)


def _resized(grants: Sequence[Grant], command: UpdateBalance, included: Decimal) -> list[Grant]:
    """The grants where one of them includes so many: what remains is as before, so what was used is not (§2.10)."""
    only = _only(_mains(grants), command)
    return [msgspec.structs.replace(each, included=included) if each is only else each for each in grants]


def _moves(grants: Sequence[Grant], command: UpdateBalance) -> list[Allocation]:
    """What must be taken from which grant so that the sum over all of them is what the command says."""
    if command.remaining is not None:
        return _to_remaining(grants, command.remaining)
    if command.usage is None:
        return []
    down = subtract(command.usage, total(grant.used for grant in grants))
    if len(grants) == 1:
        return [Allocation(grants[0].grant_id, down)]
    if down > ZERO:
        return take(grants, down, Overage.OVERFLOW)[0]
    return give_back(grants, negate(down), Overage.OVERFLOW)[0] if down else []


def _to_remaining(grants: Sequence[Grant], remaining: Decimal) -> list[Allocation]:
    """Exactly so much remains afterwards, and no debt beside it: what remains never shows one (§2.1)."""
    if len(grants) == 1:
        return [Allocation(grants[0].grant_id, subtract(grants[0].balance, remaining))]
    debts = {grant.grant_id: grant.balance for grant in grants if grant.balance < ZERO}
    cleared = [with_balance(grant, max(ZERO, grant.balance)) for grant in grants]
    down = subtract(total(grant.balance for grant in cleared), remaining)
    moved = take(cleared, down, Overage.OVERFLOW)[0] if down > ZERO else []
    if down < ZERO:
        moved = give_back(cleared, negate(down), Overage.OVERFLOW)[0]
    moves = {each.grant_id: each.amount for each in moved}
    touched = [grant.grant_id for grant in grants if grant.grant_id in moves or grant.grant_id in debts]
    return [Allocation(key, add(moves.get(key, ZERO), debts.get(key, ZERO))) for key in touched]


def _changes(grants: Sequence[Grant], allocations: Sequence[Allocation]) -> tuple[Change, ...]:
    by_id = {grant.grant_id: grant for grant in grants}
    found = []
    for each in allocations:
        grant = by_id[each.grant_id]
        after = Level(grant.granted, subtract(grant.balance, each.amount))
        found.append(Change(each.grant_id, grant.level, after))
    return tuple(found)


def _windows(grants: Sequence[Grant], touched: Sequence[str], context: Context) -> tuple[Window, ...]:
    return windows_opened(grants, touched, context.now, context.settings.zone)


def _times(
    customer: Customer, grant: Grant, events: Sequence[Event], command: UpdateBalance, context: Context
) -> Event:
    _check_new_times(customer, grant, command, context.now)
    period = window(grant, context.now, context.settings.zone)
    if command.next_reset_at is not None and period is None:
        raise InvalidRequest(f"The balance of feature {grant.feature_id} never resets: next_reset_at cannot be set")
    level = _level_after(grant, events)
    opened = (Window(grant.grant_id, period.start, command.next_reset_at or period.end),) if period else ()
    changes = (Change(grant.grant_id, level, level),)
    return BalanceSet(grant.feature_id, changes, command.entity_id, command.next_reset_at, command.expires_at, opened)


def _check_new_times(customer: Customer, grant: Grant, command: UpdateBalance, now: datetime) -> None:
    for name, value in (("next_reset_at", command.next_reset_at), ("expires_at", command.expires_at)):
        if value is not None and value <= now:
            raise InvalidRequest(f"{name} must be in the future")
        if value is not None and not grant.loose and grant.terms.price is not None:
            raise InvalidRequest(
                f"{name} cannot be set on a paid balance (feature {grant.feature_id}): it follows the billing cycle"
            )
    if command.expires_at is not None and _of_paid_plan(customer, grant):
        raise InvalidRequest(
            f"expires_at cannot be set on what a paid plan includes (feature {grant.feature_id}): it lasts as long as"
            " the plan's billing cycles"
        )


def _of_paid_plan(customer: Customer, grant: Grant) -> bool:
    subscription = customer.subscriptions.get(grant.terms.subscription_id or "")
    return subscription is not None and subscription.plan.cycle is not None


def _level_after(grant: Grant, events: Sequence[Event]) -> Level:
    for event in events:
        if isinstance(event, BalanceGranted):
            return event.after
        if isinstance(event, BalanceSet | BalanceDeducted):
            return event.changes[0].after if event.changes else grant.level
    return grant.level


def decide_delete(customer: Customer, command: DeleteBalance, context: Context) -> Sequence[Event]:
    """Answer a deletion with one event for each loose balance it names; a plan's balance is refused."""
    require_reason("Deleting a balance", context)
    if command.feature_id is None and command.balance_id is None:
        raise InvalidInput("Name what to delete: feature_id or balance_id")
    _check_named(customer, command, context)
    found = matching(customer, command)
    loose = [grant for grant in found if grant.loose]
    if found and not loose:
        raise PaidBalance(found[0].feature_id)
    if not loose:
        raise BalanceNotFound(_described(command))
    ids = {grant.grant_id for grant in loose}
    loose += [each for each in customer.grants.values() if each.terms.rollover_of in ids and each.grant_id not in ids]
    moved: list[Event] = []
    if command.recalculate:
        for feature_id in dict.fromkeys(grant.feature_id for grant in loose):
            gone = [grant for grant in loose if grant.feature_id == feature_id]
            moved += moved_over(customer, gone, total(grant.used for grant in gone), context)
    deleted = [BalanceDeleted(each.feature_id, each.grant_id, each.level, command.entity_id) for each in loose]
    return [*deleted, *moved]
