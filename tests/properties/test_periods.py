"""Periods and shares against a second implementation that does it the plainest way, case after random case."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from ledger.core.invoices.proration import remaining_share
from ledger.core.money import round_minor
from ledger.core.period import Every, Interval, common_period
from tests.core import naive
from tests.core.test_period import FIRST, REPEATING, ZONES

MORE_ZONES = [*ZONES, *(ZoneInfo(name) for name in ("America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia"))]


class Case(NamedTuple):
    """An amount that is spread over the period of `now`, of one repetition or of two at once."""

    anchor: datetime
    everys: tuple[Every, ...]
    now: datetime
    zone: ZoneInfo
    amount_minor: int


def cases(number: int, seed: int) -> Iterator[Case]:
    """Random ones, most of them near a boundary, where the mistakes are."""
    draw = Random(seed)
    for _ in range(number):
        zone = draw.choice(MORE_ZONES)
        anchor = FIRST + timedelta(milliseconds=draw.randrange(65 * 365 * 86_400_000))
        everys = tuple(Every(draw.choice(REPEATING), draw.randint(1, 3)) for _ in range(draw.choice([1, 1, 2])))
        shortest = min(everys, key=lambda each: each.rank)  # the naive way from the anchor is long
        near = naive.boundary(anchor, shortest, draw.randint(-2, 6), zone)
        aside = draw.choice([-1, 0, 1, draw.randrange(-86_400_000, 86_400_000)])
        if shortest.interval in (Interval.MINUTE, Interval.HOUR):
            aside //= 100
        now = near + timedelta(milliseconds=aside)
        yield Case(
            anchor, everys, now, zone, draw.choice([0, 1, 99, 2000, draw.randrange(10**9), -draw.randrange(10**6)])
        )


def agree(number: int, seed: int) -> None:
    for case in cases(number, seed):
        expected = naive.common(case.anchor, case.everys, case.now, case.zone)
        found = common_period(case.anchor, case.everys, case.now, case.zone)
        assert found == expected, case
        share = round_minor(remaining_share(Decimal(case.amount_minor), found, case.now))
        assert share == naive.rounded(naive.share(Fraction(case.amount_minor), *expected, case.now)), case
        assert type(share) is int


def test_periods_and_shares_are_what_the_plainest_way_says() -> None:
    agree(3_000, seed=1)


@pytest.mark.slow
def test_periods_and_shares_are_what_the_plainest_way_says_forty_thousand_times() -> None:
    agree(40_000, seed=2)
