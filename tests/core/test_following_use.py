"""What follows a use by itself: alerts, once, and units that are bought when few are left (§2.9)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.balances.usage import Track
from ledger.core.events import (
    Allocation,
    BalanceToppedUp,
    ChangeAbandoned,
    Counted,
    Event,
    GrantTerms,
    InvoiceCreated,
    Level,
    Line,
    LineKind,
    LockEnd,
    Origin,
    PaymentFailed,
    PaymentRequested,
    PaymentSucceeded,
    UsageAlerted,
    UsageRecorded,
)
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.terms import AutoTopup, PurchaseLimit, UsageAlert, UsageLimit
from tests.core.account import Account
from tests.core.offers import MESSAGES, ONCE, WORDS, included, metered, plan, prepaid, units


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


def test_what_is_bought_by_itself_says_from_where_to_where_and_what_it_costs() -> None:
    account = buying(limit=PurchaseLimit(Every(Interval.MONTH), 2))
    sold = next(each for each in account.customer.grants.values() if each.terms.price is not None)
    account.wait(3)
    (bought_,) = bought(events := account.track("messages", 85))
    now, version = account.now, account.log.index((account.now, bought_)) + 1
    assert bought_ == BalanceToppedUp(
        "messages",
        sold.grant_id,
        units(100),
        units(20),
        Level(units(0), units(0)),
        Level(units(100), units(100)),
        (
            Counted("top_up_cooldown|messages", now, now + timedelta(seconds=30), units(1)),
            Counted("top_up|messages", now, now.replace(month=2), units(1)),
        ),
    )
    (invoice,) = [event for event in events if isinstance(event, InvoiceCreated)]
    held = account.subscription("pro")
    assert invoice.lines == (
        Line(
            LineKind.TOP_UP,
            1_000,
            "pro",
            "Pro",
            held.subscription_id,
            feature_id="messages",
            quantity=units(100),
            unit_price_minor=units(1_000),
            first_version=version,
            last_version=version,
        ),
    )
    assert invoice.origin is Origin.USAGE
    again = bought(account.wait(1).track("messages", 99))[0]
    assert again.before == Level(units(100), units(16))
    assert again.after == Level(units(200), units(116))
    assert again.counted[1] == Counted("top_up|messages", now, now.replace(month=2), units(1))


def test_units_that_expire_are_a_balance_that_says_all_of_itself() -> None:
    pack = replace(prepaid(MESSAGES, 0, 1_000, every=ONCE), expiry=Every(Interval.MONTH, 3))
    offered = plan("pro", 0, included(MESSAGES, 100), pack, add_on=True)
    account = Account(offered, settings=LedgerSettings(timezone="America/New_York"))
    account.attach("pro")
    limited(account, auto_topups=(AutoTopup("messages", units(20), units(150), enabled=True),))
    account.wait(1)
    (bought_,) = bought(account.track("messages", 90))
    key = bought_.grant_id
    assert bought_.terms == GrantTerms(
        key,
        "messages",
        MESSAGES.kind,
        account.now,
        plan_id="pro",
        add_on=True,
        prepaid=units(200),
        expires_at=datetime(2026, 4, 1, 23, tzinfo=UTC),
    )
    assert (bought_.before, bought_.after) == (Level(units(0), units(0)), Level(units(200), units(200)))
    assert [bought_.feature_id, bought_.amount, bought_.threshold] == ["messages", 200, 20]
    assert account.customer.grants[key].balance == 200
    account.wait_until(datetime(2026, 4, 1, 23, tzinfo=UTC))
    assert key not in account.customer.grants


def test_units_are_sold_by_what_is_paid_once_ahead_and_for_that_feature() -> None:
    for item in (
        prepaid(MESSAGES, 0, 1_000),
        prepaid(WORDS, 0, 1_000, every=ONCE),
        metered(MESSAGES, 0, 5),
        included(MESSAGES, 5),
    ):
        account = Account(plan("pro", 0, item))
        account.attach("pro")
        account.do(GrantBalance("messages", included=units(10)))
        limited(account, auto_topups=(AutoTopup("messages", units(5), units(100), enabled=True),))
        assert not bought(account.track("messages", 9))


def test_a_purchase_that_is_declined_says_what_was_tried_and_when_it_may_be_again() -> None:
    account = buying().pays_with("pm_declined")
    key = f"{account.customer.version + 2}.0"
    _, asked, failed, given_up = account.track("messages", 90)
    assert asked == PaymentRequested(key, "simulated", 1_000, "usd", None, "pm_declined")
    assert failed == PaymentFailed(key, 1_000, "usd", "card_declined")
    waiting = Counted("top_up_cooldown|messages", account.now, account.now + timedelta(seconds=30), units(1))
    assert given_up == ChangeAbandoned(key, "top_up", ("pro",), counted=(waiting,))


def test_units_bought_wait_for_their_money_where_nobody_is_asked_for_it() -> None:
    account = Account(
        plan("pro", 0, included(MESSAGES, 100), prepaid(MESSAGES, 0, 1_000, every=ONCE)),
        settings=LedgerSettings(gateway=Gateway.MANUAL),
    )
    account.attach("pro")
    limited(account, auto_topups=(AutoTopup("messages", units(20), units(100), enabled=True),))
    assert bought(account.track("messages", 90))
    assert account.invoiced() == [1_000]


def test_the_threshold_is_of_what_all_balances_have_left_together() -> None:
    account = buying(threshold=50)
    account.do(GrantBalance("messages", included=units(30)))
    assert not bought(account.track("messages", 80))
    assert bought(account.track("messages", 1))
    endless = buying(threshold=50)
    endless.do(GrantBalance("messages", unlimited=True))
    assert not bought(endless.track("messages", 100))


def test_a_share_of_nothing_is_never_reached() -> None:
    for kind in ("usage_percentage", "remaining_percentage"):
        account = Account()
        account.do(GrantBalance("messages", included=units(0)))
        limited(account, usage_alerts=(alert(50, kind),))
        account.happen(
            UsageRecorded("messages", units(1), (Allocation(next(iter(account.customer.grants)), units(1)),))
        )
        assert not alerts(account.track("messages", 1))


def test_without_an_end_only_what_is_used_is_told_of() -> None:
    for kind, told in (("usage", 1), ("usage_percentage", 0), ("remaining", 0), ("remaining_percentage", 0)):
        account = Account()
        account.do(GrantBalance("messages", unlimited=True))
        account.do(GrantBalance("messages", included=units(10)))
        limited(account, usage_alerts=(alert(5, kind),))
        assert len(alerts(account.track("messages", 6))) == told


def test_several_alerts_are_told_of_by_one_use_and_one_that_is_not_crossed_does_not_stop_them() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(100)))
    wanted = (alert(10, "usage", name="a"), alert(90, "usage", name="b"), alert(20, "usage", name="c"))
    limited(account, usage_alerts=wanted)
    assert [each.name for each in alerts(account.track("messages", 30))] == ["a", "c"]


def test_an_alert_about_a_limit_is_of_the_limit_with_the_same_filter() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(1_000)))
    limits = (
        UsageLimit("messages", units(100), Interval.MONTH, properties={"model": "large"}),
        UsageLimit("messages", units(10), Interval.MONTH, properties={"model": "small"}),
    )
    wanted = alert(50, "usage_percentage", basis="usage_limit", properties={"model": "large"})
    limited(account, usage_limits=limits, usage_alerts=(wanted,))
    large = {"model": "large"}
    assert not alerts(account.do(Track("messages", None, units(9), properties={"model": "small"})))
    assert not alerts(account.do(Track("messages", None, units(49), properties=large)))
    assert alerts(account.do(Track("messages", None, units(1), properties=large)))


@pytest.mark.parametrize(("kind", "just_before"), [("remaining", 59), ("remaining_percentage", 59)])
def test_what_remains_of_a_limit_is_told_of(kind: str, just_before: int) -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(1_000)))
    limited(
        account,
        usage_limits=(UsageLimit("messages", units(100), Interval.MONTH),),
        usage_alerts=(alert(40, kind, basis="usage_limit"),),
    )
    assert not alerts(account.track("messages", just_before))
    assert alerts(account.track("messages", 1))


def test_units_that_expire_are_bought_for_the_entity_whose_plan_sells_them() -> None:
    pack = replace(prepaid(MESSAGES, 0, 1000, every=ONCE), expiry=Every(Interval.DAY, 3))
    account = Account(plan("pro", 0, included(MESSAGES, 100), pack)).entities("e1")
    account.attach("pro", "e1")
    limited(account, auto_topups=(AutoTopup("messages", units(20), units(100), enabled=True),))
    account.wait(10)
    assert bought(account.track("messages", 90))
    apart = [each.terms for each in account.customer.grants.values() if each.terms.subscription_id is None]
    assert [(each.entity_id, int(each.included), int(each.prepaid)) for each in apart] == [("e1", 0, 100)]
    (*_, invoice) = account.customer.account.invoices.values()
    assert [line.entity_id for line in invoice.lines] == ["e1"]


def test_purchases_are_counted_by_the_months_of_the_ledger() -> None:
    account = buying(limit=PurchaseLimit(Every(Interval.MONTH), 2))
    (bought_,) = bought(account.track("messages", 85))
    assert bought_.counted[1].end == account.now.replace(month=2)
