"""Acceptance cases, check and track."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.sdk.shop import START, Account, Shop, included, milliseconds, switched_on, unlimited, used


def test_118_a_boolean_feature_is_not_used_up(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", switched_on("sso")))
    customer.track("sso", 1)
    assert (customer.check("sso").allowed, list(customer.now.flags)) == (True, ["sso"])
    assert customer.now.balances == {}


def test_118_what_is_unlimited_counts_and_has_no_remainder(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", unlimited("messages")))
    customer.track("messages", 1)
    held = customer.now.balances["messages"]
    assert (held.unlimited, held.usage, held.remaining) == (True, 1, 0)
    assert customer.check("messages", required_balance=1_000_000).allowed


def test_119_what_expires_sooner_is_used_first(shop: Shop) -> None:
    customer = shop.customer()
    for name, days in (("later", 365), ("sooner", 30)):
        expires_at = milliseconds(START + timedelta(days=days))
        customer.grant("messages", 100, balance_id=name, expires_at=expires_at)
    customer.track("messages", 60)
    parts = {each.id: each.remaining for each in customer.now.balances["messages"].breakdown}
    assert parts == {"sooner": 40, "later": 100}


def test_121_what_was_not_used_cannot_be_given_back(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    customer.track("messages", -30)
    assert customer.left("messages") == (100, 0)


@pytest.mark.parametrize(
    ("back", "left", "usage"), [pytest.param(-2, 0, 6, id="some"), pytest.param(-20, 5, 0, id="more than were taken")]
)
def test_122_seats_are_given_back_down_to_none(shop: Shop, back: int, left: int, usage: int) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", used("users", 5, 10), amount=20))
    customer.track("users", 8)
    assert customer.left("users") == (0, 8)
    customer.track("users", back)
    assert customer.left("users") == (left, usage)


def test_124_paid_by_use_goes_below_what_is_included(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", used("messages", 5, 1, most=5), amount=20))
    customer.track("messages", 7)
    held = customer.now.balances["messages"]
    assert (held.remaining, held.usage, held.granted, held.max_purchase) == (0, 7, 5, 5)
    assert [customer.check("messages", required_balance=each).allowed for each in (3, 4)] == [True, False]


def test_124_beyond_the_most_that_may_be_bought_is_dropped(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", used("messages", 5, 1, most=5), amount=20))
    customer.track("messages", 12)
    assert customer.left("messages") == (0, 10)


def limits(feature_id: str, number: float, interval: str = "month", **more: Any) -> dict[str, Any]:
    """A usage limit, as a customer's only one."""
    return {"usage_limits": [{"feature_id": feature_id, "limit": number, "interval": interval, **more}]}


def spending(number: float, **more: Any) -> dict[str, Any]:
    """An absolute spend limit on messages, as a customer's only one."""
    entry = {"feature_id": "messages", "enabled": True, "limit_type": "absolute", "overage_limit": number, **more}
    return {"spend_limits": [entry]}


def test_125_credits_are_drawn_on_when_the_feature_has_none_left(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("action1", 100), included("credits", 200)))
    left = []
    for value in (40.5, 80, 50.75):
        customer.track("action1", value)
        left.append((customer.left("action1")[0], customer.left("credits")[0]))
    assert left == [(59.5, 200), (0, 195.9), (0, 185.75)]
    assert [customer.check("action1", required_balance=each).allowed for each in (928.75, 928.76)] == [True, False]


def overspent(shop: Shop, **fields: Any) -> Account:
    """1000 messages for good, and 100 a month beyond which 300 may be bought: 1120 of them used."""
    customer = shop.customer(**fields)
    customer.attach(shop.plan("pro", used("messages", 100, 0.5, most=300)))
    customer.grant("messages", 1000)
    customer.track("messages", 1120)
    return customer


def test_127_a_spend_limit_bounds_what_overflows(shop: Shop) -> None:
    customer = overspent(shop, billing_controls=spending(25))
    usage = []
    for _ in range(2):
        customer.track("messages", 10, overage_behavior="overflow")
        usage.append(customer.left("messages")[1])
    assert usage == [1125, 1125]


def test_130_a_usage_limit_cuts_what_is_beyond_it(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("messages", 5))
    customer.attach(shop.plan("pro", included("messages", 100), amount=20))
    answers = [customer.track("messages", value) for value in (10, 3)]
    assert [(each.value, each.balance.remaining, each.balance.usage) for each in answers] == [(10, 95, 5), (3, 95, 5)]
    assert customer.check("messages").allowed is False
    customer.move_days(31)
    assert customer.check("messages", required_balance=5).allowed


def test_131_a_limit_on_a_feature_counts_its_units_whatever_they_are_paid_with(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("action1", 5))
    customer.attach(shop.plan("pro", included("credits", 100), amount=20))
    for value in (5, 1):
        customer.track("action1", value)
        assert customer.left("credits") == (99, 1)


