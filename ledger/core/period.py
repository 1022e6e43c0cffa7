"""Calendar periods: counted from an anchor, in the ledger's time zone, clamped at month ends without drift.

The n-th boundary is always computed from the anchor, never from the boundary before it, so 31 January is
followed by 28 February and then by 31 March (reference §2.11). A wall time that a DST change skips moves
forward by the gap; a repeated one is the first (architecture.md, "Time").
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec


class Interval(StrEnum):
    """How often something repeats; `one_off` never does."""

    ONE_OFF = "one_off"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    SEMI_ANNUAL = "semi_annual"
    YEAR = "year"


MONTHS: Final = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.SEMI_ANNUAL: 6, Interval.YEAR: 12}
_DAYS: Final = {Interval.DAY: 1, Interval.WEEK: 7}
_SECONDS: Final = {Interval.MINUTE: 60, Interval.HOUR: 3600}
MOST_REMEMBERED: Final = 8192  # boundaries: the balances of a customer share few anchors
LENGTH_ORDER: Final = {interval: rank for rank, interval in enumerate([*list(Interval)[1:], Interval.ONE_OFF])}


class Every(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A repetition: `count` intervals, such as every 2 months."""

    interval: Interval
    count: int = 1

    @property
    def repeats(self) -> bool:
        return self.interval is not Interval.ONE_OFF

    @property
    def rank(self) -> tuple[int, int]:
        """Orders repetitions by length, shortest first; one-off is the longest."""
        return LENGTH_ORDER[self.interval], self.count


class Period(NamedTuple):
    """From `start` (inside) to `end` (outside), both aware UTC."""

    start: datetime
    end: datetime

    @property
    def milliseconds(self) -> int:
        return (self.end - self.start) // timedelta(milliseconds=1)


@lru_cache(maxsize=MOST_REMEMBERED)
def boundary(anchor: datetime, every: Every, n: int, zone: tzinfo = UTC) -> datetime:
    """The n-th boundary after `anchor` (n may be negative); the anchor itself for n = 0."""
    if n == 0:
        return anchor  # which may lie in the second of two equal hours
    if every.interval in _SECONDS:
        return anchor + timedelta(seconds=_SECONDS[every.interval] * every.count * n)
    wall = anchor.astimezone(zone).replace(tzinfo=None)
    if every.interval in _DAYS:
        moved = wall + timedelta(days=_DAYS[every.interval] * every.count * n)
    else:
        moved = _add_months(wall, MONTHS[every.interval] * every.count * n)
    return _instant(moved, zone)


def period_at(anchor: datetime, every: Every, now: datetime, zone: tzinfo = UTC) -> Period:
    """The period that holds `now`: start <= now < end. `every` must repeat."""
    n = _estimate(anchor, every, now, zone)
    start = boundary(anchor, every, n, zone)
    while start > now:
        n -= 1
        start = boundary(anchor, every, n, zone)
    end = boundary(anchor, every, n + 1, zone)
    while end <= now:
        n += 1
        start, end = end, boundary(anchor, every, n + 1, zone)
    return Period(start, end)


def common_period(anchor: datetime, everys: Iterable[Every], now: datetime, zone: tzinfo) -> Period | None:
    """From the last boundary of any of several repetitions to the next of any; None where none repeats."""
    periods = [period_at(anchor, every, now, zone) for every in set(everys) if every.repeats]
    if not periods:
        return None
    return Period(max(each.start for each in periods), min(each.end for each in periods))


def _estimate(anchor: datetime, every: Every, now: datetime, zone: tzinfo) -> int:
    if every.interval in MONTHS:
        first, last = anchor.astimezone(zone), now.astimezone(zone)
        months = (last.year - first.year) * 12 + last.month - first.month
        return months // (MONTHS[every.interval] * every.count)
    unit = (
        timedelta(seconds=_SECONDS[every.interval])
        if every.interval in _SECONDS
        else timedelta(days=_DAYS[every.interval])
    )
    return (now - anchor) // (unit * every.count)


def _add_months(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """The instant of a wall time; one that a DST gap skips is read with the offset before the gap."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
