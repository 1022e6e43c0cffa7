"""Whether somebody looks or not, the same things happen at the same instants, at the same prices."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from ledger.core.customer import CUSTOMER
from ledger.core.time.falling_due import due_things
from tests.properties.generator import History, histories
from tests.properties.life import Life, lived

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def the_same_however_often_somebody_looks(history: History, look: timedelta) -> None:
    untouched, watched = lived(history), lived(history, look)
    assert watched.log == untouched.log
    assert watched.customer == untouched.customer


@given(histories())
@settings(max_examples=60)
def test_a_customer_nobody_touches_is_the_same_as_one_read_every_day(history: History) -> None:
    the_same_however_often_somebody_looks(history, DAY)


@given(histories(most=6, longest=timedelta(days=3)))
@settings(max_examples=20)
def test_a_customer_nobody_touches_is_the_same_as_one_read_every_hour(history: History) -> None:
    the_same_however_often_somebody_looks(history, HOUR)


@given(histories(most=4, longest=timedelta(hours=9)))
@settings(max_examples=3)
def test_a_customer_nobody_touches_is_the_same_as_one_read_every_minute(history: History) -> None:
    the_same_however_often_somebody_looks(history, MINUTE)


@pytest.mark.slow
@given(histories(most=40, longest=timedelta(days=200)))
@settings(max_examples=500)
def test_long_lives_are_the_same_looked_at_every_day(history: History) -> None:
    the_same_however_often_somebody_looks(history, DAY)


@pytest.mark.slow
@given(histories(most=8, longest=timedelta(days=5)))
@settings(max_examples=20)
def test_long_lives_are_the_same_looked_at_every_minute(history: History) -> None:
    the_same_however_often_somebody_looks(history, MINUTE)


@given(histories())
@settings(max_examples=60)
def test_the_next_instant_at_which_something_is_due_is_never_forgotten(history: History) -> None:
    life = Life(history)
    for wait, command in history.steps:
        life.wait(wait)
        life.act(command)
        charges = [each.bill_at for each in life.customer.account.accrued.values() if each.bill_at is not None]
        due = [each.at for each in due_things(life.customer)]
        assert life.customer.due_at == min([*due, *charges], default=None)


@given(histories())
@settings(max_examples=60)
def test_what_is_folded_again_is_what_was_remembered(history: History) -> None:
    life = lived(history)
    assert CUSTOMER.fold(CUSTOMER.initial, [event for _, event in life.log]) == life.customer
