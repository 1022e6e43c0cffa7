"""Acceptance cases, rollovers and what a reset does to a debt; debts paid from other balances."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sdk.shop import (
    START,
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


def expiring(months: int, number: float = 100) -> Item:
    """Units that a plan includes each month, of which all that is left over lives on for so many months."""
    rollover = {"expiry_duration_type": "month", "expiry_duration_length": months}
    return {**included("messages", number), "rollover": rollover}


@pytest.mark.parametrize(("most", "remaining"), [(500, 550), (100, 500), (0, 400)])
def test_162_no_more_is_left_over_than_the_cap(shop: Shop, most: float, remaining: float) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", rolling("messages", 400, max=most)))
    customer.track("messages", 250)
    customer.move_to(a_month_after_start())
    assert customer.left("messages") == (remaining, 0)


def test_162_older_leftovers_give_way_at_the_cap(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", rolling("messages", 100, max=150)))
    customer.move_to(a_month_after_start(2))
    assert [each.balance for each in customer.now.balances["messages"].rollovers] == [50, 100]
    customer.track("messages", 60)
    assert [each.balance for each in customer.now.balances["messages"].rollovers] == [0, 90]
    customer.move_to(a_month_after_start(3))
    assert customer.left("messages") == (250, 0)


def test_162_what_was_bought_ahead_is_left_over_too(shop: Shop) -> None:
    item = {**packs("messages", 0, 10), "rollover": {"max": 500, "expiry_duration_type": "forever"}}
    customer = shop.customer()
    customer.attach(shop.plan("pro", item, amount=20), feature_quantities=quantities(messages=200))
    customer.track("messages", 50)
    customer.move_to(a_month_after_start())
    assert customer.left("messages") == (350, 0)


def test_165_leftovers_expire_so_many_months_after_their_reset(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", expiring(2)))
    customer.track("messages", 40)
    customer.move_to(a_month_after_start())
    expires_at = a_month_after_start(3)
    (leftover,) = customer.now.balances["messages"].rollovers
    assert (leftover.balance, leftover.expires_at) == (60, milliseconds(expires_at))
    remaining = []
    for instant in (a_month_after_start(2), expires_at - timedelta(milliseconds=1), expires_at):
        customer.move_to(instant)
        remaining.append(customer.left("messages")[0])
    assert remaining == [260, 260, 300]


def test_165_what_expires_sooner_of_what_is_left_over_is_used_first(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", expiring(2)))
    customer.track("messages", 40)
    customer.move_to(a_month_after_start(2))
    customer.track("messages", 65)
    assert [each.balance for each in customer.now.balances["messages"].rollovers] == [0, 95]
    assert customer.left("messages") == (195, 65)


@pytest.mark.parametrize("interval", ["minute", "hour"])
def test_165_nothing_is_left_over_of_minutes_and_hours(
    shop: Shop, http: httpx.Client, head: Callable[[], int], interval: str
) -> None:
    customer, plan_id = shop.customer(), shop.plan("free", included("messages", 1))
    item = {**rolling("messages", 10, max=5), "reset": {"interval": interval}}
    bodies = {
        "plans.create": {"plan_id": f"rolling-{interval}", "name": "Rolling", "items": [item]},
        "balances.create": {
            "customer_id": customer.customer_id, "feature_id": "messages", "included_grant": 10,
            "reset": {"interval": interval}, "rollover": {"max": 5, "duration": "month", "length": 1},
        },
        "billing.attach": {"customer_id": customer.customer_id, "plan_id": plan_id, "customize": {"items": [item]}},
    }  # fmt: skip
    before = head()
    for operation, body in bodies.items():
        answer = http.post(f"/v1/{operation}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), answer.text
        assert "rollover" in answer.json()["message"]
    assert head() == before


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


@pytest.mark.usefixtures("remembering")
def test_168_a_debt_beyond_the_next_grant_is_owed_period_after_period(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 100)))
    customer.track("messages", 275, overage_behavior="overflow")
    stood = []
    for months in (1, 2, 3):
        customer.move_to(a_month_after_start(months))
        stood.append(customer.left("messages"))
    assert stood == [(0, 175), (25, 75), (100, 0)]


@pytest.mark.usefixtures("remembering")
def test_168_a_debt_leaves_nothing_over_and_is_owed_by_loose_balances_too(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", rolling("words", 100, max=50)))
    customer.grant("messages", 100, reset={"interval": "month"})
    customer.track("words", 120, overage_behavior="overflow")
    customer.track("messages", 175, overage_behavior="overflow")
    customer.move_to(a_month_after_start())
    assert (customer.left("words"), customer.left("messages")) == ((80, 20), (25, 75))
    customer.move_to(a_month_after_start(2))
    assert (customer.left("words"), customer.left("messages")) == ((150, 0), (100, 0))


@pytest.mark.usefixtures("remembering")
def test_168_overage_that_is_paid_for_is_not_owed_twice(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", used("messages", 100, 0.1), amount=20))
    customer.track("messages", 150)
    customer.move_to(a_month_after_start())
    assert (customer.left("messages"), customer.invoices) == ((100, 0), [25, 20])


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


def test_159_debts_are_paid_as_far_as_anything_is_left(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer()
    for name, number in (("a", 100), ("b", 200), ("c", 300)):
        customer.grant("messages", number, balance_id=name)
    customer.adjust("messages", balance_id="a", usage=130)
    customer.adjust("messages", balance_id="b", usage=250)
    recalculate(http, customer)
    parts = {each.id: each.remaining for each in customer.now.balances["messages"].breakdown}
    assert (parts, customer.left("messages")) == ({"a": 0, "b": 0, "c": 220}, (220, 380))
    customer.adjust("messages", balance_id="a", usage=500)
    recalculate(http, customer)
    assert customer.left("messages") == (0, 780)


def test_159_an_entitys_debts_are_paid_by_its_own_balances(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer()
    customer.entities("e1")
    for name, number in (("a", 100), ("b", 20)):
        customer.grant("messages", number, balance_id=name, entity_id="e1")
    customer.adjust("messages", entity_id="e1", balance_id="a", usage=110)
    recalculate(http, customer, entity_id="e1")
    assert customer.left("messages", "e1") == (10, 110)


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
