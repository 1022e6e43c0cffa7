"""To the unit: leftovers, credits, the order in which balances are used, and use that is told late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.balances.spending import sources
from ledger.core.balances.usage import CLOCK_SKEW, Track
from ledger.core.errors import Refusal
from ledger.core.events import BalanceDeducted, BalanceReset, LockClosed, LockEnd, UsageBackdated, UsageRecorded
from ledger.core.period import Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.terms import LimitAnchor, Plan, Rollover, UsageAlert, UsageLimit
from tests.core.account import Account
from tests.core.offers import DAY, MESSAGES, MONTH, START, WORDS, YEAR, included, metered, plan, prepaid, units

DAYS = timedelta(days=1)


def by_kind(account: Account, feature_id: str) -> list[tuple[bool, Any]]:
    """What each balance of a feature has left, and whether it is a leftover; oldest first."""
    found = [each for each in account.customer.grants.values() if each.feature_id == feature_id]
    found.sort(key=lambda each: each.terms.created_at)
    return [(each.terms.rollover_of is not None, each.balance) for each in found]


# --- leftovers ------------------------------------------------------------------------------------------------


def with_leftovers(rollover: Rollover, *left: int, items: int = 200) -> Account:
    """So many units are left at the end of each month."""
    rolls = plan("rolls", 5, replace(included(MESSAGES, items), rollover=rollover))
    next_ = plan("next", 50, replace(included(MESSAGES, 300), rollover=Rollover(units(50))))
    account = Account(rolls, next_, plan("none", 60, included(MESSAGES, 300)))
    account.attach("rolls")
    for each in left:
        rest = account.remaining("messages")
        fresh = next(g for g in account.customer.grants.values() if g.terms.rollover_of is None).balance
        account.do(UpdateBalance("messages", balance_id="2.0", usage=units(float(fresh) - each)))
        assert account.remaining("messages") <= rest
        account.wait_until(
            datetime(2026, 1 + len([e for _, e in account.log if isinstance(e, BalanceReset)]) + 1, 1, tzinfo=UTC)
        )
    return account


def test_the_oldest_leftovers_give_way_where_all_together_exceed_the_cap() -> None:
    account = with_leftovers(Rollover(units(100)), 40, 30, 50)
    leftovers = [balance for old, balance in by_kind(account, "messages") if old]
    assert leftovers == [20, 30, 50]
    assert account.remaining("messages") == 200 + 100


def test_leftovers_without_a_cap_are_all_kept() -> None:
    account = with_leftovers(Rollover(), 40, 30, 50)
    assert [balance for old, balance in by_kind(account, "messages") if old] == [40, 30, 50]


def test_the_newest_leftovers_pass_over_to_the_next_plan_as_far_as_its_cap_goes() -> None:
    account = with_leftovers(Rollover(), 40, 30)
    account.bill(Attach("next", schedule=Schedule.IMMEDIATE))
    assert sorted(balance for old, balance in by_kind(account, "messages") if old) == [20, 30]
    heir = account.subscription("next").subscription_id
    for grant in account.customer.grants.values():
        assert [grant.terms.subscription_id, grant.terms.plan_id, grant.terms.used] == [heir, "next", 0]
        assert grant.terms.prepaid == 0
    account.bill(Attach("none"))
    assert by_kind(account, "messages") == [(False, 300)]


def test_leftovers_are_used_first_and_expire_when_they_are_to() -> None:
    account = with_leftovers(Rollover(months=1), 40)
    account.track("messages", 10)
    assert by_kind(account, "messages") == [(False, 200), (True, 30)]
    account.wait_until(datetime(2026, 3, 1, tzinfo=UTC))
    assert [balance for old, balance in by_kind(account, "messages") if old] == [200]


# --- credits --------------------------------------------------------------------------------------------------


def with_credits(*grants: float, limit: float | None = None) -> Account:
    account = Account()
    for number in grants:
        account.do(GrantBalance("credits", included=units(number), balance_id=f"c{number}"))
        account.wait(0.01)
    if limit is not None:
        limits = (UsageLimit("credits", units(limit), Interval.MONTH), UsageLimit("action1", units(90), Interval.MONTH))
        account.do(UpdateCustomer({}, controls=NewControls(usage_limits=limits)))
    return account


@pytest.mark.parametrize(
    ("confirmed", "credits_", "actions"), [(10, "2", 10), (4, "0.8", 4), (0, "0", 0), (15, "3", 15)]
)
def test_what_a_lock_on_credits_did_not_use_counts_toward_no_limit(confirmed: int, credits_: str, actions: int) -> None:
    account = with_credits(100, limit=50)
    account.do(Reserve("l1", "action1", units(10)))
    assert sorted(each.units for each in account.customer.windows.values()) == [2, 10]
    account.do(FinalizeLock("l1", LockEnd.CONFIRMED, units(confirmed)))
    assert account.balance("credits") == (100 - units(credits_), units(credits_))
    assert sorted(each.units for each in account.customer.windows.values()) == sorted([units(credits_), units(actions)])


def test_a_lock_on_two_balances_of_credits_gives_back_the_last_taken_first() -> None:
    account = with_credits(1, 100)
    account.do(Reserve("l1", "action1", units(10)))
    (closed,) = account.do(FinalizeLock("l1", LockEnd.CONFIRMED, units(3)))
    assert isinstance(closed, LockClosed)
    assert [(each.amount) for each in closed.allocations] == [units("-1"), units("-0.4")]
    assert [(each.units) for each in closed.drawn] == [-5, -2]
    assert account.remaining("credits") == units("100.4")
    assert closed.dropped == 0


def test_what_a_lock_held_of_a_balance_that_is_gone_is_given_back_to_nobody() -> None:
    account = with_credits(1, 100)
    account.do(Reserve("l1", "action1", units(10)))
    account.do(DeleteBalance("credits", balance_id="c100"))
    (closed,) = account.do(FinalizeLock("l1", LockEnd.RELEASED))
    assert isinstance(closed, LockClosed)
    assert [each.amount for each in closed.allocations] == [-1]
    assert account.remaining("credits") == 1
    assert closed.value - closed.held == sum(each.units for each in closed.drawn) + closed.dropped == -10


def test_a_use_draws_on_its_own_balance_before_credits_whatever_resets_sooner() -> None:
    account = Account()
    account.do(GrantBalance("credits", included=units(100), reset=DAY))
    account.do(GrantBalance("action1", included=units(5), reset=YEAR))
    ordered = sources(account.customer, "action1", None, account.context())
    assert [each.feature_id for each in ordered] == ["action1", "credits"]
    account.track("action1", 6)
    assert [account.remaining("action1"), account.remaining("credits")] == [0, units("99.8")]


def test_credits_of_several_balances_are_taken_and_given_back_across_them() -> None:
    account = with_credits(1, 2)
    account.track("action1", 12)
    assert account.remaining("credits") == units("0.6")
    account.track("action1", -9)
    assert account.remaining("credits") == units("2.4")
    account.track("action1", -9)
    assert account.remaining("credits") == 3


# --- order, and changes by hand ---------------------------------------------------------------------------------


def test_by_hand_too_the_balance_that_resets_soonest_goes_first_and_an_unlimited_one_before_it() -> None:
    account = Account()
    for every in (YEAR, DAY, MONTH):
        account.do(GrantBalance("messages", included=units(10), reset=every, balance_id=every.interval.value))
    (event,) = account.do(UpdateBalance("messages", add=units(-15)))
    assert isinstance(event, BalanceDeducted)
    names = {each.grant_id: each.terms.balance_id for each in account.customer.grants.values()}
    assert [(names[each.grant_id], each.after.remaining) for each in event.changes] == [
        ("day", units(0)),
        ("month", units(5)),
    ]
    account.do(GrantBalance("messages", unlimited=True, balance_id="endless"))
    account.track("messages", 3)
    assert account.customer.grants[next(key for key, name in names.items() if name == "month")].balance == 5


def test_where_the_ledger_says_so_the_balance_that_resets_last_goes_first() -> None:
    account = Account(settings=LedgerSettings(reverse_deduction_order=True))
    for every in (DAY, YEAR, MONTH):
        account.do(GrantBalance("messages", included=units(10), reset=every))
    account.track("messages", 15)
    left = {
        each.terms.reset.interval.value: each.balance for each in account.customer.grants.values() if each.terms.reset
    }
    assert left == {"day": 10, "month": 5, "year": 0}
    ordered = sources(account.customer, "messages", None, account.context())
    assert [each.terms.reset.interval.value for each in ordered if each.terms.reset] == ["year", "month", "day"]


def test_an_alert_of_what_is_included_leaves_out_what_was_bought() -> None:
    for basis, told_at in (("included", 40), ("balance", 120)):
        account = Account(plan("pro", 0, prepaid(MESSAGES, 50, 100)))
        account.attach("pro", None, messages=100)
        alert = UsageAlert(units(80), "usage_percentage", "messages", basis=basis)
        account.do(UpdateCustomer({}, controls=NewControls(usage_alerts=(alert,))))
        assert len(account.track("messages", told_at - 1)) == 1
        assert len(account.track("messages", 1)) == 2


# --- use that is told late --------------------------------------------------------------------------------------


def selling(*plans: Plan) -> Account:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 5)), *plans)
    account.attach("pro")
    return account


def backdated(account: Account, at: datetime, value: float = 10) -> UsageBackdated:
    event = account.do(Track("messages", None, units(value), used_at=at, backdate=True))[0]
    assert isinstance(event, UsageBackdated)
    return event


def test_late_use_belongs_to_the_period_whose_first_instant_it_may_be_and_whose_last_it_is_not() -> None:
    account = selling()
    account.track("messages", 120)
    february, march = START + 31 * DAYS, START + 59 * DAYS
    account.wait_until(february)
    account.track("messages", 130)
    account.wait_until(march + DAYS)
    tick = timedelta(milliseconds=1)
    for at, start, used in ((START, START, 120), (february - tick, START, 130), (february, february, 130)):
        event = backdated(account, at)
        assert [event.period_start, event.used_before] == [start, used]
    assert backdated(account, march - tick).period_end == march


def test_late_use_in_a_month_that_nothing_was_used_in_is_corrected_too() -> None:
    account = selling()
    account.wait_until(START + 59 * DAYS)
    event = backdated(account, START + 40 * DAYS, 150)
    assert (event.period_start, event.period_end) == (START + 31 * DAYS, START + 59 * DAYS)
    assert [event.used_before, event.used_after, event.granted] == [0, 150, 100]
    assert [each.line.amount_minor for each in account.customer.account.accrued.values()] == [250]


def test_late_use_from_before_there_was_a_balance_is_refused() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 5)))
    account.wait(10).attach("pro")
    account.wait(60)
    backdated(account, START + 10 * DAYS)
    with pytest.raises(Refusal, match="No period of feature messages that was billed by use"):
        backdated(account, START + 10 * DAYS - timedelta(milliseconds=1))


def test_no_more_late_use_is_taken_back_than_there_was() -> None:
    account = selling()
    account.track("messages", 120)
    account.wait(40)
    with pytest.raises(Refusal, match="value -121 takes back more than the 120 units used in that period"):
        backdated(account, START, -121)
    event = backdated(account, START, -120)
    assert event.used_after == 0
    assert [each.line.amount_minor for each in account.customer.account.accrued.values()] == [-100]
    backdated(account, START, 90)
    assert len(account.customer.account.accrued) == 1


def test_late_use_names_what_it_was_of_and_which_balance_it_corrects() -> None:
    account = selling()
    account.track("messages", 120)
    account.wait(40)
    event = backdated(account, START + DAYS)
    assert (event.feature_id, event.grant_id) == ("messages", "2.0")


def test_late_use_in_the_open_period_is_use_like_any_other() -> None:
    account = selling()
    account.wait(40)
    (event,) = account.do(Track("messages", None, units(5), used_at=START + 31 * DAYS, backdate=True))
    assert isinstance(event, UsageRecorded)
    earliest, tick = START + (31 - account.settings.late_usage_days) * DAYS, timedelta(milliseconds=1)
    assert account.do(Track("messages", None, units(5), used_at=earliest))
    with pytest.raises(Refusal) as refused:
        account.do(Track("messages", None, units(5), used_at=earliest - tick))
    assert refused.value.code == "billing_period_closed"


def test_a_clock_may_be_ahead_by_a_little_and_what_it_says_was_used_then_was_used_now() -> None:
    account = selling()
    (event,) = account.do(Track("messages", None, units(5), used_at=account.now + CLOCK_SKEW))
    assert isinstance(event, UsageRecorded)
    assert event.used_at == account.now
    with pytest.raises(Refusal, match="is in the future"):
        account.do(Track("messages", None, units(5), used_at=account.now + CLOCK_SKEW + timedelta(milliseconds=1)))


def test_a_window_that_is_measured_by_the_calendar_begins_with_the_week_and_the_year() -> None:
    limit = UsageLimit("words", units(5), Interval.YEAR, anchor=LimitAnchor.UTC)
    account = Account(now=datetime(2026, 12, 31, 20, tzinfo=UTC), settings=LedgerSettings(timezone="Asia/Tokyo"))
    account.do(GrantBalance("words", included=units(100)))
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=(limit,))))
    (used,) = account.track(WORDS.feature_id, 5)
    assert isinstance(used, UsageRecorded)
    (counted,) = used.counted
    assert (counted.start, counted.end) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
