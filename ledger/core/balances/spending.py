"""One use of a feature, spread over everything it may draw on, within all the limits that count for it.

Tracks, checks and locks are decided here alike, so that a check says exactly what a track would take.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from ledger.core.balances.balance import Grant
from ledger.core.balances.controls import NONE, Effective, Scoped, beyond, effective
from ledger.core.balances.credits import rates
from ledger.core.balances.deduction import (
    PLAIN,
    Overage,
    Rules,
    Taken,
    bought_ahead_seats,
    in_order,
    in_scope,
    restore,
    spend,
)
from ledger.core.balances.entitlement import windows_opened
from ledger.core.balances.limits import count, headroom, hit_by
from ledger.core.decider import Context
from ledger.core.errors import InsufficientBalance, UsageLimitExceeded
from ledger.core.events import Counted, Window
from ledger.core.money import ZERO, add, negate, subtract, total
from ledger.core.state import Customer


class Use(NamedTuple):
    """`value` units of a feature (below zero: given back) by a customer or one of its entities."""

    feature_id: str
    value: Decimal
    entity_id: str | None = None
    overage: Overage = Overage.CAP
    properties: Mapping[str, object] | None = None


class Spent(NamedTuple):
    """What a use took from where, what of it found no balance, and what it adds to the counters of limits."""

    taken: Taken
    dropped: Decimal
    opened: tuple[Window, ...]
    counted: tuple[Counted, ...]
    controls: Effective


class _Setting(NamedTuple):
    """What a use meets: the grants in deduction order, the rules, and the limits that count it."""

    grants: list[Grant]
    rules: Rules
    controls: Effective
    limits: Sequence[Scoped] = ()
    room: Decimal | None = None


def spread(customer: Customer, use: Use, context: Context) -> Spent:
    """Spread a use over balances, or refuse it where it must fit and does not (`Overage.REJECT`)."""
    controls = effective(customer, use.entity_id)
    if controls is NONE and use.value > ZERO and use.feature_id not in context.catalog.systems:
        return _plain(customer, use, context)
    met = _setting(customer, use, controls, context)
    if use.value > ZERO:
        asked = use.value if met.room is None else min(use.value, met.room)
        taken = spend(met.grants, asked, use.overage, met.rules) if asked else Taken([], ZERO, [])
        dropped = add(subtract(use.value, asked), taken.left)
    else:
        taken = restore(met.grants, negate(use.value), use.overage, met.rules)
        dropped = negate(taken.left)
    if dropped and (use.overage is Overage.REJECT or (taken.left and _must_fit(use, met.grants))):
        _refuse(use, met)
    opened = _opened(met.grants, taken, context)
    counted = _counted(customer, use, met, taken, dropped, context) if met.limits else ()
    return Spent(taken, dropped if dropped else ZERO, opened, counted, met.controls)


def _plain(customer: Customer, use: Use, context: Context) -> Spent:
    """A use of the feature's own balances without any limit: thousands of these a second."""
    grants = in_scope(customer.grants.values(), use.feature_id, use.entity_id)
    if len(grants) > 1:
        grants = in_order(grants, use.entity_id, longest_first=context.settings.reverse_deduction_order)
    taken = spend(grants, use.value, use.overage)
    if taken.left and (use.overage is Overage.REJECT or _must_fit(use, grants)):
        _refuse(use, _Setting(grants, PLAIN, NONE))
    return Spent(taken, taken.left or ZERO, _opened(grants, taken, context), (), NONE)


def _opened(grants: Sequence[Grant], taken: Taken, context: Context) -> tuple[Window, ...]:
    for grant in grants:
        if grant.terms.reset is not None and (grant.period_end is None or grant.period_end <= context.now):
            touched = [each.grant_id for each in taken.allocations]
            return windows_opened(grants, touched, context.now, context.settings.zone)
    return ()


