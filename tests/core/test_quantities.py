"""Buying more or fewer units ahead: the balance moves at once, the price for the rest of the period."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import Refusal
from ledger.core.events import ChangeAbandoned, PaymentFailed, PaymentRequested, QuantityChanged
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Billing, CustomLine, ProrationBehavior
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.terms import OnDecrease, OnIncrease, PlanItem, Proration, TierBehavior
from tests.core.account import Account, bought
from tests.core.offers import (
    MESSAGES,
    ONCE,
    PREMIUM,
    PRO,
    USERS,
    WORDS,
    plan,
    prepaid,
    tiered,
    units,
)


def with_quantity(item: PlanItem, **quantities: int) -> Account:
    account = Account(plan("pro", 0, item))
    account.attach("pro", None, **quantities)
    return account


def change(account: Account, **quantities: int) -> int:
    return account.bill(ChangeQuantities("pro", quantities=bought(**quantities)))


def test_more_packs_are_charged_and_fewer_credited() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 800, 12), messages=120)
    assert change(account, messages=240) == 8000
    assert account.remaining("messages") == 240
    assert change(account, messages=60) == -12000
    assert account.remaining("messages") == 60


def test_all_packs_may_be_given_back_and_bought_again() -> None:
    account = with_quantity(prepaid(MESSAGES, 20, 800, 12), messages=0)
    assert account.remaining("messages") == 20
    assert [change(account, messages=each) for each in (44, 0, 32)] == [1600, -1600, 800]
    assert account.remaining("messages") == 32


def test_usage_is_kept_and_fewer_units_may_leave_a_debt() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=300)
    account.track("messages", 150)
    change(account, messages=400)
    assert account.balance("messages") == (250, 150)
    change(account, messages=100)
    assert account.balance("messages") == (0, 150)
    assert account.standing("messages").grants[0].balance == -50


def test_in_mid_cycle_the_rest_of_it_is_charged() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=100).wait(15.5)
    assert change(account, messages=300) == 1000
    assert account.remaining("messages") == 300


def test_one_of_several_features_changes() -> None:
    account = Account(plan("pro", 20, prepaid(MESSAGES, 0, 500, 1), prepaid(WORDS, 0, 300, 1)))
    account.attach("pro", None, messages=10, words=4)
    assert account.bill(ChangeQuantities("pro", quantities=bought(messages=15, words=4))) == 2500
    assert [account.remaining("messages"), account.remaining("words")] == [15, 4]


@pytest.mark.parametrize(
    ("before", "after", "owed"),
    [(300, 500, 2000), (300, 800, 1000), (600, 1000, 2000), (500, 300, -2000), (800, 300, -1000)],
)
def test_volume_tiers_price_the_whole_quantity(before: int, after: int, owed: int) -> None:
    offer = tiered(MESSAGES, 0, [(500, 1000), (None, 500)], behavior=TierBehavior.VOLUME)
    account = with_quantity(offer, messages=before)
    assert change(account, messages=after) == owed
    assert account.remaining("messages") == after


def test_the_event_says_before_and_after() -> None:
    account = with_quantity(prepaid(MESSAGES, 50, 1000), messages=150)
    changed, *_ = account.do(ChangeQuantities("pro", quantities=bought(messages=250)))
    assert changed == QuantityChanged("2.0", "messages", "2.0", units(150), units(250), units(100), units(200))
    assert account.subscription("pro").quantity("messages") == 250
    assert account.do(ChangeQuantities("pro", quantities=bought(messages=250))) == []


def test_units_bought_ahead_stay_bought_after_a_reset() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=100)
    account.track("messages", 30)
    change(account, messages=200)
    account.wait(31)
    assert account.balance("messages") == (200, 0)


def test_seats_bought_ahead_are_held() -> None:
    account = with_quantity(prepaid(USERS, 0, 1000, 1), users=3)
    account.entities("e1", "e2")
    change(account, users=5)
    assert account.balance("users") == (3, 2)


@pytest.mark.parametrize(
    ("quantities", "code", "sentence"),
    [
        ({"messages": -5}, "invalid_inputs", "must not be negative"),
        ({"words": 5}, "invalid_inputs", "sells no prepaid words"),
        ({"messages": 1001}, "invalid_request", "At most 1000"),
    ],
)
def test_a_quantity_that_cannot_be_is_refused(quantities: dict[str, int], code: str, sentence: str) -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000, most=1000), messages=100)
    with pytest.raises(Refusal, match=sentence) as refused:
        change(account, **quantities)
    assert refused.value.code == code
    assert account.remaining("messages") == 100


def test_a_purchase_and_a_scheduled_plan_have_no_quantity_to_change() -> None:
    once = plan("pro", 10, prepaid(MESSAGES, 0, 1000, every=ONCE), every=ONCE)
    account = Account(once)
    account.attach("pro", None, messages=100)
    with pytest.raises(Refusal, match="attach it again"):
        change(account, messages=200)
    account = Account(PRO, PREMIUM)
    account.attach("premium")
    account.attach("pro")
    with pytest.raises(Refusal, match="has not started yet"):
        change(account, messages=200)


def billed(item: PlanItem, how: OnIncrease | OnDecrease) -> PlanItem:
    terms = Proration(on_increase=how) if isinstance(how, OnIncrease) else Proration(on_decrease=how)
    return msgspec.structs.replace(item, proration=terms)


@pytest.mark.parametrize(
    ("how", "now", "next_cycle"),
    [
        (OnIncrease.BILL_IMMEDIATELY, 1000, 2000),
        (OnIncrease.PRORATE_IMMEDIATELY, 500, 2000),
        (OnIncrease.PRORATE_NEXT_CYCLE, 0, 2500),
        (OnIncrease.BILL_NEXT_CYCLE, 0, 2000),
    ],
)
def test_an_increase_is_billed_as_the_item_says_and_always_counts_at_once(
    how: OnIncrease, now: int, next_cycle: int
) -> None:
    account = with_quantity(billed(prepaid(MESSAGES, 0, 1000), how), messages=100).wait(15.5)
    assert change(account, messages=200) == now
    assert account.remaining("messages") == 200
    assert account.invoiced() == [1000, now] if now else [1000]
    account.wait(15.5)
    assert account.invoiced()[-1] == next_cycle
    assert account.wait(28).customer.account.accrued == {}
    assert account.invoiced()[-1] == 2000


@pytest.mark.parametrize(
    ("how", "now", "next_cycle"),
    [
        (OnDecrease.PRORATE, -500, 1000),
        (OnDecrease.PRORATE_IMMEDIATELY, -500, 1000),
        (OnDecrease.PRORATE_NEXT_CYCLE, 0, 500),
    ],
)
def test_a_decrease_that_is_credited_counts_at_once(how: OnDecrease, now: int, next_cycle: int) -> None:
    account = with_quantity(billed(prepaid(MESSAGES, 0, 1000), how), messages=200).wait(15.5)
    assert change(account, messages=100) == now
    assert account.remaining("messages") == 100
    account.wait(15.5)
    assert account.invoiced()[-1] == next_cycle


@pytest.mark.parametrize("how", [OnDecrease.NONE, OnDecrease.NO_PRORATIONS])
def test_a_decrease_that_is_not_credited_waits_for_the_renewal(how: OnDecrease) -> None:
    account = with_quantity(billed(prepaid(MESSAGES, 0, 1000), how), messages=200).wait(15.5)
    assert change(account, messages=100) == 0
    assert (account.remaining("messages"), account.invoiced()) == (units(200), [2000])
    account.wait(15.5)
    assert (account.remaining("messages"), account.invoiced()) == (units(100), [2000, 1000])
    assert account.subscription("pro").next_quantities == ()


def test_a_decrease_that_waits_goes_on_waiting_on_the_next_plan() -> None:
    item = billed(prepaid(MESSAGES, 0, 1000), OnDecrease.NO_PRORATIONS)
    account = Account(plan("pro", 20, item), plan("premium", 50, item))
    account.attach("pro", messages=300)
    change(account, messages=100)
    account.attach("premium")
    assert account.remaining("messages") == 300
    account.wait(31)
    assert account.remaining("messages") == 100
    assert account.invoiced()[-1] == 6000


def test_a_quantity_that_the_next_plan_names_takes_the_place_of_one_that_waits() -> None:
    item = billed(prepaid(MESSAGES, 0, 1000), OnDecrease.NO_PRORATIONS)
    account = Account(plan("pro", 20, item), plan("premium", 50, item))
    account.attach("pro", messages=300)
    change(account, messages=100)
    account.attach("premium", messages=400)
    assert account.wait(31).remaining("messages") == 400


def test_a_decrease_that_waits_is_taken_back_by_what_is_held_and_replaced_by_more() -> None:
    account = with_quantity(billed(prepaid(MESSAGES, 0, 1000), OnDecrease.NO_PRORATIONS), messages=300)
    change(account, messages=100)
    assert change(account, messages=300) == 0
    assert account.subscription("pro").next_quantities == ()
    change(account, messages=100)
    assert change(account, messages=400) == 1000
    assert account.wait(31).remaining("messages") == 400
    assert account.invoiced() == [3000, 1000, 4000]


def test_units_within_a_pack_that_is_paid_cost_nothing() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=101)
    assert change(account, messages=200) == 0
    assert account.invoiced() == [2000]


def test_a_change_of_units_is_billed_as_its_caller_says() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=100)
    billing = Billing(add_lines=(CustomLine(700, "setup"),))
    assert account.bill(ChangeQuantities("pro", quantities=bought(messages=200), billing=billing)) == 1700


def test_a_share_is_of_a_period_in_the_time_zone_of_the_ledger() -> None:
    account = Account(plan("pro", 0, prepaid(MESSAGES, 0, 1000)), settings=LedgerSettings(timezone="America/New_York"))
    account.attach("pro", None, messages=100)
    account.wait(70)
    (line,) = account.preview(ChangeQuantities("pro", quantities=bought(messages=200))).planned.lines
    assert line.period_end == datetime(2026, 3, 31, 23, tzinfo=UTC)


def test_a_change_that_is_not_billed_moves_the_balance_alone() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=100)
    silent = Billing(no_billing_changes=True)
    assert account.bill(ChangeQuantities("pro", quantities=bought(messages=200), billing=silent)) == 0
    none = Billing(ProrationBehavior.NONE)
    assert account.bill(ChangeQuantities("pro", quantities=bought(messages=300), billing=none)) == 0
    assert (account.remaining("messages"), account.invoiced()) == (units(300), [1000])


def test_the_larger_of_the_share_and_the_difference_is_billed_where_that_was_asked_for() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=100).wait(15.5)
    whole = Billing(ProrationBehavior.BILL_DIFFERENCE)
    assert account.bill(ChangeQuantities("pro", quantities=bought(messages=300), billing=whole)) == 2000
    assert account.bill(ChangeQuantities("pro", quantities=bought(messages=100), billing=whole)) == -1000


def test_a_declined_payment_leaves_the_quantity_as_it_was() -> None:
    account = with_quantity(prepaid(MESSAGES, 0, 1000), messages=100).pays_with("pm_declined")
    events = account.do(ChangeQuantities("pro", quantities=bought(messages=200)))
    assert [type(each) for each in events] == [PaymentRequested, PaymentFailed, ChangeAbandoned]
    requested, _, given_up = events
    assert isinstance(requested, PaymentRequested)
    assert isinstance(given_up, ChangeAbandoned)
    assert (requested.amount_minor, requested.payment_id) == (1000, given_up.payment_id)
    assert (account.remaining("messages"), account.invoiced()) == (units(100), [1000])


def test_units_of_a_price_that_is_paid_once_are_not_changed() -> None:
    account = Account(plan("pro", 20, prepaid(MESSAGES, 0, 1000, every=ONCE)))
    account.attach("pro", None, messages=100)
    with pytest.raises(Refusal, match="paid once"):
        change(account, messages=200)


@given(
    dollars=st.integers(1, 10_000), old=st.integers(1, 50), new=st.integers(1, 50), hours=st.integers(0, 31 * 24 - 1)
)
def test_more_and_as_many_fewer_at_one_instant_are_opposite(dollars: int, old: int, new: int, hours: int) -> None:
    account = with_quantity(prepaid(MESSAGES, 0, dollars, 1), messages=old).wait(hours / 24)
    assert change(account, messages=new) == -change(account, messages=old)


def test_a_quantity_that_could_mean_two_items_is_refused() -> None:
    account = Account(plan("former", 0, prepaid(MESSAGES, 0, 800, 12), prepaid(MESSAGES, 5, 900, 10)))
    with pytest.raises(Refusal, match="sells messages ahead in 2 ways"):
        account.attach("former", None, messages=120)
    assert account.plans() == {}
