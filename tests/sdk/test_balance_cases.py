"""Acceptance cases, balances by hand and their resets."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.sdk.client import refused
from tests.sdk.shop import START, Account, Item, Shop, a_month_after_start, included, milliseconds, used


def granted(customer: Account) -> tuple[float, float, float]:
    """Granted, remaining and usage."""
    held = customer.now.balances["messages"]
    return held.granted, held.remaining, held.usage


@pytest.mark.parametrize(
    ("tracked", "changes", "expected"),
    [
        pytest.param(0, [{"remaining": 80}], (100, 80, 20), id="148 less"),
        pytest.param(0, [{"remaining": 120}], (100, 120, -20), id="148 more"),
        pytest.param(30, [{"remaining": 50}], (100, 50, 50), id="149 after use"),
        pytest.param(30, [{"remaining": 0}], (100, 0, 100), id="149 to nothing"),
        pytest.param(30, [{"remaining": 50, "included_grant": 100}], (100, 50, 50), id="151 both"),
        pytest.param(0, [{"remaining": 100, "included_grant": 150}], (150, 100, 50), id="152 both"),
        pytest.param(0, [{"usage": 30}], (100, 70, 30), id="154 usage"),
        pytest.param(40.5, [{"usage": 27.35}], (100, 72.65, 27.35), id="154 fractions"),
        pytest.param(30, [{"usage": 0}], (100, 100, 0), id="154 none"),
        pytest.param(0, [{"usage": 130}], (100, 0, 130), id="154 more than there is"),
        pytest.param(0, [{"usage": -20}], (100, 120, -20), id="154 below none"),
        pytest.param(0, [{"add_to_balance": 100}], (100, 200, -100), id="added"),
        pytest.param(0, [{"remaining": 80}, {"included_grant": 500}], (500, 80, 420), id="the grant alone"),
        pytest.param(30, [{"remaining": 120}, {"remaining": 50.5}], (100, 50.5, 49.5), id="150 again"),
        pytest.param(0, [{"add_to_balance": 100}, {"add_to_balance": -300}], (100, 0, 200), id="150 deducted"),
        pytest.param(20, [{"included_grant": 50}], (50, 80, -30), id="153 a smaller grant"),
        pytest.param(20, [{"included_grant": 0, "remaining": 0}], (0, 0, 0), id="153 nothing"),
        pytest.param(0, [{"included_grant": 200, "add_to_balance": 100}], (200, 200, 0), id="153 and more"),
        pytest.param(10, [{"included_grant": 200, "usage": 50}], (200, 150, 50), id="153 and usage"),
    ],
)
def test_a_balance_set_by_hand(
    shop: Shop, tracked: float, changes: list[dict[str, Any]], expected: tuple[float, float, float]
) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 100)))
    if tracked:
        customer.track("messages", tracked)
    for change in changes:
        customer.adjust("messages", **change)
    assert granted(customer) == expected


def test_154_a_balance_for_good_is_set_by_its_usage_too(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    customer.adjust("messages", usage=40)
    assert granted(customer) == (100, 60, 40)


def test_150_one_of_several_balances_is_named_by_its_id_or_its_interval(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 100, balance_id="a")
    customer.grant("messages", 50, reset={"interval": "month"}, balance_id="b")
    customer.adjust("messages", balance_id="a", remaining=40)
    customer.adjust("messages", interval="month", remaining=10)
    assert granted(customer) == (150, 50, 100)
    with refused(400, "invalid_request"):
        customer.adjust("messages", included_grant=5)
    for number in (120, 0):
        customer.adjust("messages", remaining=number)
        assert customer.left("messages")[0] == number


def test_150_what_was_set_is_gone_at_the_reset_and_a_new_grant_stays(shop: Shop) -> None:
    for change, after in (({"remaining": 80}, 100), ({"add_to_balance": 50}, 100), ({"included_grant": 200}, 200)):
        customer = shop.customer()
        customer.attach(shop.plan("free", included("messages", 100)))
        customer.adjust("messages", **change)
        customer.move_to(a_month_after_start())
        assert granted(customer) == (after, after, 0)


def test_156_a_balance_is_gone_at_the_expiry_that_it_was_given(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 100)))
    expires_at = START + timedelta(days=5)
    customer.adjust("messages", remaining=50, expires_at=milliseconds(expires_at))
    assert granted(customer) == (100, 50, 50)
    customer.move_to(expires_at - timedelta(milliseconds=1))
    assert granted(customer) == (100, 50, 50)
    customer.move_to(expires_at)
    assert customer.now.balances == {}


def test_156_a_balance_that_is_to_expire_is_used_first(shop: Shop) -> None:
    customer = shop.customer()
    for name in ("a", "b"):
        customer.grant("messages", 10, balance_id=name)
    customer.adjust("messages", balance_id="b", expires_at=milliseconds(START + timedelta(days=5)))
    customer.track("messages", 5)
    assert {each.id: each.remaining for each in customer.now.balances["messages"].breakdown} == {"a": 10, "b": 5}


def test_156_a_reset_may_be_moved_and_the_next_ones_follow_it(shop: Shop) -> None:
    customer, moved_to = shop.customer(), START + timedelta(days=3)
    customer.attach(shop.plan("free", included("messages", 100)))
    customer.track("messages", 10)
    customer.adjust("messages", next_reset_at=milliseconds(moved_to))
    customer.move_to(moved_to)
    assert granted(customer) == (100, 100, 0)
    assert customer.now.balances["messages"].next_reset_at == milliseconds(moved_to.replace(month=2))


def test_155_an_expiry_in_the_past_is_refused(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    with refused(400, "invalid_request") as it:
        customer.adjust("messages", expires_at=milliseconds(START - timedelta(days=1)))
    assert "expires_at" in it.message
    assert customer.now.balances["messages"].breakdown[0].expires_at is None


def test_157_the_first_reset_may_be_named_and_the_next_follow_it(shop: Shop) -> None:
    customer = shop.customer()
    first = START + timedelta(days=10)
    customer.grant("messages", 50, reset={"interval": "month"}, next_reset_at=milliseconds(first))
    customer.track("messages", 20)
    assert customer.now.balances["messages"].next_reset_at == milliseconds(first)
    customer.move_to(first + timedelta(hours=1))
    assert customer.left("messages") == (50, 0)
    assert customer.now.balances["messages"].next_reset_at == milliseconds(first.replace(month=first.month + 1))
    customer.track("messages", 5)
    customer.move_to(first.replace(month=first.month + 1))
    assert customer.left("messages") == (50, 0)


def test_a_month_that_is_shorter_ends_the_period_on_its_last_day(shop: Shop) -> None:
    customer = shop.customer()
    end_of_january = START.replace(day=31)
    customer.move_to(end_of_january)
    customer.grant("messages", 50, reset={"interval": "month"})
    ends = []
    for _ in range(3):
        held = customer.now.balances["messages"]
        ends.append(held.next_reset_at)
        customer.track("messages", 1)
        customer.autumn.customers.advance_test_clock(customer_id=customer.customer_id, frozen_time=held.next_reset_at)
    expected = [
        end_of_january.replace(month=2, day=28),
        end_of_january.replace(month=3),
        end_of_january.replace(month=4, day=30),
    ]
    assert ends == [milliseconds(each) for each in expected]


def test_a_balance_that_has_expired_is_gone(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 50, expires_at=milliseconds(START + timedelta(days=3)))
    customer.grant("messages", 10)
    assert customer.left("messages") == (60, 0)
    customer.move_days(3)
    assert customer.left("messages") == (10, 0)


@pytest.mark.parametrize("item", [used("messages", 100, 0.10), included("messages", 100)], ids=["sold", "included"])
def test_155_what_a_paid_plan_renews_never_expires_by_hand(shop: Shop, item: Item, head: Callable[[], int]) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", item, amount=20))
    before = head()
    with refused(400, "invalid_request") as it:
        customer.adjust("messages", expires_at=milliseconds(START + timedelta(days=9)))
    assert "messages" in it.message
    assert head() == before


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ({}, "included_grant"),
        ({"included_grant": 5, "unlimited": True}, "unlimited"),
        ({"included_grant": 5, "expires_at": milliseconds(START - timedelta(days=1))}, "expires_at"),
        (
            {
                "included_grant": 5,
                "reset": {"interval": "month"},
                "expires_at": milliseconds(START + timedelta(days=9)),
            },
            "expires_at",
        ),
        ({"included_grant": 5, "next_reset_at": milliseconds(START + timedelta(days=9))}, "next_reset_at"),
    ],
)
def test_a_grant_that_contradicts_itself_is_refused(shop: Shop, sent: dict[str, Any], word: str) -> None:
    customer = shop.customer()
    with pytest.raises(Exception, match=word) as info:
        customer.autumn.balances.create(customer_id=customer.customer_id, feature_id="messages", **sent)
    assert getattr(info.value, "status_code", None) == 400
    assert customer.now.balances == {}


def test_a_balance_that_is_not_there_cannot_be_set_or_deleted(shop: Shop) -> None:
    customer = shop.customer()
    with refused(404, "balance_not_found"):
        customer.adjust("messages", remaining=5)
    with refused(404, "balance_not_found"):
        customer.autumn.balances.delete(customer_id=customer.customer_id, feature_id="messages")
