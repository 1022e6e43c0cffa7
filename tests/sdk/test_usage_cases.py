"""Acceptance cases, check and track."""

from datetime import timedelta

import pytest

from tests.sdk.shop import START, Shop, included, milliseconds, switched_on, unlimited, used


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
