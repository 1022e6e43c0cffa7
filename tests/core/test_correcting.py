"""Corrections with a trail: debts moved between balances, effects taken back, and use brought into closed periods."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.balances.correction import REVERSED, Reverse
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.recalculating import RecalculateBalance
from ledger.core.balances.usage import Track
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Claim
from ledger.core.errors import Refusal
from ledger.core.events import (
    BalanceRecalculated,
    ChargeAccrued,
    CustomerCreated,
    EffectReversed,
    Event,
    InvoiceCreated,
    LineKind,
    UsageBackdated,
)
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.terms import FreeTrial, UsageLimit
from tests.core.account import Account
from tests.core.given import STREAM
from tests.core.offers import MESSAGES, MONTH, START, included, metered, plan, units

FEBRUARY = START + timedelta(days=31)
MARCH = START + timedelta(days=59)


def parts(account: Account) -> dict[str | None, float]:
    return {grant.terms.balance_id: float(grant.balance) for grant in account.customer.grants.values()}


def holding(entity_id: str | None = None, **grants: float) -> Account:
    account = Account().entities("e1")
    for name, number in grants.items():
        account.do(GrantBalance("messages", entity_id, units(number), balance_id=name))
    return account


def test_debts_are_paid_from_what_other_balances_have_left() -> None:
    account = holding(a=100, b=200)
    account.do(UpdateBalance("messages", balance_id="a", usage=units(130)))
    assert account.balance("messages") == (200, 130)
    (event,) = account.do(RecalculateBalance("messages"))
    assert isinstance(event, BalanceRecalculated)
    assert parts(account) == {"a": 0, "b": 170}
    assert account.balance("messages") == (170, 130)
    assert account.do(RecalculateBalance("messages")) == []


def test_debts_are_paid_as_far_as_there_is_something_left() -> None:
    account = holding(a=100, b=10)
    account.do(UpdateBalance("messages", balance_id="a", usage=units(130)))
    account.do(RecalculateBalance("messages"))
    assert parts(account) == {"a": -20, "b": 0}
    assert account.do(RecalculateBalance("messages")) == []


def test_the_balances_of_a_customer_and_of_an_entity_do_not_pay_for_each_other() -> None:
    account = holding(a=100)
    account.do(GrantBalance("messages", "e1", units(200), balance_id="own"))
    account.do(UpdateBalance("messages", usage=units(130)))
    assert account.do(RecalculateBalance("messages")) == []
    assert account.do(RecalculateBalance("messages", "e1")) == []
    assert parts(account) == {"a": -30, "own": 200}


def test_what_was_used_of_a_deleted_balance_may_move_to_the_others() -> None:
    account = holding(a=100, b=200)
    account.do(UpdateBalance("messages", balance_id="a", usage=units(30)))
    account.do(DeleteBalance("messages", balance_id="a", recalculate=True))
    assert parts(account) == {"b": 170}
    assert account.do(DeleteBalance("messages", recalculate=True)) != []
    assert parts(account) == {}


def test_what_remains_is_set_without_a_debt_beside_it() -> None:
    for wanted, left in ((50, {"a": 0, "b": 50}), (250, {"a": 50, "b": 200}), (0, {"a": 0, "b": 0})):
        account = holding(a=100, b=200)
        account.do(UpdateBalance("messages", balance_id="a", usage=units(130)))
        account.do(UpdateBalance("messages", remaining=units(wanted)))
        assert account.remaining("messages") == wanted
        assert parts(account) == left


def reverse(account: Account, event: Event, position: int = 7, at: datetime | None = None) -> EffectReversed:
    (done,) = account.do(Reverse(position, 1, event, at or account.now))
    assert isinstance(done, EffectReversed)
    return done


def test_usage_is_taken_back() -> None:
    account = holding(a=100)
    (event,) = account.track("messages", 30)
    done = reverse(account, event)
    assert (done.position, done.name, account.balance("messages")) == (7, "usage.recorded.v2", (100, 0))
    assert done.value == 30


def test_what_is_not_a_use_has_no_value_to_take_back() -> None:
    account = holding(a=100)
    (event,) = account.do(UpdateBalance("messages", remaining=units(40)))
    assert reverse(account, event).value == 0


def test_usage_of_credits_is_taken_back_with_what_was_counted_of_it() -> None:
    account = Account()
    account.do(GrantBalance("credits", included=units(100)))
    limit = UsageLimit("action1", units(10), Interval.MONTH)
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=(limit,))))
    (event,) = account.track("action1", 10)
    reverse(account, event)
    assert account.remaining("credits") == 100
    assert [each.drawn["action1"] for each in account.customer.grants.values()] == [0]
    (again,) = account.track("action1", 10)
    assert again.dropped == 0  # type: ignore[attr-defined]  # usage


def test_what_was_granted_set_or_deducted_by_hand_is_taken_back_whatever_happened_since() -> None:
    account = holding(a=100)
    (added,) = account.do(UpdateBalance("messages", add=units(50)))
    (taken,) = account.do(UpdateBalance("messages", add=units(-20)))
    (put,) = account.do(UpdateBalance("messages", included=units(300), remaining=units(200)))
    account.track("messages", 10)
    for event, left in ((put, 120), (taken, 140), (added, 90)):
        reverse(account, event)
        assert account.remaining("messages") == left
    assert account.standing("messages").granted == 100


def test_a_new_balance_that_is_taken_back_leaves_what_was_used_of_it() -> None:
    account = Account()
    (granted,) = account.do(GrantBalance("messages", included=units(100)))
    account.track("messages", 30)
    reverse(account, granted)
    assert account.balance("messages") == (0, 30)


def test_what_was_reset_since_and_what_is_gone_is_left_alone() -> None:
    account = Account(plan("free", 0, included(MESSAGES, 100)))
    account.attach("free")
    account.do(GrantBalance("messages", included=units(50), balance_id="b"))
    (event,) = account.track("messages", 120)
    account.do(DeleteBalance("messages", balance_id="b"))
    account.wait_until(FEBRUARY)
    account.track("messages", 5)
    assert reverse(account, event, at=START).allocations == ()
    assert account.balance("messages") == (95, 5)


def test_a_correction_is_made_once_and_with_a_reason() -> None:
    account = holding(a=100)
    (event,) = account.track("messages", 30)
    context = account.context()
    again = replace(context, claims={(REVERSED, "7"): STREAM})
    with pytest.raises(Refusal, match="position 7") as refused:
        CUSTOMER.decide(account.customer, Reverse(7, 4, event), again)
    assert refused.value.code == "already_reversed"
    with pytest.raises(Refusal, match="needs a reason") as refused:
        CUSTOMER.decide(account.customer, Reverse(7, 4, event), replace(context, reasoned=False))
    assert refused.value.code == "reason_required"
    assert list(CUSTOMER.claims(account.customer, reverse(account, event))) == [Claim(REVERSED, "7")]


def test_what_is_no_effect_on_balances_is_not_taken_back() -> None:
    account = Account()
    (unlimited,) = account.do(GrantBalance("messages", unlimited=True))
    created = account.log[0][1]
    assert isinstance(created, CustomerCreated)
    for event in (created, unlimited):
        with pytest.raises(Refusal) as refused:
            account.do(Reverse(1, 1, event))
        assert refused.value.code == "invalid_request"


def by_use(**more: Any) -> Account:
    """100 messages a month and 10 cents for each one beyond."""
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 10, **more)))
    account.attach("pro")
    return account


def backdated(account: Account, value: float, used_at: datetime) -> tuple[UsageBackdated, int | None]:
    events = account.do(Track("messages", None, units(value), used_at=used_at, backdate=True))
    assert isinstance(events[0], UsageBackdated)
    charge = next((each.line.amount_minor for each in events if isinstance(each, ChargeAccrued)), None)
    return events[0], charge


def test_use_in_a_closed_period_costs_the_difference_that_it_makes() -> None:
    account = by_use()
    account.track("messages", 90)
    account.wait_until(FEBRUARY + timedelta(days=20))
    event, charged = backdated(account, 30, START + timedelta(days=3))
    assert [event.used_before, event.used_after, event.granted, charged] == [90, 120, 100, 200]
    assert (event.period_start, event.period_end) == (START, FEBRUARY)
    assert account.balance("messages") == (100, 0)
    assert backdated(account, 5, START + timedelta(days=4))[1] == 50
    account.wait_until(MARCH)
    made = [event for _, event in account.log if isinstance(event, InvoiceCreated)][-1]
    corrections = [line for line in made.lines if line.kind is LineKind.CORRECTION]
    assert [line.amount_minor for line in corrections] == [200, 50]
    assert {(line.period_start, line.feature_id) for line in corrections} == {(START, "messages")}
    assert all(line.first_version for line in corrections)


def test_a_correction_is_billed_when_the_period_ends_also_where_nothing_else_is() -> None:
    account = Account(plan("by-use", 0, metered(MESSAGES, 100, 10)))
    account.attach("by-use")
    account.track("messages", 90)
    account.wait_until(FEBRUARY + timedelta(days=20))
    assert backdated(account, 30, START)[1] == 200
    account.wait_until(MARCH)
    (made,) = [event for _, event in account.log if isinstance(event, InvoiceCreated)]
    assert [(line.kind, line.amount_minor) for line in made.lines] == [(LineKind.CORRECTION, 200)]
    assert not account.customer.account.accrued


def test_use_taken_back_in_a_closed_period_is_credited() -> None:
    account = by_use()
    account.track("messages", 150)
    account.wait_until(FEBRUARY + timedelta(days=20))
    assert backdated(account, -70, START)[1] == -500
    with pytest.raises(Refusal, match="more than the 80 units"):
        backdated(account, -81, START)


def test_use_brought_into_a_trial_is_free_as_it_was_then() -> None:
    trial = FreeTrial(Every(Interval.DAY, 14))
    account = Account(structs.replace(plan("pro", 20, metered(MESSAGES, 100, 10)), free_trial=trial))
    account.attach("pro")
    account.track("messages", 90)
    paid_from = START + timedelta(days=14)
    account.wait_until(paid_from + timedelta(days=40))
    event, charged = backdated(account, 30, START + timedelta(days=3))
    assert [event.used_before, event.used_after] == [90, 120]
    assert charged is None
    assert backdated(account, 130, paid_from + timedelta(days=1))[1] == 300


def test_a_period_in_which_nothing_was_used_may_be_corrected_too() -> None:
    account = by_use()
    account.wait_until(MARCH + timedelta(days=5))
    event, charged = backdated(account, 130, FEBRUARY + timedelta(days=1))
    assert [event.period_start, event.used_before, charged] == [FEBRUARY, 0, 300]
    assert backdated(account, 1, FEBRUARY + timedelta(days=2))[0].used_before == 130


def test_use_within_what_was_granted_costs_nothing_more() -> None:
    account = by_use()
    account.wait_until(FEBRUARY + timedelta(days=20))
    assert backdated(account, 100, START)[1] is None


def test_use_of_the_open_period_is_not_a_correction() -> None:
    account = by_use()
    account.wait_until(FEBRUARY + timedelta(days=20))
    account.do(Track("messages", None, units(5), used_at=FEBRUARY, backdate=True))
    assert account.balance("messages") == (95, 5)


def test_what_was_not_billed_by_use_cannot_be_corrected_so() -> None:
    account = Account(plan("free", 0, included(MESSAGES, 100)))
    account.attach("free")
    account.wait_until(MARCH)
    with pytest.raises(Refusal, match="No period of feature messages") as refused:
        account.do(Track("messages", used_at=START, backdate=True))
    assert refused.value.code == "invalid_request"
    before = by_use()
    before.wait_until(MARCH)
    with pytest.raises(Refusal, match="No period of feature messages"):
        before.do(Track("messages", used_at=START - timedelta(days=1), backdate=True))


def test_use_of_a_closed_period_is_refused_without_saying_that_it_corrects() -> None:
    account = by_use()
    account.wait_until(MARCH)
    with pytest.raises(Refusal, match="Tallystick-Backdate") as refused:
        account.do(Track("messages", used_at=START))
    assert refused.value.code == "billing_period_closed"


def test_a_loose_balance_that_resets_has_its_debt_paid_in_its_period() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10), reset=MONTH, balance_id="a"))
    account.do(GrantBalance("messages", included=units(100), balance_id="b"))
    account.do(UpdateBalance("messages", balance_id="a", usage=units(30)))
    account.do(RecalculateBalance("messages"))
    assert parts(account) == {"a": 0, "b": 80}
    account.wait_until(FEBRUARY)
    assert parts(account) == {"a": 10, "b": 80}
    account.track("messages", 100, overage=Overage.OVERFLOW)
    assert parts(account) == {"a": -10, "b": 0}
