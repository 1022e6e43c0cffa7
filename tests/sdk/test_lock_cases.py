"""Acceptance cases, locks: units that are set aside until it is known how many were used."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from tests.sdk.client import refused
from tests.sdk.shop import START, Account, Shop, a_month_after_start, included, milliseconds, switched_on, used

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


def test_141_more_than_was_locked_is_taken_as_any_use_is(shop: Shop) -> None:
    customer = holding(shop, action1=100, credits=200)
    customer.track("action1", 95)
    finalize(customer, lock(customer, "action1", 8), override_value=10)
    assert (customer.left("action1")[0], customer.left("credits")[0]) == (0, 199)
    assert uses(customer) == [2, 8, 95]


@pytest.mark.parametrize(("behavior", "usage"), [("cap", 10), ("overflow", 15)])
def test_141_more_than_there_is_follows_what_the_lock_said_of_overage(shop: Shop, behavior: str, usage: float) -> None:
    customer = holding(shop, messages=10)
    finalize(customer, lock(customer, "messages", 8, overage_behavior=behavior), override_value=15)
    assert customer.left("messages") == (0, usage)


def test_141_an_entitys_lock_gives_back_what_was_taken_last(shop: Shop) -> None:
    customer = shop.customer()
    customer.entities("e1")
    customer.grant("messages", 100)
    customer.grant("messages", 30, entity_id="e1")
    lock_id = f"lock-{next(_numbers)}"
    customer.check("messages", required_balance=40, entity_id="e1", lock={"lock_id": lock_id})
    finalize(customer, lock_id, override_value=35)
    assert [each.remaining for each in customer.entity("e1").balances["messages"].breakdown] == [0, 95]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"feature_id": "sso"}, 400, "invalid_request"),
        ({"lock": {"lock_id": "x" * 257}}, 400, "invalid_request"),
        ({"lock": {}}, 400, "invalid_inputs"),
        ({"required_balance": 0}, 400, "invalid_inputs"),
        ({"required_balance": -1}, 400, "invalid_inputs"),
        ({"feature_id": "none"}, 404, "feature_not_found"),
        ({"customer_id": "none"}, 404, "customer_not_found"),
        ({"entity_id": "none"}, 404, "entity_not_found"),
    ],
)
def test_144_a_lock_that_cannot_be_writes_nothing(
    shop: Shop, http: httpx.Client, head: Callable[[], int], sent: dict[str, Any], status: int, code: str
) -> None:
    customer = holding(shop, messages=10)
    customer.attach(shop.plan("free", switched_on("sso")))
    before = head()
    body = {"customer_id": customer.customer_id, "feature_id": "messages", "lock": {"lock_id": "refused"}, **sent}
    answer = http.post("/v1/balances.check", json=body)
    assert (answer.status_code, answer.json()["code"], head()) == (status, code, before)


def test_144_a_lock_ends_once_and_its_id_is_free_again(shop: Shop, head: Callable[[], int]) -> None:
    customer = holding(shop, messages=10)
    lock_id = lock(customer, "messages", 8)
    with refused(400, "invalid_inputs"):
        finalize(customer, lock_id, override_value=-1)
    finalize(customer, lock_id)
    before = head()
    for action in ("confirm", "release"):
        with refused(400, "invalid_request") as it:
            finalize(customer, lock_id, action)
        assert lock_id in it.message
    assert head() == before
    assert customer.check("messages", lock={"lock_id": lock_id}).allowed


def test_147_a_lock_that_expires_gives_credits_back_at_their_cost(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("action1", 5, reset={"interval": "day"})
    customer.grant("credits", 100)
    lock(customer, "action1", 10, expires_at=milliseconds(START + timedelta(hours=1)))
    assert (customer.left("action1")[0], customer.left("credits")[0]) == (0, 99)
    customer.track("action1", 5)
    customer.move_to(START + timedelta(hours=1))
    assert (customer.left("action1"), customer.left("credits")) == ((5, 0), (99, 1))
    assert uses(customer) == [-10, 5, 10]


def test_147_credits_that_a_lock_took_beyond_the_grant_are_not_billed_when_it_expires(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", used("credits", 10, 1), amount=20))
    lock(customer, "action1", 100, expires_at=milliseconds(START + timedelta(hours=1)))
    assert customer.left("credits") == (0, 20)
    customer.move_to(a_month_after_start())
    assert (customer.left("credits"), customer.invoices) == ((10, 0), [20, 20])


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
