"""Acceptance cases, ending a plan and taking that back."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.sdk.client import refused
from tests.sdk.shop import (
    MONTH_DAYS,
    START,
    Account,
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
LEFT = Decimal(MONTH_DAYS - HALF) / MONTH_DAYS
"""What is left of the month on day 15."""
AT_END, AT_ONCE = {"cancel_action": "cancel_end_of_cycle"}, {"cancel_action": "cancel_immediately"}


class Three:
    """A customer, and the plans free, pro at 20 and premium at 50."""

    def __init__(self, shop: Shop, *, default: bool = False) -> None:
        self.free = shop.plan("free", included("messages", 100), default=default)
        self.pro = shop.plan("pro", included("messages", 500), amount=20)
        self.premium = shop.plan("premium", included("messages", 1000), amount=50)
        self.customer = shop.customer()


def on(shop: Shop, plan: str, **fields: Any) -> Account:
    customer = shop.customer()
    customer.attach(plan, **fields)
    return customer


def test_080_a_cancelled_plan_is_followed_by_the_default_plan(shop: Shop) -> None:
    three = Three(shop, default=True)
    customer = three.customer
    assert customer.plans() == {"free": "active"}
    customer.attach(three.pro)
    customer.update(three.pro, **AT_END)
    assert customer.plans() == {"pro": "canceling", "free": "scheduled"}
    assert customer.invoiced == (1, 20)
    customer.move_to(AFTER)
    assert customer.plans() == {"free": "active"}
    assert customer.left("messages") == (100, 0)
    assert customer.invoiced == (1, 20)


@pytest.mark.parametrize("default", [False, True])
def test_082_cancelling_takes_a_waiting_downgrade_back(shop: Shop, default: bool) -> None:
    three = Three(shop, default=default)
    customer, following = three.customer, {"free": "scheduled"} if default else {}
    customer.attach(three.premium)
    customer.attach(three.pro)
    customer.update(three.premium, **AT_END)
    assert customer.plans() == {"premium": "canceling", **following}
    customer.move_to(AFTER)
    assert customer.plans() == dict.fromkeys(following, "active")
    assert customer.invoiced == (1, 50)


def test_083_a_plan_of_several_intervals_ends_with_the_longest(shop: Shop) -> None:
    plan = shop.plan("yearly", packs("messages", 100, 10), amount=200, interval="year")
    customer = on(shop, plan, feature_quantities=quantities(messages=200))
    customer.update(plan, **AT_END)
    (held,) = customer.now.subscriptions
    assert held.expires_at == milliseconds(START.replace(year=START.year + 1))
    customer.move_to(a_month_after_start(3))
    assert customer.invoices == [10, 10, 10, 210]
    customer.move_to(START.replace(year=START.year + 1, month=3))
    assert (customer.plans(), len(customer.invoices)) == ({}, 12)


def test_085_the_final_invoice_is_the_overage_alone(shop: Shop) -> None:
    plan = shop.plan("pro", used("messages", 100, 0.10), amount=20)
    customer = on(shop, plan)
    customer.track("messages", 500)
    customer.update(plan, **AT_END)
    customer.move_to(AFTER)
    assert (customer.plans(), customer.invoiced) == ({}, (2, 40))
    customer.move_to(a_month_after_start(2))
    assert customer.invoiced == (2, 40)


def two_entities(shop: Shop, plan: str, **tracked: int) -> Account:
    customer = shop.customer()
    customer.entities(*tracked)
    for entity, units in tracked.items():
        customer.attach(plan, entity_id=entity)
        customer.track("messages", units, entity_id=entity)
    return customer


def test_086_two_entities_that_end_together_get_one_final_invoice(shop: Shop) -> None:
    plan = shop.plan("pro", used("messages", 100, 0.10), amount=20)
    customer = two_entities(shop, plan, e1=300, e2=600)
    for entity in ("e1", "e2"):
        customer.update(plan, entity_id=entity, **AT_END)
    customer.move_to(AFTER)
    assert customer.invoiced == (3, 70)


@pytest.mark.parametrize(("ended", "final"), [([None], 55), ([None, "e1"], 35)])
def test_088_overage_of_a_customer_and_its_entity_is_billed_once(
    shop: Shop, ended: list[str | None], final: float
) -> None:
    pro = shop.plan("pro", used("messages", 100, 0.10), amount=20)
    customer = shop.customer()
    customer.entities("e1")
    customer.attach(pro)
    customer.attach(pro, entity_id="e1")
    customer.track("messages", 300)
    customer.track("messages", 250, entity_id="e1")
    for entity in ended:
        customer.update(pro, **({"entity_id": entity} if entity else {}), **AT_END)
    customer.move_to(AFTER)
    assert customer.invoiced == (3, final)


def test_089_cancelling_at_once_refunds_the_time_and_forgives_the_overage(shop: Shop) -> None:
    plan = shop.plan("pro", used("messages", 100, 0.10), amount=20)
    customer = on(shop, plan)
    customer.track("messages", 500)
    preview = customer.preview_update(plan, **AT_ONCE)
    assert (preview.total, preview.intent) == (-20, "cancel_immediately")
    customer.update(plan, **AT_ONCE)
    assert (customer.plans(), customer.invoiced) == ({}, (2, -20))
    assert "messages" not in customer.now.balances
    customer.move_to(AFTER)
    assert customer.invoiced == (2, -20)


def test_091_in_mid_cycle_exactly_the_time_that_is_left_is_credited(shop: Shop) -> None:
    plan = shop.plan("pro", packs("messages", 0, 10), amount=20)
    customer = on(shop, plan, feature_quantities=quantities(messages=500))
    assert customer.invoiced == (1, 70)
    customer.move_days(HALF)
    left = -cents(float(20 * LEFT)) - cents(float(50 * LEFT))
    assert cents(customer.preview_update(plan, **AT_ONCE).total) == left
    customer.update(plan, **AT_ONCE)
    assert cents(customer.invoices[0]) == left


def test_092_seats_are_credited_with_the_base_price(shop: Shop) -> None:
    plan, customer = shop.plan("pro", used("users", 0, 10), amount=20), shop.customer()
    customer.attach(plan)
    customer.track("users", 5)
    assert customer.invoices == [50, 20]
    assert customer.preview_update(plan, **AT_ONCE).total == -70
    customer.update(plan, **AT_ONCE)
    assert customer.invoiced == (3, -70)


def test_094_no_more_goes_back_than_was_not_refunded_before(shop: Shop, http: httpx.Client) -> None:
    plan = shop.plan("pro", included("messages", 100), amount=20)
    customer = on(shop, plan)
    shown = shop.autumn.customers.get(customer_id=customer.customer_id, expand=["invoices"])
    shop.autumn.invoices.issue_credit_note(invoice_id=shown.invoices[0].stripe_id, amount=5, destination="refund")
    refund = {"plan_id": plan, "customer_id": customer.customer_id, "refund_last_payment": "full", **AT_ONCE}
    preview = http.post("/v1/billing.preview_update", json=refund).json()
    assert (preview["refund"]["amount"], preview["total"], preview["line_items"]) == (15, 0, [])
    customer.update(plan, refund_last_payment="full", **AT_ONCE)
    assert (customer.plans(), customer.invoiced) == ({}, (1, 20))


@pytest.mark.parametrize(("how", "back"), [("full", 20), ("prorated", float(cents(float(20 * LEFT))))])
def test_money_goes_back_in_place_of_a_credit(shop: Shop, http: httpx.Client, how: str, back: float) -> None:
    plan = shop.plan("pro", included("messages", 100), amount=20)
    customer = on(shop, plan)
    customer.move_days(HALF)
    refund = {"plan_id": plan, "customer_id": customer.customer_id, "refund_last_payment": how, **AT_ONCE}
    assert http.post("/v1/billing.preview_update", json=refund).json()["refund"]["amount"] == back
    customer.update(plan, refund_last_payment=how, **AT_ONCE)
    assert customer.invoiced == (1, 20)


@pytest.mark.parametrize("proration", ["prorate_immediately", "none"])
def test_095_a_refund_and_a_proration_are_two_wishes(shop: Shop, proration: str) -> None:
    plan = shop.plan("pro", included("messages", 100), amount=20)
    customer = on(shop, plan)
    with refused(400, "invalid_inputs"):
        customer.update(plan, refund_last_payment="full", proration_behavior=proration, **AT_ONCE)
    assert customer.plans() == {"pro": "active"}


def test_097_taking_back_a_cancellation_that_was_not_made_changes_nothing(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.pro)
    before = customer.now
    customer.update(three.pro, cancel_action="uncancel")
    assert customer.now == before
    assert customer.left("messages") == (500, 0)


def test_098_taking_back_a_cancellation_keeps_the_usage(shop: Shop) -> None:
    three = Three(shop, default=True)
    customer = three.customer
    customer.attach(three.pro)
    customer.track("messages", 120)
    customer.update(three.pro, **AT_END)
    customer.update(three.pro, cancel_action="uncancel")
    assert customer.plans() == {"pro": "active"}
    assert customer.left("messages") == (380, 120)
    customer.move_to(AFTER)
    assert customer.plans() == {"pro": "active"}
    assert customer.left("messages") == (500, 0)
    assert customer.invoiced == (2, 20)


def test_a_free_plan_and_one_that_is_paid_once_have_no_cycle_to_end_with(shop: Shop) -> None:
    free = shop.plan("free", included("messages", 100))
    once = shop.plan("once", included("words", 100, None), amount=10, interval="one_off")
    customer = on(shop, free)
    customer.attach(once)
    for plan in (free, once):
        with refused(400, "invalid_request"):
            customer.update(plan, **AT_END)
    assert customer.plans() == {"free": "active"}
    assert len(customer.now.purchases) == 1


def test_what_waits_is_dropped_and_cannot_be_uncancelled(shop: Shop) -> None:
    three = Three(shop)
    customer = three.customer
    customer.attach(three.premium)
    customer.attach(three.pro)
    with refused(400, "invalid_request"):
        customer.update(three.pro, cancel_action="uncancel")
    customer.update(three.pro, **AT_ONCE)
    assert customer.plans() == {"premium": "active"}
    customer.move_to(AFTER)
    assert customer.invoiced == (2, 50)
