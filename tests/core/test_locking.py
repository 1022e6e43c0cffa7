"""Locks: units that are set aside, and what becomes of them when it is known how many were used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import LOCK, FinalizeLock, Reserve
from ledger.core.balances.spending import Use, allowed
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Claim
from ledger.core.entity import CreateEntity
from ledger.core.errors import Refusal
from ledger.core.events import Allocation, CustomerDeleted, LockClosed, LockEnd, LockOpened
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.terms import UsageLimit
from tests.core.account import Account
from tests.core.given import STREAM
from tests.core.offers import MESSAGES, MONTH, SSO, START, USERS, included, metered, plan, switched_on, units

HOUR = Every(Interval.HOUR)


def holding(**grants: float) -> Account:
    account = Account()
    for feature_id, number in grants.items():
        account.do(GrantBalance(feature_id, included=units(number)))
    return account


def lock(account: Account, value: float, feature_id: str = "messages", **more: Any) -> LockOpened | None:
    events = account.do(Reserve("l1", feature_id, units(value), **more))
    assert len(events) < 2
    return next((event for event in events if isinstance(event, LockOpened)), None)


def close(account: Account, value: float | None = None, end: LockEnd = LockEnd.CONFIRMED) -> LockClosed:
    (event,) = account.do(FinalizeLock("l1", end, None if value is None else units(value)))
    assert isinstance(event, LockClosed)
    return event


def test_locked_units_are_neither_free_nor_there_twice() -> None:
    account = holding(messages=10)
    opened = lock(account, 8)
    assert opened is not None
    assert opened.expires_at == START + timedelta(days=1)
    assert account.remaining("messages") == 2
    assert not allowed(account.customer, Use("messages", units(3)), account.context())
    closed = close(account)
    assert [closed.held, closed.value, closed.allocations] == [8, 8, ()]
    assert account.balance("messages") == (2, 8)
    assert not account.customer.locks


def test_what_is_used_beyond_a_lock_counts_by_what_its_end_says_of_it() -> None:
    account = holding(messages=100)
    by_size = UsageLimit("messages", units(5), Interval.MONTH, properties={"model": "large"})
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=(by_size,))))
    lock(account, 2)
    (closed,) = account.do(FinalizeLock("l1", LockEnd.CONFIRMED, units(12), {"model": "large"}))
    assert isinstance(closed, LockClosed)
    assert closed.dropped == 5
    assert account.balance("messages") == (93, 7)


def test_what_is_not_allowed_is_not_locked() -> None:
    account = holding(messages=10)
    assert lock(account, 11) is None
    assert account.remaining("messages") == 10
    assert lock(account, 11, overage=Overage.OVERFLOW) is not None
    assert account.balance("messages") == (0, 11)


def test_a_released_lock_gives_everything_back() -> None:
    account = holding(messages=10)
    lock(account, 8)
    assert close(account, end=LockEnd.RELEASED).value == 0
    assert account.balance("messages") == (10, 0)


@pytest.mark.parametrize(("value", "left"), [(20, 180), (45, 155), (30, 170), (0, 200)])
def test_what_was_used_may_be_less_or_more_than_was_locked(value: float, left: float) -> None:
    account = holding(credits=200)
    lock(account, 30, "credits")
    assert close(account, value).value == value
    assert account.remaining("credits") == left


def test_more_than_there_is_cannot_be_used() -> None:
    account = holding(messages=10)
    lock(account, 8)
    closed = close(account, 15)
    assert [closed.value, closed.dropped, account.balance("messages")] == [15, 5, (0, 10)]


def test_more_than_there_is_becomes_a_debt_where_the_lock_overflows() -> None:
    account = holding(messages=10)
    lock(account, 8, overage=Overage.OVERFLOW)
    closed = close(account, 15)
    assert [closed.value, closed.dropped, account.balance("messages")] == [15, 0, (0, 15)]


def test_the_last_units_taken_are_the_first_given_back() -> None:
    account = holding(action1=100, credits=200)
    account.track("action1", 95)
    opened = lock(account, 8, "action1")
    assert opened is not None
    assert [each.amount for each in opened.allocations] == [5, units("0.6")]
    closed = close(account, 3)
    assert [each.amount for each in closed.allocations] == [units("-0.6"), -2]
    assert [account.remaining("action1"), account.remaining("credits")] == [2, 200]


def test_part_of_the_credits_of_a_lock_comes_back_at_their_cost() -> None:
    account = holding(action1=5, credits=200)
    lock(account, 25, "action1")
    closed = close(account, 15)
    assert [each.amount for each in closed.allocations] == [-2]
    assert [each.units for each in closed.drawn] == [-10]
    assert account.remaining("credits") == 198


def test_fractions_are_locked_and_given_back_exactly() -> None:
    account = holding(credits=100)
    lock(account, 27.89, "credits")
    closed = close(account, 12.45)
    assert closed.allocations[0].amount == units("-15.44")
    assert account.remaining("credits") == units("87.55")


def test_a_lock_that_expires_gives_everything_back_in_the_opposite_order() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10), reset=MONTH))
    account.do(GrantBalance("messages", included=units(5), reset=HOUR))
    lock(account, 8, expires_at=START + timedelta(minutes=10))
    assert account.remaining("messages") == 7
    account.wait_until(START + timedelta(minutes=10))
    (closed,) = [event for _, event in account.log if isinstance(event, LockClosed)]
    assert [closed.end, [each.amount for each in closed.allocations]] == [LockEnd.EXPIRED, [-3, -5]]
    assert account.remaining("messages") == 15


def test_what_was_locked_of_a_period_that_is_over_went_with_it() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10), reset=MONTH))
    account.do(GrantBalance("messages", included=units(5), reset=HOUR))
    lock(account, 8)
    account.wait_until(START + timedelta(hours=1))
    account.track("messages", 2)
    closed = close(account, end=LockEnd.RELEASED)
    assert [each.amount for each in closed.allocations] == [-3]
    assert closed.dropped == -5
    assert account.remaining("messages") == 13


def test_what_was_locked_of_a_balance_that_is_gone_is_not_given_back() -> None:
    account = holding(messages=10)
    account.do(GrantBalance("messages", included=units(5), expires_at=START + timedelta(hours=1), balance_id="b"))
    lock(account, 8)
    account.wait_until(START + timedelta(hours=2))
    account.do(DeleteBalance("messages"))
    assert close(account, end=LockEnd.RELEASED).dropped == -8


def test_a_lock_counts_toward_a_limit_until_it_is_given_back() -> None:
    account = holding(messages=100)
    limit = UsageLimit("messages", units(10), Interval.MONTH)
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=(limit,))))
    assert lock(account, 11) is None
    lock(account, 8)
    assert not allowed(account.customer, Use("messages", units(3)), account.context())
    close(account, 4)
    asked = [allowed(account.customer, Use("messages", units(each)), account.context()) for each in (6, 7)]
    assert asked == [True, False]


def test_a_lock_may_reach_into_what_is_sold_by_use() -> None:
    account = Account(plan("pro", 0, metered(MESSAGES, 5, 100, most=5)))
    account.attach("pro")
    opened = lock(account, 8)
    assert opened is not None
    assert opened.allocations == (Allocation(opened.allocations[0].grant_id, units(8)),)
    close(account, end=LockEnd.RELEASED)
    assert account.balance("messages") == (5, 0)


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"feature_id": "users"}, "invalid_request", "held until freed"),
        ({"feature_id": "sso"}, "invalid_request", "no units to lock"),
        ({"feature_id": "stars"}, "feature_not_found", "stars"),
        ({"expires_at": START + timedelta(days=1, seconds=1)}, "invalid_request", "at most one day"),
        ({"expires_at": START}, "invalid_request", "in the future"),
        ({"value": units(0)}, "invalid_inputs", "above zero"),
        ({"entity_id": "e9"}, "entity_not_found", "e9"),
    ],
)
def test_what_cannot_be_locked_is_refused(changes: dict[str, Any], code: str, sentence: str) -> None:
    account = Account(plan("pro", 0, included(MESSAGES, 100), included(USERS, 5), switched_on(SSO)))
    account.attach("pro")
    asked = {"lock_id": "l1", "feature_id": "messages", "value": units(5), **changes}
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(Reserve(**asked))
    assert refused.value.code == code


def test_a_lock_of_the_same_id_is_refused_here_and_at_another_customer() -> None:
    account = holding(messages=100)
    lock(account, 5)
    with pytest.raises(Refusal, match="l1 is in use") as refused:
        lock(account, 5)
    assert refused.value.code == "lock_already_exists"
    taken = replace(account.context(), claims={(LOCK, "l2"): STREAM})
    with pytest.raises(Refusal, match="l2 is in use"):
        CUSTOMER.decide(account.customer, Reserve("l2", "messages", units(5)), taken)


def test_the_id_of_a_lock_is_claimed_until_it_is_closed() -> None:
    account = holding(messages=100)
    opened = lock(account, 5)
    assert opened is not None
    assert list(CUSTOMER.claims(account.customer, opened)) == [Claim(LOCK, "l1")]
    gone = CustomerDeleted("ann", START)
    assert Claim(LOCK, "l1", held=False) in CUSTOMER.claims(account.customer, gone)
    assert list(CUSTOMER.claims(account.customer, close(account))) == [Claim(LOCK, "l1", held=False)]
    assert lock(account, 5) is not None


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (FinalizeLock("other", LockEnd.CONFIRMED), "invalid_request", "other"),
        (FinalizeLock("l1", LockEnd.RELEASED, units(3)), "invalid_inputs", "override_value"),
        (FinalizeLock("l1", LockEnd.CONFIRMED, units(-3)), "invalid_inputs", "must not be negative"),
    ],
)
def test_an_end_that_means_nothing_is_refused(command: FinalizeLock, code: str, sentence: str) -> None:
    account = holding(messages=10)
    lock(account, 5)
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(command)
    assert refused.value.code == code
    assert account.remaining("messages") == 5


def test_what_was_locked_of_the_only_balance_went_with_its_period() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(5), reset=HOUR))
    lock(account, 3)
    account.wait_until(START + timedelta(hours=1))
    account.track("messages", 4)
    assert close(account, end=LockEnd.RELEASED).dropped == -3
    assert account.remaining("messages") == 1


def test_a_lock_falls_under_the_limit_of_what_it_is_for() -> None:
    account = holding(messages=100)
    limit = UsageLimit("messages", units(10), Interval.MONTH, properties={"size": "2"})
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=(limit,))))
    assert lock(account, 11, properties={"size": "2"}) is None
    assert lock(account, 11, properties={"size": "3"}) is not None


def test_a_lock_of_an_entity_counts_toward_its_own_limit_until_it_is_given_back() -> None:
    account = holding(messages=100)
    limit = UsageLimit("messages", units(10), Interval.MONTH)
    account.do(CreateEntity("e1", "users", controls=NewControls(usage_limits=(limit,))))
    lock(account, 8, entity_id="e1")
    assert not allowed(account.customer, Use("messages", units(3), "e1"), account.context())
    close(account, end=LockEnd.RELEASED)
    assert allowed(account.customer, Use("messages", units(10), "e1"), account.context())
