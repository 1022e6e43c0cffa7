"""Acceptance cases, usage limits: windows that are counted, cut and begun anew."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sdk.shop import START, Shop, included, milliseconds, unlimited
from tests.sdk.test_lock_cases import finalize, lock
from tests.sdk.test_usage_cases import limits


def both(*entries: dict[str, Any]) -> dict[str, Any]:
    """Several usage limits at once."""
    return {"usage_limits": [limit for each in entries for limit in each["usage_limits"]]}


@pytest.mark.parametrize(
    ("interval", "anchor", "ends"),
    [
        ("day", "billing_cycle", START + timedelta(days=1)),
        ("week", "billing_cycle", START + timedelta(days=7)),
        ("month", "billing_cycle", START.replace(month=2)),
        ("year", "billing_cycle", START.replace(year=2027)),
        ("day", "utc", START.replace(day=11, hour=0)),
        ("month", "utc", START.replace(month=2, day=1, hour=0)),
    ],
)
def test_132_a_window_begins_anew_at_its_end_and_not_before(
    shop: Shop, interval: str, anchor: str, ends: datetime
) -> None:
    customer = shop.customer(billing_controls=limits("messages", 5, interval, anchor=anchor))
    customer.grant("messages", 1000)
    usage = []
    for instant in (START, ends - timedelta(milliseconds=1), ends):
        customer.move_to(instant)
        customer.track("messages", 10)
        usage.append(customer.left("messages")[1])
    assert usage == [5, 5, 10]


def test_132_a_window_follows_the_cycle_of_the_plan(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("messages", 5))
    customer.move_days(5)
    customer.attach(shop.plan("pro", included("messages", 100), amount=20))
    usage = []
    for days in (5, 31, 36):
        customer.move_days(days)
        customer.track("messages", 7)
        usage.append(customer.left("messages")[1])
    assert usage == [5, 5, 5]
    assert customer.left("messages") == (95, 5)


def test_129_of_several_limits_the_most_restrictive_counts(shop: Shop) -> None:
    said = both(limits("messages", 5, "day"), limits("messages", 8))
    customer = shop.customer(billing_controls=said)
    customer.grant("messages", 1000)
    for days in (0, 1):
        customer.move_days(days)
        customer.track("messages", 10)
    assert customer.left("messages")[1] == 8
    assert [each.usage for each in customer.now.billing_controls.usage_limits] == [3, 8]


def test_129_setting_the_usage_of_a_balance_leaves_its_limits_as_they_are(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("messages", 5))
    customer.grant("messages", 100)
    customer.track("messages", 5)
    customer.adjust("messages", usage=0)
    assert customer.now.billing_controls.usage_limits[0].usage == 5
    assert customer.check("messages").allowed is False


def test_129_a_limit_counts_for_what_is_unlimited_too(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("messages", 5))
    customer.attach(shop.plan("free", unlimited("messages")))
    assert customer.track("messages", 10).value == 10
    assert customer.left("messages")[1] == 5
    assert customer.check("messages").allowed is False


def test_129_a_limit_on_credits_counts_the_credits(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("credits", 1))
    customer.grant("credits", 100)
    customer.track("action1", 10)
    assert customer.left("credits") == (99, 1)


@pytest.mark.parametrize(
    ("action", "counted", "end"),
    [("confirm", 3, {"override_value": 3}), ("confirm", 10, {"override_value": 20}), ("release", 0, {})],
)
def test_141_a_lock_counts_toward_a_limit_what_was_used_in_the_end(
    shop: Shop, action: str, counted: float, end: dict[str, float]
) -> None:
    customer = shop.customer(billing_controls=limits("messages", 10))
    customer.grant("messages", 100)
    lock_id = lock(customer, "messages", 8)
    assert customer.check("messages", required_balance=3).allowed is False
    finalize(customer, lock_id, action, **end)
    assert customer.now.billing_controls.usage_limits[0].usage == counted
    assert customer.left("messages")[1] == counted


def test_a_limit_outlives_the_expiry_of_what_was_used(shop: Shop) -> None:
    customer = shop.customer(billing_controls=limits("messages", 5))
    customer.grant("messages", 5, expires_at=milliseconds(START + timedelta(days=1)))
    customer.grant("messages", 100)
    customer.track("messages", 5)
    customer.move_days(1)
    customer.track("messages", 5)
    assert customer.left("messages") == (100, 0)
