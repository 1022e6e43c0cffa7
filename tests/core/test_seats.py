"""Seats that are sold as they are taken: billed or credited when they are, or kept until the renewal."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.balances.adjustment import UpdateBalance
from ledger.core.balances.usage import Track
from ledger.core.entity import DeleteEntity
from ledger.core.events import (
    ChangeAbandoned,
    EntityCreated,
    InvoiceCreated,
    InvoiceFinalized,
    LineKind,
    Origin,
    PaymentFailed,
    PaymentRequested,
    PaymentSucceeded,
    SeatsKept,
    UsageRecorded,
)
from ledger.core.invoices.payment import InvoicePaymentFailed
from ledger.core.terms import OnDecrease, OnIncrease, Proration
from tests.core.account import Account
from tests.core.offers import MESSAGES, USERS, included, metered, plan, tiered, units

HALF = 15.5


def seated(
    included: int = 1,
    dollars: int = 50,
    on_increase: OnIncrease = OnIncrease.PRORATE_IMMEDIATELY,
    on_decrease: OnDecrease = OnDecrease.PRORATE_IMMEDIATELY,
) -> Account:
    """A customer of a plan of $20 with seats beyond the included ones at a price."""
    item = msgspec.structs.replace(
        metered(USERS, included, dollars * 100), proration=Proration(on_increase, on_decrease)
    )
    account = Account(plan("pro", 20, item))
    account.attach("pro")
    return account


def test_included_seats_cost_nothing_and_every_other_one_is_billed_when_it_is_taken() -> None:
    account = seated(on_increase=OnIncrease.BILL_IMMEDIATELY)
    account.track("users", 1)
    assert account.invoiced() == [2000]
    account.track("users", 1)
    assert account.invoiced() == [2000, 5000]
    account.wait(HALF).track("users", 2)
    assert account.invoiced() == [2000, 5000, 10000]
    assert account.balance("users") == (0, 4)
    account.wait(HALF)
    assert account.invoiced()[-1] == 2000 + 3 * 5000


@pytest.mark.parametrize(
    ("how", "now", "renewal"),
    [
        (OnIncrease.BILL_IMMEDIATELY, [10000], 12000),
        (OnIncrease.PRORATE_IMMEDIATELY, [5000], 12000),
        (OnIncrease.PRORATE_NEXT_CYCLE, [], 17000),
        (OnIncrease.BILL_NEXT_CYCLE, [], 12000),
    ],
)
def test_a_seat_taken_in_mid_cycle_is_billed_as_its_item_says(how: OnIncrease, now: list[int], renewal: int) -> None:
    account = seated(on_increase=how).wait(HALF)
    account.track("users", 3)
    assert account.invoiced()[1:] == now
    account.wait(HALF)
    assert account.invoiced()[-1] == renewal


@pytest.mark.parametrize(
    ("how", "now", "renewal"),
    [
        (OnDecrease.PRORATE, [-5000], 2000),
        (OnDecrease.PRORATE_IMMEDIATELY, [-5000], 2000),
        (OnDecrease.PRORATE_NEXT_CYCLE, [], -3000),
        (OnDecrease.NONE, [], 2000),
        (OnDecrease.NO_PRORATIONS, [], 2000),
    ],
)
def test_a_seat_freed_in_mid_cycle_is_credited_as_its_item_says(how: OnDecrease, now: list[int], renewal: int) -> None:
    account = seated(on_decrease=how)
    account.track("users", 3)
    account.wait(HALF).track("users", -3)
    assert account.invoiced()[2:] == now
    account.wait(HALF)
    assert account.invoiced()[-1] == renewal
    assert account.balance("users") == (1, 0)


def test_freed_seats_that_stay_paid_are_taken_again_for_nothing_until_the_renewal() -> None:
    account = seated(on_decrease=OnDecrease.NONE)
    account.track("users", 4)
    assert account.invoiced() == [2000, 15000]
    _, kept = account.track("users", -2)
    assert kept == SeatsKept("2.0", "users", "2.0", units(0), units(2))
    account.track("users", 1)
    assert account.invoiced() == [2000, 15000]
    _, taken, *_ = account.track("users", 2)
    assert taken == SeatsKept("2.0", "users", "2.0", units(1), units(0))
    assert account.invoiced() == [2000, 15000, 5000]
    account.track("users", -5)
    account.wait(31)
    assert account.invoiced()[-1] == 2000
    account.track("users", 2)
    assert account.invoiced()[-1] == 5000


def test_the_use_and_its_invoice_are_one_decision_and_the_line_says_what_it_is_for() -> None:
    account = seated().wait(HALF)
    events = account.track("users", 3)
    expected = [UsageRecorded, InvoiceCreated, InvoiceFinalized, *[type(each) for each in events[3:]]]
    assert [type(each) for each in events] == expected
    assert isinstance(events[-1], PaymentSucceeded)
    made = events[1]
    assert isinstance(made, InvoiceCreated)
    (line,) = made.lines
    assert made.origin is Origin.USAGE
    assert (line.kind, line.feature_id, line.quantity, line.amount_minor) == (LineKind.SEATS, "users", units(2), 5000)
    assert (line.unit_price_minor, line.prorated) == (units(5000), True)


def test_a_declined_payment_leaves_everything_as_it_was_and_the_attempt_stays() -> None:
    account = seated().pays_with("pm_declined")
    before = account.customer.grants
    events = account.track("users", 3)
    assert [type(each) for each in events] == [PaymentRequested, PaymentFailed, ChangeAbandoned]
    abandoned = events[-1]
    assert isinstance(abandoned, ChangeAbandoned)
    assert abandoned.plan_ids == ("pro",)
    assert account.customer.grants == before
    assert (account.balance("users"), account.invoiced()) == ((1, 0), [2000])
    account.track("users", 1)
    assert account.balance("users") == (0, 1)


def test_a_use_that_must_be_paid_or_refused_leaves_not_even_the_attempt() -> None:
    account = seated().pays_with("pm_declined")
    before = account.customer
    with pytest.raises(InvoicePaymentFailed, match="was declined"):
        account.do(Track("users", None, units(3), paid_or_refused=True))
    assert account.customer == before
    account.do(Track("users", None, units(1), paid_or_refused=True))
    assert account.balance("users") == (0, 1)


def test_entities_take_and_free_seats() -> None:
    account = seated(0, 10).entities("e1", "e2")
    assert account.invoiced() == [2000, 1000, 1000]
    account.do(DeleteEntity("e1"))
    assert account.invoiced()[-1] == -1000
    account.pays_with("pm_declined")
    account.customer = msgspec.structs.replace(
        account.customer, account=msgspec.structs.replace(account.customer.account, credit_minor=0)
    )
    account.entities("e3")
    assert "e3" not in account.customer.entities
    assert not any(isinstance(each, EntityCreated) and each.entity_id == "e3" for _, each in account.log)


def test_a_balance_that_is_set_is_billed_too() -> None:
    account = seated(1, 10)
    account.do(UpdateBalance("users", usage=units(3)))
    assert account.invoiced() == [2000, 2000]
    account.do(UpdateBalance("users", usage=units(0)))
    assert account.invoiced() == [2000, 2000, -2000]


def test_tiers_price_the_seats_by_their_number() -> None:
    item = tiered(USERS, 1, [(2, 1000), (None, 500)], pack_units=1)
    assert item.price is not None
    by_use = msgspec.structs.replace(metered(USERS, 1, 0).price, tiers=item.price.tiers, unit_price_minor=None)  # type: ignore[type-var]
    account = Account(plan("pro", 20, msgspec.structs.replace(item, price=by_use, reset=None)))
    account.attach("pro")
    for _ in range(4):
        account.track("users", 1)
    assert account.invoiced() == [2000, 1000, 1000, 500]


def test_free_seats_and_consumption_make_no_invoice_when_used() -> None:
    account = Account(plan("pro", 20, included(USERS, 1), metered(MESSAGES, 10, 10)))
    account.attach("pro")
    account.track("users", 5)
    account.track("messages", 500)
    assert account.invoiced() == [2000]


@given(hours=st.integers(0, 31 * 24 - 1), seats=st.integers(1, 30), cents=st.integers(1, 20_000))
def test_seats_taken_and_freed_at_one_instant_cost_nothing(hours: int, seats: int, cents: int) -> None:
    item = metered(USERS, 0, cents)
    account = Account(plan("pro", 20, item))
    account.attach("pro")
    account.wait(hours / 24).track("users", seats)
    account.track("users", -seats)
    assert sum(account.invoiced()) == 2000
    assert account.balance("users") == (Decimal(0), Decimal(0))
