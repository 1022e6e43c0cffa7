"""What passes over from one plan to the next (reference §2.2; cases 44, 46, 50 to 53, 67)."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.balances.deduction import Overage
from ledger.core.errors import Refusal
from ledger.core.period import Every, Interval
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Carry
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.terms import PlanItem, Rollover
from tests.core.account import Account, bought
from tests.core.offers import (
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
    PREMIUM,
    PRO,
    SSO,
    USERS,
    WORDS,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    units,
    unlimited,
)

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
ALL = Carry()


def rolling(number: int, most: int | None, percentage: int | None = None, months: int | None = None) -> PlanItem:
    """Messages of which so many may be left over."""
    keep = Rollover(None if most is None else units(most), None if percentage is None else units(percentage), months)
    return replace(included(MESSAGES, number), rollover=keep)


def on_a(old: PlanItem, new: PlanItem, used: int) -> Account:
    """A customer that has used some of a plan, and a dearer plan to go to."""
    account = Account(plan("a", 20, old), plan("b", 50, new))
    account.attach("a")
    account.track("messages", used)
    return account


# --- balances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "then"), [(30, 570), (100, 500)])
def test_what_remained_may_pass_over(used: int, then: int) -> None:
    account = on_a(included(MESSAGES, 100), included(MESSAGES, 500), used)
    account.bill(Attach("b", carry_balances=ALL))
    assert account.balance("messages") == (then, 0)
    account.wait_until(FEBRUARY)
    assert account.balance("messages") == (500, 0)


def test_a_debt_passes_over_where_it_is_not_billed() -> None:
    account = on_a(included(MESSAGES, 100), included(MESSAGES, 500), 0)
    account.track("messages", 120, overage=Overage.OVERFLOW)
    account.bill(Attach("b", carry_balances=ALL))
    assert sorted(grant.balance for grant in account.standing("messages").grants) == [-20, 500]


def test_overage_that_is_billed_is_no_debt_any_more() -> None:
    account = on_a(metered(MESSAGES, 100, 10), included(MESSAGES, 500), 150)
    assert account.bill(Attach("b", carry_balances=ALL)) == 3000 + 500
    assert account.balance("messages") == (500, 0)


def test_only_the_named_features_pass_over() -> None:
    account = Account(
        plan("a", 20, included(MESSAGES, 100), included(WORDS, 10)),
        plan("b", 50, included(MESSAGES, 500), included(WORDS, 20)),
    )
    account.attach("a")
    account.bill(Attach("b", carry_balances=Carry(("words",))))
    assert [account.remaining(each) for each in ("messages", "words")] == [500, 30]


# --- usage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "granted", "left"), [(40, 200, 160), (50, 30, -20)])
def test_what_was_used_may_pass_over_and_has_no_floor(used: int, granted: int, left: int) -> None:
    account = on_a(included(MESSAGES, 50), included(MESSAGES, granted), used)
    account.bill(Attach("b", carry_usages=ALL))
    (grant,) = account.standing("messages").grants
    assert [grant.balance, grant.used] == [left, used]
    account.wait_until(FEBRUARY)
    assert account.balance("messages") == (granted, 0)


def test_all_that_was_used_of_a_feature_passes_over_and_nothing_of_another() -> None:
    account = Account(
        plan("a", 20, included(MESSAGES, 100), prepaid(MESSAGES, 0, 1000), included(WORDS, 50)),
        plan("b", 50, included(WORDS, 90), included(MESSAGES, 500)),
    )
    account.attach("a", messages=100)
    account.track("messages", 150)
    account.bill(Attach("b", carry_usages=ALL))
    assert account.balance("messages") == (350, 150)
    assert account.balance("words") == (90, 0)


def test_what_was_used_counts_in_a_period_of_the_ledgers_time_zone() -> None:
    account = Account(
        plan("a", 20, included(MESSAGES, 100)),
        plan("b", 50, included(MESSAGES, 500)),
        settings=LedgerSettings(timezone="America/New_York"),
    )
    account.attach("a")
    account.wait_until(datetime(2026, 3, 15, tzinfo=UTC))
    account.track("messages", 30)
    account.bill(Attach("b", carry_usages=ALL))
    (grant,) = account.standing("messages").grants
    assert (grant.used, grant.period_end) == (units(30), datetime(2026, 3, 31, 23, tzinfo=UTC))


def test_what_was_used_is_not_counted_where_a_plan_has_no_bound() -> None:
    account = Account(plan("a", 20, included(MESSAGES, 100)), plan("b", 50, unlimited(MESSAGES)))
    account.attach("a")
    account.track("messages", 30)
    account.bill(Attach("b", carry_usages=ALL))
    (grant,) = account.standing("messages").grants
    assert grant.used == 0


def test_usage_that_passes_over_is_not_billed_twice() -> None:
    account = on_a(metered(MESSAGES, 100, 10), metered(MESSAGES, 120, 10), 150)
    assert account.bill(Attach("b", carry_usages=ALL)) == 3000
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 3000, 5000 + 300]


def test_usage_fills_several_balances_and_the_rest_stays_where_more_is_sold() -> None:
    account = Account(
        plan("a", 20, included(MESSAGES, 100)),
        plan("b", 50, included(MESSAGES, 30), metered(MESSAGES, 10, 5), switched_on(SSO)),
    )
    account.attach("a")
    account.track("messages", 100)
    account.bill(Attach("b", carry_usages=ALL))
    assert [[grant.granted, grant.used] for grant in account.standing("messages").grants] == [[30, 30], [10, 70]]


# --- what cannot pass over ------------------------------------------------------------------------------------


@pytest.mark.parametrize("carry", [{"carry_balances": ALL}, {"carry_usages": ALL}])
def test_nothing_passes_over_by_wish_on_a_scheduled_switch(carry: dict[str, Carry]) -> None:
    account = Account(PRO, PREMIUM)
    account.attach("premium")
    with pytest.raises(Refusal, match="happen at once, and this one is scheduled") as refused:
        account.do(Attach("pro", **carry))  # type: ignore[arg-type]  # fields of Attach
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize("feature_id", ["users", "sso"])
def test_only_consumables_pass_over_by_wish(feature_id: str) -> None:
    account = Account(FREE, PRO)
    account.attach("free")
    with pytest.raises(Refusal, match=f"{feature_id} is none"):
        account.do(Attach("pro", carry_balances=Carry((feature_id,))))


def test_a_feature_passes_over_in_one_way() -> None:
    account = Account(FREE, PRO)
    account.attach("free")
    with pytest.raises(Refusal, match="name the same feature"):
        account.do(Attach("pro", carry_balances=ALL, carry_usages=Carry(("messages",))))
    account.do(Attach("pro", carry_balances=Carry(("words",)), carry_usages=Carry(("messages",))))


# --- leftovers ------------------------------------------------------------------------------------------------


def after_a_month(old: PlanItem, used: int, new: PlanItem, *, dollars: int = 0) -> Account:
    """A customer with leftovers of a first month."""
    account = Account(plan("a", dollars, old), plan("b", 20, new), plan("c", 0, new))
    account.attach("a")
    account.track("messages", used)
    return account.wait_until(FEBRUARY)


def test_leftovers_pass_over_to_a_plan_that_has_room() -> None:
    account = after_a_month(rolling(400, 500), 250, rolling(500, 500))
    assert account.remaining("messages") == 550
    account.attach("b")
    assert account.remaining("messages") == 650


def test_leftovers_are_lost_to_a_plan_that_keeps_none() -> None:
    account = after_a_month(rolling(400, 500), 250, included(MESSAGES, 500))
    account.attach("b")
    assert account.remaining("messages") == 500


def test_leftovers_keep_their_expiry() -> None:
    account = after_a_month(rolling(400, 500, months=2), 250, rolling(500, 500, months=9))
    account.attach("b")
    assert [grant.expires_at for grant in account.customer.grants.values() if grant.terms.rollover_of] == [
        datetime(2026, 4, 1, tzinfo=UTC)
    ]
    (own,) = (grant for grant in account.customer.grants.values() if not grant.terms.rollover_of)
    assert {grant.terms.rollover_of for grant in account.customer.grants.values()} == {None, own.grant_id}
    account.track("messages", 500)
    account.wait_until(datetime(2026, 4, 1, tzinfo=UTC))
    assert all(grant.expires_at is None or grant.expires_at > account.now for grant in account.customer.grants.values())


def test_what_ends_with_the_plan_does_not_pass_over_to_the_next() -> None:
    account = after_a_month(rolling(500, 500, months=1), 300, rolling(100, 500), dollars=20)
    account.attach("c")
    account.wait_until(MARCH)
    assert account.plans() == {"c": "active"}
    assert [grant.balance for grant in account.standing("messages").grants] == [100]
    item = replace(prepaid(MESSAGES, 0, 1000, every=ONCE), expiry=MONTH)
    account = Account(plan("packs", 20, item), plan("none", 0))
    account.bill(Attach("packs", quantities=bought(messages=100)))
    account.attach("none")
    assert account.remaining("messages") == 100
    account.wait_until(FEBRUARY)
    assert not account.standing("messages").grants


@pytest.mark.parametrize(
    ("used", "new", "then"),
    [
        (300, rolling(100, 500), 300),
        (100, rolling(100, 150), 250),
        (300, included(MESSAGES, 100), 100),
        (300, rolling(100, None, 50), 150),
        (300, rolling(100, None), 300),
    ],
)
def test_leftovers_pass_over_up_to_the_cap_of_the_plan_that_was_scheduled(used: int, new: PlanItem, then: int) -> None:
    account = after_a_month(rolling(500, 500), used, new, dollars=20)
    account.attach("c")
    account.wait_until(MARCH)
    assert account.plans() == {"c": "active"}
    assert account.remaining("messages") == then


def test_the_newest_leftovers_are_kept_where_the_cap_is_lower() -> None:
    account = after_a_month(rolling(100, 500), 40, rolling(500, 100))
    account.track("messages", 100)
    account.wait_until(MARCH)
    account.attach("b")
    leftovers = [grant for grant in account.customer.grants.values() if grant.terms.rollover_of]
    assert sum(grant.balance for grant in leftovers) <= 100
    assert all(grant.terms.plan_id == "b" for grant in leftovers)


# --- seats and purchases --------------------------------------------------------------------------------------


def test_seats_in_use_carry_over_by_themselves_and_only_once() -> None:
    account = Account(plan("a", 20, included(USERS, 3)), plan("b", 50, included(USERS, 5)))
    account.attach("a")
    account.track("users", 2)
    account.bill(Attach("b", carry_usages=ALL, schedule=Schedule.IMMEDIATE))
    assert account.balance("users") == (3, 2)


def test_units_bought_once_expire_so_long_after_each_purchase() -> None:
    item = replace(prepaid(MESSAGES, 0, 1000, every=ONCE), expiry=Every(Interval.MONTH, 2))
    account = Account(plan("credits", 0, item))
    account.bill(Attach("credits", quantities=bought(messages=100)))
    account.wait(20)
    account.bill(Attach("credits", quantities=bought(messages=200)))
    assert account.remaining("messages") == 300
    account.wait_until(MARCH)
    assert account.remaining("messages") == 200
    account.wait_until(MARCH + timedelta(days=20))
    assert account.remaining("messages") == 0


def packs_and_messages() -> Account:
    pack = prepaid(WORDS, 10, 500, 50, every=ONCE)
    premium = plan("premium", 50, included(MESSAGES, 500))
    account = Account(plan("pro", 20, included(MESSAGES, 100), pack), premium, plan("small", 10, pack))
    account.attach("pro", words=110)
    return account


def test_what_was_bought_once_is_there_after_a_switch_at_once_and_after_one_that_waits() -> None:
    account = packs_and_messages()
    account.track("words", 30)
    account.attach("premium")
    assert account.balance("words") == (80, 0)
    (grant,) = account.standing("words").grants
    assert (grant.loose, grant.resets_at) == (True, None)
    account = packs_and_messages()
    account.track("words", 70)
    account.attach("small")
    account.wait(31)
    assert account.plans() == {"small": "active"}
    assert account.balance("words") == (50, 0)


def test_what_a_plan_includes_is_used_before_what_was_bought_and_does_not_pass_over() -> None:
    account = packs_and_messages()
    account.track("words", 4)
    account.attach("premium")
    assert account.remaining("words") == 100
    account = packs_and_messages()
    account.track("words", 110)
    account.attach("premium")
    assert not account.standing("words").grants


def test_what_was_bought_once_passes_over_once_whatever_else_is_carried() -> None:
    account = packs_and_messages()
    account.track("words", 4)
    account.bill(Attach("premium", carry_balances=Carry(("words",))))
    assert account.remaining("words") == 106
    account = packs_and_messages()
    account.track("words", 40)
    account.bill(Attach("small", schedule=Schedule.IMMEDIATE, carry_usages=Carry(("words",))))
    assert account.balance("words") == (70, 10)


def test_units_that_are_paid_each_period_or_expire_with_it_do_not_outlive_their_plan() -> None:
    monthly = replace(prepaid(WORDS, 0, 500, 50, every=ONCE), reset=MONTH)
    for item in (prepaid(WORDS, 0, 500, 50), monthly):
        account = Account(plan("pro", 20, item), plan("premium", 50))
        account.attach("pro", words=100)
        account.attach("premium")
        assert not account.standing("words").grants
