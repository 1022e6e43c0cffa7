"""Setting units aside before they are used, and closing that when it is known how many were (reference §2.8)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.balances.aftermath import follow
from ledger.core.balances.controls import effective
from ledger.core.balances.credits import Rate, rates
from ledger.core.balances.deduction import Overage
from ledger.core.balances.lock import Lock
from ledger.core.balances.spending import Use, allowed, spread
from ledger.core.decider import Ask, Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest, LockExists, LockNotFound
from ledger.core.events import Allocation, Counted, Draw, Event, LockClosed, LockEnd, LockOpened
from ledger.core.money import ZERO, add, multiply, negate, part_of, subtract, total
from ledger.core.sealed import Sealed, sealed_fields
from ledger.core.state import Customer
from ledger.core.terms import Feature, FeatureKind

LOCK: Final = "lock"
"""The kind of the claim that makes a lock's id unique in its ledger."""
LONGEST: Final = timedelta(days=1)
"""How long a lock may last, and how long it does when nothing is said."""


class Reserve(Command, frozen=True):
    """Set `value` units of a feature aside if they are allowed, else nothing: a check with a lock.

    Without `expires_at` the lock lasts a day. What may overflow is set aside even where it is not there.
    """

    lock_id: str
    feature_id: str
    value: Decimal
    entity_id: str | None = None
    expires_at: datetime | None = None
    overage: Overage = Overage.CAP
    properties: Mapping[str, object] | None = None

    def asks(self) -> list[Ask]:
        return [Ask(LOCK, self.lock_id)]


class FinalizeLock(Command, frozen=True):
    """Close a lock: `confirmed` uses its units, or `value` of them, or more; `released` gives them back."""

    lock_id: str
    end: LockEnd
    value: Decimal | None = None
    properties: Mapping[str, object] | None = None


def decide_reserve(customer: Customer, command: Reserve, context: Context) -> Sequence[Event]:
    """Answer a lock with its event; with none where the use is not allowed; or refuse it."""
    expires_at = _checked(customer, command, context)
    use = Use(command.feature_id, command.value, command.entity_id, command.overage, command.properties)
    if command.overage is not Overage.OVERFLOW and not allowed(customer, use, context):
        return []
    spent = spread(customer, use, context)
    if spent.dropped:
        return []
    event = LockOpened(
        command.lock_id,
        command.feature_id,
        command.value,
        expires_at,
        tuple(spent.taken.allocations),
        command.entity_id,
        spent.opened,
        sealed_fields(command.properties),
        tuple(spent.taken.drawn),
        spent.counted,
        command.overage is Overage.OVERFLOW,
    )
    return follow(customer, event, spent.controls, context)


def _checked(customer: Customer, command: Reserve, context: Context) -> datetime:
    """The instant at which a lock expires, after everything that could be wrong with it."""
    feature = context.catalog.feature(command.feature_id)
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    _check_lockable(feature, command.value)
    if command.lock_id in customer.locks or (LOCK, command.lock_id) in context.claims:
        raise LockExists(command.lock_id)
    expires_at = command.expires_at or context.now + LONGEST
    if expires_at <= context.now:
        raise InvalidRequest("lock.expires_at must be in the future")
    if expires_at > context.now + LONGEST:
        raise InvalidRequest("lock.expires_at must be at most one day from now")
    return expires_at


def _check_lockable(feature: Feature, value: Decimal) -> None:
    if feature.kind is FeatureKind.ALLOCATED:
        raise InvalidRequest(
            f"Units of feature {feature.feature_id} are held until freed and cannot be locked: track them instead"
        )
    if feature.kind is FeatureKind.BOOLEAN:
        raise InvalidRequest(f"Feature {feature.feature_id} is there or not and has no units to lock: leave out lock")
    if value <= ZERO:
        raise InvalidInput("required_balance must be above zero to be locked")


def decide_finalize(customer: Customer, command: FinalizeLock, context: Context) -> Sequence[Event]:
    """Answer the end of a lock with its event, or refuse it."""
    lock = customer.locks.get(command.lock_id)
    if lock is None:
        raise LockNotFound(command.lock_id)
    if command.end is LockEnd.RELEASED and command.value is not None:
        raise InvalidInput("override_value says how much was used: it goes with action confirm, not with release")
    if command.value is not None and command.value < ZERO:
        raise InvalidInput("override_value must not be negative")
    properties = sealed_fields(command.properties)
    if command.end is LockEnd.RELEASED:
        return [_less(customer, lock, ZERO, command.end, properties, context)]
    used = lock.value if command.value is None else command.value
    if used > lock.value:
        return _more(customer, lock, used, command, context)
    return [_less(customer, lock, used, command.end, properties, context)]


