"""A customer's events fold into its parts: an event that a part says it is not moved by leaves it as it is.

Many at once fold to what they fold to one by one.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core import folding
from ledger.core.balances import balance
from ledger.core.balances.lock import Lock
from ledger.core.balances.uses import used_plainly
from ledger.core.customer import CUSTOMER
from ledger.core.events import (
    Allocation,
    BalanceGranted,
    Counted,
    Draw,
    Event,
    GrantTerms,
    Level,
    UsageRecorded,
    Window,
    stored_name,
)
from ledger.core.invoices import invoice
from ledger.core.invoices.invoice import Account
from ledger.core.period import Every, Interval
from ledger.core.state import Customer
from ledger.core.subscriptions import subscription
from ledger.core.terms import FeatureKind
from tests.core.offers import START
from tests.golden.examples import EXAMPLES

GRANTS: balance.Grants = {}
PLANS: subscription.Subscriptions = {}
ACCOUNT = Account()
NOBODY = Customer()
LOCKED = Customer(locks={"a": Lock("a", "messages", Decimal(1), START)})


def moves(unmoved: Callable[[], bool]) -> bool:
    try:
        return not unmoved()
    except KeyError:
        return True


@pytest.mark.parametrize("event", EXAMPLES, ids=stored_name)
def test_a_part_names_every_event_that_moves_it(event: Event) -> None:
    """One that is told of something it has never heard of fails, or changes: so no mover is left out unseen."""
    assert moves(lambda: balance.evolve(GRANTS, event) is GRANTS) <= (type(event) in balance.MOVES)
    assert moves(lambda: subscription.evolve(PLANS, event, 1) is PLANS) <= (type(event) in subscription.MOVES)
    assert moves(lambda: invoice.evolve(ACCOUNT, event) is ACCOUNT) <= (type(event) in invoice.MOVES)
    assert moves(lambda: folding.identity(NOBODY, event) is NOBODY) <= (type(event) in folding.IDENTITY)
    assert moves(lambda: folding.set_aside(LOCKED, event) is LOCKED) <= (type(event) in folding.SET_ASIDE)


def monthly(grant_id: str) -> BalanceGranted:
    """A balance of four units that is full, so that it has no period yet."""
    every, four = Every(Interval.MONTH), Decimal(4)
    terms = GrantTerms(grant_id, "messages", FeatureKind.CONSUMABLE, START, included=four, reset=every, anchor=START)
    return BalanceGranted("messages", grant_id, four, Level(Decimal(0), Decimal(0)), Level(four, four), terms=terms)


GRANT_IDS = ["1.0", "2.0", "3.0"]
grant_ids = st.sampled_from(GRANT_IDS)
units = st.sampled_from([Decimal(-1), Decimal(1), Decimal(1), Decimal(2), Decimal("0.50")])
months = st.integers(0, 2).map(lambda number: START + timedelta(days=30 * number))
windows = st.builds(lambda key, start: Window(key, start, start + timedelta(days=30)), grant_ids, months)
counters = st.builds(lambda start, of: Counted("a-limit", start, start + timedelta(days=30), of), months, units)


def few(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Mostly none."""
    return st.one_of(st.just(()), st.just(()), st.just(()), st.lists(values, min_size=1, max_size=2).map(tuple))


uses = st.builds(
    UsageRecorded,
    feature_id=st.just("messages"),
    value=units,
    allocations=st.lists(st.builds(Allocation, grant_ids, units), min_size=1, max_size=1).map(tuple)
    | st.lists(st.builds(Allocation, grant_ids, units), max_size=3).map(tuple),
    opened=few(windows),
    drawn=few(st.builds(Draw, grant_ids, units)),
    counted=few(counters),
)


@given(st.lists(uses, max_size=40), st.integers(0, 40))
@settings(max_examples=150)
def test_uses_fold_at_once_to_what_they_fold_to_one_by_one(events: list[UsageRecorded], first: int) -> None:
    grants = list(map(monthly, GRANT_IDS))
    granted = reduce(CUSTOMER.evolve, grants, CUSTOMER.initial)
    one_by_one = reduce(CUSTOMER.evolve, events, granted)
    at_once = CUSTOMER.fold(CUSTOMER.fold(CUSTOMER.initial, [*grants, *events[:first]]), events[first:])
    plainly = reduce(used_plainly, events, granted)
    assert at_once == one_by_one == plainly
    assert repr(at_once) == repr(one_by_one) == repr(plainly), "to the last digit"
