"""Exact numbers: nothing is rounded unless a function's name says so."""

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core import money

amounts = st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False, places=12)


@given(st.lists(amounts, max_size=20))
def test_sums_are_exact(numbers: list[Decimal]) -> None:
    scaled = sum(int(number.scaleb(12, money.EXACT)) for number in numbers)
    assert int(money.total(numbers).scaleb(12, money.EXACT)) == scaled


@given(amounts)
def test_a_number_and_its_negative_are_nothing(number: Decimal) -> None:
    assert money.add(number, money.negate(number)) == 0


def test_parts_of_numbers_with_more_digits_than_the_threads_context_are_exact() -> None:
    many = Decimal("12345678901234567890123456789012345")
    assert Fraction(money.percentage(many, Decimal("12.5"))) == Fraction(many) / 8
    assert Fraction(money.to_major(many, "usd")) == Fraction(many) / 100
    assert money.part_of(Decimal("1E20"), Decimal(3)) == Decimal("33333333333333333333.333333333333")


def test_a_result_that_would_lose_a_digit_is_a_bug() -> None:
    with pytest.raises(Inexact):
        money.add(Decimal("1e60"), Decimal("1e-12"))


@pytest.mark.parametrize(
    ("minor", "rounded"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("-2.5", -3), ("2.4999", 2)]
)
def test_minor_units_round_half_away_from_zero(minor: str, rounded: int) -> None:
    assert money.round_minor(Decimal(minor)) == rounded


@pytest.mark.parametrize(
    ("currency", "major", "minor"), [("usd", "12.345", "1234.5"), ("jpy", "12", "12"), ("kwd", "1.5", "1500")]
)
def test_minor_units_follow_the_currency(currency: str, major: str, minor: str) -> None:
    assert money.to_minor(Decimal(major), currency) == Decimal(minor)
    assert money.to_major(Decimal(minor), currency) == Decimal(major)


@pytest.mark.parametrize(
    ("units", "billing_units", "packs"),
    [("0", "100", 0), ("-5", "100", 0), ("1", "100", 1), ("100", "100", 1), ("100.01", "100", 2), ("7", "0.5", 14)],
)
def test_packs_cover_all_units(units: str, billing_units: str, packs: int) -> None:
    assert money.packs(Decimal(units), Decimal(billing_units)) == packs


@pytest.mark.parametrize(("part", "whole"), [("0.5", 0), ("1.5", 1), ("2.9", 2), ("3", 3)])
def test_a_part_of_a_unit_is_no_unit(part: str, whole: int) -> None:
    assert money.whole_units(Decimal(part)) == whole
