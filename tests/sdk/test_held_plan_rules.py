"""Rules of plans that are held and of how they end, as a customer of the official client meets them."""

from typing import Any

import httpx
import pytest

from tests.sdk.client import refused
from tests.sdk.shop import (
    MONTH_DAYS,
    Account,
    Item,
    Shop,
    a_month_after_start,
    cents,
    included,
    packs,
    quantities,
    tiered,
    used,
)

AFTER = a_month_after_start()
HALF = 15
LEFT = (MONTH_DAYS - HALF) / MONTH_DAYS
AT_END, NOW, BACK = ({"cancel_action": each} for each in ("cancel_end_of_cycle", "cancel_immediately", "uncancel"))
INVOICED = {"enabled": True, "issue_method": "finalize"}


def prorated(item: Item, **how: str) -> Item:
    """An item that says how more or fewer units are billed."""
    return {**item, "proration": {"on_increase": "prorate_immediately", "on_decrease": "prorate_immediately", **how}}


def change(customer: Account, plan: str, **fields: Any) -> float:
    """Preview, then change; what the preview said is due now is what the invoice comes to."""
    preview, before = customer.preview_update(plan, **fields), customer.invoices
    customer.update(plan, **fields)
    made = customer.invoices[: len(customer.invoices) - len(before)]
    assert sum(made) == pytest.approx(float(preview.total))
    return float(preview.total)


def on_two(shop: Shop) -> tuple[Account, str, str]:
    """A customer on premium at 50 with pro at 20 waiting for the end of the month."""
    premium = shop.plan("premium", included("messages", 500), amount=50)
    pro, customer = shop.plan("pro", included("messages", 100), amount=20), shop.customer()
    customer.attach(premium)
    customer.attach(pro)
    return customer, premium, pro


def test_without_a_default_nothing_follows_a_cancelled_plan(shop: Shop) -> None:
    plan, customer = shop.plan("pro", included("messages", 100), amount=20), shop.customer()
    customer.attach(plan)
    customer.track("messages", 30)
    assert customer.preview_update(plan, **AT_END).next_cycle is None
    customer.update(plan, **AT_END)
    assert (customer.plans(), customer.left("messages")) == ({"pro": "canceling"}, (70, 30))
    customer.move_to(AFTER)
    assert (customer.plans(), customer.invoices) == ({}, [20])
    assert "messages" not in customer.now.balances


@pytest.mark.parametrize("how", [AT_END, NOW])
def test_cancelling_what_is_scheduled_lets_the_plan_before_it_go_on(shop: Shop, how: dict[str, Any]) -> None:
    customer, _, pro = on_two(shop)
    assert change(customer, pro, **how) == 0
    assert customer.plans() == {"premium": "active"}
    customer.move_to(AFTER)
    assert customer.invoices == [50, 50]


def test_cancelling_now_drops_what_was_to_follow(shop: Shop) -> None:
    customer, premium, _ = on_two(shop)
    assert change(customer, premium, **NOW) == -50
    assert customer.plans() == {}


def test_one_entity_of_two_ends_and_pays_its_overage(shop: Shop) -> None:
    plan, customer = shop.plan("pro", used("messages", 100, 0.1), amount=20), shop.customer()
    customer.entities("e1", "e2")
    for entity_id, taken in (("e1", 300), ("e2", 600)):
        customer.attach(plan, entity_id=entity_id)
        customer.track("messages", taken, entity_id=entity_id)
    change(customer, plan, entity_id="e1", **AT_END)
    customer.move_to(AFTER)
    assert (customer.plans("e1"), customer.plans("e2")) == ({}, {"pro": "active"})
    assert customer.invoices == [20 + 20 + 50, 20, 20]


def test_a_refund_in_full_leaves_no_credit(shop: Shop, http: httpx.Client) -> None:
    plan, customer = shop.plan("pro", included("messages", 100), amount=20), shop.customer()
    customer.attach(plan)
    customer.move_days(HALF)
    customer.update(plan, refund_last_payment="full", **NOW)
    assert (customer.plans(), customer.invoices) == ({}, [20])
    listed = http.post("/v1/invoices.list", json={"customer_id": customer.customer_id}).json()["list"]
    assert [(each["amount_paid"], each["refunded_amount"]) for each in listed] == [(20, 20)]


def test_a_cancellation_is_not_taken_back_before_a_plan_starts_or_after_it_ended(shop: Shop) -> None:
    customer, premium, pro = on_two(shop)
    with refused(400, "invalid_request") as it:
        customer.update(pro, **BACK)
    assert "scheduled" in it.message
    customer.move_to(AFTER)
    with refused(400, "invalid_request") as it:
        customer.update(premium, **BACK)
    assert "has ended" in it.message
    with refused(404, "customer_product_not_found"):
        customer.update(premium, **NOW)
    assert customer.plans() == {"pro": "active"}


def test_taking_back_the_end_of_a_plan_takes_back_its_downgrade(shop: Shop) -> None:
    customer, premium, _ = on_two(shop)
    assert change(customer, premium, **BACK) == 0
    assert customer.plans() == {"premium": "active"}