def allowed(customer: Customer, use: Use, context: Context) -> bool:
    """Whether a use may happen now: §2.8, with credits and every limit.

    A usage limit is a hard one and counts for unlimited balances too. Free seats may be taken into debt by a track, and
    a check still asks for what remains of them.
    """
    if use.value <= ZERO:
        return True  # nothing is asked for, so nothing needs to be there (§2.8)
    met = _setting(customer, use, effective(customer, use.entity_id), context, strict=True)
    if any(grant.boolean for grant in met.grants):
        return True
    if met.room is not None and met.room < use.value:
        return False
    return not spend(met.grants, use.value, Overage.CAP, met.rules).left


def credits_for(customer: Customer, use: Use, system_id: str, context: Context) -> Decimal:
    """What a use costs in a credit system where none of it is taken from the feature's own balances (§2.8)."""
    grants = _touchable(customer, use.feature_id, use.entity_id, context)
    return rates(context.catalog, use.feature_id, grants)[system_id].credits(use.value)


def sources(customer: Customer, feature_id: str, entity_id: str | None, context: Context) -> list[Grant]:
    """The grants that a use may draw on, credits too, in deduction order."""
    return in_order(
        _touchable(customer, feature_id, entity_id, context),
        entity_id,
        longest_first=context.settings.reverse_deduction_order,
        direct=feature_id,
    )


def _touchable(customer: Customer, feature_id: str, entity_id: str | None, context: Context) -> list[Grant]:
    found = in_scope(customer.grants.values(), feature_id, entity_id)
    for system_id in context.catalog.systems.get(feature_id, ()):
        found += in_scope(customer.grants.values(), system_id, entity_id)
    return found


def _setting(customer: Customer, use: Use, controls: Effective, context: Context, *, strict: bool = False) -> _Setting:
    found = _touchable(customer, use.feature_id, use.entity_id, context)
    limits = hit_by(controls.usage_limits, use.properties)
    room = _headroom(customer, limits, use, context)
    ordered = in_order(
        found,
        use.entity_id,
        longest_first=context.settings.reverse_deduction_order,
        direct=use.feature_id,
        named={each.limit.feature_id for each in limits if each.limit.properties},
    )
    credit_costs = rates(context.catalog, use.feature_id, found)
    rules = Rules(credit_costs, beyond(controls, found), room, strict=strict)
    return _Setting(ordered, rules, controls, limits, room.get(use.feature_id))


def _headroom(customer: Customer, limits: Sequence[Scoped], use: Use, context: Context) -> Mapping[str, Decimal]:
    """Units that usage limits leave; what may overflow, and what is given back, does not ask them (§2.7)."""
    if use.overage is Overage.OVERFLOW or use.value <= ZERO:
        return {}
    return headroom(customer, limits, context.now, context.settings.zone)


def _must_fit(use: Use, grants: Sequence[Grant]) -> bool:
    """Seats bought ahead are not taken beyond their number, unless the caller lets them overflow (§2.7)."""
    return use.value > ZERO and use.overage is Overage.CAP and any(bought_ahead_seats(each) for each in grants)


def _refuse(use: Use, met: _Setting) -> None:
    if met.room is not None and met.room < use.value:
        raise UsageLimitExceeded(use.feature_id, use.value, met.room)
    available = total(max(ZERO, grant.balance) for grant in met.grants if grant.feature_id == use.feature_id)
    raise InsufficientBalance(use.feature_id, use.value, available)


def _counted(
    customer: Customer, use: Use, met: _Setting, taken: Taken, dropped: Decimal, context: Context
) -> tuple[Counted, ...]:
    """Units used count toward the limits of their feature, credits that they drew toward those of the credits."""
    features = {grant.grant_id: grant.feature_id for grant in met.grants}
    used: dict[str, Decimal] = {use.feature_id: subtract(use.value, dropped)}
    for each in taken.allocations:
        if features[each.grant_id] != use.feature_id:
            used[features[each.grant_id]] = add(used.get(features[each.grant_id], ZERO), each.amount)
    return count(customer, met.limits, used, context.now, context.settings.zone)