def test_131_a_limit_with_a_filter_counts_what_carries_it(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("messages", 5, filter={"properties": {"model": "large"}}))
    customer.attach(shop.plan("pro", included("messages", 100), amount=20))
    customer.track("messages", 10, properties={"model": "large"})
    customer.track("messages", 10, properties={"model": "small"})
    assert customer.left("messages") == (85, 15)


def test_133_uses_at_the_same_time_stay_within_a_limit_together(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("action1", 5))
    customer.attach(shop.plan("pro", included("credits", 100), amount=20))
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda value: customer.track("action1", value), (5, 5)))
    assert customer.left("credits") == (99, 1)


def test_133_a_customers_limit_goes_before_its_plans(shop: Shop) -> None:
    plan = shop.plan("pro", included("messages", 100), amount=20, billing_controls=limits("messages", 5))
    customer, other = shop.customer(), shop.customer(billing_controls=limits("messages", 8))
    for each, usage in ((customer, 5), (other, 8)):
        each.attach(plan)
        each.track("messages", 10)
        assert each.left("messages") == (100 - usage, usage)


def test_134_a_check_counts_what_may_still_be_bought(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", used("messages", 100, 0.1, most=400), amount=20))
    assert [customer.check("messages", required_balance=each).allowed for each in (500, 501)] == [True, False]


def test_136_a_check_counts_what_a_spend_limit_leaves(shop: Shop) -> None:
    customer = overspent(shop, billing_controls=spending(25))
    assert [customer.check("messages", required_balance=each).allowed for each in (5, 6)] == [True, False]


def test_136_a_spend_limit_that_is_not_enabled_bounds_nothing(shop: Shop) -> None:
    customer = overspent(shop, billing_controls=spending(25, enabled=False))
    assert customer.check("messages", required_balance=5000).allowed


def test_128_overflow_may_give_back_more_than_was_used(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    customer.track("messages", 30)
    customer.track("messages", -50, overage_behavior="overflow")
    assert customer.left("messages") == (120, -20)


def test_137_what_is_free_and_used_up_is_not_allowed(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 100)))
    customer.track("messages", 100)
    assert customer.check("messages").allowed is False
    assert customer.track("messages", 1).balance.usage == 100


def test_137_what_is_free_may_go_below_zero_where_that_is_allowed(shop: Shop) -> None:
    allowing = {"overage_allowed": [{"feature_id": "messages", "enabled": True}]}
    customer = shop.customer(billing_controls=allowing)
    customer.attach(shop.plan("free", included("messages", 100)))
    customer.track("messages", 100)
    assert customer.check("messages").allowed
    assert customer.track("messages", 10).balance.usage == 110


def test_139_a_customer_sees_and_uses_what_its_entities_hold(shop: Shop) -> None:
    plan, customer = shop.plan("pro", included("messages", 100), amount=20), shop.customer()
    customer.entities("e1", "e2")
    for each in ("e1", "e2"):
        customer.attach(plan, entity_id=each)
    assert customer.check("messages").balance.remaining == 200
    customer.track("messages", 30)
    assert customer.check("messages").balance.remaining == 170


def test_an_entity_uses_its_own_before_its_customers(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    customer.entities("e1")
    customer.grant("messages", 30, entity_id="e1")
    assert customer.left("messages", "e1") == (130, 0)
    customer.track("messages", 40, entity_id="e1")
    assert [each.remaining for each in customer.entity("e1").balances["messages"].breakdown] == [0, 90]


def test_every_kind_of_balance_in_the_order_of_deduction(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 200, balance_id="for good")
    customer.grant("messages", 50, balance_id="expiring", expires_at=milliseconds(START + timedelta(days=3)))
    customer.grant("messages", 100, balance_id="monthly", reset={"interval": "month"})
    customer.grant("messages", 10, balance_id="daily", reset={"interval": "day"})

    def left_after(value: float) -> list[float]:
        customer.track("messages", value)
        parts = {each.id: each.remaining for each in customer.now.balances["messages"].breakdown}
        return [parts[name] for name in ("daily", "monthly", "expiring", "for good")]

    assert left_after(5) == [5, 100, 50, 200]
    assert left_after(100) == [0, 5, 50, 200]
    assert left_after(30) == [0, 0, 25, 200]


def test_a_tenth_ten_times_is_one(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    for _ in range(10):
        customer.track("messages", 0.1)
    assert customer.left("messages") == (99, 1)


def test_a_check_that_records_takes_exactly_what_it_allows(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 10)
    asked = [customer.check("messages", required_balance=6, send_event=True).allowed for _ in range(2)]
    assert asked == [True, False]
    assert customer.left("messages") == (4, 6)
