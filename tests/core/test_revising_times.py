"""Changing when a held plan is tried, billed and ended: trials, discounts of some time, and cycles that begin anew."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from ledger.core.subscriptions.billing import Billing, DiscountRef
from ledger.core.subscriptions.cancellation import Cancel
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice, Discount, OnTrialEnd
from tests.core.offers import MESSAGES, MONTH, PRO, START, YEAR, included, plan
from tests.core.revising import FEBRUARY, HALF, days, on, price, revise


def test_a_trial_begins_now_and_gives_back_what_was_paid() -> None:
    account = on(PRO).wait(HALF)
    account.track("messages", 60)
    assert revise(account, free_trial=days(14)) == -1000
    assert account.customer.trials_used == ("pro",)
    ends_at = account.now + timedelta(days=14)
    assert account.subscription("pro").trial_ends_at == ends_at
    assert account.balance("messages") == (440, 60)
    assert account.standing("messages").next_reset_at == ends_at
    account.wait_until(ends_at)
    assert account.invoiced() == [2000, -1000, 2000]
    assert account.balance("messages") == (500, 0)
    assert account.subscription("pro").trial_ends_at is None


def test_a_trial_is_extended_from_now_and_ended_by_null() -> None:
    trial = msgspec.structs.replace(PRO, free_trial=days(7))
    account = on(trial).wait(3)
    assert revise(account, free_trial=days(10)) == 0
    assert account.subscription("pro").trial_ends_at == START + timedelta(days=13)
    account.wait(2)
    assert revise(account, free_trial=None) == 2000
    held = account.subscription("pro")
    assert (held.trial_ends_at, held.anchor, held.period_end) == (
        None,
        account.now,
        datetime(2026, 2, 6, tzinfo=UTC),
    )
    assert account.standing("messages").next_reset_at == datetime(2026, 2, 6, tzinfo=UTC)
    assert account.do(Revise("pro", free_trial=None)) == []


def test_a_trial_that_is_not_paid_for_goes_back_to_the_plan_as_it_was() -> None:
    account = on(PRO)
    trial = msgspec.structs.replace(days(7), on_end=OnTrialEnd.REVERT)
    revise(account, customize=price(90), free_trial=trial)
    assert account.subscription("pro").plan.base == BasePrice(9000, MONTH)
    account.wait(3)
    revise(account, customize=price(95))
    account.wait(4)
    assert account.subscription("pro").plan == PRO
    assert account.invoiced() == [2000, -2000, 2000]


def test_a_price_that_changes_in_a_trial_costs_nothing_until_its_end() -> None:
    account = on(msgspec.structs.replace(PRO, free_trial=days(7))).wait(3)
    assert revise(account, customize=price(30)) == 0
    assert account.subscription("pro").trial_ends_at == START + timedelta(days=7)
    account.wait(4)
    assert account.invoiced()[-1] == 3000


def test_the_trial_of_the_customisation_goes_before_the_other() -> None:
    account = on(PRO)
    revise(account, customize=Customize(free_trial=days(5)), free_trial=days(9))
    assert account.subscription("pro").trial_ends_at == START + timedelta(days=5)


def test_a_discount_is_given_and_taken_away_while_the_plan_goes_on() -> None:
    account = on(PRO)
    half = Discount("half", "Half off", percent=Decimal(50))
    account.catalog = msgspec.structs.replace(account.catalog, discounts={"half": half})
    assert revise(account, billing=Billing(discounts=(DiscountRef("half"),))) == 0
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 1000]
    assert revise(account, customize=price(40)) == 1000
    assert revise(account, billing=Billing(remove_discounts=("half",))) == 0
    account.wait(28)
    assert account.invoiced() == [2000, 1000, 1000, 4000]


def test_the_cycle_begins_anew_now() -> None:
    account = on(PRO).wait(HALF)
    account.track("messages", 60)
    assert revise(account, anchor_now=True) == 1000
    march = account.now + timedelta(days=31)
    assert account.subscription("pro").period_end == march
    assert account.standing("messages").next_reset_at == march
    assert account.balance("messages") == (440, 60)
    assert account.preview(Revise("pro", anchor_now=True)).next_cycle is None


def test_the_cycle_ends_at_a_later_instant_and_goes_on_from_there() -> None:
    account = on(PRO)
    middle = datetime(2026, 1, 16, tzinfo=UTC)
    quote = account.preview(Revise("pro", anchor_at=middle))
    assert [line.amount_minor for line in quote.planned.lines] == [-2000, 968]
    revise(account, anchor_at=middle)
    assert account.subscription("pro").period_end == middle
    assert account.standing("messages").next_reset_at == middle
    account.wait_until(middle)
    assert account.invoiced()[-1] == 2000
    assert account.subscription("pro").period_end == datetime(2026, 2, 16, tzinfo=UTC)


def test_a_plan_that_is_to_end_ends_with_its_new_cycle_and_what_follows_starts_then() -> None:
    default = plan("free", 0, included(MESSAGES, 100), auto_enable=True)
    account = on(PRO, default)
    account.bill(Cancel("pro"))
    account.bill(Revise("pro", customize=price(200, YEAR)))
    ends_at = datetime(2027, 1, 1, tzinfo=UTC)
    assert account.subscription("pro").expires_at == ends_at
    assert account.subscription("free").started_at == ends_at
    account.wait_until(ends_at)
    assert account.plans() == {"free": "active"}
