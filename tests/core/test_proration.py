"""Shares of a period: exact until they are rounded, opposite both ways, and parts that add up to the whole."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.invoices.proration import remaining_share
from ledger.core.money import round_minor
from ledger.core.period import Period
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice
from tests.core.account import Account
from tests.core.offers import MONTH, START, plan

JANUARY = Period(START, datetime(2026, 2, 1, tzinfo=UTC))
MOST = JANUARY.milliseconds
INSTANTS = st.lists(st.integers(0, MOST - 1), min_size=1, max_size=6, unique=True).map(sorted)


def at(milliseconds: int) -> datetime:
    return START + timedelta(milliseconds=milliseconds)


@given(amount=st.integers(0, 10**9), cuts=INSTANTS)
def test_parts_of_a_price_sum_to_the_whole(amount: int, cuts: list[int]) -> None:
    """A part is what is charged at its start less what is credited at its end, so the last one is the remainder."""
    edges = [0, *cuts, MOST]
    left = [round_minor(remaining_share(Decimal(amount), JANUARY, at(edge))) for edge in edges]
    parts = [before - after for before, after in pairwise(left)]
    assert sum(parts) == amount
    exact = [Fraction(amount * (end - start), MOST) for start, end in pairwise(edges)]
    assert all(abs(part - share) <= 1 for part, share in zip(parts, exact, strict=True))


@given(amount=st.integers(0, 10**9), now=st.integers(-MOST, 2 * MOST))
def test_a_share_is_the_time_that_is_left_to_sixty_digits(amount: int, now: int) -> None:
    exact = Fraction(amount * (MOST - min(max(now, 0), MOST)), MOST)
    assert abs(Fraction(remaining_share(Decimal(amount), JANUARY, at(now))) - exact) < Fraction(1, 10**40)


def test_time_that_is_left_counts_in_whole_milliseconds() -> None:
    now = START + timedelta(microseconds=1500)
    assert remaining_share(Decimal(MOST), JANUARY, now) == MOST - 2


@settings(max_examples=40)
@given(prices=st.lists(st.integers(0, 10**7), min_size=7, max_size=7), cuts=INSTANTS)
def test_what_a_period_costs_is_each_price_for_its_time(prices: list[int], cuts: list[int]) -> None:
    account = Account(plan("pro", 10))
    account.attach("pro")
    held, since, exact = 1000, 0, Fraction(0)
    for cut, minor in zip(cuts, prices, strict=False):
        account.wait_until(at(cut))
        account.bill(Revise("pro", customize=Customize(price=BasePrice(minor, MONTH))))
        exact += Fraction(held * (cut - since), MOST)
        held, since = minor, cut
    exact += Fraction(held * (MOST - since), MOST)
    assert abs(sum(account.invoiced()) - exact) <= len(cuts)
