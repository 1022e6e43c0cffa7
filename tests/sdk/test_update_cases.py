"""Acceptance cases, changing a held plan: its price, its interval, its items, and the seats that are taken of it."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.sdk.client import refused
from tests.sdk.shop import (
    MONTH_DAYS,
    START,
    Account,
    Item,
    Shop,
    a_month_after_start,
    cents,
    included,
    milliseconds,
    packs,
    quantities,
    used,
)

AFTER = a_month_after_start()
HALF = 15
LEFT = (MONTH_DAYS - HALF) / MONTH_DAYS
"""What is left of the month on day 15."""


def price(amount: float, interval: str = "month") -> dict[str, Any]:
    return {"customize": {"price": {"amount": amount, "interval": interval}}}


def prorated(item: Item, **how: str) -> Item:
    """An item that says how more or fewer units are billed."""
    terms = {"on_increase": "prorate_immediately", "on_decrease": "prorate_immediately"}
    return {**item, "proration": {**terms, **how}}


def change(customer: Account, plan: str, **fields: Any) -> float:
    """Preview, then change; what the preview said is due now."""
    preview = customer.preview_update(plan, **fields)
    before = customer.invoices
    customer.update(plan, **fields)
    made = customer.invoices[: len(customer.invoices) - len(before)]
    assert sum(made) == pytest.approx(float(preview.total))
    return float(preview.total)


def change_as_json(http: httpx.Client, customer: Account, plan: str, **fields: Any) -> float:
    """The same as JSON, for prices of the customer's own: the Python client drops them with pydantic 2.14."""
    body = {"customer_id": customer.customer_id, "plan_id": plan, **fields}
    preview = http.post("/v1/billing.preview_update", json=body).raise_for_status().json()
    before = customer.invoices
    http.post("/v1/billing.update", json=body).raise_for_status()
    made = customer.invoices[: len(customer.invoices) - len(before)]
    assert sum(made) == pytest.approx(preview["total"])
    return float(preview["total"])


def on(shop: Shop, plan: str, **fields: Any) -> Account:
    customer = shop.customer()
    customer.attach(plan, **fields)
    return customer


def test_104_units_that_are_billed_with_the_next_cycle_count_at_once(shop: Shop) -> None:
    item = prorated(packs("messages", 0, 8, 12), on_increase="prorate_next_cycle")
    plan = shop.plan("pro", item)
    customer = on(shop, plan, feature_quantities=quantities(messages=120))
    customer.move_days(HALF)
    assert change(customer, plan, feature_quantities=quantities(messages=240)) == 0
    assert customer.left("messages") == (240, 0)
    assert customer.invoiced == (1, 80)
    customer.move_to(AFTER)
    assert (customer.invoiced[0], cents(customer.invoiced[1])) == (2, cents(160 + 80 * LEFT))


def test_106_units_that_are_not_credited_stay_until_the_renewal(shop: Shop) -> None:
    item = prorated(packs("messages", 0, 8, 12), on_decrease="no_prorations")
    plan = shop.plan("pro", item)
    customer = on(shop, plan, feature_quantities=quantities(messages=240))
    assert change(customer, plan, feature_quantities=quantities(messages=120)) == 0
    assert (customer.left("messages"), customer.invoiced) == ((240, 0), (1, 160))
    customer.move_to(AFTER)
    assert (customer.left("messages"), customer.invoiced) == ((120, 0), (2, 80))


@pytest.mark.parametrize(
    ("old", "new", "total"),
    [
        pytest.param(20, price(30), 10, id="109 to 30"),
        pytest.param(30, price(20), -10, id="109 to 20"),
        pytest.param(20, {"customize": {"price": None}}, -20, id="109 price taken away"),
    ],
)
def test_another_price_bills_the_difference_and_keeps_the_usage(
    shop: Shop, http: httpx.Client, old: float, new: dict[str, Any], total: float
) -> None:
    plan = shop.plan("pro", included("messages", 500), amount=old)
    customer = on(shop, plan)
    customer.track("messages", 60)
    assert change_as_json(http, customer, plan, **new) == total
    assert customer.left("messages") == (440, 60)
    assert customer.plans() == {"pro": "active"}


