"""What follows a use by itself: alerts, once, and units that are bought when few are left (§2.9)."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.events import (
    BalanceToppedUp,
    ChangeAbandoned,
    Event,
    InvoiceCreated,
    LineKind,
    LockEnd,
    PaymentFailed,
    PaymentRequested,
    PaymentSucceeded,
    UsageAlerted,
    UsageRecorded,
)
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.terms import AutoTopup, PurchaseLimit, UsageAlert, UsageLimit
from tests.core.account import Account
from tests.core.offers import MESSAGES, ONCE, included, plan, prepaid, units


def limited(account: Account, **controls: Any) -> Account:
    account.do(UpdateCustomer({}, controls=NewControls(**controls)))
    return account


def alerts(events: list[Event]) -> list[UsageAlerted]:
    return [event for event in events if isinstance(event, UsageAlerted)]


def alert(threshold: float, kind: str, **more: Any) -> UsageAlert:
    return UsageAlert(units(threshold), kind, "messages", **more)


@pytest.mark.parametrize(
    ("wanted", "just_below"),
    [
        (alert(80, "usage"), 79),
        (alert(40, "usage_percentage"), 79),
        (alert(40, "remaining"), 159),
        (alert(25, "remaining_percentage"), 149),
        (alert(80, "usage_percentage", basis="included"), 79),
        (alert(60, "usage_percentage", basis="recurring"), 59),
        (alert(50, "usage_percentage", basis="usage_limit"), 94),
    ],
)
def test_a_threshold_is_told_of_by_the_use_that_crosses_it_and_by_no_other(wanted: UsageAlert, just_below: int) -> None:
    account = Account(plan("pro", 0, included(MESSAGES, 100)))
    account.attach("pro")
    account.do(GrantBalance("messages", included=units(100)))
    limit = UsageLimit("messages", units(190), Interval.MONTH)
    limited(account, usage_alerts=(wanted,), usage_limits=(limit,))
    assert not alerts(account.track("messages", just_below))
    (told,) = alerts(account.track("messages", 1))
    assert told == UsageAlerted("messages", wanted.threshold, wanted.threshold_type)
    assert not alerts(account.track("messages", 1))


def test_a_threshold_that_is_crossed_again_is_told_of_again() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(100)))
    limited(account, usage_alerts=(alert(80, "usage", name="most"),))
    assert [each.name for each in alerts(account.track("messages", 90))] == ["most"]
    account.track("messages", -20)
    assert alerts(account.track("messages", 20))


def test_alerts_that_are_off_or_about_something_else_are_not_told() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(100)))
    off = alert(10, "usage", enabled=False)
    limited(account, usage_alerts=(off, UsageAlert(units(10), "usage", "words")))
    assert len(account.track("messages", 50)) == 1


def buying(threshold: float = 20, quantity: float = 100, limit: PurchaseLimit | None = None) -> Account:
    """100 messages a month, and packs of 100 for 10 dollars: a new one whenever few are left."""
    account = Account(plan("pro", 0, included(MESSAGES, 100), prepaid(MESSAGES, 0, 1000, every=ONCE)))
    account.attach("pro")
    wanted = AutoTopup("messages", units(threshold), units(quantity), enabled=True, purchase_limit=limit)
    return limited(account, auto_topups=(wanted,))


def bought(events: list[Event]) -> list[BalanceToppedUp]:
    return [event for event in events if isinstance(event, BalanceToppedUp)]


def test_units_are_bought_and_billed_when_few_are_left() -> None:
    account = buying()
    assert not bought(account.track("messages", 80))
    events = account.track("messages", 1)
    (topped_up,) = bought(events)
    assert [topped_up.amount, topped_up.threshold, account.remaining("messages")] == [100, 20, 119]
    (invoice,) = [event for event in events if isinstance(event, InvoiceCreated)]
    (line,) = invoice.lines
    assert [line.kind, line.amount_minor, line.quantity, line.plan_id] == [LineKind.TOP_UP, 1000, 100, "pro"]
    assert any(isinstance(event, PaymentSucceeded) for event in events)
    assert isinstance(events[0], UsageRecorded)


def test_units_are_bought_too_when_more_is_used_than_a_lock_held() -> None:
    account = buying()
    account.do(Reserve("l1", "messages", units(10)))
    events = account.do(FinalizeLock("l1", LockEnd.CONFIRMED, units(81)))
    assert [each.amount for each in bought(events)] == [100]
    assert account.remaining("messages") == 119


def test_units_are_bought_in_whole_packs() -> None:
    account = buying(quantity=150)
    assert [each.amount for each in bought(account.track("messages", 90))] == [200]


def test_nothing_is_bought_again_for_half_a_minute() -> None:
    account = buying(quantity=100, threshold=200)
    assert bought(account.track("messages", 1))
    account.wait_until(account.now + timedelta(seconds=29))
    assert not bought(account.track("messages", 1))
    account.wait_until(account.now + timedelta(seconds=1))
    assert bought(account.track("messages", 1))


def test_no_more_is_bought_than_the_limit_of_purchases_allows() -> None:
    account = buying(threshold=10_000, limit=PurchaseLimit(Every(Interval.DAY), 2))
    happened = []
    for _ in range(4):
        happened += bought(account.track("messages", 1))
        account.wait_until(account.now + timedelta(minutes=1))
    assert len(happened) == 2
    account.wait(1)
    assert bought(account.track("messages", 1))


def test_a_payment_that_is_declined_buys_nothing_and_the_use_stays() -> None:
    account = buying().pays_with("pm_declined")
    events = account.track("messages", 90)
    assert [type(each) for each in events] == [UsageRecorded, PaymentRequested, PaymentFailed, ChangeAbandoned]
    asked, given_up = events[1], events[3]
    assert isinstance(asked, PaymentRequested)
    assert isinstance(given_up, ChangeAbandoned)
    assert (asked.amount_minor, given_up.intent, given_up.plan_ids) == (1000, "top_up", ("pro",))
    assert (account.balance("messages"), account.invoiced()) == ((10, 90), [])


def test_a_payment_that_is_declined_is_not_asked_for_again_for_half_a_minute() -> None:
    account = buying().pays_with("pm_declined")
    account.track("messages", 90)
    account.wait_until(account.now + timedelta(seconds=29))
    assert len(account.track("messages", 1)) == 1
    account.pays_with("pm_works")
    assert len(account.track("messages", 1)) == 1
    account.wait_until(account.now + timedelta(seconds=1))
    assert bought(account.track("messages", 1))


def test_units_that_expire_are_bought_as_a_balance_of_their_own() -> None:
    pack = replace(prepaid(MESSAGES, 0, 1000, every=ONCE), expiry=Every(Interval.DAY, 3))
    account = Account(plan("pro", 0, included(MESSAGES, 100), pack))
    account.attach("pro")
    limited(account, auto_topups=(AutoTopup("messages", units(20), units(100), enabled=True),))
    account.wait(10)  # what the plan itself came with has expired long ago
    assert bought(account.track("messages", 90))
    account.wait(1)
    assert bought(account.track("messages", 95))
    assert (account.remaining("messages"), account.invoiced()) == (units(115), [1000, 1000])
    account.wait(2)
    assert account.remaining("messages") == 100
    account.wait(1)
    assert account.remaining("messages") == 0


def test_nothing_is_bought_at_no_price() -> None:
    free = Account()
    free.do(GrantBalance("messages", included=units(10)))
    limited(free, auto_topups=(AutoTopup("messages", units(5), units(100), enabled=True),))
    assert len(free.track("messages", 9)) == 1
