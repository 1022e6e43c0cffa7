"""What is done for an entity is on the record as its own, and touches nothing of another one (§2.12)."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.balances.correction import Reverse
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls, SetEntityControls
from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.balances.recalculating import RecalculateBalance
from ledger.core.balances.usage import Consume, Track
from ledger.core.decider import Command
from ledger.core.entity import DeleteEntity
from ledger.core.errors import Refusal
from ledger.core.events import (
    BalanceDeducted,
    BalanceDeleted,
    BalanceGranted,
    BalanceRecalculated,
    BalanceSet,
    Ended,
    EntityCreated,
    EntityDeleted,
    LockClosed,
    LockEnd,
    LockOpened,
    PlanExpired,
    UsageAlerted,
    UsageBackdated,
    UsageRecorded,
)
from ledger.core.events import EffectReversed as Reversed
from ledger.core.sealed import Sealed
from ledger.core.terms import FeatureKind, UsageAlert
from tests.core.account import Account
from tests.core.offers import DAY, MESSAGES, MONTH, START, USERS, included, metered, plan, units

WHY = {"model": "large"}


def two_teams() -> Account:
    """Two teams, each with 100 messages a month of its own, and 100 of their customer's."""
    account = Account().entities("e1", "e2")
    for owner in ("e1", "e2", None):
        account.do(GrantBalance("messages", owner, units(100), reset=MONTH, balance_id=f"of {owner}"))
    return account


def left(account: Account) -> dict[str | None, Any]:
    """What remains of each owner's own balance."""
    return {each.terms.entity_id: each.balance for each in account.customer.grants.values()}


@pytest.mark.parametrize(
    ("command", "kind", "after"),
    [
        (Track("messages", None, units(30), "e1", properties=WHY), UsageRecorded, 70),
        (Track(None, "message.sent", units(30), "e1", properties=WHY), UsageRecorded, 70),
        (Consume("messages", units(30), "e1", WHY), UsageRecorded, 70),
        (Reserve("l1", "messages", units(30), "e1", properties=WHY), LockOpened, 70),
        (UpdateBalance("messages", "e1", usage=units(30)), BalanceSet, 70),
        (UpdateBalance("messages", "e1", remaining=units(70)), BalanceSet, 70),
        (UpdateBalance("messages", "e1", add=units(-30)), BalanceDeducted, 70),
        (UpdateBalance("messages", "e1", add=units(30)), BalanceGranted, 130),
        (UpdateBalance("messages", "e1", included=units(130)), BalanceSet, 100),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Command) else None,
)
def test_what_an_entity_does_is_its_own(command: Command, kind: type[Any], after: int) -> None:
    account = two_teams()
    happened = account.do(command)
    event = next(each for each in happened if isinstance(each, kind))
    assert (event.feature_id, event.entity_id) == ("messages", "e1")
    assert [getattr(each, "entity_id", "e1") for each in happened] == ["e1"] * len(happened)
    assert left(account) == {"e1": after, "e2": 100, None: 100}
    if isinstance(event, UsageRecorded | LockOpened):
        assert event.properties == Sealed(WHY)
    if isinstance(command, Track):
        events = [each for each in happened if isinstance(each, UsageRecorded)]
        assert {each.event_name for each in events} == {command.event_name}


def test_an_entity_uses_its_own_and_then_its_customers_and_never_anothers() -> None:
    account = two_teams()
    account.track("messages", 150, "e1")
    assert left(account) == {"e1": 0, "e2": 100, None: 50}
    assert account.do(Consume("messages", units(51), "e1", WHY)) == []
    assert account.do(Reserve("l1", "messages", units(51), "e1")) == []
    account.track("messages", -60, "e1")
    assert left(account) == {"e1": 10, "e2": 100, None: 100}


def test_a_customer_uses_all_there_is() -> None:
    account = two_teams()
    account.track("messages", 260)
    assert sum(left(account).values()) == 40
    assert account.remaining("messages") == 40


def test_a_balance_that_an_entity_gives_up_is_its_own() -> None:
    account = two_teams()
    account.track("messages", 120, "e1")
    (deleted,) = account.do(DeleteBalance("messages", "e1"))
    assert isinstance(deleted, BalanceDeleted)
    assert deleted.entity_id == "e1"
    assert left(account) == {"e2": 100, None: 80}