def expire(draft: Draft, lock: Lock) -> None:
    """Give back everything that a lock holds, in the opposite order of its taking."""
    draft.happen(_less(draft.customer, lock, ZERO, LockEnd.EXPIRED, None, draft.context))


def _more(customer: Customer, lock: Lock, used: Decimal, command: FinalizeLock, context: Context) -> Sequence[Event]:
    """More was used than was set aside: the rest is taken as a track of the lock's overage behaviour would take it."""
    overage = Overage.OVERFLOW if lock.overflows else Overage.CAP
    use = Use(lock.feature_id, subtract(used, lock.value), lock.entity_id, overage, command.properties)
    spent = spread(customer, use, context)
    closed = LockClosed(
        lock.lock_id,
        lock.feature_id,
        command.end,
        lock.value,
        used,
        tuple(spent.taken.allocations),
        lock.entity_id,
        spent.opened,
        sealed_fields(command.properties),
        tuple(spent.taken.drawn),
        spent.counted,
        spent.dropped,
    )
    return follow(customer, closed, spent.controls, context)


class _Returned(NamedTuple):
    """What goes back to one grant in its own units, and how many units of the feature that is."""

    grant_id: str
    amount: Decimal
    units: Decimal
    credits: bool


def _less(
    customer: Customer, lock: Lock, used: Decimal, end: LockEnd, properties: Sealed | None, context: Context
) -> LockClosed:
    """What was not used goes back, the last taken first; nothing to a balance that is gone or was reset since."""
    back = subtract(lock.value, used)
    returned = [
        each
        for each in _returned(customer, lock, back, context)
        if each.grant_id in customer.grants and each.grant_id not in lock.lapsed
    ]
    return LockClosed(
        lock.lock_id,
        lock.feature_id,
        end,
        lock.value,
        used,
        tuple(Allocation(each.grant_id, negate(each.amount)) for each in returned),
        lock.entity_id,
        properties=properties,
        drawn=tuple(Draw(each.grant_id, negate(each.units)) for each in returned if each.credits),
        counted=_uncounted(customer, lock, returned),
        dropped=subtract(total(each.units for each in returned), back),
    )


def _returned(customer: Customer, lock: Lock, back: Decimal, context: Context) -> Iterator[_Returned]:
    drawn = {each.grant_id: each.units for each in lock.drawn}
    held = list(customer.grants.values())
    known = dict(rates(context.catalog, lock.feature_id, held))
    for each in reversed(lock.allocations):
        units = drawn.get(each.grant_id, each.amount)
        part = min(units, back)
        if part <= ZERO:
            continue
        grant, amount = customer.grants.get(each.grant_id), part
        if each.grant_id in drawn:
            rate = known.get(grant.feature_id) if grant is not None else None
            amount = each.amount if part == units else _refund(rate, each.amount, part, units)
            if rate is not None and grant is not None:
                known[grant.feature_id] = rate.moved(negate(part))
        yield _Returned(each.grant_id, amount, part, each.grant_id in drawn)
        back = subtract(back, part)


def _refund(rate: Rate | None, credits_taken: Decimal, part: Decimal, units: Decimal) -> Decimal:
    """The credits for the last units drawn; their share of all that were taken, where they have no cost any more."""
    if rate is None:
        return part_of(multiply(credits_taken, part), units)
    return min(credits_taken, rate.moved(negate(part)).credits(part))


def _uncounted(customer: Customer, lock: Lock, returned: Sequence[_Returned]) -> tuple[Counted, ...]:
    """What goes back does not count toward the limits that counted it, in the windows that did."""
    units: dict[str, Decimal] = {lock.feature_id: total(each.units for each in returned)}
    for each in returned:
        if each.credits:
            feature_id = customer.grants[each.grant_id].feature_id
            units[feature_id] = add(units.get(feature_id, ZERO), each.amount)
    limited = {each.key: each.limit.feature_id for each in effective(customer, lock.entity_id).usage_limits}
    found = [(each, units.get(limited.get(each.limit, ""), ZERO)) for each in lock.counted]
    return tuple(Counted(each.limit, each.start, each.end, negate(less)) for each, less in found if less)
