"""Where limits of use meet: which balances and whose cycles they are counted by, what tells of them, and locks."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.balances import limits
from ledger.core.balances.controls import Scoped
from ledger.core.balances.locking import Reserve
from ledger.core.balances.usage import Track
from ledger.core.events import UsageAlerted
from ledger.core.period import Interval
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import LimitAnchor, OverageAllowed, Rollover, SpendLimit, UsageAlert, UsageLimit
from tests.core.account import Account
from tests.core.controlled import controlled, granted, taken_back
from tests.core.meeting import DAYS, FEBRUARY
from tests.core.offers import EXTRA, MESSAGES, PRO, START, YEAR, included, metered, plan, units


def window_of(account: Account, limit: UsageLimit, entity_id: str | None = None) -> tuple[datetime, datetime]:
    found = limits.window(account.customer, Scoped(limit, entity_id), account.now, UTC)
    return found.start, found.end


# --- limits ---------------------------------------------------------------------------------------------------


def test_a_spend_limit_counts_only_what_is_taken_below_zero() -> None:
    bounded, yearly = metered(MESSAGES, 5, 10, most=4), metered(MESSAGES, 5, 10, every=YEAR)
    account = Account(plan("pro", 20, bounded, yearly))
    account.attach("pro")
    controlled(account, spend_limits=(SpendLimit("messages", units(10), enabled=True),))
    account.track("messages", 50)
    assert sorted(each.balance for each in account.customer.grants.values()) == [-6, -4]


def test_what_other_balances_have_left_widens_no_spend_limit() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 5, 10)))
    account.attach("pro")
    controlled(account, spend_limits=(SpendLimit("messages", units(10), enabled=True),))
    account.track("messages", 9)
    granted(account, "messages", 5, "more")
    account.track("messages", 50)
    assert account.balance("messages") == (0, 20)


def test_leftovers_never_go_below_zero_though_use_beyond_what_is_granted_is_allowed() -> None:
    account = Account(plan("rolls", 5, replace(included(MESSAGES, 10), rollover=Rollover())))
    account.attach("rolls")
    account.wait_until(FEBRUARY)
    controlled(account, overage_allowed=(OverageAllowed("messages", enabled=True),))
    account.track("messages", 25)
    assert {each.terms.rollover_of is not None: each.balance for each in account.customer.grants.values()} == {
        True: 0,
        False: -5,
    }


def test_a_limit_is_counted_by_the_main_plans_cycle_and_not_by_an_add_ons() -> None:
    limit = UsageLimit("messages", units(40), Interval.MONTH)
    account = Account(PRO, EXTRA)
    account.attach("extra")
    account.wait(9).bill(Attach("pro", new_billing_subscription=True))
    assert account.subscription("pro").anchor == START + 9 * DAYS
    assert window_of(account, limit) == (START + 9 * DAYS, FEBRUARY + 9 * DAYS)


def test_a_limit_of_an_entity_is_counted_by_no_other_entitys_cycle_and_by_none_that_is_yet_to_begin() -> None:
    limit = UsageLimit("messages", units(40), Interval.MONTH)
    account = Account(PRO, EXTRA).entities("e1", "e2")
    account.wait(4).attach("pro", "e2")
    account.bill(Attach("pro", starts_at=START + 12 * DAYS, anchor_at=START + 19 * DAYS))
    assert window_of(account, limit, "e1") == (START, FEBRUARY)


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        (Interval.DAY, datetime(2026, 5, 9, tzinfo=UTC), datetime(2026, 5, 10, tzinfo=UTC)),
        (Interval.WEEK, datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 5, 11, tzinfo=UTC)),
        (Interval.MONTH, datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)),
        (Interval.YEAR, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_limit_by_utc_is_counted_by_the_calendar_of_utc(interval: Interval, start: datetime, end: datetime) -> None:
    account = Account(now=datetime(2026, 5, 9, 13, tzinfo=UTC))
    limit = UsageLimit("messages", units(40), interval, LimitAnchor.UTC)
    assert window_of(account, limit) == (start, end)


def test_a_limit_names_a_round_number_as_it_is_written() -> None:
    account = granted(Account(), "messages", 1000, "a")
    limit = UsageLimit("messages", units(40), Interval.MONTH, properties={"size": "100"})
    controlled(account, usage_limits=(limit,))
    account.do(Track("messages", None, units(90), properties={"size": units("100.0")}))
    assert account.balance("messages") == (960, 40)


def test_an_alert_on_a_limit_is_of_its_own_features_limit() -> None:
    account = granted(granted(Account(), "messages", 1000, "m"), "words", 1000, "w")
    both = tuple(UsageLimit(each, units(number), Interval.MONTH) for each, number in (("words", 10), ("messages", 100)))
    alert = UsageAlert(units(50), "usage_percentage", "messages", basis="usage_limit")
    controlled(account, usage_limits=both, usage_alerts=(alert,))
    assert not [each for each in account.track("messages", 10) if isinstance(each, UsageAlerted)]
    assert [each for each in account.track("messages", 45) if isinstance(each, UsageAlerted)]


def test_an_alert_on_credits_is_told_of_by_the_feature_that_draws_on_them() -> None:
    account = granted(granted(Account(), "action1", 1, "own"), "credits", 10, "credits")
    controlled(account, usage_alerts=(UsageAlert(units(2), "usage", "credits"),))
    assert [type(each) for each in account.track("action1", 12)][-1] is UsageAlerted


def test_use_that_is_taken_back_counts_toward_no_limit_whose_window_still_runs() -> None:
    account = granted(Account(), "messages", 100, "a")
    day, month = (UsageLimit("messages", units(40), each) for each in (Interval.DAY, Interval.MONTH))
    controlled(account, usage_limits=(day, month))
    (first,) = account.track("messages", 10)
    account.wait(2).track("messages", 5)
    taken_back(account, first)
    assert sorted(each.units for each in account.customer.windows.values()) == [5, 5]


def test_of_two_locks_each_expires_at_its_own_time() -> None:
    account = granted(Account(), "messages", 100, "a")
    for lock_id, hours in (("first", 2), ("second", 20)):
        account.do(Reserve(lock_id, "messages", units(10), expires_at=account.now + timedelta(hours=hours)))
    account.wait_until(account.now + timedelta(hours=3))
    assert list(account.customer.locks) == ["second"]
