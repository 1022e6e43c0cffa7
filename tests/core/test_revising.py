"""Changing what a held plan promises: the difference is prorated, what was used stays used."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import Refusal
from ledger.core.events import ChangeAbandoned, PaymentFailed, PaymentRequested, PlanChanged
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import Billing, CustomLine, ProrationBehavior
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice, OnDecrease, Plan, PlanItem, Proration, Rollover
from tests.core.account import Account, bought
from tests.core.offers import (
    DAY,
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
    PREMIUM,
    PRO,
    START,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
)
from tests.core.revising import FEBRUARY, HALF, days, on, price, revise

ONCE_PLAN = plan("pro", 10, every=ONCE)


@pytest.mark.parametrize(("dollars", "owed"), [(30, 1000), (10, -1000)])
def test_another_price_is_charged_or_credited_and_the_usage_is_kept(dollars: int, owed: int) -> None:
    account = on(PRO)
    account.track("messages", 60)
    assert revise(account, customize=price(dollars)) == owed
    assert account.balance("messages") == (440, 60)
    assert account.subscription("pro").plan.custom
    account.wait_until(FEBRUARY)
    assert account.invoiced()[-1] == dollars * 100


def test_in_mid_cycle_the_difference_is_prorated_and_the_cycle_goes_on() -> None:
    account = on(PRO).wait(HALF)
    assert revise(account, customize=price(30)) == 500
    assert account.subscription("pro").period_end == FEBRUARY


def test_a_price_that_is_taken_away_is_credited_and_never_charged_again() -> None:
    account = on(PRO)
    account.track("messages", 60)
    assert revise(account, customize=Customize(price=None)) == -2000
    assert account.balance("messages") == (440, 60)
    assert account.wait(62).invoiced() == [2000, -2000]
    assert account.balance("messages") == (500, 0)


@pytest.mark.parametrize(
    ("old", "new", "owed", "ends_at"),
    [
        (plan("pro", 20, included(MESSAGES, 500)), price(200, YEAR), 18000, datetime(2027, 1, 1, tzinfo=UTC)),
        (plan("pro", 200, included(MESSAGES, 500), every=YEAR), price(20), -18000, FEBRUARY),
    ],
)
def test_another_interval_credits_the_old_one_and_begins_now(
    old: Plan, new: Customize, owed: int, ends_at: datetime
) -> None:
    account = on(old)
    account.track("messages", 60)
    assert revise(account, customize=new) == owed
    assert account.subscription("pro").period_end == ends_at
    assert account.balance("messages") == (440, 60)
    assert account.wait_until(FEBRUARY).balance("messages") == (500, 0)


@pytest.mark.parametrize(
    ("customize", "quantities", "owed"),
    [
        (price(20), {}, 2000),
        (price(200, YEAR), {}, 20000),
        (Customize(add_items=(prepaid(WORDS, 0, 1000),)), {"words": 100}, 1000),
    ],
)
def test_a_free_plan_begins_to_cost(customize: Customize, quantities: dict[str, int], owed: int) -> None:
    account = on(FREE).wait(10)
    account.track("messages", 30)
    assert revise(account, customize=customize, quantities=bought(**quantities)) == owed
    assert account.balance("messages") == (70, 30)
    assert account.standing("messages").next_reset_at == FEBRUARY
    subscription = account.subscription("free")
    assert subscription.anchor == account.now
    assert not quantities or account.remaining("words") == 100


def test_seats_in_use_beyond_the_included_ones_are_charged_once_they_are_sold() -> None:
    account = on(plan("free", 0, included(USERS, 2)))
    account.track("users", 3)
    sold = Customize(items=(metered(USERS, 2, 1000),))
    assert revise(account, customize=sold) == 1000
    assert account.balance("users") == (0, 3)
    account.track("users", 1)
    assert account.invoiced() == [1000, 1000]


def test_items_that_stay_keep_their_balance_and_those_that_change_keep_its_usage() -> None:
    account = on(plan("pro", 20, included(MESSAGES, 500), included(WORDS, 50)))
    account.track("messages", 60)
    account.track("words", 10)
    words = account.standing("words").grants[0]
    changed = Customize(
        remove_items=(ItemFilter(feature_id="messages"),), add_items=(included(MESSAGES, 200), included(USERS, 4))
    )
    assert revise(account, customize=changed) == 0
    assert account.standing("words").grants == [words]
    assert account.balance("messages") == (140, 60)
    assert account.balance("users") == (4, 0)
    assert account.standing("messages").next_reset_at == FEBRUARY
    account.wait_until(FEBRUARY)
    assert account.balance("messages") == (200, 0)


def test_an_item_that_goes_takes_its_balance_along_unless_another_of_its_feature_stays() -> None:
    both = plan("pro", 20, included(MESSAGES, 100), prepaid(MESSAGES, 0, 1000), included(WORDS, 5))
    account = on(both, messages=200)
    account.track("messages", 150)
    gone = Customize(items=(included(MESSAGES, 500),))
    assert revise(account, customize=gone) == -2000
    assert account.balance("messages") == (350, 150)
    assert account.standing("words").grants == []


def test_another_version_is_moved_to_with_what_was_used() -> None:
    newer = plan("pro", 25, included(MESSAGES, 800), version=2)
    account = Account(PRO)
    account.attach("pro")
    account.catalog = Account(PRO, newer).catalog
    account.track("messages", 60)
    assert revise(account, version=2) == 500
    assert account.balance("messages") == (740, 60)
    assert account.subscription("pro").plan == newer
    assert account.do(Revise("pro", version=2)) == []


def test_a_customised_plan_goes_back_to_a_version_of_the_catalog() -> None:
    account = on(PRO)
    revise(account, customize=price(30))
    assert revise(account, version=1) == -1000
    assert account.subscription("pro").plan == PRO


def test_what_is_bought_ahead_stays_bought_unless_the_change_says_how_many() -> None:
    account = on(plan("pro", 20, prepaid(MESSAGES, 0, 1000)), messages=200)
    account.track("messages", 30)
    assert revise(account, customize=price(30)) == 1000
    assert account.balance("messages") == (170, 30)
    assert revise(account, customize=price(40), quantities=bought(messages=300)) == 2000
    assert account.balance("messages") == (270, 30)
    assert account.subscription("pro").quantity("messages") == 300


def test_quantities_alone_are_a_change_of_quantities() -> None:
    account = on(plan("pro", 20, prepaid(MESSAGES, 0, 1000)), messages=200)
    command = Revise("pro", quantities=bought(messages=300))
    assert account.preview(command).planned.intent == "update_quantity"
    assert account.bill(command) == 1000


def test_a_decrease_that_waits_goes_on_waiting() -> None:
    item = msgspec.structs.replace(
        prepaid(MESSAGES, 0, 1000), proration=Proration(on_decrease=OnDecrease.NO_PRORATIONS)
    )
    account = on(plan("pro", 20, item), messages=300)
    revise(account, quantities=bought(messages=100))
    assert revise(account, customize=price(30)) == 1000
    assert account.remaining("messages") == 300
    assert account.wait_until(FEBRUARY).remaining("messages") == 100
    assert account.invoiced()[-1] == 4000


def test_overage_stays_and_is_billed_at_the_price_of_the_cycles_end() -> None:
    account = on(plan("pro", 20, metered(MESSAGES, 100, 10)))
    account.track("messages", 150)
    assert revise(account, customize=Customize(items=(metered(MESSAGES, 100, 20),))) == 0
    assert account.balance("messages") == (0, 150)
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 3000]


@pytest.mark.parametrize(("how", "now"), [(ProrationBehavior.PRORATE_IMMEDIATELY, 500), (ProrationBehavior.NONE, 0)])
def test_overage_of_a_feature_that_goes_is_owed_in_full(how: ProrationBehavior, now: int) -> None:
    account = on(plan("pro", 20, metered(MESSAGES, 100, 10), included(WORDS, 5))).wait(HALF)
    account.track("messages", 150)
    gone = Customize(remove_items=(ItemFilter(feature_id="messages"),))
    assert revise(account, customize=gone, billing=Billing(how)) == now
    account.wait_until(FEBRUARY)
    assert sum(account.invoiced()) == 2000 + 500 + 2000


def test_a_price_that_was_paid_once_is_not_paid_again() -> None:
    setup = plan("pro", 20, prepaid(WORDS, 0, 1000, every=ONCE))
    account = on(setup, words=100)
    assert account.invoiced() == [3000]
    assert revise(account, customize=price(30)) == 1000
    assert account.remaining("words") == 100


def test_leftovers_stay_left_over() -> None:
    rolling = msgspec.structs.replace(included(MESSAGES, 100), rollover=Rollover(most=Decimal(500)))
    account = on(plan("pro", 20, rolling))
    account.track("messages", 40)
    account.wait_until(FEBRUARY)
    assert account.remaining("messages") == 160
    changed = msgspec.structs.replace(rolling, included=Decimal(200))
    revise(account, customize=Customize(items=(changed,)))
    assert account.remaining("messages") == 260


def test_lines_of_the_callers_own_take_the_place_of_the_computed_ones() -> None:
    account = on(PRO)
    lines = (CustomLine(1500, "Setup"), CustomLine(-200, "Thanks"))
    assert revise(account, customize=price(30), billing=Billing(custom_lines=lines)) == 1300


@pytest.mark.parametrize(
    ("how", "up", "down"),
    [
        (ProrationBehavior.PRORATE_IMMEDIATELY, 1000, -1000),
        (ProrationBehavior.NONE, 0, 0),
        (ProrationBehavior.BILL_DIFFERENCE, 2000, -1000),
    ],
)
def test_the_caller_says_how_the_difference_is_billed(how: ProrationBehavior, up: int, down: int) -> None:
    account = on(PRO).wait(HALF)
    assert revise(account, customize=price(40), billing=Billing(how)) == up
    assert revise(account, customize=price(20), billing=Billing(how)) == down


def test_a_change_without_billing_changes_the_terms_alone() -> None:
    account = on(PRO)
    assert revise(account, customize=price(40), billing=Billing(no_billing_changes=True)) == 0
    assert account.invoiced() == [2000]
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 4000]


def test_a_declined_payment_leaves_the_plan_as_it_was() -> None:
    account = on(PRO).pays_with("pm_declined")
    before = account.customer.subscriptions
    events = account.do(Revise("pro", customize=price(30)))
    assert [type(each) for each in events] == [PaymentRequested, PaymentFailed, ChangeAbandoned]
    assert account.customer.subscriptions == before


def test_debts_are_paid_from_what_other_balances_have_left_where_that_was_asked_for() -> None:
    both = plan("pro", 20, metered(MESSAGES, 100, 10), included(WORDS, 5))
    account = on(both, plan("more", 0, included(MESSAGES, 200), add_on=True))
    account.track("messages", 130)
    account.attach("more")
    account.bill(Revise("pro", customize=price(30), recalculate=True))
    assert account.balance("messages") == (170, 130)


def test_the_event_says_everything_that_is_new() -> None:
    account = on(PRO)
    changed, *_ = account.do(Revise("pro", customize=price(30)))
    assert isinstance(changed, PlanChanged)
    assert (changed.ended, changed.grants) == ((), ())
    assert changed.plan.base == BasePrice(3000, MONTH)
    assert (changed.period_start, changed.period_end) == (START, FEBRUARY)


@pytest.mark.parametrize(
    ("held", "fields", "code", "sentence"),
    [
        (ONCE_PLAN, {"free_trial": days(7)}, "invalid_request", "has no trial"),
        (ONCE_PLAN, {"anchor_now": True}, "invalid_request", "no billing cycle"),
        (FREE, {"anchor_now": True}, "invalid_request", "no billing cycle"),
        (PRO, {"anchor_now": True, "free_trial": days(7)}, "invalid_request", "cannot be used together"),
        (PRO, {"anchor_at": START}, "invalid_request", "in the future"),
        (PRO, {"anchor_at": FEBRUARY, "anchor_now": True}, "invalid_request", "send one of them"),
        (PRO, {"version": 7}, "product_not_found", "version 7"),
        (PRO, {"quantities": bought(messages=100)}, "invalid_inputs", "sells no prepaid"),
        (FREE, {"customize": price(5), "billing": Billing(ProrationBehavior.NONE)}, "invalid_request", "must be paid"),
    ],
)
def test_a_change_that_cannot_be_is_refused(held: Plan, fields: dict[str, Any], code: str, sentence: str) -> None:
    account = on(held)
    before = account.customer
    with pytest.raises(Refusal, match=sentence) as refused:
        revise(account, **fields)
    assert refused.value.code == code
    assert account.customer == before


def test_the_end_of_a_trial_is_billed_whatever_the_caller_says() -> None:
    account = on(msgspec.structs.replace(PRO, free_trial=days(7)))
    with pytest.raises(Refusal, match="must be paid"):
        revise(account, free_trial=None, billing=Billing(ProrationBehavior.NONE))


def test_a_plan_that_waits_is_not_changed() -> None:
    account = on(PREMIUM, PRO)
    account.attach("pro")
    with pytest.raises(Refusal, match="has not started yet"):
        account.do(Revise("pro", customize=price(30)))


@given(
    there=st.integers(1, 100_000),
    back=st.integers(1, 100_000),
    minutes=st.integers(0, 31 * 24 * 60 - 1),
    every=st.sampled_from([MONTH, Every(Interval.WEEK), Every(Interval.QUARTER)]),
)
def test_a_change_of_price_and_the_way_back_at_one_instant_are_opposite(
    there: int, back: int, minutes: int, every: Every
) -> None:
    held = msgspec.structs.replace(PRO, base=BasePrice(there, every))
    account = on(held).wait(minutes / 1440)
    there_and = revise(account, customize=Customize(price=BasePrice(back, every)))
    assert there_and == -revise(account, customize=Customize(price=BasePrice(there, every)))


def test_the_sales_of_one_day_follow_its_own_interval() -> None:
    item = PlanItem("words", WORDS.kind, Decimal(5), reset=DAY)
    account = on(plan("pro", 20, item)).wait(0.5)
    account.track("words", 3)
    revise(account, customize=Customize(items=(msgspec.structs.replace(item, included=Decimal(8)),)))
    assert account.balance("words") == (5, 3)
    assert account.wait(0.5).balance("words") == (8, 0)