def test_what_was_used_of_a_balance_that_is_given_up_is_taken_from_the_same_entitys_others() -> None:
    account = two_teams()
    account.do(GrantBalance("messages", "e1", units(50), balance_id="more"))
    account.track("messages", 30, "e1")
    happened = account.do(DeleteBalance("messages", "e1", "of e1", recalculate=True))
    assert [each.entity_id for each in happened if isinstance(each, BalanceRecalculated | BalanceDeleted)] == [
        "e1",
        "e1",
    ]
    assert left(account) == {"e1": 20, "e2": 100, None: 100}


def test_a_debt_of_an_entity_is_paid_by_its_own_balances_alone() -> None:
    account = two_teams()
    account.do(GrantBalance("messages", "e1", units(50), balance_id="more"))
    account.do(UpdateBalance("messages", "e1", "of e1", usage=units(120)))
    assert {each.balance for each in account.customer.grants.values() if each.terms.entity_id == "e1"} == {-20, 50}
    (event,) = account.do(RecalculateBalance("messages", "e1"))
    assert isinstance(event, BalanceRecalculated)
    assert (event.feature_id, event.entity_id, len(event.changes)) == ("messages", "e1", 2)
    assert left(account) == {"e1": 30, "e2": 100, None: 100}


@pytest.mark.parametrize(
    ("close", "value", "after"),
    [
        (FinalizeLock("l1", LockEnd.CONFIRMED, None, WHY), 40, 60),
        (FinalizeLock("l1", LockEnd.CONFIRMED, units(10), WHY), 10, 90),
        (FinalizeLock("l1", LockEnd.CONFIRMED, units(0), WHY), 0, 100),
        (FinalizeLock("l1", LockEnd.CONFIRMED, units(70), WHY), 70, 30),
        (FinalizeLock("l1", LockEnd.RELEASED, None, WHY), 0, 100),
    ],
)
def test_a_lock_is_closed_for_whom_it_was_opened(close: FinalizeLock, value: int, after: int) -> None:
    account = two_teams()
    (opened,) = account.do(Reserve("l1", "messages", units(40), "e1"))
    assert isinstance(opened, LockOpened)
    assert [opened.lock_id, opened.value, opened.properties] == ["l1", 40, None]
    (closed,) = account.do(close)
    assert isinstance(closed, LockClosed)
    assert (closed.lock_id, closed.feature_id, closed.entity_id, closed.end) == ("l1", "messages", "e1", close.end)
    assert [closed.held, closed.value, closed.properties] == [40, value, Sealed(WHY)]
    assert closed.value - closed.held == sum(each.amount for each in closed.allocations) + closed.dropped
    assert left(account) == {"e1": after, "e2": 100, None: 100}
    assert not account.customer.locks


def test_a_lock_that_expires_is_the_same_entitys() -> None:
    account = two_teams()
    account.do(Reserve("l1", "messages", units(40), "e1", properties=WHY))
    account.wait(1)
    at, closed = account.log[-1]
    assert at == START + timedelta(days=1)
    assert isinstance(closed, LockClosed)
    assert [closed.entity_id, closed.end, closed.value, closed.properties] == ["e1", LockEnd.EXPIRED, 0, None]
    assert left(account) == {"e1": 100, "e2": 100, None: 100}


def test_a_use_that_is_taken_back_is_the_same_entitys() -> None:
    account = two_teams()
    account.track("messages", 130, "e1")
    position = account.customer.version
    (used,) = (event for _, event in account.log if isinstance(event, UsageRecorded))
    (back,) = account.do(Reverse(position, position, used))
    assert isinstance(back, Reversed)
    assert (back.entity_id, back.feature_id, back.position, back.reversed_version) == (
        "e1",
        "messages",
        position,
        position,
    )
    assert back.value == 130
    assert left(account) == {"e1": 100, "e2": 100, None: 100}


def test_an_alert_of_an_entity_is_its_own_and_counts_what_it_may_use() -> None:
    account = two_teams()
    alert = UsageAlert(units(150), "usage", "messages", name="much")
    account.do(SetEntityControls("e1", NewControls(usage_alerts=(alert,))))
    account.track("messages", 149, "e2")
    account.track("messages", 100, "e1")
    *_, told = account.track("messages", 1, "e1")
    assert told == UsageAlerted("messages", units(150), "usage", "much", "e1")