def test_fewer_packs_are_credited_for_the_time_that_is_left(shop: Shop) -> None:
    plan, customer = shop.plan("pro", packs("messages", 0, 8, 12)), shop.customer()
    customer.attach(plan, feature_quantities=quantities(messages=240))
    customer.track("messages", 30)
    customer.move_days(HALF)
    assert cents(change(customer, plan, feature_quantities=quantities(messages=60))) == -cents(15 * 8 * LEFT)
    assert customer.left("messages") == (30, 30)
    customer.move_to(AFTER)
    assert (customer.invoices[0], customer.left("messages")) == (5 * 8, (60, 0))


def test_fewer_packs_are_credited_on_the_next_invoice_where_the_plan_says_so(shop: Shop) -> None:
    item = prorated(packs("messages", 0, 8, 12), on_decrease="prorate_next_cycle")
    plan, customer = shop.plan("pro", item), shop.customer()
    customer.attach(plan, feature_quantities=quantities(messages=240))
    customer.move_days(HALF)
    next_due = cents(80) - cents(80 * LEFT)
    preview = customer.preview_update(plan, feature_quantities=quantities(messages=120))
    assert (preview.total, cents(preview.next_cycle.total)) == (0, next_due)
    customer.update(plan, feature_quantities=quantities(messages=120))
    assert (customer.invoices, customer.left("messages")) == ([160], (120, 0))
    customer.move_to(AFTER)
    assert cents(customer.invoices[0]) == next_due


def test_packs_given_up_for_the_next_cycle_are_taken_again_for_nothing_until_then(shop: Shop) -> None:
    item = prorated(packs("messages", 0, 8, 12), on_decrease="none")
    plan, customer = shop.plan("pro", item), shop.customer()
    customer.attach(plan, feature_quantities=quantities(messages=240))
    assert change(customer, plan, feature_quantities=quantities(messages=120)) == 0
    assert change(customer, plan, feature_quantities=quantities(messages=180)) == 0
    assert customer.left("messages") == (240, 0)
    customer.move_to(AFTER)
    assert (customer.invoices, customer.left("messages")) == ([15 * 8, 160], (180, 0))


@pytest.mark.parametrize(("quantity", "total"), [(100, 0), (200, 20), (600, 60), (700, 35)])
def test_volume_charges_included_units_too_once_they_are_passed(shop: Shop, quantity: int, total: float) -> None:
    plan = shop.plan("pro", tiered("messages", 100, [(500, 10), ("inf", 5)], "volume"))
    assert shop.customer().preview(plan, feature_quantities=quantities(messages=quantity)).total == total


def test_seats_are_prorated_on_the_next_invoice_where_the_plan_says_so(shop: Shop) -> None:
    later = {"on_increase": "prorate_next_cycle", "on_decrease": "prorate_next_cycle"}
    customer = shop.customer()
    customer.attach(shop.plan("pro", prorated(used("users", 1, 50), **later), amount=20))
    customer.move_days(HALF)
    customer.track("users", 3)
    customer.move_days(20)
    customer.track("users", -1)
    assert customer.invoices == [20]
    customer.move_to(AFTER)
    more, fewer = cents(100 * LEFT), cents(50 * (MONTH_DAYS - 20) / MONTH_DAYS)
    assert cents(customer.invoices[0]) == 20 + 50 + more - fewer


def test_one_of_two_equal_add_ons_is_changed_by_its_id(shop: Shop) -> None:
    extra = shop.plan("extra", packs("words", 0, 10), amount=10, add_on=True)
    customer = shop.customer()
    customer.attach(extra, feature_quantities=quantities(words=100))
    customer.attach(extra, feature_quantities=quantities(words=200), subscription_id="second")
    named = {"subscription_id": "second"}
    assert change(customer, extra, feature_quantities=quantities(words=300), **named) == 10
    assert customer.left("words") == (400, 0)
    assert change(customer, extra, **NOW, **named) == -40
    assert customer.left("words") == (100, 0)


def waiting(shop: Shop) -> tuple[Account, str, str]:
    """A customer on pro at 20, whose upgrade to premium at 50 waits for its invoice to be paid."""
    pro = shop.plan("pro", packs("messages", 0, 10), amount=20)
    premium, customer = shop.plan("premium", included("messages", 500), amount=50), shop.customer()
    customer.attach(pro)
    customer.attach(premium, invoice_mode=INVOICED)
    return customer, pro, premium


def test_while_a_change_waits_for_its_payment_no_plan_changes(shop: Shop) -> None:
    customer, pro, _ = waiting(shop)
    before = customer.now
    for fields in (NOW, AT_END, BACK, {"feature_quantities": quantities(messages=200)}, {"free_trial": None}):
        for ask in (customer.preview_update, customer.update):
            with refused(409, "billing_change_pending"):
                ask(pro, **fields)
    with refused(409, "billing_change_pending"):
        customer.attach(shop.plan("extra", amount=5, add_on=True))
    several = {"customer_id": customer.customer_id, "plans": [{"plan_id": pro}]}
    with refused(409, "billing_change_pending"):
        customer.autumn.billing.multi_attach(**several)
    assert customer.now == before


def test_a_change_that_waits_for_its_payment_is_called_off_with_its_invoice(shop: Shop) -> None:
    customer, _, premium = waiting(shop)
    customer.update(premium, **NOW)
    shown = shop.autumn.customers.get(customer_id=customer.customer_id, expand=["invoices"])
    assert [(each.status, each.total) for each in shown.invoices] == [("void", 30), ("paid", 20)]
    assert customer.plans() == {"pro": "active"}
    customer.move_to(AFTER)
    assert customer.invoices == [20, 30, 20]
