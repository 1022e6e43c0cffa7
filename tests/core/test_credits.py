"""Credits: a feature is drawn from its own balances first, then from credits at its cost."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.credits import Rate
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.balances.spending import Use, allowed
from ledger.core.events import Allocation, Draw, LockEnd, UsageRecorded
from ledger.core.period import Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import CreditCost, CreditTier, Rollover, UsageLimit
from tests.core.account import Account
from tests.core.offers import CREDITS, MONTH, included, metered, plan, units, unlimited


def holding(**grants: float) -> Account:
    account = Account()
    for feature_id, number in grants.items():
        account.do(GrantBalance(feature_id, included=units(number)))
    return account


def costing(account: Account, cost: CreditCost) -> Account:
    system = msgspec.structs.replace(CREDITS, credits=(cost,))
    features: Mapping[str, object] = {**account.catalog.features, "credits": system}
    account.catalog = msgspec.structs.replace(account.catalog, features=features)
    return account


def usage(account: Account, feature_id: str, value: float | str, **more: object) -> UsageRecorded:
    (event,) = account.track(feature_id, value, **more)  # type: ignore[arg-type]  # passed on as it came
    assert isinstance(event, UsageRecorded)
    return event


def left(account: Account, feature_id: str) -> Decimal:
    return account.remaining(feature_id)


def test_what_the_feature_has_itself_goes_before_credits() -> None:
    account = holding(action1=100, credits=200)
    usage(account, "action1", 40.5)
    assert [left(account, "action1"), left(account, "credits")] == [units(59.5), 200]
    event = usage(account, "action1", 80)
    assert [each.amount for each in event.allocations] == [units(59.5), units(4.1)]
    assert event.drawn == (Draw(event.allocations[1].grant_id, units(20.5)),)
    usage(account, "action1", 50.75)
    assert [left(account, "action1"), left(account, "credits")] == [0, units(185.75)]


def test_credits_that_do_not_suffice_pay_for_as_many_units_as_they_can() -> None:
    account = holding(credits=1)
    event = usage(account, "action1", 8)
    assert [event.allocations[0].amount, event.drawn[0].units, event.dropped] == [1, 5, 3]
    assert usage(account, "action1", 1).dropped == 1


def test_credits_are_given_back_as_far_as_the_feature_drew_them() -> None:
    account = holding(action1=10, credits=100)
    usage(account, "action1", 20)
    usage(account, "action2", 10)
    assert left(account, "credits") == 92
    event = usage(account, "action1", -15)
    assert left(account, "action1") == 10
    assert event.allocations[0] == Allocation(event.allocations[0].grant_id, units(-10))
    assert [event.drawn[0].units, left(account, "credits")] == [-5, 93]
    assert usage(account, "action1", -50).dropped == -45
    assert left(account, "credits") == 94


def test_a_check_asks_credits_for_what_the_units_cost() -> None:
    account = holding(action1=1, credits=2)
    asked = [allowed(account.customer, Use("action1", units(each)), account.context()) for each in (11, 12)]
    assert asked == [True, False]
    assert allowed(account.customer, Use("action1", units(0)), account.context())


def test_credits_without_end_pay_for_everything() -> None:
    account = Account(plan("pro", 0, unlimited(CREDITS)))
    account.attach("pro")
    assert usage(account, "action1", 1000).dropped == 0
    assert allowed(account.customer, Use("action1", units(10**9)), account.context())


def test_credits_sold_by_use_go_below_zero_and_are_billed_as_credits() -> None:
    account = Account(plan("pro", 0, metered(CREDITS, 10, 5, most=10)))
    account.attach("pro")
    assert usage(account, "action1", 150).dropped == 50
    assert account.balance("credits") == (0, 20)


def test_what_may_overflow_becomes_a_debt_of_credits() -> None:
    account = holding(credits=1)
    assert usage(account, "action1", 10, overage=Overage.OVERFLOW).dropped == 0
    assert account.standing("credits").usage == 2


def test_bands_count_from_what_the_feature_drew_in_the_period() -> None:
    tiers = (CreditTier(units(10), units(1)), CreditTier(units(20), units(2)), CreditTier(None, units(3)))
    account = Account(plan("pro", 0, included(CREDITS, 100)))
    account.attach("pro")
    costing(account, CreditCost("action1", tiers=tiers))
    assert usage(account, "action1", 8).allocations[0].amount == 8
    assert usage(account, "action1", 8).allocations[0].amount == 2 + 12
    assert usage(account, "action1", 6).allocations[0].amount == 8 + 6
    assert usage(account, "action1", -4).allocations[0].amount == -(6 + 4)
    account.wait(31)
    assert usage(account, "action1", 8).allocations[0].amount == 8


def test_bands_go_on_counting_where_the_plan_changes_in_place() -> None:
    tiers = (CreditTier(units(10), units(1)), CreditTier(None, units(3)))
    account = Account(plan("pro", 0, included(CREDITS, 100)))
    account.attach("pro")
    costing(account, CreditCost("action1", tiers=tiers))
    usage(account, "action1", 8)
    more = Customize(remove_items=(ItemFilter(feature_id="credits"),), add_items=(included(CREDITS, 200),))
    account.bill(Revise("pro", customize=more))
    assert account.balance("credits") == (192, 8)
    assert usage(account, "action1", 4).allocations[0].amount == 2 + 6
    account.wait(31)
    assert usage(account, "action1", 4).allocations[0].amount == 4


def test_the_last_bands_cover_only_what_is_left() -> None:
    tiers = (CreditTier(units(10), units(1)), CreditTier(None, units(4)))
    account = costing(holding(credits=20), CreditCost("action1", tiers=tiers))
    event = usage(account, "action1", 20)
    assert [event.allocations[0].amount, event.drawn[0].units, event.dropped] == [20, units(12.5), units(7.5)]


def test_a_cost_for_many_units_is_shared_by_them() -> None:
    account = costing(holding(credits=10), CreditCost("action1", units(1), units(1000)))
    assert usage(account, "action1", 500).allocations[0].amount == units("0.5")
    third = costing(holding(credits=10), CreditCost("action1", units(1), units(3)))
    assert usage(third, "action1", 1).allocations[0].amount == units("0.333333333333")


costs = st.decimals(0, 5, places=2)
amounts = st.decimals(0, 200, places=3)


@given(st.lists(st.tuples(st.integers(1, 50), costs), max_size=4), costs, amounts, amounts, amounts)
def test_what_credits_cover_costs_no_more_and_a_way_back_gives_back_the_same(
    steps: list[tuple[int, Decimal]], last: Decimal, drawn: Decimal, asked: Decimal, has: Decimal
) -> None:
    top, tiers = 0, []
    for width, cost in steps:
        top += width
        tiers.append(CreditTier(Decimal(top), cost))
    rate = Rate(CreditCost("action1", billing_units=Decimal(3), tiers=(*tiers, CreditTier(None, last))), drawn)
    covered = rate.covered(has, asked)
    assert 0 <= covered <= asked
    assert rate.credits(covered) <= has + Decimal("1E-12")
    if covered < asked:
        assert rate.credits(covered + Decimal("0.001")) >= has - Decimal("0.01")
    there = rate.moved(asked)
    assert there.refunded(rate.credits(asked) + 1, asked) == asked
    assert rate.credits(asked) == there.moved(-asked).credits(asked)


@pytest.mark.parametrize("overage", list(Overage)[:2])
def test_rolled_over_credits_go_before_everything(overage: Overage) -> None:
    account = holding(action1=10)
    account.do(GrantBalance("credits", included=units(10), reset=MONTH, rollover=Rollover()))
    account.wait(31)
    usage(account, "action1", 20, overage=overage)
    assert [left(account, "action1"), left(account, "credits")] == [10, 16]


@pytest.mark.parametrize(("used", "left_over"), [(20, 0), (17, 9), (10, 30), (7, 36), (3, 42), (0, 45)])
def test_what_a_lock_did_not_use_of_several_credits_goes_back_at_the_cost_of_the_last_units(
    used: int, left_over: int
) -> None:
    bands = (CreditTier(units(5), units(1)), CreditTier(units(10), units(2)), CreditTier(None, units(3)))
    account = costing(holding(), CreditCost("action1", tiers=bands))
    for number in (15, 30):
        account.do(GrantBalance("credits", included=units(number)))
    account.do(Reserve("l1", "action1", units(20)))
    assert left(account, "credits") == 0
    account.do(FinalizeLock("l1", LockEnd.CONFIRMED, units(used)))
    assert left(account, "credits") == left_over


def limited(account: Account, number: float) -> Account:
    limit = UsageLimit("credits", units(number), Interval.MONTH)
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=(limit,))))
    return account


def test_a_limit_of_credits_counts_what_several_balances_gave_until_a_lock_gives_it_back() -> None:
    account = holding()
    for _ in range(2):
        account.do(GrantBalance("credits", included=units(2)))
    limited(account, 3)
    account.do(Reserve("l1", "action1", units(15)))
    assert not allowed(account.customer, Use("action1", units(1)), account.context())
    account.do(FinalizeLock("l1", LockEnd.RELEASED))
    event = usage(account, "action1", 20)
    assert [event.dropped, left(account, "credits")] == [5, 1]


def test_a_limit_gives_no_credits_that_are_not_there() -> None:
    event = usage(limited(holding(credits=1), 10), "action1", 20)
    assert [event.dropped, event.drawn[0].units] == [15, 5]


def test_each_balance_gets_back_no_more_than_was_drawn_from_it() -> None:
    account = holding()
    for number in (1, 2):
        account.do(GrantBalance("credits", included=units(number)))
    usage(account, "action1", 10)
    account.do(UpdateBalance("credits", add=units(-1)))
    event = usage(account, "action1", -10)
    assert sorted(each.units for each in event.drawn) == [-5, -5]


def test_units_that_are_drawn_below_zero_count_with_those_before() -> None:
    account = Account(plan("pro", 0, metered(CREDITS, 1, 100)))
    account.attach("pro")
    event = usage(account, "action1", 10)
    assert [each.units for each in event.drawn] == [10]
