"""Calendar periods, against a second and slower way to count them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.core.invoices.proration import remaining_share
from ledger.core.period import Every, Interval, Period, boundary, period_at
from tests.core import naive
from tests.core.offers import DAY, MONTH, units

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")]
REPEATING = [interval for interval in Interval if interval is not Interval.ONE_OFF]

FIRST = datetime(1995, 1, 1, tzinfo=UTC)
instants = st.integers(0, 65 * 365 * 86_400_000).map(lambda number: FIRST + timedelta(milliseconds=number))
repetitions = st.builds(Every, st.sampled_from(REPEATING), st.integers(1, 5))


@given(instants, repetitions, st.integers(-40, 40), st.sampled_from(ZONES))
def test_boundaries_are_where_a_walk_through_the_calendar_finds_them(
    anchor: datetime, every: Every, n: int, zone: ZoneInfo
) -> None:
    if every.interval in (Interval.YEAR, Interval.SEMI_ANNUAL):
        n //= 8
    assert boundary(anchor, every, n, zone) == naive.boundary(anchor, every, n, zone)


@given(instants, repetitions, instants, st.sampled_from(ZONES))
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), DAY, datetime(2026, 10, 25, 1, 30, tzinfo=UTC), ZONES[1])
def test_every_instant_lies_in_exactly_one_period(
    anchor: datetime, every: Every, now: datetime, zone: ZoneInfo
) -> None:
    period = period_at(anchor, every, now, zone)
    assert period.start <= now < period.end
    following = period_at(anchor, every, period.end, zone)
    assert following.start == period.end
    assert period_at(anchor, every, period.start, zone) == period
    assert period_at(anchor, every, period.end - timedelta(milliseconds=1), zone) == period


@pytest.mark.parametrize(
    ("anchor", "days"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), [(2, 28), (3, 31), (4, 30), (5, 31)]),
        (datetime(2028, 1, 30, tzinfo=UTC), [(2, 29), (3, 30), (4, 30), (5, 30)]),
    ],
)
def test_month_ends_are_clamped_without_drift(anchor: datetime, days: list[tuple[int, int]]) -> None:
    found = [boundary(anchor, MONTH, n) for n in range(1, 5)]
    assert [(each.month, each.day) for each in found] == days


def test_a_leap_day_is_kept_for_leap_years() -> None:
    anchor = datetime(2028, 2, 29, tzinfo=UTC)
    found = [boundary(anchor, Every(Interval.YEAR), n) for n in range(1, 5)]
    assert [(each.month, each.day) for each in found] == [(2, 28), (2, 28), (2, 28), (2, 29)]


def test_a_skipped_hour_moves_forward_and_a_repeated_one_is_the_first() -> None:
    berlin = ZONES[1]
    skipped = boundary(datetime(2026, 3, 28, 1, 30, tzinfo=UTC), DAY, 1, berlin)
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    repeated = boundary(datetime(2026, 10, 24, 0, 30, tzinfo=UTC), DAY, 1, berlin)
    assert repeated == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    repeated_later = boundary(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), Every(Interval.YEAR), 11, berlin)
    assert repeated_later == datetime(2037, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_day_of_twenty_three_hours_is_a_period_too(days: int) -> None:
    anchor, every = datetime(2026, 3, 29 - days, 11, tzinfo=UTC), Every(Interval.DAY, days)
    noon = datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert period_at(anchor, every, noon, ZONES[1]) == Period(noon, noon + timedelta(days=days))
    before = noon - timedelta(milliseconds=1)
    assert period_at(anchor, every, before, ZONES[1]) == Period(anchor, noon)


@given(instants, st.sampled_from([MONTH, DAY]), st.integers(0, 10**9))
def test_a_share_of_a_price_is_never_more_than_the_price(now: datetime, every: Every, amount: int) -> None:
    period = period_at(datetime(2020, 1, 31, tzinfo=UTC), every, now)
    share = remaining_share(units(amount), period, now)
    assert 0 <= share <= amount
    assert remaining_share(units(amount), period, period.start) == amount
    assert remaining_share(units(amount), period, period.end) == 0