def test_109_in_mid_cycle_the_difference_is_prorated(shop: Shop, http: httpx.Client) -> None:
    plan = shop.plan("pro", included("messages", 500), amount=20)
    customer = on(shop, plan)
    customer.move_days(HALF)
    assert cents(change_as_json(http, customer, plan, **price(30))) == cents(30 * LEFT) - cents(20 * LEFT)
    customer.move_to(AFTER)
    assert customer.invoiced == (3, 30)


@pytest.mark.parametrize(
    ("old", "new", "total"),
    [
        pytest.param((20, "month"), (200, "year"), 180, id="110 to a year"),
        pytest.param((200, "year"), (20, "month"), -180, id="110 to a month"),
    ],
)
def test_another_interval_credits_the_old_one(
    shop: Shop, http: httpx.Client, old: tuple[float, str], new: tuple[float, str], total: float
) -> None:
    plan = shop.plan("pro", included("messages", 500), amount=old[0], interval=old[1])
    customer = on(shop, plan)
    customer.track("messages", 60)
    assert change_as_json(http, customer, plan, **price(*new)) == total
    assert customer.left("messages") == (440, 60)
    assert customer.invoiced == (2, total)


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        pytest.param(price(20), 20, id="112 a price"),
        pytest.param(price(200, "year"), 200, id="112 a price by the year"),
        pytest.param(
            {
                "customize": {"add_items": [packs("words", 0, 10)]},
                "feature_quantities": quantities(words=100),
            },
            10,
            id="112 units bought ahead",
        ),
    ],
)
def test_a_free_plan_begins_to_cost(shop: Shop, http: httpx.Client, fields: Mapping[str, Any], total: float) -> None:
    plan = shop.plan("free", included("messages", 100))
    customer = on(shop, plan)
    customer.track("messages", 30)
    assert change_as_json(http, customer, plan, **fields) == total
    assert customer.left("messages") == (70, 30)
    assert customer.invoiced == (1, total)


def test_112_seats_in_use_begin_to_cost(shop: Shop) -> None:
    plan = shop.plan("free", included("users", 2, None))
    customer = on(shop, plan)
    customer.track("users", 3)
    assert change(customer, plan, customize={"items": [used("users", 2, 10)]}) == 10
    assert customer.left("users") == (0, 3)


def seats(shop: Shop, amount: float = 50, **how: str) -> tuple[str, Account]:
    """A customer of a plan at 20 with one seat included."""
    plan = shop.plan("pro", prorated(used("users", 1, amount), **how), amount=20)
    return plan, on(shop, plan)


def test_113_each_seat_beyond_the_included_one_is_billed_in_full_when_it_is_taken(shop: Shop) -> None:
    _, customer = seats(shop, on_increase="bill_immediately")
    customer.track("users", 1)
    assert customer.invoices == [20]
    customer.track("users", 1)
    assert customer.invoices == [50, 20]
    customer.track("users", 1)
    assert customer.invoices == [50, 50, 20]
    assert customer.left("users") == (0, 3)


def test_113_two_at_once_and_then_one_more_with_an_entity(shop: Shop) -> None:
    _, customer = seats(shop, on_increase="bill_immediately")
    customer.track("users", 2)
    assert customer.invoices == [50, 20]
    customer.entities("e1")
    assert customer.invoices == [50, 50, 20]


def test_113_in_mid_cycle_it_is_the_full_price_all_the_same(shop: Shop) -> None:
    _, customer = seats(shop, on_increase="bill_immediately")
    customer.move_days(HALF)
    customer.track("users", 2)
    assert customer.invoices == [50, 20]
    customer.move_to(AFTER)
    assert customer.invoices == [70, 50, 20]


def test_seats_are_prorated_where_the_plan_does_not_say_how(shop: Shop) -> None:
    plan = shop.plan("pro", used("users", 1, 50), amount=20)
    customer = on(shop, plan)
    customer.move_days(HALF)
    customer.track("users", 2)
    assert cents(customer.invoices[0]) == cents(50 * LEFT)
    customer.track("users", -1)
    assert cents(customer.invoices[0]) == -cents(50 * LEFT)


