"""Balances: what each grant stands at, and how events move it.

A grant is one source of units of a feature: an item of an attached plan, or a loose balance. Its
`balance` is what remains, below zero where more was used than granted; usage = granted - balance (§2.1).
A grant is idle while its balance equals what was granted: an idle window needs no reset event, so the
period's bounds are kept only from the first unit moved until the reset.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from ledger.core.events import (
    Allocation,
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceRecalculated,
    BalanceReset,
    BalanceSet,
    BalanceToppedUp,
    Change,
    Draw,
    EffectReversed,
    EntityCreated,
    EntityDeleted,
    Event,
    GrantTerms,
    Level,
    LockClosed,
    LockOpened,
    PlanActivated,
    PlanAttached,
    PlanChanged,
    PlanExpired,
    QuantityChanged,
    SeatsKept,
    UsageBackdated,
    UsageRecorded,
    Window,
)
from ledger.core.money import ZERO, add, subtract
from ledger.core.terms import FeatureKind

Grants = Mapping[str, "Grant"]


MOST_CLOSED: Final = 24

MOVES: Final[frozenset[type[Event]]] = frozenset(
    {
        BalanceDeducted,
        BalanceDeleted,
        BalanceExpired,
        BalanceGranted,
        BalanceRecalculated,
        BalanceReset,
        BalanceSet,
        BalanceToppedUp,
        EffectReversed,
        EntityCreated,
        EntityDeleted,
        LockClosed,
        LockOpened,
        PlanActivated,
        PlanAttached,
        PlanChanged,
        PlanExpired,
        QuantityChanged,
        SeatsKept,
        UsageBackdated,
        UsageRecorded,
    }
)
"""The events that move balances: no other is asked."""


class ClosedPeriod(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A period that is over: what was granted in it and what was used, with what was brought in later."""

    start: datetime
    end: datetime
    granted: Decimal
    used: Decimal


class Grant(msgspec.Struct, frozen=True, gc=False):
    """One source of units, and where it stands.

    `kept_seats` are freed seats that are paid until the period ends. `drawn` is what features have drawn of credits
    in this period, in their own units. `closed` are the last periods that were billed by use.
    """

    terms: GrantTerms
    included: Decimal
    prepaid: Decimal
    balance: Decimal
    period_start: datetime | None = None
    period_end: datetime | None = None
    expires_at: datetime | None = None
    kept_seats: Decimal = ZERO
    drawn: Mapping[str, Decimal] = {}
    closed: tuple[ClosedPeriod, ...] = ()

    @property
    def grant_id(self) -> str:
        return self.terms.grant_id

    @property
    def feature_id(self) -> str:
        return self.terms.feature_id

    @property
    def granted(self) -> Decimal:
        return add(self.included, self.prepaid)

    @property
    def used(self) -> Decimal:
        return subtract(self.granted, self.balance)

    @property
    def idle(self) -> bool:
        return self.balance == self.granted

    @property
    def level(self) -> Level:
        return Level(self.granted, self.balance)

    @property
    def loose(self) -> bool:
        return self.terms.subscription_id is None

    @property
    def boolean(self) -> bool:
        return self.terms.kind is FeatureKind.BOOLEAN

    @property
    def resets_at(self) -> datetime | None:
        """When a reset changes something; None without one, and for an idle grant of which nothing rolls over."""
        if self.period_end is None or (self.terms.rollover is None and self.idle):
            return None
        return self.period_end


def opened(terms: GrantTerms) -> Grant:
    """A new grant as its terms say."""
    balance = subtract(add(terms.included, terms.prepaid), terms.used)
    return Grant(
        terms,
        terms.included,
        terms.prepaid,
        balance,
        terms.period_start,
        terms.period_end,
        terms.expires_at,
        drawn=terms.drawn,
    )


def evolve(grants: Grants, event: Event) -> Grants:  # noqa: PLR0912  one case for each event that moves a balance
    """Fold one event of a customer into its grants; events about other things leave them as they are."""
    match event:
        case UsageRecorded() | LockOpened() | LockClosed():
            after = _taken(grants, event.allocations, event.opened)
            return _drawn(after, event) if event.drawn else after
        case UsageBackdated():
            return {**grants, event.grant_id: _backdated(grants[event.grant_id], event)}
        case EntityCreated() if event.allocations or event.grants:
            own = {terms.grant_id: opened(terms) for terms in event.grants}
            return {**_taken(grants, event.allocations, ()), **own}
        case EntityDeleted():
            kept = {key: grant for key, grant in grants.items() if grant.terms.entity_id != event.entity_id}
            return _taken(kept, event.allocations, ())
        case PlanAttached() | PlanActivated():
            return {**grants, **{terms.grant_id: opened(terms) for terms in event.grants}}
        case PlanExpired():
            return {k: grant for k, grant in grants.items() if grant.terms.subscription_id != event.subscription_id}
        case PlanChanged():
            kept = {key: grant for key, grant in grants.items() if key not in event.ended}
            return {**kept, **{terms.grant_id: opened(terms) for terms in event.grants}}
        case QuantityChanged():
            return {**grants, event.grant_id: _resized(grants[event.grant_id], event)}
        case SeatsKept():
            seats = msgspec.structs.replace(grants[event.grant_id], kept_seats=event.after)
            return {**grants, event.grant_id: seats}
        case BalanceGranted():
            return _granted(grants, event)
        case BalanceSet():
            return _set(grants, event)
        case BalanceDeducted() | BalanceRecalculated():
            return _changed(grants, event.changes, event.opened)
        case BalanceToppedUp():
            return {**grants, event.grant_id: _topped_up(grants, event)}
        case EffectReversed():
            after = _changed(_taken(grants, event.allocations, event.opened), event.changes, ())
            return _drawn(after, event) if event.drawn else after
        case BalanceDeleted() | BalanceExpired():
            return {key: grant for key, grant in grants.items() if key != event.grant_id}
        case BalanceReset():
            return _reset(grants, event)
    return grants


