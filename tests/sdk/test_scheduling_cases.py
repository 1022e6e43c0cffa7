"""Acceptance cases, changes at the end of the cycle and cancellations; invoices are tested as previews of the sums."""

from datetime import timedelta

from tests.sdk.client import refused
from tests.sdk.shop import START, Account, Shop, a_month_after_start, included, milliseconds, packs, used

AFTER = a_month_after_start() + timedelta(hours=1)


class Three:
    """free, pro and premium with messages 100, 500 and 1000, and a customer."""

    def __init__(self, shop: Shop, *, default: bool = False) -> None:
        self.free = shop.plan("free", included("messages", 100), default=default)
        self.pro = shop.plan("pro", included("messages", 500), amount=20)
        self.premium = shop.plan("premium", included("messages", 1000), amount=50)
        self.customer: Account = shop.customer()


def test_058_a_downgrade_waits_for_the_end_of_the_cycle(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.premium)
    preview = customer.preview(three.pro)
    assert (preview.total, preview.next_cycle.total) == (0, 20)
    customer.attach(three.pro)
    assert customer.plans() == {"premium": "canceling", "pro": "scheduled"}
    assert customer.left("messages") == (1000, 0)
    customer.move_to(AFTER)
    assert customer.plans() == {"pro": "active"}
    assert customer.left("messages") == (500, 0)


def test_059_a_second_downgrade_replaces_the_first(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.premium)
    customer.attach(three.pro)
    customer.attach(three.free)
    assert customer.plans() == {"premium": "canceling", "free": "scheduled"}
    customer.move_to(AFTER)
    assert customer.plans() == {"free": "active"}
    assert customer.left("messages") == (100, 0)


def test_062_usage_starts_again_after_a_scheduled_switch(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.pro)
    customer.track("messages", 200)
    customer.attach(three.free)
    assert customer.left("messages") == (300, 200)
    customer.move_to(AFTER)
    assert customer.left("messages") == (100, 0)


def test_068_an_upgrade_can_be_made_to_wait(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.pro)
    preview = customer.preview(three.premium, plan_schedule="end_of_cycle")
    assert (preview.total, preview.next_cycle.total) == (0, 50)
    assert preview.next_cycle.starts_at == milliseconds(a_month_after_start())
    customer.attach(three.premium, plan_schedule="end_of_cycle")
    assert customer.plans() == {"pro": "canceling", "premium": "scheduled"}
    customer.move_to(AFTER)
    assert customer.plans() == {"premium": "active"}
    assert customer.left("messages") == (1000, 0)


def test_080_a_cancelled_plan_is_followed_by_the_default_plan(shop: Shop) -> None:
    three = Three(shop, default=True)
    customer = three.customer
    assert customer.plans() == {"free": "active"}
    customer.attach(three.pro)
    customer.update(three.pro, cancel_action="cancel_end_of_cycle")
    assert customer.plans() == {"pro": "canceling", "free": "scheduled"}
    customer.move_to(AFTER)
    assert customer.plans() == {"free": "active"}
    assert customer.left("messages") == (100, 0)


def test_082_cancelling_takes_a_waiting_downgrade_back(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.premium)
    customer.attach(three.pro)
    customer.update(three.premium, cancel_action="cancel_end_of_cycle")
    assert customer.plans() == {"premium": "canceling"}
    customer.move_to(AFTER)
    assert customer.plans() == {}


def test_082_cancelling_schedules_the_default_plan_instead(shop: Shop) -> None:
    three = Three(shop, default=True)
    customer = three.customer
    customer.attach(three.premium)
    customer.attach(three.pro)
    customer.update(three.premium, cancel_action="cancel_end_of_cycle")
    assert customer.plans() == {"premium": "canceling", "free": "scheduled"}


def test_083_a_plan_of_several_intervals_ends_with_the_longest(shop: Shop) -> None:
    plan = shop.plan("yearly", packs("messages", 100, 10), amount=200, interval="year")
    customer = shop.customer()
    customer.attach(plan)
    customer.update(plan, cancel_action="cancel_end_of_cycle")
    (held,) = customer.now.subscriptions
    assert held.expires_at == milliseconds(START.replace(year=START.year + 1))


def test_089_cancelling_at_once_refunds_the_time_and_forgives_the_overage(shop: Shop) -> None:
    plan = shop.plan("pro", used("messages", 100, 0.10), amount=20)
    customer = shop.customer()
    customer.attach(plan)
    customer.track("messages", 500)
    preview = customer.preview_update(plan, cancel_action="cancel_immediately")
    assert (preview.total, preview.intent) == (-20, "cancel_immediately")
    customer.update(plan, cancel_action="cancel_immediately")
    assert customer.plans() == {}
    assert "messages" not in customer.now.balances


def test_097_taking_back_a_cancellation_that_was_not_made_changes_nothing(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.pro)
    before = customer.now
    customer.update(three.pro, cancel_action="uncancel")
    assert customer.now == before
    assert customer.left("messages") == (500, 0)


def test_098_taking_back_a_cancellation_keeps_the_usage(shop: Shop) -> None:
    three = Three(shop, default=True)
    customer = three.customer
    customer.attach(three.pro)
    customer.track("messages", 120)
    customer.update(three.pro, cancel_action="cancel_end_of_cycle")
    customer.update(three.pro, cancel_action="uncancel")
    assert customer.plans() == {"pro": "active"}
    assert customer.left("messages") == (380, 120)
    customer.move_to(AFTER)
    assert customer.plans() == {"pro": "active"}
    assert customer.left("messages") == (500, 0)


def test_a_free_plan_is_not_cancelled_at_the_end_of_a_cycle_it_does_not_have(shop: Shop) -> None:
    three = Three(shop)
    three.customer.attach(three.free)
    with refused(400, "invalid_request"):
        three.customer.update(three.free, cancel_action="cancel_end_of_cycle")
    assert three.customer.plans() == {"free": "active"}
