"""What products used, use by use. A lock counts when it is opened; closing it counts the difference.

A use that is taken back stays, and its taking back is a row of the opposite value, so that values add up to the use.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from typing import Final as Constant
from uuid import UUID

from ledger.core.events import (
    Allocation,
    EffectReversed,
    Event,
    LockClosed,
    LockOpened,
    UsageBackdated,
    UsageRecorded,
)
from ledger.core.money import ZERO, negate, subtract
from ledger.core.sealed import Sealed
from projections.jsonb import plain_json, state_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table

USAGE: Constant = Table(
    "usage",
    key=2,
    columns={
        "at": Kind.INSTANT,
        "position": Kind.BIGINT,
        "stream_id": Kind.UUID,
        "version": Kind.INTEGER,
        "feature_id": Kind.TEXT,
        "entity_id": Kind.TEXT,
        "event_name": Kind.TEXT,
        "value": Kind.NUMERIC,
        "properties": Kind.JSON,
        "deductions": Kind.JSON,
    },
    grows_only=True,
)


class Nothing:
    """Nothing is remembered of a stream: every use says all there is to say of it."""


NOTHING: Constant = Nothing()


def restore(_rows: Mapping[str, Sequence[Any]]) -> Nothing:
    """There is nothing to restore."""
    return NOTHING


def fold(state: Nothing, recorded: Recorded) -> tuple[Nothing, Sequence[Final]]:
    """One event is one use, or none where a lock used just what it held."""
    event = recorded.event
    at, name = recorded.at, None
    match event:
        case UsageRecorded():
            value, name, at = event.value, event.event_name, event.used_at or at
            allocations = event.allocations
        case LockOpened():
            value, allocations = event.value, event.allocations
        case LockClosed():
            value, allocations = subtract(event.value, event.held), event.allocations
            if value == ZERO:
                return state, ()
        case UsageBackdated():
            value, allocations, at = event.value, (), event.used_at
        case EffectReversed():
            value, allocations = negate(event.value), event.allocations
            if value == ZERO:
                return state, ()
        case _:
            raise TypeError(type(event).__name__)
    row: Row = (
        at,
        recorded.position,
        recorded.stream_id,
        recorded.version,
        event.feature_id,
        event.entity_id,
        name,
        value,
        None if isinstance(event, EffectReversed) else _properties(event.properties),
        _deductions(allocations),
    )
    return state, (Final("usage", row),)


def changes(_stream_id: UUID, _before: Nothing, _after: Nothing) -> Changes:
    """Every row is final."""
    return Changes()


def _properties(sealed: Sealed | None) -> bytes | None:
    if sealed is None:
        return None
    fields = sealed.fields()
    return plain_json(fields) if fields else None


def _deductions(allocations: Iterable[Allocation]) -> bytes | None:
    return state_json(allocations) if allocations else None


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {UsageRecorded, LockOpened, LockClosed, UsageBackdated, EffectReversed}
)

MODEL: Constant = Model("usage", "projections.usage.sql", (USAGE,), FOLDS, restore, fold, changes)
