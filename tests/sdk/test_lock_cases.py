"""Acceptance cases, locks: units that are set aside until it is known how many were used."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from tests.sdk.client import refused
from tests.sdk.shop import START, Account, Shop, included, milliseconds

_numbers = count(1)


def lock(customer: Account, feature_id: str, value: float, **more: Any) -> str:
    """Set units aside that are there; answers the lock's id."""
    lock_id = f"lock-{next(_numbers)}"
    answer = customer.check(feature_id, required_balance=value, lock={"lock_id": lock_id, **more})
    assert answer.allowed
    return lock_id


def finalize(customer: Account, lock_id: str, action: str = "confirm", **more: Any) -> None:
    customer.autumn.balances.finalize(lock_id=lock_id, action=action, **more)


def uses(customer: Account) -> list[float]:
    """The values of all uses, the newest first."""
    page = customer.autumn.events.list(customer_id=customer.customer_id)
    return [each.value for each in page.list]


def holding(shop: Shop, **grants: float) -> Account:
    customer = shop.customer()
    for feature_id, number in grants.items():
        customer.grant(feature_id, number)
    return customer


def test_140_a_lock_that_was_not_needed_in_full_gives_the_last_taken_back_first(shop: Shop) -> None:
    customer = holding(shop, action1=100, credits=200)
    customer.track("action1", 95)
    lock_id = lock(customer, "action1", 8)
    assert (customer.left("action1")[0], customer.left("credits")[0]) == (0, 199.4)
    finalize(customer, lock_id, override_value=3)
    assert (customer.left("action1")[0], customer.left("credits")[0]) == (2, 200)


def test_142_what_was_locked_and_what_was_used_are_both_told(shop: Shop) -> None:
    customer = holding(shop, credits=100)
    finalize(customer, lock(customer, "credits", 27.89), override_value=12.45)
    assert customer.left("credits") == (87.55, 12.45)
    assert uses(customer) == [-15.44, 27.89]


@pytest.mark.parametrize(("used", "left"), [(20, 180), (45, 155)])
def test_143_less_or_more_may_be_used_than_was_locked(shop: Shop, used: float, left: float) -> None:
    customer = holding(shop, credits=200)
    finalize(customer, lock(customer, "credits", 30), override_value=used)
    assert customer.left("credits")[0] == left


def test_a_lock_that_is_released_gives_everything_back(shop: Shop) -> None:
    customer = holding(shop, messages=10)
    lock_id = lock(customer, "messages", 8)
    assert customer.check("messages", required_balance=3).allowed is False
    finalize(customer, lock_id, "release")
    assert customer.left("messages") == (10, 0)


def test_a_lock_of_more_than_there_is_is_not_allowed(shop: Shop) -> None:
    customer = holding(shop, messages=10)
    answer = customer.check("messages", required_balance=11, lock={"lock_id": f"lock-{next(_numbers)}"})
    assert (answer.allowed, answer.balance.remaining) == (False, 10)


def test_145_seats_cannot_be_locked(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("users", 5, None)))
    with refused(400, "invalid_request") as it:
        customer.check("users", lock={"lock_id": "seats"})
    assert "held until freed" in it.message


def test_145_a_lock_of_the_same_id_is_refused(shop: Shop) -> None:
    customer, other = holding(shop, messages=10), holding(shop, messages=10)
    lock_id = lock(customer, "messages", 5)
    for each in (customer, other):
        with refused(409, "lock_already_exists") as it:
            each.check("messages", lock={"lock_id": lock_id})
        assert lock_id in it.message
    assert (customer.left("messages")[0], other.left("messages")[0]) == (5, 10)


@pytest.mark.parametrize("days", [1.01, -1])
def test_145_a_lock_lasts_at_most_a_day(shop: Shop, days: float) -> None:
    customer = holding(shop, messages=10)
    expires_at = milliseconds(START + timedelta(days=days))
    with refused(400, "invalid_request") as it:
        customer.check("messages", lock={"lock_id": "long", "expires_at": expires_at})
    assert "expires_at" in it.message


def test_146_a_lock_that_expires_gives_everything_back(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 5, reset={"interval": "hour"})
    customer.grant("messages", 10, reset={"interval": "month"})
    lock(customer, "messages", 8, expires_at=milliseconds(START + timedelta(minutes=30)))
    assert customer.left("messages")[0] == 7
    customer.move_to(START + timedelta(minutes=30))
    assert customer.left("messages") == (15, 0)
    assert uses(customer) == [-8, 8]


def test_a_lock_lasts_a_day_unless_it_says_otherwise(shop: Shop) -> None:
    customer = holding(shop, messages=10)
    lock_id = lock(customer, "messages", 8)
    customer.move_to(START + timedelta(hours=23, minutes=59))
    assert customer.left("messages")[0] == 2
    customer.move_days(1)
    assert customer.left("messages")[0] == 10
    with refused(400, "invalid_request"):
        finalize(customer, lock_id)


def test_a_release_says_nothing_of_what_was_used(shop: Shop) -> None:
    customer = holding(shop, messages=10)
    lock_id = lock(customer, "messages", 8)
    with refused(400, "invalid_inputs") as it:
        finalize(customer, lock_id, "release", override_value=3)
    assert "override_value" in it.message
    assert customer.left("messages")[0] == 2
