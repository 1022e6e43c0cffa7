"""Bins: the stretches of time that uses are summed by, counted in a time zone or from an anchor.

Hours are hours of UTC. Days begin at midnight of the zone, weeks on Mondays, months on the first; where a clock change
skips that wall time they begin when the clock goes on, and of two such wall times at the first (ledger/core/period.py).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.core.errors import InvalidInput
from ledger.core.period import Every, Interval, period_at
from projections.usage.tables import CELL, cell_of

MOST_BINS: Final = 10_000
REMEMBERED: Final = 16  # ranges: whoever looks at a year looks at it again and again
_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


class BinSize(StrEnum):
    """How long a bin is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    BILLING_CYCLE = "billing_cycle"


class TooManyBins(InvalidInput):
    """A bin that is too short for its range."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is too fine for the range: at most {MOST_BINS} bins are answered at once. Choose a longer one, or "
            "narrow the range"
        )


class Cycle(NamedTuple):
    """What billing cycles are counted from, and how long they are."""

    anchor: datetime
    every: Every


class Bins(NamedTuple):
    """Adjoining bins: `edges` bound what is summed, one more than bins; `starts` are where the whole bins begin.

    The first and the last bin may be parts of a whole one.
    """

    starts: tuple[datetime, ...]
    edges: tuple[datetime, ...]

    @property
    def lower(self) -> datetime:
        """From when on uses count."""
        return self.edges[0]

    @property
    def upper(self) -> datetime:
        """Before when."""
        return self.edges[-1]

    def spans(self) -> list[tuple[datetime, datetime]]:
        """The pieces of time that belong to cells which an edge cuts."""
        cut = _cut(self.edges)
        return [(max(cell, self.lower), min(cell + CELL, self.upper)) for cell in cut]


@lru_cache(REMEMBERED)
def _cut(edges: tuple[datetime, ...]) -> tuple[datetime, ...]:
    return tuple(sorted({cell for edge in edges if (cell := cell_of(edge)) != edge}))


def one_bin(lower: datetime, upper: datetime) -> Bins:
    """All of a range at once."""
    return Bins((lower,), (lower, upper))


class Range(NamedTuple):
    """From `lower` to before `upper`; and whether the first and the last bin are whole all the same."""

    lower: datetime
    upper: datetime
    whole_first: bool = False
    whole_last: bool = False


@lru_cache(REMEMBERED)
def bins(size: BinSize, zone: tzinfo, within: Range, *, cycle: Cycle | None, name: str) -> Bins:
    """The bins of a range, which must not be empty. Raises `TooManyBins`, which calls the bin by its `name`."""
    lower, upper, whole_first, whole_last = within
    starts: list[datetime] = []
    for start in _starts(size, zone, lower, cycle):
        if start >= upper:
            first, end = starts[0] if whole_first else lower, start if whole_last else upper
            return Bins(tuple(starts), (first, *starts[1:], end))
        if len(starts) == MOST_BINS:
            break
        starts.append(start)
    raise TooManyBins(name)


def _starts(size: BinSize, zone: tzinfo, lower: datetime, cycle: Cycle | None) -> Iterator[datetime]:
    if size is BinSize.HOUR:
        start = lower.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while True:
            yield start
            start += _HOUR
    if size is BinSize.BILLING_CYCLE:
        assert cycle is not None
        anchor, every = cycle
    else:
        every = Every(Interval(size.value))
        anchor = (_FIRST if size is BinSize.MONTH else _MONDAY).replace(tzinfo=zone).astimezone(UTC)
    period = period_at(anchor, every, lower, zone)
    while True:
        yield period.start
        period = period_at(anchor, every, period.end, zone)
