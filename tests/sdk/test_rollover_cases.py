"""Acceptance cases, rollovers and what a reset does to a debt; debts paid from other balances."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sdk.shop import START, Account, Shop, a_month_after_start, included, milliseconds, rolling
from tests.support.serving import Serving, command_line


@pytest.mark.parametrize(
    ("number", "limit", "used", "remaining"),
    [
        pytest.param(200, {"max_percentage": 50}, 50, 300, id="163 capped"),
        pytest.param(200, {"max_percentage": 50}, 150, 250, id="163 all of it"),
        pytest.param(100, {"max_percentage": 50}, 60, 140, id="164"),
        pytest.param(400, {"max": 500}, 250, 550, id="44 before the switch"),
    ],
)
def test_what_is_left_over_lives_on(
    shop: Shop, number: float, limit: dict[str, float], used: float, remaining: float
) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", rolling("messages", number, **limit)))
    customer.track("messages", used)
    customer.move_to(a_month_after_start())
    assert customer.left("messages") == (remaining, 0)


def test_164_what_is_left_over_of_several_periods_adds_up_to_the_cap(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", rolling("messages", 100, max_percentage=50)))
    customer.track("messages", 60)
    customer.move_to(a_month_after_start())
    customer.track("messages", 20)
    customer.move_to(a_month_after_start(2))
    assert customer.left("messages") == (150, 0)


def test_166_leftovers_are_used_first_and_count_as_granted(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", rolling("messages", 100, max=500)))
    customer.track("messages", 70)
    customer.move_to(a_month_after_start())
    customer.track("messages", 10)
    held = customer.now.balances["messages"]
    assert (held.granted, held.remaining, held.usage) == (130, 120, 10)
    assert [(each.granted, each.balance) for each in held.rollovers] == [(30, 20)]


def test_a_loose_balance_rolls_over_too(shop: Shop) -> None:
    customer = shop.customer()
    rollover = {"max": 30, "duration": "month", "length": 1}
    customer.grant("messages", 100, reset={"interval": "month"}, rollover=rollover)
    customer.track("messages", 10)
    customer.move_to(a_month_after_start())
    assert customer.left("messages") == (130, 0)
    customer.move_to(a_month_after_start(2))
    assert customer.left("messages") == (130, 0)


@pytest.fixture
def remembering(server: Serving) -> Iterator[None]:
    """The ledger takes what was used beyond a free grant off the next one."""
    for value in ("true", "false"):
        command_line(server.data_dir, "ledgers", "set", "persist_free_overage", value, "--ledger", "main")
        if value == "true":
            yield


@pytest.mark.parametrize(("at_the_end", "after"), [(-75, 25), (-100, 0), (-50, 50), (50, 100)])
@pytest.mark.usefixtures("remembering")
def test_167_a_free_debt_is_taken_off_the_next_grant(shop: Shop, at_the_end: float, after: float) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 100)))
    customer.track("messages", 100 - at_the_end, overage_behavior="overflow")
    customer.move_to(a_month_after_start())
    assert customer.left("messages")[0] == after


def test_a_free_debt_is_forgotten_where_the_ledger_does_not_keep_it(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 100)))
    customer.track("messages", 175, overage_behavior="overflow")
    customer.move_to(a_month_after_start())
    assert customer.left("messages") == (100, 0)


def indebted(shop: Shop, used: float = 130) -> Account:
    customer = shop.customer()
    customer.grant("messages", 100, balance_id="a")
    customer.grant("messages", 200, balance_id="b")
    customer.adjust("messages", balance_id="a", usage=used)
    return customer


def recalculate(http: httpx.Client, customer: Account, **fields: Any) -> None:
    answer = http.post(
        "/v1/balances.recalculate",
        json={"customer_id": customer.customer_id, "feature_id": "messages", **fields},
    )
    assert answer.status_code == 200, answer.text


def test_158_debts_are_paid_from_what_is_left_elsewhere_and_once(shop: Shop, http: httpx.Client) -> None:
    customer = indebted(shop)
    assert customer.left("messages") == (200, 130)
    for _ in range(2):
        recalculate(http, customer)
        assert customer.left("messages") == (170, 130)


def test_160_a_customers_debts_are_not_paid_by_its_entities(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer()
    customer.entities("e1")
    customer.grant("messages", 100)
    customer.grant("messages", 200, entity_id="e1")
    customer.adjust("messages", usage=130)
    recalculate(http, customer)
    recalculate(http, customer, entity_id="e1")
    assert customer.left("messages") == (200, 130)


def test_160_where_nothing_is_left_nothing_moves(shop: Shop, http: httpx.Client) -> None:
    customer = indebted(shop)
    customer.adjust("messages", balance_id="b", remaining=0)
    before = customer.left("messages")
    recalculate(http, customer)
    assert customer.left("messages") == before == (0, 330)


def test_what_was_used_of_a_deleted_balance_may_move_to_the_others(shop: Shop) -> None:
    customer = indebted(shop, used=30)
    customer.autumn.balances.delete(
        customer_id=customer.customer_id, feature_id="messages", balance_id="a", recalculate_balances=True
    )
    assert customer.left("messages") == (170, 30)


def test_the_second_reset_of_what_was_first_named_follows_it(shop: Shop) -> None:
    customer = shop.customer()
    first = a_month_after_start()
    customer.grant("messages", 50, reset={"interval": "month"}, next_reset_at=milliseconds(first))
    customer.track("messages", 5)
    customer.move_to(first)
    assert customer.left("messages") == (50, 0)
    assert first > START