def with_balance(grant: Grant, balance: Decimal) -> Grant:
    """The same grant at another balance (spelled out: this runs once for every unit of usage ever folded)."""
    return Grant(
        grant.terms,
        grant.included,
        grant.prepaid,
        balance,
        grant.period_start,
        grant.period_end,
        grant.expires_at,
        grant.kept_seats,
        grant.drawn,
        grant.closed,
    )


def _taken(grants: Grants, allocations: Iterable[Allocation], windows: Iterable[Window]) -> Grants:
    after = dict(grants)
    for window in windows:
        after[window.grant_id] = _windowed(after[window.grant_id], window)
    for allocation in allocations:
        grant = after[allocation.grant_id]
        after[allocation.grant_id] = with_balance(grant, subtract(grant.balance, allocation.amount))
    return after


def _windowed(grant: Grant, window: Window) -> Grant:
    return msgspec.structs.replace(grant, period_start=window.start, period_end=window.end)


def _changed(grants: Grants, changes: Iterable[Change], windows: Iterable[Window]) -> dict[str, Grant]:
    after = dict(_taken(grants, (), windows))
    for change in changes:
        grant = after[change.grant_id]
        included = subtract(change.after.granted, grant.prepaid)
        after[change.grant_id] = msgspec.structs.replace(grant, included=included, balance=change.after.remaining)
    return after


def _set(grants: Grants, event: BalanceSet) -> Grants:
    after = _changed(grants, event.changes, event.opened)
    for change in event.changes:
        grant = after[change.grant_id]
        if event.period_end is not None:
            terms = msgspec.structs.replace(grant.terms, anchor=event.period_end)
            grant = msgspec.structs.replace(grant, terms=terms)
        if event.expires_at is not None:
            grant = msgspec.structs.replace(grant, expires_at=event.expires_at)
        after[change.grant_id] = grant
    return after


def _granted(grants: Grants, event: BalanceGranted) -> Grants:
    if event.terms is not None:
        return {**grants, event.grant_id: opened(event.terms)}
    return _changed(grants, [Change(event.grant_id, event.before, event.after)], event.opened)


def _resized(grant: Grant, event: QuantityChanged) -> Grant:
    delta = subtract(event.prepaid_after, event.prepaid_before)
    return msgspec.structs.replace(grant, prepaid=event.prepaid_after, balance=add(grant.balance, delta))


def _reset(grants: Grants, event: BalanceReset) -> Grants:
    grant = grants[event.grant_id]
    after = _leftovers(_changed(grants, event.trimmed, ()), grant)
    over = grant.closed
    if grant.terms.price is not None:
        period = ClosedPeriod(event.period_start, event.period_end, event.before.granted, grant.used)
        over = (*over, period)[-MOST_CLOSED:]
    after[event.grant_id] = msgspec.structs.replace(
        grant,
        balance=event.after.remaining,
        period_start=event.opened.start if event.opened else None,
        period_end=event.opened.end if event.opened else None,
        drawn={},
        closed=over,
    )
    if event.rolled is not None:
        after[event.rolled.grant_id] = opened(event.rolled)
    return after


def _leftovers(grants: dict[str, Grant], of: Grant) -> dict[str, Grant]:
    """The leftovers of earlier periods at a reset: what is used up is gone, what was drawn of credits counts anew."""
    kept = {}
    for key, grant in grants.items():
        if grant.terms.rollover_of != of.grant_id:
            kept[key] = grant
        elif grant.balance > ZERO:
            kept[key] = msgspec.structs.replace(grant, drawn={})
    return kept


def _drawn(grants: Grants, event: UsageRecorded | LockOpened | LockClosed | EffectReversed) -> Grants:
    after = dict(grants)
    for each in event.drawn:
        after[each.grant_id] = _draw(after[each.grant_id], event.feature_id, each)
    return after


def _draw(grant: Grant, feature_id: str, draw: Draw) -> Grant:
    units = max(ZERO, add(grant.drawn.get(feature_id, ZERO), draw.units))
    return msgspec.structs.replace(grant, drawn={**grant.drawn, feature_id: units})


def _topped_up(grants: Grants, event: BalanceToppedUp) -> Grant:
    if event.terms is not None:
        return opened(event.terms)
    grant = grants[event.grant_id]
    prepaid = add(grant.prepaid, event.amount)
    return msgspec.structs.replace(grant, prepaid=prepaid, balance=event.after.remaining)


def _backdated(grant: Grant, event: UsageBackdated) -> Grant:
    """An idle period left nothing behind; from here on it is one in which something was used."""
    now = ClosedPeriod(event.period_start, event.period_end, event.granted, event.used_after)
    others = [each for each in grant.closed if each.start != event.period_start]
    closed = sorted([*others, now], key=lambda each: each.start)[-MOST_CLOSED:]
    return msgspec.structs.replace(grant, closed=tuple(closed))
