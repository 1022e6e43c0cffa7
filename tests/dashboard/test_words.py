"""How values and sentences read on a page: one way to write a day, and a minus that is one."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from api.dashboard.sentences import Spoken, in_words, spoken
from api.dashboard.words import calendar_day, exact, units

BY_HAND = {"actor": "anna", "on_behalf_of": None, "reason": None}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(Decimal("-1234.50"), "−1,234.5"), (Decimal(0), "0"), (-3, "−3"), (Decimal("25926"), "25,926"), (None, "–")],
)
def test_units_below_zero_have_a_minus_sign(value: Decimal | None, shown: str) -> None:
    assert units(value) == shown


def test_an_instant_is_exact_to_its_fraction() -> None:
    assert exact(datetime(2026, 11, 7, 1, 13, 5, tzinfo=UTC)) == "7 Nov 2026, 01:13:05 UTC"
    assert exact("2026-11-07T02:13:05.250+01:00") == "7 Nov 2026, 01:13:05.25 UTC"
    assert exact(None) == "–"


@pytest.mark.parametrize("on", [date(2026, 1, 31), "2026-01-31", "2026-01-31T23:30:00Z"])
def test_a_day_of_the_books_is_that_day_wherever_the_server_stands(on: date | str) -> None:
    assert calendar_day(on) == "31 Jan 2026"


def test_a_sentence_is_told_in_its_parts() -> None:
    stored = "anna (for the board) renewed Pro until 2026-11-28 01:11 UTC: ends 2026-12-01 00:00 UTC, -5 seats"
    told = {"actor": "anna", "on_behalf_of": "the board", "reason": "ends 2026-12-01 00:00 UTC, -5 seats"}
    assert spoken(stored, told) == Spoken(
        "anna (for the board)", "renewed Pro until 28 Nov 2026, 01:11 UTC", "ends 2026-12-01 00:00 UTC, -5 seats"
    )


def test_a_sentence_that_begins_otherwise_is_told_whole() -> None:
    assert spoken("somebody did it", BY_HAND) == Spoken("", "somebody did it", "")
    assert spoken("anna recorded -5 messages", {**BY_HAND, "reason": "typo"}) == Spoken(
        "", "anna recorded −5 messages", ""
    )


@pytest.mark.parametrize(
    "text",
    ["created customer 2026-01-31", "of plan pro-2026-01-31 00:00 UTC", "until 2026-02-30 00:00 UTC", "entity a-5"],
)
def test_what_somebody_called_something_stays_as_it_is(text: str) -> None:
    assert in_words(text) == text