def test_use_that_is_brought_into_a_closed_period_of_an_entity_is_charged_to_it() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 5))).entities("e1", "e2")
    for owner in ("e1", "e2", None):
        account.attach("pro", owner)
    account.track("messages", 90, "e1")
    account.wait(40)
    used_at = START + timedelta(days=3)
    happened = account.do(Track("messages", None, units(30), "e1", properties=WHY, used_at=used_at, backdate=True))
    backdated = happened[0]
    (charged,) = account.customer.account.accrued.values()
    assert isinstance(backdated, UsageBackdated)
    subscription = account.subscription("pro", "e1")
    assert [backdated.feature_id, backdated.value, backdated.used_at] == ["messages", 30, used_at]
    assert (backdated.entity_id, backdated.properties) == ("e1", Sealed(WHY))
    assert [backdated.used_before, backdated.used_after, backdated.granted] == [90, 120, 100]
    line = charged.line
    assert [line.amount_minor, line.quantity, line.unit_price_minor, line.credit] == [100, 30, 5, False]
    assert (line.plan_id, line.plan_name, line.entity_id) == ("pro", "Pro", "e1")
    assert line.subscription_id == subscription.subscription_id
    assert (line.period_start, line.period_end) == (START, START + timedelta(days=31))
    account.do(Track("messages", None, units(-30), "e1", used_at=used_at, backdate=True))
    assert [each.line.amount_minor for each in account.customer.account.accrued.values()] == [100, -100]
    assert [each.line.credit for each in account.customer.account.accrued.values()] == [False, True]


def test_an_entity_that_goes_ends_all_of_its_plans_and_frees_one_unit() -> None:
    account = Account(
        plan("pro", 20, included(MESSAGES, 50)),
        plan("extra", 5, included(MESSAGES, 10), add_on=True),
        plan("team", 0, included(USERS, 3), group="team"),
    )
    account.attach("team")
    account.entities("e1", "e2")
    for owner in ("e2", "e1"):
        account.attach("pro", owner)
    account.attach("extra", "e1")
    account.wait(5)
    happened = account.do(DeleteEntity("e1"))
    ended = [each for each in happened if isinstance(each, PlanExpired)]
    assert [(each.expired_at, each.cause, each.canceled_at) for each in ended] == [
        (account.now, Ended.ENTITY_DELETED, None)
    ] * 2
    assert isinstance(happened[-1], EntityDeleted)
    assert account.plans("e2") == {"pro": "active"}
    assert account.plans("e1") == {}
    assert account.balance("users") == (2, 1)


def test_only_one_that_may_be_used_beyond_its_units_is_given_back_from_there() -> None:
    account = two_teams()
    account.track("messages", 250, "e1", Overage.OVERFLOW)
    assert sum(left(account).values()) == 50
    account.track("messages", -150, "e1")
    assert left(account)["e2"] == 100
    assert left(account)["e1"] + left(account)[None] == 100


def test_an_entity_takes_the_name_and_the_time_it_was_made_with() -> None:
    account = Account(now=START + timedelta(days=2)).entities("e1")
    made = account.customer.entity("e1")
    assert (made.entity_id, made.feature_id, made.name, made.created_at) == ("e1", "users", None, account.now)
    named = replace(EntityCreated("e2", "users", Sealed("Blue"), account.now))
    account.happen(named)
    assert account.customer.entity("e2").name == Sealed("Blue")


@pytest.mark.parametrize(
    "command",
    [
        Track("messages", entity_id="e9"),
        Consume("messages", units(1), "e9"),
        Reserve("l1", "messages", units(1), "e9"),
        UpdateBalance("messages", "e9", usage=units(1)),
        DeleteBalance("messages", "e9"),
        GrantBalance("messages", "e9", units(1)),
        RecalculateBalance("messages", "e9"),
        SetEntityControls("e9", NewControls()),
    ],
    ids=lambda each: type(each).__name__,
)
def test_nothing_is_done_for_an_entity_that_there_is_not(command: Command) -> None:
    account = two_teams()
    with pytest.raises(Refusal, match="e9") as refused:
        account.do(command)
    assert refused.value.code == "entity_not_found"


def test_units_of_an_entity_reset_as_its_own() -> None:
    account = Account().entities("e1")
    account.do(GrantBalance("messages", "e1", units(10), reset=DAY))
    account.track("messages", 4, "e1")
    (grant,) = account.customer.grants.values()
    assert (grant.terms.entity_id, grant.terms.kind) == ("e1", FeatureKind.CONSUMABLE)
    assert account.wait(1).remaining("messages", "e1") == 10
