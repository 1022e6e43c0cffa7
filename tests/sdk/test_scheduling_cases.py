"""Acceptance cases, changes at the end of the cycle and cancellations."""

from datetime import timedelta

import pytest

from tests.sdk.shop import (
    Account,
    Item,
    Shop,
    a_month_after_start,
    included,
    milliseconds,
    packs,
    quantities,
    rolling,
    used,
)

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
    assert customer.invoiced == (2, 20)


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
    assert customer.invoiced == (1, 50)


def test_061_usage_starts_again_whatever_the_plan_says_of_usage(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.premium)
    customer.track("messages", 300)
    customer.attach(three.pro)
    assert customer.left("messages") == (700, 300)
    customer.move_to(AFTER)
    assert customer.left("messages") == (500, 0)


def test_062_usage_starts_again_after_a_scheduled_switch(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.pro)
    customer.track("messages", 200)
    customer.attach(three.free)
    assert customer.left("messages") == (300, 200)
    customer.move_to(AFTER)
    assert customer.left("messages") == (100, 0)


@pytest.mark.parametrize(
    ("old", "new", "taken", "total"),
    [
        pytest.param((20, 100), None, 150, 5, id="064 to a free plan"),
        pytest.param((50, 100), (20, 100), 200, 30, id="064 to a paid plan"),
    ],
)
def test_overage_is_billed_with_the_end_of_the_cycle(
    shop: Shop, old: tuple[float, float], new: tuple[float, float] | None, taken: float, total: float
) -> None:
    first = shop.plan("old", used("messages", old[1], 0.10), amount=old[0])
    items = included("messages", 100) if new is None else used("messages", new[1], 0.10)
    then = shop.plan("new", items, amount=None if new is None else new[0])
    customer = shop.customer()
    customer.attach(first)
    customer.track("messages", taken)
    assert customer.buy(then) == 0
    customer.move_to(AFTER)
    assert customer.plans() == {"new": "active"}
    assert customer.invoiced == (2, total)
    assert customer.left("messages") == (100, 0)


def test_064_credits_that_features_drew_beyond_the_grant_are_billed_with_the_end_of_the_cycle(shop: Shop) -> None:
    pro = shop.plan("pro", used("credits", 200, 0.10), amount=20)
    free = shop.plan("free", included("messages", 100))
    customer = shop.customer()
    customer.attach(pro)
    customer.track("action1", 1_750)
    assert customer.left("credits") == (0, 350)
    assert customer.buy(free) == 0
    customer.move_to(AFTER)
    assert customer.invoiced == (2, 15)


def test_065_units_bought_ahead_stay_bought_in_packs_of_another_size(shop: Shop) -> None:
    premium = shop.plan("premium", packs("messages", 0, 10, 100), amount=50)
    pro = shop.plan("pro", packs("messages", 0, 5, 50), amount=20)
    customer = shop.customer()
    customer.attach(premium, feature_quantities=quantities(messages=500))
    customer.attach(pro)
    customer.move_to(AFTER)
    assert customer.left("messages") == (500, 0)
    assert customer.invoiced == (2, 20 + 10 * 5)


@pytest.mark.parametrize(
    ("taken", "free", "then"),
    [
        pytest.param(300, rolling("messages", 100, max=500), 300, id="067 with room"),
        pytest.param(100, rolling("messages", 100, max=150), 250, id="067 up to the cap"),
        pytest.param(300, included("messages", 100), 100, id="067 without leftovers"),
    ],
)
def test_leftovers_pass_over_to_the_plan_that_was_scheduled(shop: Shop, taken: float, free: Item, then: float) -> None:
    pro, plan = shop.plan("pro", rolling("messages", 500, max=500), amount=20), shop.plan("free", free)
    customer = shop.customer()
    customer.attach(pro)
    customer.track("messages", taken)
    customer.move_to(a_month_after_start())
    customer.attach(plan)
    customer.move_to(a_month_after_start(2))
    assert customer.plans() == {"free": "active"}
    assert customer.left("messages") == (then, 0)


def test_070_each_entity_has_its_own_plan_to_come(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.entities("e1", "e2")
    for entity_id in ("e1", "e2"):
        customer.attach(three.premium, entity_id=entity_id)
        customer.attach(three.free, entity_id=entity_id)
    customer.attach(three.pro, entity_id="e2")
    assert customer.plans("e1") == {"premium": "canceling", "free": "scheduled"}
    assert customer.plans("e2") == {"premium": "canceling", "pro": "scheduled"}
    customer.move_to(AFTER)
    assert [customer.plans(each) for each in ("e1", "e2")] == [{"free": "active"}, {"pro": "active"}]


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
    assert customer.invoiced == (2, 50)
