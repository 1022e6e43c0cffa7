"""Which balances usage comes from, and how far down (reference §2.7).

Taking runs in two passes over the grants in deduction order: down to zero, then into overage where it is
allowed. Giving back runs the other way: debts first, then up to what was granted.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ledger.core.balance import Grant
from ledger.core.events import Allocation
from ledger.core.money import ZERO, add, negate, subtract
from ledger.core.terms import FeatureKind, Method

_NEVER = datetime.max.replace(tzinfo=UTC)


class Overage(StrEnum):
    """What happens to units that no balance can take: dropped (cap), a debt (overflow), or a refusal (reject)."""

    CAP = "cap"
    OVERFLOW = "overflow"
    REJECT = "reject"


def in_scope(grants: Iterable[Grant], feature_id: str, entity_id: str | None) -> list[Grant]:
    """The grants that usage of a feature may touch: an entity's own and its customer's; for a customer, all (§2.12)."""
    return [
        grant
        for grant in grants
        if grant.terms.feature_id == feature_id and (entity_id is None or grant.terms.entity_id in (None, entity_id))
    ]


def in_order(grants: Iterable[Grant], entity_id: str | None, *, longest_first: bool = False) -> list[Grant]:
    """Grants in the order they are deducted from: §2.7, keys 2 and 5 to 12, the grant's own id at last."""

    def key(grant: Grant) -> tuple[Any, ...]:
        terms = grant.terms
        interval = terms.reset.rank if terms.reset and terms.reset.repeats else (0, 0)
        return (
            (terms.entity_id is None) == (entity_id is not None),
            not terms.unlimited,
            terms.reset is None or not terms.reset.repeats,
            tuple(-part for part in interval) if longest_first else interval,
            grant.expires_at or _NEVER,
            terms.entity_id or "",
            terms.add_on,
            not grant.prepaid,
            terms.created_at,
            tuple(int(part) for part in terms.grant_id.split(".")),
        )

    ordered = list(grants)
    if len(ordered) > 1:
        ordered.sort(key=key)
    return ordered


def overage_allowed(grant: Grant) -> bool:
    """True when units beyond the grant are sold as they are used."""
    price = grant.terms.price
    return price is not None and price.method is Method.USAGE_BASED


def overage_room(grant: Grant) -> Decimal | None:
    """Units that may still be taken below zero; None without limit, zero where overage is not allowed."""
    if not overage_allowed(grant):
        return ZERO
    price = grant.terms.price
    assert price is not None
    if price.max_purchase is None:
        return None
    return max(ZERO, add(price.max_purchase, min(grant.balance, ZERO)))


def take(ordered: Sequence[Grant], value: Decimal, overage: Overage) -> tuple[list[Allocation], Decimal]:
    """Take `value` (> 0) from grants in order; answers the allocations and what was left over."""
    taken: dict[str, Decimal] = {}
    left = value
    for grant in ordered:
        part = left if grant.terms.unlimited else min(left, max(ZERO, grant.balance))
        left = _note(taken, grant, part, left)
    for grant in ordered:
        if left and not grant.terms.unlimited:
            room = None if _free_and_allocated(grant) else overage_room(grant)
            part = left if room is None else min(left, room)
            left = _note(taken, grant, part, left)
    if left and ordered and overage is Overage.OVERFLOW:
        left = _note(taken, ordered[0], left, left)
    return [Allocation(grant_id, amount) for grant_id, amount in taken.items()], left


def give_back(ordered: Sequence[Grant], value: Decimal, overage: Overage) -> tuple[list[Allocation], Decimal]:
    """Give `value` (> 0) back: debts to zero, then up to the grants, never above unless it may overflow.

    A loose balance that is used up comes last where usage has moved on to one that resets later: its own
    reset fills it sooner (§2.7, live example: the emptied daily balance got nothing back while others had room).
    """
    returned: dict[str, Decimal] = {}
    left = value
    turns = _turns(ordered)
    for grant in turns:
        debt = max(ZERO, subtract(min(ZERO, grant.granted), grant.balance))
        left = _note(returned, grant, min(left, debt), left)
    for grant in turns:
        room = max(ZERO, subtract(grant.granted, max(grant.balance, ZERO)))
        if grant.terms.unlimited:
            room = ZERO
        left = _note(returned, grant, min(left, room), left)
    if left and ordered and overage is Overage.OVERFLOW:
        left = _note(returned, ordered[0], left, left)
    return [Allocation(grant_id, negate(amount)) for grant_id, amount in returned.items()], left


def _turns(ordered: Sequence[Grant]) -> list[Grant]:
    passed: list[Grant] = []
    kept: list[Grant] = []
    moved_on = False
    for grant in reversed(ordered):
        resets = grant.loose and grant.terms.reset is not None and grant.terms.reset.repeats
        (passed if moved_on and resets and grant.balance == ZERO else kept).append(grant)
        moved_on = moved_on or (resets and not grant.idle)
    return [*reversed(kept), *reversed(passed)]


def _note(parts: dict[str, Decimal], grant: Grant, part: Decimal, left: Decimal) -> Decimal:
    if part <= ZERO:
        return left
    parts[grant.terms.grant_id] = add(parts.get(grant.terms.grant_id, ZERO), part)
    return subtract(left, part)


def _free_and_allocated(grant: Grant) -> bool:
    return grant.terms.kind is FeatureKind.ALLOCATED and grant.terms.price is None
