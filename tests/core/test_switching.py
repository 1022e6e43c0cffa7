"""From one plan to another: at once with proration, or at the end of the cycle."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from ledger.core.events import PlanExpired, PlanUnscheduled
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.change import Attach, Schedule, is_upgrade
from ledger.core.terms import Plan
from tests.core.account import Account
from tests.core.offers import (
    EXTRA,
    FREE,
    MESSAGES,
    ONCE,
    PREMIUM,
    PRO,
    PRO_ANNUAL,
    START,
    USERS,
    WORDS,
    WORKFLOWS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    tiered,
)

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


def on(current: str, *plans: Plan, **quantities: int) -> Account:
    """A customer on the first plan named."""
    account = Account(*plans)
    account.attach(current, None, **quantities)
    return account


# --- at once ------------------------------------------------------------------------------------------------


def test_from_free_to_paid_is_immediate_and_in_full() -> None:
    account = on("free", FREE, PRO)
    assert account.attach("pro") == 2000
    assert account.plans() == {"pro": "active"}


def test_an_upgrade_in_mid_cycle_pays_the_difference_for_the_rest_of_it() -> None:
    account = on("pro", PRO, PREMIUM).wait(15.5)
    assert account.attach("premium") == 1500
    assert account.subscription("premium").period_end == FEBRUARY


def test_a_preview_says_what_comes_and_what_goes() -> None:
    account = on("pro", PRO, PREMIUM).wait(15.5)
    planned = account.preview(Attach("premium")).planned
    assert [each.plan.plan_id for each in planned.incoming] == ["premium"]
    assert [(each.plan.plan_id, each.expires_at) for each in planned.outgoing] == [("pro", account.now)]


def test_an_add_on_leaves_a_scheduled_downgrade_as_it_is() -> None:
    account = on("pro", FREE, PRO, EXTRA)
    account.attach("free")
    account.attach("extra")
    assert account.plans() == {"pro": "canceling", "free": "scheduled", "extra": "active"}


def test_an_upgrade_overrides_a_scheduled_downgrade() -> None:
    account = on("pro", FREE, PRO, PREMIUM)
    account.attach("free")
    assert account.plans() == {"pro": "canceling", "free": "scheduled"}
    assert account.attach("premium") == 3000
    assert account.plans() == {"premium": "active"}


def test_from_monthly_to_annual_is_immediate() -> None:
    account = on("pro", PRO, PRO_ANNUAL)
    assert account.attach("pro_annual") == 18000
    assert account.remaining("messages") == 500
    assert account.subscription("pro_annual").period_end == datetime(2027, 1, 1, tzinfo=UTC)


def test_from_annual_to_a_dearer_monthly_plan_credits_the_unused_year() -> None:
    account = on("pro_annual", PRO_ANNUAL, PREMIUM).wait(73)
    assert account.attach("premium") == 5000 - 16000
    assert account.plans() == {"premium": "active"}
    assert account.subscription("premium").period_start == START + timedelta(days=73)


def test_what_was_used_beyond_the_grant_is_billed_on_the_switch() -> None:
    pro = plan("pro", 20, metered(MESSAGES, 100, 10), metered(WORDS, 200, 5))
    premium = plan("premium", 50, metered(MESSAGES, 200, 10), metered(WORDS, 300, 5))
    account = on("pro", pro, premium)
    account.track("messages", 150)
    account.track("words", 300)
    assert account.attach("premium") == 3000 + 500 + 500
    assert [account.balance(each) for each in ("messages", "words")] == [(200, 0), (300, 0)]


def test_usage_on_a_switch_is_never_prorated() -> None:
    pro = plan("pro", 20, metered(WORDS, 200, 5))
    account = on("pro", pro, plan("premium", 50, metered(WORDS, 200, 5)))
    account.track("words", 300)
    account.wait(15.5)
    assert account.attach("premium") == 1500 + 500


def test_units_bought_ahead_are_credited_and_charged() -> None:
    pro, premium = plan("pro", 20, prepaid(MESSAGES, 0, 1000)), plan("premium", 50, prepaid(MESSAGES, 0, 1000))
    account = on("pro", pro, premium, messages=200)
    assert account.attach("premium", messages=500) == 6000
    assert account.remaining("messages") == 500
    account = on("pro", pro, premium, messages=500)
    assert account.attach("premium", messages=200) == 0
    assert account.remaining("messages") == 200


def test_what_was_bought_ahead_stays_bought_unless_the_switch_says_how_much() -> None:
    small, large = prepaid(MESSAGES, 0, 500, 50), prepaid(MESSAGES, 0, 1000, 100)
    account = on("premium", plan("pro", 20, small), plan("premium", 50, large), messages=500)
    account.attach("pro")
    account.wait_until(FEBRUARY)
    assert account.remaining("messages") == 500
    assert account.attach("premium") == 3000
    assert account.remaining("messages") == 500


def test_packs_may_change_their_size_and_price() -> None:
    small, large = prepaid(MESSAGES, 0, 1000, 50), prepaid(MESSAGES, 0, 1000, 100)
    assert (
        on("pro", plan("pro", 20, small), plan("premium", 50, large), messages=200).attach("premium", messages=200)
        == 1000
    )
    cheap, dear = prepaid(MESSAGES, 0, 1000), prepaid(MESSAGES, 0, 1500)
    assert (
        on("pro", plan("pro", 20, cheap), plan("premium", 50, dear), messages=200).attach("premium", messages=200)
        == 4000
    )
    assert (
        on("pro", plan("pro", 20, dear), plan("premium", 50, cheap), messages=200).attach("premium", messages=200)
        == 2000
    )


def test_a_switch_refills_the_balance_and_keeps_its_next_reset() -> None:
    account = on("pro", plan("pro", 20, included(MESSAGES, 100)), plan("premium", 50, included(MESSAGES, 500)))
    account.track("messages", 30)
    account.wait(15)
    account.attach("premium")
    assert account.balance("messages") == (500, 0)
    assert account.standing("messages").next_reset_at == FEBRUARY


def test_a_switch_refills_what_was_bought_ahead_and_keeps_its_next_reset() -> None:
    pro, premium = plan("pro", 20, prepaid(MESSAGES, 0, 1000)), plan("premium", 50, prepaid(MESSAGES, 0, 1000))
    account = on("pro", pro, premium, messages=200)
    account.track("messages", 50)
    account.wait(15)
    account.attach("premium", messages=300)
    assert account.balance("messages") == (300, 0)
    assert account.standing("messages").next_reset_at == FEBRUARY


def test_the_resets_of_a_free_plan_are_kept_when_it_becomes_a_paid_one() -> None:
    account = on("free", plan("free", 0, included(MESSAGES, 50)), plan("pro", 20, included(MESSAGES, 100)))
    account.track("messages", 20)
    account.wait(15)
    assert account.attach("pro") == 2000
    assert account.balance("messages") == (100, 0)
    assert account.standing("messages").next_reset_at == FEBRUARY
    assert account.subscription("pro").period_end == datetime(2026, 2, 16, tzinfo=UTC)


def test_held_units_carry_over_to_a_plan_that_sells_them_ahead() -> None:
    free = plan("free", 0, included(WORKFLOWS, 1))
    account = on("free", free, plan("pro", 20, prepaid(WORKFLOWS, 0, 1000, 1)))
    account.track("workflows", 1)
    account.attach("pro", workflows=3)
    assert account.balance("workflows") == (2, 1)


def test_seats_in_use_carry_over() -> None:
    pro = plan("pro", 20, metered(USERS, 3, 1000))
    for used, seats in ((2, 3), (3, 3), (2, 5)):
        account = on("pro", pro, plan("premium", 50, metered(USERS, seats, 1000)))
        account.track("users", used)
        assert account.attach("premium") == 3000
        assert account.balance("users") == (seats - used, used)


def test_seats_of_an_entity_carry_over_too() -> None:
    account = Account(plan("pro", 20, included(USERS, 3)), plan("premium", 50, included(USERS, 5))).entities("e1")
    account.attach("pro", "e1")
    account.track("users", 2, "e1")
    account.attach("premium", "e1")
    assert account.balance("users", "e1") == (3, 2)


def test_seats_beyond_the_included_ones_are_credited_and_charged() -> None:
    account = on("pro", plan("pro", 20, metered(USERS, 1, 1000)), plan("premium", 50, metered(USERS, 2, 1500)))
    account.track("users", 4)
    assert account.attach("premium") == -2000 - 3000 + 5000 + 3000


# --- at the end of the cycle ------------------------------------------------------------------------------


def test_a_downgrade_waits_for_the_end_of_the_cycle() -> None:
    account = on("premium", PRO, PREMIUM)
    quote = account.preview(Attach("pro"))
    assert quote.planned.total_minor == 0
    assert quote.next_cycle is not None
    assert (quote.next_cycle.starts_at, quote.next_cycle.total_minor) == (FEBRUARY, 2000)
    account.attach("pro")
    assert account.plans() == {"premium": "canceling", "pro": "scheduled"}
    assert account.subscription("premium").expires_at == FEBRUARY
    account.wait_until(FEBRUARY)
    assert account.plans() == {"pro": "active"}
    assert account.remaining("messages") == 500


def test_a_second_downgrade_replaces_the_first() -> None:
    account = on("premium", FREE, PRO, PREMIUM)
    account.attach("pro")
    account.attach("free")
    assert account.plans() == {"premium": "canceling", "free": "scheduled"}
    account.wait_until(FEBRUARY)
    assert account.plans() == {"free": "active"}
    assert account.remaining("messages") == 100


def test_usage_always_starts_over_after_a_downgrade() -> None:
    account = on("pro", FREE, PRO)
    account.track("messages", 200)
    account.attach("free")
    assert account.remaining("messages") == 300
    account.wait_until(FEBRUARY)
    assert account.balance("messages") == (100, 0)


def test_an_upgrade_may_wait_for_the_end_of_the_cycle_when_asked_to() -> None:
    account = on("pro", PRO, PREMIUM)
    quote = account.at_cycle_end("premium")
    assert quote.planned.total_minor == 0
    assert quote.next_cycle is not None
    assert (quote.next_cycle.starts_at, quote.next_cycle.total_minor) == (FEBRUARY, 5000)
    account.bill(Attach("premium", schedule=Schedule.END_OF_CYCLE))
    account.wait_until(FEBRUARY)
    assert account.plans() == {"premium": "active"}
    assert account.remaining("messages") == 1000


def test_a_downgrade_may_be_immediate_when_asked_to() -> None:
    account = on("premium", PRO, PREMIUM).wait(15.5)
    assert account.bill(Attach("pro", schedule=Schedule.IMMEDIATE)) == -1500
    assert account.plans() == {"pro": "active"}


def test_a_downgrade_from_annual_starts_its_own_cycle_when_the_year_ends() -> None:
    account = on("pro_annual", PRO_ANNUAL, plan("basic", 5, included(MESSAGES, 50)))
    account.attach("basic")
    account.wait_until(datetime(2027, 1, 1, tzinfo=UTC))
    assert account.subscription("basic").period_end == datetime(2027, 2, 1, tzinfo=UTC)


def test_seats_in_use_carry_over_when_a_scheduled_plan_starts() -> None:
    account = on("premium", plan("premium", 50, metered(USERS, 5, 1000)), plan("pro", 20, metered(USERS, 3, 1000)))
    account.track("users", 4)
    quote = account.preview(Attach("pro"))
    assert quote.next_cycle is not None
    assert quote.next_cycle.total_minor == 2000 + 1000
    account.attach("pro")
    account.wait_until(FEBRUARY)
    assert account.standing("users").usage == 4


def test_a_plan_priced_by_use_alone_is_left_at_the_end_of_the_running_month() -> None:
    by_use = plan("by_use", 0, metered(MESSAGES, 10, 10))
    account = on("by_use", by_use, FREE).wait(80)
    account.attach("free")
    assert account.subscription("by_use").expires_at == datetime(2026, 4, 1, tzinfo=UTC)
    account.wait_until(datetime(2026, 4, 1, tzinfo=UTC))
    assert account.plans() == {"free": "active"}


def test_the_next_cycle_of_a_plan_priced_by_use_alone_lies_ahead() -> None:
    account = on("by_use", plan("by_use", 0, metered(MESSAGES, 10, 10)), plan("x", 5, add_on=True)).wait(80)
    quote = account.preview(Attach("x"))
    assert quote.next_cycle is not None
    assert quote.next_cycle.starts_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert quote.next_cycle.total_minor == 500


# --- which is which ----------------------------------------------------------------------------------------


def test_which_switch_is_an_upgrade() -> None:
    by_use, by_more = plan("a", 0, metered(MESSAGES, 0, 10)), plan("b", 0, metered(MESSAGES, 0, 1))
    assert is_upgrade(FREE, PRO)
    assert not is_upgrade(PRO, FREE)
    assert is_upgrade(FREE, plan("other", 0))
    assert is_upgrade(by_use, by_more)
    assert is_upgrade(by_more, by_use)
    assert is_upgrade(PREMIUM, PRO_ANNUAL)
    assert not is_upgrade(PRO_ANNUAL, plan("cheap", 10))
    assert is_upgrade(PRO, plan("same", 20))
    assert is_upgrade(plan("flat", 0, tiered(MESSAGES, 0, [(100, 100), (None, 900)])), plan("two", 2))
    assert not is_upgrade(plan("half", 1200, every=YEAR), plan("low", 99))
    weekly = plan("weekly", 10, every=Every(Interval.WEEK))
    assert is_upgrade(weekly, plan("monthly", 30))
    assert not is_upgrade(plan("two_weekly", 1, every=Every(Interval.WEEK, 2)), plan("free", 0))
    assert is_upgrade(plan("monthly", 43), replace(plan("seats", 43), items=(metered(USERS, 0, 100),)))
    with_setup = replace(plan("setup", 43), items=(prepaid(MESSAGES, 0, 99999, every=ONCE),))
    assert is_upgrade(with_setup, plan("monthly", 43))


def test_only_what_is_paid_ahead_counts_towards_an_upgrade() -> None:
    flat, seats = plan("flat", 43), plan("seats", 43, metered(USERS, 0, 100))
    assert not is_upgrade(seats, flat)
    assert is_upgrade(plan("by_use", 43, metered(MESSAGES, 0, 100)), flat)


def test_plans_that_cost_more_than_consumption_compare_by_price() -> None:
    assert not is_upgrade(plan("dear", 50, metered(MESSAGES, 0, 1)), plan("cheap", 20, metered(MESSAGES, 0, 9)))
    assert not is_upgrade(plan("dear", 0, prepaid(MESSAGES, 0, 900)), plan("cheap", 0, prepaid(MESSAGES, 0, 100)))


def test_a_year_of_a_short_cycle_is_brought_to_a_month() -> None:
    """10 a week is 43.33 a month, 1 a day 30.42, 1 an hour 730, 1 a minute 43,800."""
    for dollars, every, below, above in (
        (10, Every(Interval.WEEK), 43, 44),
        (20, Every(Interval.WEEK, 2), 43, 44),
        (1, Every(Interval.DAY), 30, 31),
        (1, Every(Interval.HOUR), 730, 731),
        (1, Every(Interval.MINUTE), 43_800, 43_801),
    ):
        short = plan("short", dollars, every=every)
        assert is_upgrade(plan("below", below), short)
        assert not is_upgrade(plan("above", above), short)


def test_the_old_plan_ends_before_the_new_one_begins() -> None:
    account = on("pro", FREE, PRO, PREMIUM)
    account.attach("free")
    first, second, *_ = account.do(Attach("premium"))
    assert isinstance(first, PlanUnscheduled)
    assert isinstance(second, PlanExpired)
