"""Acceptance cases, attaching a new plan: what the preview says, what the invoice comes to, what is granted."""

from typing import Any

import pytest

from tests.sdk.shop import (
    MONTH_DAYS,
    Shop,
    a_month_after_start,
    cents,
    included,
    milliseconds,
    packs,
    quantities,
    tiered,
    used,
)


def pro(shop: Shop, *items: Any) -> str:
    return shop.plan("pro", *items, amount=20)


def test_001_mixed_features_are_charged_and_granted_at_once(shop: Shop) -> None:
    plan = pro(shop, used("words", 50, 0.05), packs("messages", 0, 10), used("users", 3, 10))
    customer = shop.customer()
    assert customer.buy(plan, feature_quantities=quantities(messages=100)) == 30
    assert [customer.left(each)[0] for each in ("words", "messages", "users")] == [50, 100, 3]
    assert customer.invoiced == (1, 30)


def test_002_seats_already_taken_beyond_the_included_ones_are_charged(shop: Shop) -> None:
    plan, customer = pro(shop, used("users", 3, 10)), shop.customer()
    customer.entities("e1", "e2", "e3", "e4", "e5")
    assert customer.buy(plan) == 40
    assert customer.left("users") == (0, 5)
    assert customer.invoiced == (1, 40)


def test_004_a_one_off_add_on_comes_beside_the_main_plan(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, included("messages", 100)))
    extra = shop.plan("extra", packs("words", 0, 5, 50, interval="one_off"), amount=10, interval="one_off", add_on=True)
    assert customer.buy(extra, feature_quantities=quantities(words=50)) == 15
    assert customer.left("words") == (50, 0)
    assert [each.plan_id for each in customer.now.purchases] == [extra]
    assert customer.plans() == {"pro": "active"}
    assert customer.invoiced == (2, 15)


def test_005_a_recurring_add_on_joins_the_cycle(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, included("messages", 100)))
    extra = shop.plan("extra", included("words", 200), amount=20, add_on=True)
    preview = customer.preview(extra)
    assert (preview.total, preview.next_cycle.total) == (20, 40)
    customer.attach(extra)
    ends = {each.current_period_end for each in customer.now.subscriptions}
    assert ends == {milliseconds(a_month_after_start())}
    assert customer.invoiced == (2, 20)
    customer.move_to(a_month_after_start())
    assert customer.invoiced == (3, 40)


def test_007_an_add_on_attached_twice_counts_twice(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, included("messages", 100)))
    extra = shop.plan("extra", included("words", 200), amount=20, add_on=True)
    assert [customer.buy(extra), customer.buy(extra)] == [20, 20]
    held = customer.now.balances["words"]
    assert (held.granted, held.remaining, len(held.breakdown)) == (400, 400, 2)
    assert customer.invoiced == (3, 20)


def test_008_prepaid_without_quantities_is_what_is_included(shop: Shop) -> None:
    plan, customer = pro(shop, packs("messages", 100, 10), packs("words", 50, 10)), shop.customer()
    assert customer.buy(plan) == 20
    assert [customer.left(each) for each in ("messages", "words")] == [(100, 0), (50, 0)]
    assert customer.invoiced == (1, 20)


def test_010_tiers_price_the_packs_beyond_the_included_ones(shop: Shop) -> None:
    plan, customer = pro(shop, tiered("messages", 100, [(500, 10), ("inf", 5)])), shop.customer()
    assert customer.buy(plan, feature_quantities=quantities(messages=300)) == 40
    assert customer.left("messages") == (300, 0)


def one_off(shop: Shop, **fields: Any) -> str:
    item = packs("messages", 0, 10, interval="one_off")
    return shop.plan("credits", item, amount=10, interval="one_off", **fields)


def test_011_a_purchase_made_twice_adds_up(shop: Shop) -> None:
    plan, customer = one_off(shop), shop.customer()
    wanted = quantities(messages=100)
    assert [customer.buy(plan, feature_quantities=wanted) for _ in range(2)] == [20, 20]
    assert customer.left("messages") == (200, 0)
    assert len(customer.now.purchases) == 2
    assert customer.invoiced == (2, 20)


def test_013_a_purchase_adds_to_the_plan_of_the_month(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, included("messages", 100)))
    item = packs("messages", 0, 5, 50, interval="one_off")
    extra = shop.plan("extra", item, amount=10, interval="one_off", add_on=True)
    assert customer.buy(extra, feature_quantities=quantities(messages=50)) == 15
    assert customer.left("messages") == (150, 0)


def test_014_a_purchase_of_several_packs(shop: Shop) -> None:
    plan, customer = one_off(shop), shop.customer()
    assert customer.buy(plan, feature_quantities=quantities(messages=200)) == 30
    assert customer.left("messages") == (200, 0)
    assert customer.invoiced == (1, 30)


def test_016_each_entity_has_its_own_plan_and_balance(shop: Shop) -> None:
    plan, customer = pro(shop, included("messages", 100)), shop.customer()
    customer.entities("e1", "e2")
    assert [customer.buy(plan, entity_id=each) for each in ("e1", "e2")] == [20, 20]
    customer.track("messages", 30, entity_id="e1")
    assert [customer.left("messages", each) for each in ("e1", "e2")] == [(70, 30), (100, 0)]
    assert customer.invoiced == (2, 20)


def test_017_a_second_entity_is_prorated_to_the_shared_cycle(shop: Shop) -> None:
    plan, customer = pro(shop, included("messages", 100)), shop.customer()
    customer.entities("e1", "e2")
    customer.attach(plan, entity_id="e1")
    customer.move_days(14)
    assert cents(customer.buy(plan, entity_id="e2")) == cents(20 * (MONTH_DAYS - 14) / MONTH_DAYS)
    ends = [customer.entity(each).subscriptions[0].current_period_end for each in ("e1", "e2")]
    assert ends == [milliseconds(a_month_after_start())] * 2
    customer.move_to(a_month_after_start())
    assert customer.invoiced == (3, 40)


def test_019_a_plan_of_the_customer_leaves_the_plan_of_its_entity(shop: Shop) -> None:
    plan, customer = pro(shop, included("messages", 100)), shop.customer()
    customer.entities("e1")
    customer.attach(plan, entity_id="e1")
    customer.move_days(45)
    yearly = shop.plan("yearly", included("words", 500), amount=500, interval="year")
    preview = customer.preview(yearly)
    assert (preview.total, preview.outgoing) == (500, [])
    customer.attach(yearly)
    assert customer.plans("e1") == {"pro": "active"}
    assert customer.plans() == {"pro": "active", "yearly": "active"}


@pytest.mark.parametrize("again", [{}, {"feature_quantities": quantities(messages=200)}, {"version": 1}])
def test_a_main_plan_that_is_held_is_not_attached_again(shop: Shop, again: dict[str, Any]) -> None:
    from tests.sdk.client import refused

    plan, customer = pro(shop, packs("messages", 100, 10)), shop.customer()
    customer.attach(plan)
    with refused(409, "plan_already_attached") as it:
        customer.attach(plan, **again)
    assert plan in it.message
    assert customer.left("messages") == (100, 0)
