"""The tables of usage: every use, the grants that uses took from, and sums of uses by the half hour.

The offset of nearly every time zone is a whole number of half hours, so that its days, weeks and months are made of
whole cells of the sums. A customer has sums of its own only once it has a long history: most have few uses, which are
summed from their rows faster than a row of sums for each of them could be kept.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from projections.projection import Kind, Table

CELL: Final = timedelta(minutes=30)
LONG_STREAM: Final = (
    1_000  # events of a customer after which it has sums of its own; add_usage_stream_sums.sql has it too
)

USAGE: Final = Table(
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
        "booked_at": Kind.INSTANT,
    },
    grows_only=True,
)

USAGE_GRANTS: Final = Table(
    "usage_grants",
    key=2,
    columns={
        "stream_id": Kind.UUID,
        "grant_id": Kind.TEXT,
        "feature_id": Kind.TEXT,
        "plan_id": Kind.TEXT,
        "entity_id": Kind.TEXT,
        "balance_id": Kind.TEXT,
        "reset": Kind.JSON,
    },
    grows_only=True,
)

_AMOUNTS: Final = {
    "value": Kind.NUMERIC,
    "uses": Kind.BIGINT,
    "deducted": Kind.NUMERIC,
    "on_credits": Kind.BIGINT,
}

USAGE_SUMS: Final = Table(
    "usage_sums",
    key=2,
    columns={"cell": Kind.INSTANT, "feature_id": Kind.TEXT, **_AMOUNTS},
    accumulates=True,
)

USAGE_STREAM_SUMS: Final = Table(
    "usage_stream_sums",
    key=4,
    columns={
        "stream_id": Kind.UUID,
        "cell": Kind.INSTANT,
        "feature_id": Kind.TEXT,
        "entity_id": Kind.TEXT,
        **_AMOUNTS,
    },
    accumulates=True,
)


def cell_of(at: datetime) -> datetime:
    """The first instant of the cell that holds an instant."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.replace(minute=30 if at.minute >= 30 else 0, second=0, microsecond=0)
