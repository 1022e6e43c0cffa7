"""What people do to balances by hand: grant, set, add, deduct, delete."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.errors import Refusal
from ledger.core.events import BalanceDeducted, BalanceDeleted, BalanceGranted, BalanceSet, Change
from ledger.core.period import Interval
from ledger.core.settings import LedgerSettings
from ledger.core.terms import FeatureKind
from tests.core.account import Account
from tests.core.given import given
from tests.core.loose import ANN, LATER, level, loose
from tests.core.offers import (
    DAY,
    MESSAGES,
    MONTH,
    SSO,
    START,
    USERS,
    WORDS,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    units,
)


def with_messages(number: float = 100) -> Account:
    account = Account(plan("pro", 0, included(MESSAGES, number)))
    account.attach("pro")
    return account


def update(**fields: float) -> UpdateBalance:
    return structs.replace(UpdateBalance("messages"), **{name: units(number) for name, number in fields.items()})


# --- changes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tracked", "change", "remaining", "used"),
    [
        (0, {"remaining": 80}, 80, 20),
        (0, {"remaining": 120}, 120, -20),
        (30, {"remaining": 50}, 50, 50),
        (30, {"remaining": 0}, 0, 100),
        (0, {"usage": 30}, 70, 30),
        (40.5, {"usage": 27.35}, 72.65, 27.35),
        (30, {"usage": 0}, 100, 0),
        (0, {"usage": 130}, 0, 130),
        (0, {"usage": -20}, 120, -20),
        (0, {"add": 100}, 200, -100),
        (0, {"add": -300}, 0, 300),
    ],
)
def test_a_change_moves_what_remains_and_leaves_what_was_granted(
    tracked: float, change: dict[str, float], remaining: float, used: float
) -> None:
    account = with_messages()
    account.track("messages", tracked)
    account.do(update(**change))
    assert account.balance("messages") == (units(remaining), units(used))
    assert account.standing("messages").granted == 100


def test_usage_of_a_lifetime_balance_is_set() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(100)))
    account.do(update(usage=40))
    assert account.balance("messages") == (60, 40)


@pytest.mark.parametrize(
    ("tracked", "change", "granted", "remaining", "used"),
    [
        (30, {"remaining": 50, "included": 100}, 100, 50, 50),
        (0, {"remaining": 100, "included": 150}, 150, 100, 50),
        (20, {"included": 500}, 500, 80, 420),
        (0, {"add": 100, "included": 200}, 200, 200, 0),
        (10, {"usage": 50, "included": 200}, 200, 150, 50),
    ],
)
def test_the_grant_itself_can_be_changed(
    tracked: float, change: dict[str, float], granted: float, remaining: float, used: float
) -> None:
    account = with_messages()
    account.track("messages", tracked)
    account.do(update(**change))
    assert account.balance("messages") == (units(remaining), units(used))
    assert account.standing("messages").granted == granted


def test_a_change_says_before_and_after() -> None:
    given(ANN, loose(100)).when(update(remaining=80)).then(
        BalanceSet("messages", (Change("2.0", level(100, 100), level(100, 80)),))
    )
    given(ANN, loose(100)).when(update(add=5)).then(
        BalanceGranted("messages", "2.0", units(5), level(100, 100), level(100, 105))
    )
    given(ANN, loose(100)).when(update(add=-120)).then(
        BalanceDeducted("messages", units(120), (Change("2.0", level(100, 100), level(100, -20)),))
    )


def test_a_change_over_several_balances_follows_the_deduction_order() -> None:
    past = (ANN, loose(10, "2.0", reset=DAY, anchor=START), loose(100, "3.0"))
    (event,) = given(*past).when(update(remaining=60)).decided
    assert isinstance(event, BalanceSet)
    assert {each.grant_id: each.after.remaining for each in event.changes} == {"2.0": units(0), "3.0": units(60)}
    (event,) = given(*past, event).when(update(remaining=105)).decided
    assert isinstance(event, BalanceSet)
    assert sum(each.after.remaining - each.before.remaining for each in event.changes) == 45


def test_one_of_several_balances_is_named_by_id_or_interval() -> None:
    past = (ANN, loose(10, "2.0", reset=DAY, anchor=START), loose(100, "3.0", balance_id="gift"))
    for named in (UpdateBalance("messages", balance_id="gift"), UpdateBalance("messages", interval=Interval.ONE_OFF)):
        command = UpdateBalance(named.feature_id, None, named.balance_id, named.interval, remaining=units(7))
        given(*past).when(command).then(BalanceSet("messages", (Change("3.0", level(100, 100), level(100, 7)),)))
    given(*past).when(update(included=5)).refused("invalid_request", "Several balances match")


def test_a_manual_change_is_gone_at_the_next_reset() -> None:
    account = with_messages()
    account.do(update(add=50))
    account.wait(31)
    assert account.balance("messages") == (100, 0)


def test_when_a_balance_resets_or_expires_can_be_changed() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10), reset=MONTH))
    account.track("messages", 4)
    soon = START + timedelta(days=3)
    account.do(UpdateBalance("messages", remaining=units(5), next_reset_at=soon))
    assert account.balance("messages") == (5, 5)
    assert account.standing("messages").next_reset_at == soon
    account.wait_until(soon)
    assert account.balance("messages") == (10, 0)
    assert account.standing("messages").next_reset_at == datetime(2026, 2, 4, tzinfo=UTC)
    account.do(GrantBalance("words", included=units(10)))
    account.do(UpdateBalance("words", expires_at=LATER))
    account.wait_until(LATER)
    assert account.standing("words").grants == []


def test_units_may_be_added_and_their_expiry_changed_at_once() -> None:
    added, timed = given(ANN, loose(100)).when(UpdateBalance("messages", add=units(5), expires_at=LATER)).decided
    assert isinstance(added, BalanceGranted)
    assert timed == BalanceSet("messages", (Change("2.0", level(100, 105), level(100, 105)),), expires_at=LATER)


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (UpdateBalance("messages"), "invalid_inputs", "Say what to change"),
        (update(remaining=1, add=1), "invalid_inputs", "Give one of"),
        (update(remaining=1, usage=1), "invalid_inputs", "Give one of"),
        (update(remaining=-1), "invalid_inputs", "must not be negative"),
        (update(add=0), "invalid_inputs", "must not be zero"),
        (update(add=-5, included=10), "invalid_inputs", "not with a deduction"),
        (UpdateBalance("stars", remaining=units(1)), "feature_not_found", "stars"),
        (UpdateBalance("words", remaining=units(1)), "balance_not_found", "feature words"),
        (UpdateBalance("messages", "e9", remaining=units(1)), "entity_not_found", "e9"),
        (UpdateBalance("messages", expires_at=START), "invalid_request", "expires_at must be in the future"),
        (UpdateBalance("messages", next_reset_at=START), "invalid_request", "next_reset_at must be in the future"),
        (UpdateBalance("messages", next_reset_at=LATER), "invalid_request", "never resets"),
    ],
)
def test_a_change_that_cannot_be_is_refused(command: UpdateBalance, code: str, sentence: str) -> None:
    given(ANN, loose(100)).when(command).refused(code, sentence)


def test_the_times_of_a_paid_balance_follow_its_plan() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 10)))
    account.attach("pro")
    for command in (UpdateBalance("messages", expires_at=LATER), UpdateBalance("messages", next_reset_at=LATER)):
        with pytest.raises(Refusal, match="paid balance") as refused:
            account.do(command)
        assert refused.value.code == "invalid_request"


def test_what_a_paid_plan_includes_lasts_as_long_as_its_cycles() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 100)))
    account.attach("pro")
    with pytest.raises(Refusal, match="paid plan") as refused:
        account.do(UpdateBalance("messages", expires_at=LATER))
    assert refused.value.code == "invalid_request"
    account.do(UpdateBalance("messages", next_reset_at=LATER))
    free = Account(plan("free", 0, included(MESSAGES, 100)))
    free.attach("free")
    free.do(UpdateBalance("messages", expires_at=LATER))
    assert free.wait_until(LATER).remaining("messages") == 0


def test_boolean_balances_have_nothing_to_set() -> None:
    account = Account(plan("pro", 0, switched_on(SSO)))
    account.attach("pro")
    with pytest.raises(Refusal, match="No balance matches"):
        account.do(UpdateBalance("sso", remaining=units(1)))


def test_what_was_bought_ahead_stays_bought_when_the_included_part_changes() -> None:
    account = Account(plan("pro", 0, prepaid(MESSAGES, 100, 10)))
    account.attach("pro", messages=300)
    account.do(update(included=50))
    standing = account.standing("messages")
    assert [standing.granted, standing.remaining] == [250, 300]


# --- deletions and expiry ----------------------------------------------------------------------------------


def test_loose_balances_are_deleted_all_or_by_id() -> None:
    past = (ANN, loose(10), loose(20, "3.0", balance_id="gift"))
    gone = [BalanceDeleted("messages", "2.0", level(10, 10)), BalanceDeleted("messages", "3.0", level(20, 20))]
    assert sorted(given(*past).when(DeleteBalance("messages")).decided, key=str) == sorted(gone, key=str)
    given(*past).when(DeleteBalance(balance_id="gift")).then(gone[1])


def test_a_plans_balance_cannot_be_deleted() -> None:
    account = with_messages()
    with pytest.raises(Refusal, match="comes from a plan") as refused:
        account.do(DeleteBalance("messages"))
    assert refused.value.code == "paid_balance"
    account.do(GrantBalance("messages", included=units(5)))
    assert len(account.do(DeleteBalance("messages"))) == 1
    assert account.remaining("messages") == 100


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (DeleteBalance(), "invalid_inputs"),
        (DeleteBalance("words"), "balance_not_found"),
        (DeleteBalance(balance_id="gone"), "balance_not_found"),
    ],
)
def test_a_deletion_of_nothing_is_refused(command: DeleteBalance, code: str) -> None:
    given(ANN, loose(1)).when(command).refused(code)


@pytest.mark.parametrize(
    "command", [GrantBalance("messages", included=Decimal(1)), update(add=1), DeleteBalance("messages")]
)
def test_a_ledger_may_require_a_reason(command: GrantBalance | UpdateBalance | DeleteBalance) -> None:
    strict = LedgerSettings(require_reason=True)
    given(ANN, loose(1)).when(command, settings=strict, reasoned=False).refused(
        "reason_required", "in this ledger needs a reason$"
    )
    assert given(ANN, loose(1)).when(command, settings=strict, reasoned=True).decided


def test_users_granted_by_hand_are_held_until_freed() -> None:
    account = Account()
    account.do(GrantBalance("users", included=units(2)))
    account.entities("e1", "e2", "e3")
    assert account.balance("users") == (0, 3)
    assert USERS.kind is FeatureKind.ALLOCATED


@pytest.mark.parametrize("change", [{"remaining": 5}, {"usage": 5}, {"add": 5}, {"add": -5}])
def test_a_balance_that_is_changed_first_by_hand_still_resets_when_its_month_is_over(change: dict[str, float]) -> None:
    account = with_messages()
    account.wait(3)
    account.do(update(**change))
    (grant,) = account.customer.grants.values()
    assert (grant.period_start, grant.period_end) == (START, datetime(2026, 2, 1, tzinfo=UTC))


def test_a_balance_whose_end_is_said_first_still_resets_when_its_month_is_over() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10), reset=MONTH))
    account.wait(3)
    account.do(UpdateBalance("messages", expires_at=START + timedelta(days=300)))
    (grant,) = account.customer.grants.values()
    assert (grant.period_start, grant.period_end) == (START, datetime(2026, 2, 1, tzinfo=UTC))


def test_each_balance_that_is_deleted_passes_its_own_usage_on() -> None:
    account = Account(plan("pro", 0, included(MESSAGES, 100), included(WORDS, 100)))
    account.attach("pro")
    for feature_id in ("messages", "words"):
        account.do(GrantBalance(feature_id, included=units(10), balance_id=f"gift_{feature_id}"))
        account.do(UpdateBalance(feature_id, balance_id=f"gift_{feature_id}", usage=units(4)))
        account.do(DeleteBalance(feature_id, recalculate=True))
        assert account.balance(feature_id) == (96, 4)
