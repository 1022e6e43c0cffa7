"""Corrections with a trail, and what a use brings about by itself, over the wire."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sdk.client import refused
from tests.sdk.shop import START, Account, Shop, a_month_after_start, included, milliseconds, packs, used

REASON = {"Tallystick-Reason": "counted twice"}


def last_position(http: httpx.Client) -> int:
    """The position of the ledger's last event."""
    return int(http.post("/v1/features.list").headers["Ledger-Position"])


def reverse(http: httpx.Client, position: int, headers: dict[str, str] | None = None) -> httpx.Response:
    return http.post("/v1/events.reverse", json={"position": position}, headers=REASON if headers is None else headers)


def test_161_a_debt_that_was_carried_over_is_paid_from_the_new_grant(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", included("messages", 100), amount=20))
    customer.track("messages", 120, overage_behavior="overflow")
    premium = shop.plan("premium", included("messages", 500), amount=50)
    customer.attach(premium, carry_over_balances={"enabled": True})
    body = {"customer_id": customer.customer_id, "feature_id": "messages"}
    assert http.post("/v1/balances.recalculate", json=body).status_code == 200
    assert customer.left("messages") == (480, 20)


def test_a_use_is_taken_back_once_and_with_a_reason(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    customer.track("messages", 30)
    position = last_position(http)
    assert reverse(http, position, {}).json()["code"] == "reason_required"
    assert reverse(http, position).status_code == 200
    assert customer.left("messages") == (100, 0)
    again = reverse(http, position)
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    assert customer.left("messages") == (100, 0)


def test_a_change_of_a_balance_by_hand_is_taken_back(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    customer.adjust("messages", add_to_balance=-40)
    position = last_position(http)
    customer.track("messages", 10)
    assert reverse(http, position).status_code == 200
    assert customer.left("messages") == (90, 10)


def test_what_moved_no_balance_is_not_taken_back(shop: Shop, http: httpx.Client) -> None:
    shop.customer()
    answer = reverse(http, last_position(http))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def backdate(http: httpx.Client, customer: Account, value: float, days: float, header: str = "true") -> httpx.Response:
    """Say that messages were used so many days after START."""
    body = {
        "customer_id": customer.customer_id,
        "feature_id": "messages",
        "value": value,
        "timestamp": milliseconds(START + timedelta(days=days)),
    }
    return http.post("/v1/balances.track", json=body, headers={"Tallystick-Backdate": header} if header else {})


@pytest.mark.parametrize(("before", "value", "difference"), [(90, 30, 2), (150, -30, -3), (0, 100, 0)])
def test_use_in_a_closed_period_is_charged_or_credited_on_the_next_invoice(
    shop: Shop, http: httpx.Client, before: float, value: float, difference: float
) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("pro", used("messages", 100, 0.1), amount=20))
    if before:
        customer.track("messages", before)
    customer.move_to(a_month_after_start() + timedelta(days=20))
    closed = backdate(http, customer, value, 3, header="")
    assert (closed.status_code, closed.json()["code"]) == (400, "billing_period_closed")
    assert backdate(http, customer, value, 3).status_code in (200, 202)
    assert customer.left("messages") == (100, 0)
    customer.move_to(a_month_after_start(2))
    assert customer.invoices[0] == 20 + difference


def topping(**more: Any) -> dict[str, Any]:
    return {"auto_topups": [{"feature_id": "messages", "threshold": 20, "quantity": 100, "enabled": True, **more}]}


def test_units_are_bought_when_few_are_left(shop: Shop) -> None:
    customer = shop.customer(billing_controls=topping())
    customer.attach(shop.plan("pro", included("messages", 100), packs("messages", 0, 10, interval="one_off")))
    count = len(customer.invoices)
    customer.track("messages", 80)
    assert len(customer.invoices) == count
    customer.track("messages", 1)
    assert customer.left("messages")[0] == 119
    assert (len(customer.invoices), 10 in customer.invoices) == (count + 1, True)
    customer.track("messages", 100)
    assert customer.left("messages")[0] == 19


def test_a_limit_that_means_nothing_is_refused(shop: Shop) -> None:
    customer = shop.customer()
    with refused(404, "feature_not_found"):
        customer.autumn.customers.update(
            customer_id=customer.customer_id,
            billing_controls={"usage_limits": [{"feature_id": "stars", "limit": 5, "interval": "month"}]},
        )
