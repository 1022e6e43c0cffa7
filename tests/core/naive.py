"""A second opinion on periods and shares: the calendar walked a day or a month at a time, and fractions.

It shares no code with the core beyond the names of the intervals.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from ledger.core.period import Every, Interval

MONTHS = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.SEMI_ANNUAL: 6, Interval.YEAR: 12}


def boundary(anchor: datetime, every: Every, n: int, zone: ZoneInfo) -> datetime:
    """The n-th boundary, found by walking the calendar a day or a month at a time."""
    if every.interval is Interval.MINUTE:
        return anchor + n * every.count * timedelta(minutes=1)
    if every.interval is Interval.HOUR:
        return anchor + n * every.count * timedelta(hours=1)
    if n == 0:
        return anchor
    local = anchor.astimezone(zone)
    steps = abs(n) * every.count
    day = local.date()
    if every.interval in MONTHS:
        year, month = day.year, day.month
        for _ in range(steps * MONTHS[every.interval]):
            month += 1 if n > 0 else -1
            if month in (0, 13):
                year, month = (year + 1, 1) if month == 13 else (year - 1, 12)
        day = date(year, month, min(day.day, monthrange(year, month)[1]))
    else:
        for _ in range(steps * (7 if every.interval is Interval.WEEK else 1)):
            day += timedelta(days=1 if n > 0 else -1)
    return resolve(datetime.combine(day, local.time().replace(fold=0)), zone)


def resolve(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant that the wall shows this time; after a skipped one, as much later as was skipped."""
    around = wall.replace(tzinfo=UTC)
    for minutes in range(-14 * 60, 15 * 60, 15):
        candidate = around + timedelta(minutes=minutes)
        if candidate.astimezone(zone).replace(tzinfo=None) == wall:
            return candidate
    before = (around - timedelta(days=1)).astimezone(zone).utcoffset()
    assert before is not None
    return around - before


def period(anchor: datetime, every: Every, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The two boundaries that `now` lies between, found by trying one after the other from the anchor on."""
    n = 0
    while boundary(anchor, every, n, zone) <= now:
        n += 1
    while boundary(anchor, every, n, zone) > now:
        n -= 1
    return boundary(anchor, every, n, zone), boundary(anchor, every, n + 1, zone)


def common(anchor: datetime, everys: Sequence[Every], now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the last boundary of any of several repetitions to the next."""
    found = [period(anchor, every, now, zone) for every in everys]
    return max(start for start, _ in found), min(end for _, end in found)


def milliseconds(length: timedelta) -> int:
    return length.days * 86_400_000 + length.seconds * 1000 + length.microseconds // 1000


def share(amount_minor: Fraction, start: datetime, end: datetime, now: datetime) -> Fraction:
    """What is still to come of an amount that is spread evenly over a period."""
    if now <= start:
        return amount_minor
    return amount_minor * max(milliseconds(end - now), 0) / milliseconds(end - start)


def rounded(amount_minor: Fraction) -> int:
    """To whole minor units, half away from zero."""
    away = int(abs(amount_minor) + Fraction(1, 2))
    return away if amount_minor >= 0 else -away