def test_115_freed_seats_are_taken_again_for_nothing_and_go_with_the_renewal(shop: Shop) -> None:
    _, customer = seats(shop, on_increase="bill_immediately", on_decrease="none")
    customer.track("users", 3)
    assert customer.invoices == [100, 20]
    customer.track("users", -3)
    customer.track("users", 1)
    assert (customer.invoices, customer.left("users")) == ([100, 20], (0, 1))
    customer.track("users", 2)
    assert customer.invoices == [100, 20]
    customer.track("users", -2)
    customer.move_to(AFTER)
    assert customer.invoices == [20, 100, 20]
    customer.track("users", 1)
    assert customer.invoices == [50, 20, 100, 20]


def test_116_a_seat_that_is_not_paid_for_is_not_taken(shop: Shop) -> None:
    _, customer = seats(shop, on_increase="bill_immediately")
    shop.autumn.customers.update(customer_id=customer.customer_id, metadata={"payment_method": "pm_declined"})
    with refused(402, "invoice_payment_failed"):
        customer.track("users", 3)
    assert (customer.left("users"), customer.invoices) == ((1, 0), [20])
    with refused(402, "invoice_payment_failed"):
        customer.entities("e1", "e2")
    assert [each.id for each in entities(shop, customer)] == ["e1"]


def entities(shop: Shop, customer: Account) -> Any:
    return shop.autumn.customers.get(customer_id=customer.customer_id, expand=["entities"]).entities


def test_a_change_that_is_not_paid_for_is_not_made(shop: Shop, http: httpx.Client) -> None:
    plan = shop.plan("pro", included("messages", 500), amount=20)
    customer = on(shop, plan)
    shop.autumn.customers.update(customer_id=customer.customer_id, metadata={"payment_method": "pm_declined"})
    before = customer.now
    body = {"customer_id": customer.customer_id, "plan_id": plan, **price(30)}
    answer = http.post("/v1/billing.update", json=body)
    assert (answer.status_code, answer.json()["code"]) == (402, "invoice_payment_failed")
    assert customer.now == before


def test_a_trial_is_given_extended_and_ended(shop: Shop) -> None:
    plan = shop.plan("pro", included("messages", 500), amount=20)
    customer = on(shop, plan)
    assert change(customer, plan, free_trial={"duration_length": 7, "duration_type": "day"}) == -20
    (held,) = customer.now.subscriptions
    assert held.trial_ends_at == milliseconds(START) + 7 * 86_400_000
    customer.move_days(3)
    assert change(customer, plan, free_trial={"duration_length": 14, "duration_type": "day"}) == 0
    (held,) = customer.now.subscriptions
    assert held.trial_ends_at == milliseconds(START) + 17 * 86_400_000
    assert change(customer, plan, free_trial=None) == 20
    (held,) = customer.now.subscriptions
    assert held.trial_ends_at is None


def test_a_newer_version_is_moved_to_with_the_usage(shop: Shop, http: httpx.Client) -> None:
    plan = shop.plan("pro", included("messages", 500), amount=20)
    customer = on(shop, plan)
    customer.track("messages", 60)
    newer = {"price": {"amount": 25, "interval": "month"}, "items": [included("messages", 800)]}
    http.post("/v1/plans.update", json={"plan_id": plan, **newer}).raise_for_status()
    assert customer.left("messages") == (440, 60)
    assert change(customer, plan, version=2) == 5
    assert customer.left("messages") == (740, 60)


def test_the_cycle_begins_anew(shop: Shop) -> None:
    plan = shop.plan("pro", included("messages", 500), amount=20)
    customer = on(shop, plan)
    now = customer.move_days(HALF)
    assert cents(change(customer, plan, billing_cycle_anchor="now")) == cents(20) - cents(20 * LEFT)
    (held,) = customer.now.subscriptions
    assert held.current_period_end == milliseconds(now.replace(month=2))
    assert customer.now.balances["messages"].next_reset_at == milliseconds(now.replace(month=2))
