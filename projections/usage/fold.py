"""What products used, use by use and in sums. A lock counts when it is opened; closing it counts the difference.

A use that is taken back stays, and its taking back is a row of the opposite value, so that values add up to the use.
In `deductions` each grant has what was taken of it and, where that was credits, the units of the feature they paid for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from typing import Final as Constant
from uuid import UUID

from ledger.core.events import (
    Allocation,
    BalanceGranted,
    BalanceReset,
    BalanceToppedUp,
    Draw,
    EffectReversed,
    EntityCreated,
    Event,
    GrantTerms,
    LockClosed,
    LockOpened,
    PlanActivated,
    PlanAttached,
    PlanChanged,
    UsageBackdated,
    UsageRecorded,
)
from ledger.core.money import ZERO, negate, subtract, total
from ledger.core.sealed import Sealed
from projections.jsonb import plain_json, state_json
from projections.projection import Changes, Final, Model, Recorded, Row
from projections.usage.tables import LONG_STREAM, USAGE, USAGE_GRANTS, USAGE_STREAM_SUMS, USAGE_SUMS, cell_of


class Nothing:
    """Nothing is remembered of a stream: every event says all there is to say of it."""


NOTHING: Constant = Nothing()
NO_UNITS: Constant = "0"

Used = UsageRecorded | LockOpened | LockClosed | UsageBackdated | EffectReversed


def restore(_rows: Mapping[str, Sequence[Any]]) -> Nothing:
    """There is nothing to restore."""
    return NOTHING


def fold(state: Nothing, recorded: Recorded) -> tuple[Nothing, Sequence[Final]]:
    """One event is one use, or none where a lock used just what it held; or it opens grants to take from."""
    event = recorded.event
    match event:
        case UsageRecorded():
            return state, _use(recorded, event, event.value, event.used_at or recorded.at)
        case LockOpened():
            return state, _use(recorded, event, event.value, recorded.at)
        case LockClosed():
            return state, _use(recorded, event, subtract(event.value, event.held), recorded.at)
        case UsageBackdated():
            return state, _use(recorded, event, event.value, event.used_at)
        case EffectReversed():
            return state, _use(recorded, event, negate(event.value), recorded.at)
        case PlanAttached() | PlanActivated() | PlanChanged() | EntityCreated():
            return state, [_grant(recorded.stream_id, terms) for terms in event.grants]
        case BalanceGranted() | BalanceToppedUp():
            terms = event.terms
        case BalanceReset():
            terms = event.rolled
        case _:
            raise TypeError(type(event).__name__)
    return state, () if terms is None else (_grant(recorded.stream_id, terms),)


def changes(_stream_id: UUID, _before: Nothing, _after: Nothing) -> Changes:
    """Every row is final."""
    return Changes()


def _use(recorded: Recorded, event: Used, value: Decimal, at: datetime) -> Sequence[Final]:
    """The row of a use and what it adds to the sums; nothing where nothing was used in the end."""
    if value == ZERO and not isinstance(event, UsageRecorded | LockOpened | UsageBackdated):
        return ()
    allocations, drawn = ((), ()) if isinstance(event, UsageBackdated) else (event.allocations, event.drawn)
    row: Row = (
        at,
        recorded.position,
        recorded.stream_id,
        recorded.version,
        event.feature_id,
        event.entity_id,
        event.event_name if isinstance(event, UsageRecorded) else None,
        value,
        None if isinstance(event, EffectReversed) else _properties(event.properties),
        _backdated(event) if isinstance(event, UsageBackdated) else _deductions(allocations, drawn),
        recorded.at,
    )
    cell, amounts = cell_of(at), (value, 1, *_deducted(allocations, drawn))
    found = [Final("usage", row), Final("usage_sums", (cell, event.feature_id, *amounts))]
    if recorded.version > LONG_STREAM:
        key = (recorded.stream_id, cell, event.feature_id, event.entity_id or "")
        found.append(Final("usage_stream_sums", (*key, *amounts)))
    return found


def _deducted(allocations: Sequence[Allocation], drawn: Sequence[Draw]) -> tuple[Decimal, int]:
    """Units taken from balances of the feature itself, and 1 where credits paid for some of them too, else 0."""
    on_credits = 0
    if drawn:
        systems = {each.grant_id for each in drawn}
        on_credits = int(any(each.amount for each in allocations if each.grant_id in systems))
        allocations = [each for each in allocations if each.grant_id not in systems]
    if len(allocations) == 1:
        return allocations[0].amount, on_credits
    return total(each.amount for each in allocations), on_credits


def _properties(sealed: Sealed | None) -> bytes | None:
    if sealed is None:
        return None
    fields = sealed.fields()
    return plain_json(fields) if fields else None


def _deductions(allocations: Sequence[Allocation], drawn: Sequence[Draw]) -> bytes | None:
    if not allocations:
        return None
    if not drawn:
        return state_json(allocations)
    units = {each.grant_id: each.units for each in drawn}
    systems = set(units)
    return state_json(
        [
            # The units of a grant stand with the first of its parts.
            (each.grant_id, each.amount, units.pop(each.grant_id, ZERO)) if each.grant_id in systems else each
            for each in allocations
        ]
    )


def _backdated(event: UsageBackdated) -> bytes:
    # It moves no balance, but it is use of a period of this grant.
    return state_json([(event.grant_id, NO_UNITS, event.value)])


def _grant(stream_id: UUID, terms: GrantTerms) -> Final:
    return Final(
        "usage_grants",
        (
            stream_id,
            terms.grant_id,
            terms.feature_id,
            terms.plan_id,
            terms.entity_id,
            terms.balance_id,
            None if terms.reset is None else state_json(terms.reset),
        ),
    )


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {
        UsageRecorded,
        LockOpened,
        LockClosed,
        UsageBackdated,
        EffectReversed,
        PlanAttached,
        PlanActivated,
        PlanChanged,
        EntityCreated,
        BalanceGranted,
        BalanceToppedUp,
        BalanceReset,
    }
)

MODEL: Constant = Model(
    "usage",
    "projections.usage.sql",
    (USAGE, USAGE_GRANTS, USAGE_SUMS, USAGE_STREAM_SUMS),
    FOLDS,
    restore,
    fold,
    changes,
    revision=2,
)
