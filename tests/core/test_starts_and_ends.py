"""When a plan begins, ends and bills: starts_at, ends_at, anchors, proration, invoices (reference §2.2, case 56)."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.core.errors import Refusal
from ledger.core.events import Ended, PlanExpired
from ledger.core.subscriptions.billing import Billing, Carry, InvoiceMode, IssueMethod, ProrationBehavior
from ledger.core.subscriptions.change import Attach, Schedule
from tests.core.account import Account, bought
from tests.core.offers import FREE, MESSAGES, ONCE, PREMIUM, PRO, START, WORDS, included, metered, plan, prepaid
from tests.core.starting import CREDITS, FEBRUARY, MARCH, MID, WEEK, on

NONE, DIFFERENCE = Billing(ProrationBehavior.NONE), Billing(ProrationBehavior.BILL_DIFFERENCE)
LATER = InvoiceMode(IssueMethod.FINALIZE, 14, enable_plan_immediately=True)


# --- what follows, and what is not bought again ---------------------------------------------------------------

STARTER = plan("starter", 0, included(MESSAGES, 10), auto_enable=True)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


# --- the past and the future ----------------------------------------------------------------------------------


def test_a_start_in_the_past_pays_for_every_period_since() -> None:
    account = Account(PRO, now=datetime(2026, 3, 15, tzinfo=UTC))
    assert account.bill(Attach("pro", starts_at=START)) == 6000
    found = account.subscription("pro")
    assert (found.started_at, found.anchor, found.period_end) == (START, START, datetime(2026, 4, 1, tzinfo=UTC))
    assert account.standing("messages").next_reset_at == datetime(2026, 4, 1, tzinfo=UTC)
    (invoice,) = account.customer.account.invoices.values()
    assert [line.period_start for line in invoice.lines] == [START, FEBRUARY, MARCH]


def test_a_start_in_the_past_may_follow_a_free_plan() -> None:
    account = Account(FREE, PRO)
    account.attach("free")
    account.wait(40)
    assert account.bill(Attach("pro", starts_at=START)) == 4000
    assert account.subscription("pro").period_end == MARCH


def test_a_start_in_the_future_is_scheduled() -> None:
    account = Account(PRO)
    quote = account.preview(Attach("pro", starts_at=day(20)))
    assert quote.planned.total_minor == 0
    assert quote.next_cycle is not None
    assert (quote.next_cycle.starts_at, quote.next_cycle.total_minor) == (day(20), 2000)
    account.bill(Attach("pro", starts_at=day(20)))
    assert account.plans() == {"pro": "scheduled"}
    account.wait_until(day(20))
    assert account.plans() == {"pro": "active"}
    assert account.invoiced() == [2000]


def test_a_start_in_the_future_ends_the_plan_before_it_and_credits_its_time() -> None:
    account = on("pro")
    account.bill(Attach("premium", starts_at=MID))
    assert account.plans() == {"pro": "canceling", "premium": "scheduled"}
    account.wait_until(MID)
    assert account.plans() == {"premium": "active"}
    assert account.invoiced() == [2000, 1500]


def test_a_start_without_proration_bills_from_the_next_cycle_on() -> None:
    account = on("pro")
    account.bill(Attach("premium", starts_at=MID, billing=NONE))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 5000]


def test_a_scheduled_switch_without_proration_still_pays_its_own_cycle() -> None:
    account = on("premium")
    account.bill(Attach("pro", billing=NONE))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [5000, 2000]


def test_an_add_on_may_start_later() -> None:
    account = on("pro")
    account.bill(Attach("extra", starts_at=day(10)))
    assert account.plans() == {"pro": "active", "extra": "scheduled"}
    account.wait_until(day(10))
    assert account.remaining("words") == 200


def test_an_end_that_was_agreed_ends_the_plan() -> None:
    account = Account(PRO)
    account.bill(Attach("pro", ends_at=day(40)))
    account.wait_until(day(40))
    assert account.plans() == {}
    assert account.invoiced() == [2000, 2000]
    (ended,) = (event for _, event in account.log if isinstance(event, PlanExpired))
    assert ended.cause is Ended.ENDED


def test_a_purchase_may_expire() -> None:
    account = Account(CREDITS)
    account.bill(Attach("credits", ends_at=day(10)))
    assert account.remaining("words") == 50
    account.wait_until(day(10))
    assert account.standing("words").grants == []


# --- anchors --------------------------------------------------------------------------------------------------


def test_a_cycle_may_begin_anew() -> None:
    account = on("pro").wait_until(day(14))
    quote = account.preview(Attach("premium", anchor_now=True))
    assert quote.next_cycle is None
    assert account.bill(Attach("premium", anchor_now=True)) == 5000 - round(2000 * 17 / 31)
    assert account.balance("messages") == (1000, 0)
    assert account.standing("messages").next_reset_at == datetime(2026, 2, 15, tzinfo=UTC)
    assert account.subscription("premium").period_end == datetime(2026, 2, 15, tzinfo=UTC)


def test_a_cycle_may_be_counted_from_a_later_instant() -> None:
    account = Account(PRO)
    assert account.bill(Attach("pro", anchor_at=MID)) == 1000
    assert account.subscription("pro").period_end == MID
    assert account.standing("messages").next_reset_at == MID


def test_a_plan_may_keep_a_cycle_of_its_own() -> None:
    account = on("pro").wait_until(day(10))
    assert account.bill(Attach("extra", new_billing_subscription=True)) == 2000
    assert account.subscription("extra").period_end == datetime(2026, 2, 11, tzinfo=UTC)
    assert account.bill(Attach("extra", new_billing_subscription=False)) == round(2000 * 21 / 31)


def test_from_free_to_paid_a_plan_joins_the_cycle_that_is_there() -> None:
    account = on("extra")
    account.attach("free")
    account.wait_until(MID)
    assert account.attach("pro") == 1000
    assert account.subscription("pro").period_end == FEBRUARY


# --- proration ------------------------------------------------------------------------------------------------


def test_an_upgrade_without_proration_bills_from_the_next_cycle_on() -> None:
    account = on("pro").wait_until(MID)
    assert account.bill(Attach("premium", billing=NONE)) == 0
    assert account.remaining("messages") == 1000
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 5000]


def test_use_beyond_the_grant_is_billed_with_the_next_cycle_when_nothing_is_billed_now() -> None:
    account = on("old", plan("old", 20, metered(MESSAGES, 100, 10)), plan("new", 50, metered(MESSAGES, 100, 10)))
    account.track("messages", 150)
    assert account.bill(Attach("new", billing=NONE)) == 0
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 5000 + 500]


def test_an_add_on_without_proration_joins_the_cycle_for_nothing() -> None:
    account = on("pro").wait_until(MID)
    assert account.bill(Attach("extra", billing=NONE)) == 0
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 4000]


def test_the_difference_of_whole_prices_is_billed_where_it_is_more() -> None:
    account = on("pro").wait_until(MID)
    assert account.bill(Attach("premium", billing=DIFFERENCE)) == 3000
    assert account.subscription("premium").period_end == FEBRUARY


def test_the_share_is_credited_where_a_difference_of_whole_prices_would_be_more() -> None:
    account = on("premium").wait_until(MID)
    assert account.bill(Attach("pro", schedule=Schedule.IMMEDIATE, billing=DIFFERENCE)) == -1500


# --- other plans ----------------------------------------------------------------------------------------------


def test_other_plans_may_end_with_an_attach() -> None:
    account = on("pro").wait_until(MID)
    other = plan("other", 50, included(WORDS, 5), group="other")
    account.catalog = Account(PRO, other).catalog
    assert account.bill(Attach("other", remove_plan_ids=("pro",))) == 1500
    assert account.plans() == {"other": "active"}
    assert account.subscription("other").period_end == FEBRUARY


def test_what_waits_to_replace_a_removed_plan_goes_too() -> None:
    account = on("premium")
    account.attach("pro")
    assert account.bill(Attach("extra", remove_plan_ids=("premium",))) == -3000
    assert account.plans() == {"extra": "active"}


def test_the_plan_that_is_replaced_may_be_named_too() -> None:
    assert on("pro").bill(Attach("premium", remove_plan_ids=("pro",))) == 3000


# --- what cannot be -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_plan", "attach", "sentence"),
    [
        ("free", Attach("extra", starts_at=day(-4000)), "at most ten years"),
        ("free", Attach("credits", starts_at=day(-1)), "only for paid plans that recur"),
        ("extra", Attach("free", starts_at=day(1)), "only for paid plans that recur"),
        ("free", Attach("pro", starts_at=day(-1), free_trial=WEEK), "past starts_at cannot begin with a free trial"),
        ("free", Attach("pro", starts_at=day(1), free_trial=WEEK), "future starts_at cannot begin with a free trial"),
        ("pro", Attach("extra", starts_at=day(-1)), "without a paid subscription"),
        ("free", Attach("pro", starts_at=day(-1), anchor_now=True), "leave out billing_cycle_anchor"),
        ("free", Attach("pro", starts_at=day(-1), billing=NONE), "bills what has passed"),
        (
            "free",
            Attach("pro", starts_at=day(1), billing=Billing(invoice_mode=LATER)),
            "invoice_mode is for plans that",
        ),
        ("pro", Attach("premium", starts_at=day(1), schedule=Schedule.END_OF_CYCLE), "two starts"),
        ("pro", Attach("premium", starts_at=day(1), schedule=Schedule.IMMEDIATE), "two starts"),
        ("extra", Attach("pro", schedule=Schedule.END_OF_CYCLE), "takes the place of no plan"),
        ("extra", Attach("free", ends_at=day(9)), "only for paid plans"),
        ("free", Attach("pro", ends_at=START), "must be after the plan starts"),
        ("free", Attach("pro", starts_at=day(9), ends_at=day(9)), "must be after the plan starts"),
        ("free", Attach("credits", anchor_now=True), "has no cycle"),
        ("free", Attach("pro", anchor_at=day(9), free_trial=WEEK), "together with a free trial"),
        ("free", Attach("pro", anchor_at=START), "must be after the plan starts"),
        ("free", Attach("pro", starts_at=day(9), anchor_at=day(8)), "must be after the plan starts"),
        ("free", Attach("pro", anchor_at=day(9), ends_at=day(8)), "must be before ends_at"),
        ("premium", Attach("pro", anchor_now=True), "for a plan that starts now"),
        ("premium", Attach("pro", billing=Billing(invoice_mode=LATER)), "this one is scheduled"),
        ("premium", Attach("pro", free_trial=WEEK), "this one is scheduled"),
        ("premium", Attach("pro", remove_plan_ids=("premium",)), "this one is scheduled"),
        ("free", Attach("pro", new_billing_subscription=False), "no subscription to join"),
        ("extra", Attach("pro", new_billing_subscription=True, remove_plan_ids=("extra",)), "cannot be asked together"),
        ("pro", Attach("premium", remove_plan_ids=("premium",)), "is the one that is attached"),
        ("pro", Attach("premium", remove_plan_ids=("words",)), "remove_plan_ids words"),
        ("free", Attach("pro", billing=NONE), "must be paid for when it starts"),
        ("extra", Attach("credits", billing=NONE), "must be paid for when it starts"),
        ("pro", Attach("pro_annual", billing=NONE), "must be paid for when it starts"),
        ("pro", Attach("premium", anchor_now=True, billing=NONE), "must be paid for when it starts"),
        (
            "free",
            Attach("pro", carry_balances=Carry(), billing=Billing(invoice_mode=InvoiceMode())),
            "enable_plan_immediately true",
        ),
    ],
)
def test_wishes_that_cannot_all_be_met_are_refused(on_plan: str, attach: Attach, sentence: str) -> None:
    account = on(on_plan)
    before = account.customer
    with pytest.raises(Refusal, match=sentence):
        account.do(attach)
    assert account.customer == before


def test_units_that_are_paid_once_are_not_bought_by_a_scheduled_switch() -> None:
    account = on("premium", plan("pack", 5, prepaid(MESSAGES, 0, 100, every=ONCE)))
    with pytest.raises(Refusal, match="units that are paid once"):
        account.do(Attach("pack", quantities=bought(messages=100)))


def test_units_that_are_paid_once_must_be_paid_on_a_switch() -> None:
    account = on("pro", plan("pack", 50, prepaid(MESSAGES, 0, 100, every=ONCE)))
    with pytest.raises(Refusal, match="must be paid for"):
        account.do(Attach("pack", quantities=bought(messages=100), billing=NONE))
    assert account.bill(Attach("pack", billing=NONE)) == 0


def test_a_plan_that_reaches_its_end_is_followed_by_the_default() -> None:
    account = Account(STARTER, PRO)
    account.bill(Attach("pro", ends_at=day(20)))
    account.wait_until(day(20))
    assert account.plans() == {"starter": "active"}
    assert account.remaining("messages") == 10
    assert account.invoiced() == [2000]


def test_no_default_comes_between_two_plans_of_a_customer() -> None:
    account = Account(STARTER, PRO, PREMIUM)
    account.bill(Attach("pro", ends_at=day(20)))
    account.bill(Attach("premium", starts_at=day(20)))
    account.wait_until(day(20))
    assert account.plans() == {"premium": "active"}


@pytest.mark.parametrize("schedule", [Schedule.IMMEDIATE, Schedule.END_OF_CYCLE])
def test_units_that_are_paid_once_are_not_bought_again_by_a_switch(schedule: Schedule) -> None:
    once = prepaid(MESSAGES, 0, 1000, every=ONCE)
    account = Account(plan("pro", 20, once), plan("premium", 50, once))
    account.attach("pro", messages=200)
    assert account.bill(Attach("premium", schedule=schedule)) == (3000 if schedule is Schedule.IMMEDIATE else 0)
    account.wait_until(FEBRUARY)
    assert account.invoiced()[-1] == 5000
