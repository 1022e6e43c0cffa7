"""Rules of attaching and switching that no numbered case states, as a customer of the official client meets them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sdk.client import refused
from tests.sdk.shop import (
    MONTH_DAYS,
    START,
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


def pro(shop: Shop, *items: Any, **fields: Any) -> str:
    return shop.plan("pro", *items, amount=20, **fields)


def premium(shop: Shop, *items: Any, **fields: Any) -> str:
    return shop.plan("premium", *items, amount=50, **fields)


def tried_for(days: int) -> dict[str, Any]:
    """A trial that needs a card."""
    return {"free_trial": {"duration_length": days, "duration_type": "day", "card_required": True}}


def test_a_quantity_counts_the_included_units_at_every_renewal(shop: Shop) -> None:
    plan, customer = pro(shop, packs("messages", 100, 10)), shop.customer()
    assert customer.preview(plan, feature_quantities=quantities(messages=50)).total == 20
    assert customer.buy(plan, feature_quantities=quantities(messages=300)) == 40
    customer.track("messages", 50)
    customer.move_to(AFTER)
    assert (customer.left("messages"), customer.invoices) == ((300, 0), [40, 40])


def test_what_is_bought_for_good_stays_when_the_month_ends(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, included("messages", 100)))
    extra = shop.plan("extra", included("messages", 50, None), amount=10, interval="one_off", add_on=True)
    assert [customer.buy(extra), customer.buy(extra)] == [10, 10]
    customer.track("messages", 150)
    customer.move_to(AFTER)
    assert customer.left("messages")[0] == 100 + 50
    assert customer.invoices == [20, 10, 10, 20]


def test_an_entity_uses_its_own_plan_before_the_customers(shop: Shop) -> None:
    plan, customer = pro(shop, included("messages", 100)), shop.customer()
    customer.entities("e1", "e2")
    assert [customer.buy(plan), customer.buy(plan, entity_id="e1")] == [20, 20]
    customer.track("messages", 130, entity_id="e1")
    assert customer.left("messages", "e1") == (70, 130)
    assert customer.left("messages", "e2") == (70, 30)


def test_a_paid_plan_bills_from_its_start_and_resets_as_the_free_one_did(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 100)))
    customer.track("messages", 60)
    now = customer.move_days(HALF)
    assert customer.buy(pro(shop, included("messages", 500))) == 20
    assert customer.left("messages") == (500, 0)
    assert customer.now.balances["messages"].next_reset_at == milliseconds(AFTER)
    customer.move_to(AFTER)
    assert customer.invoices == [20]
    customer.move_to(now.replace(month=2))
    assert customer.invoices == [20, 20]


def test_seats_in_use_are_charged_at_the_new_plans_price(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, used("users", 3, 10)))
    customer.track("users", 6)
    assert customer.buy(premium(shop, used("users", 4, 12))) == (50 + 2 * 12) - (20 + 3 * 10)
    assert customer.left("users") == (0, 6)
    customer.move_to(AFTER)
    assert customer.invoices[0] == 74


def test_only_the_named_features_carry_over(shop: Shop) -> None:
    items = [included("messages", 100), included("words", 100)]
    old, new = pro(shop, *items), premium(shop, included("messages", 500), included("words", 500))
    for field, left in (("carry_over_balances", (570, 0)), ("carry_over_usages", (470, 30))):
        customer = shop.customer()
        customer.attach(old)
        customer.track("messages", 30)
        customer.track("words", 40)
        customer.attach(new, **{field: {"enabled": True, "feature_ids": ["messages"]}})
        assert (customer.left("messages"), customer.left("words")) == (left, (500, 0))


def test_usage_that_carries_over_is_billed_by_the_new_plan(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, used("messages", 100, 0.1)))
    customer.track("messages", 550)
    assert customer.buy(premium(shop, used("messages", 500, 0.1)), carry_over_usages={"enabled": True}) == 30
    customer.move_to(AFTER)
    assert customer.invoices[0] == 50 + 5


def test_a_cycle_that_is_to_begin_later_is_prorated_to_its_beginning(shop: Shop) -> None:
    plan, customer = pro(shop, included("messages", 100)), shop.customer()
    at = START + timedelta(days=10)
    preview = customer.preview(plan, billing_cycle_anchor=milliseconds(at))
    assert (preview.next_cycle.starts_at, preview.next_cycle.total) == (milliseconds(at), 20)
    assert cents(customer.buy(plan, billing_cycle_anchor=milliseconds(at))) == cents(20 * 10 / MONTH_DAYS)
    assert customer.now.balances["messages"].next_reset_at == milliseconds(at)
    customer.move_to(at)
    assert customer.invoices[0] == 20


def test_the_last_downgrade_counts(shop: Shop) -> None:
    ultra, customer = shop.plan("ultra", included("messages", 1000), amount=200), shop.customer()
    customer.attach(ultra)
    customer.attach(premium(shop, included("messages", 500)))
    customer.attach(pro(shop, included("messages", 100)))
    assert customer.plans() == {"ultra": "canceling", "pro": "scheduled"}
    customer.move_to(AFTER)
    assert (customer.plans(), customer.invoices) == ({"pro": "active"}, [20, 200])
    assert customer.left("messages") == (100, 0)


def test_seats_pass_over_and_messages_start_again_at_a_scheduled_switch(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(premium(shop, used("users", 5, 10), included("messages", 500)))
    customer.track("users", 4)
    customer.track("messages", 300)
    lower = pro(shop, used("users", 1, 10), included("messages", 100))
    assert customer.preview(lower).next_cycle.total == 20 + 3 * 10
    customer.attach(lower)
    customer.move_to(AFTER)
    assert (customer.left("users"), customer.left("messages")) == ((0, 4), (100, 0))
    assert customer.invoices == [50, 50]


@pytest.mark.parametrize(("named", "then", "due"), [(200, 200, 40), (None, 300, 50)])
def test_packs_of_a_scheduled_plan_are_those_named_or_held(shop: Shop, named: int, then: int, due: int) -> None:
    customer = shop.customer()
    customer.attach(premium(shop, packs("messages", 0, 10)), feature_quantities=quantities(messages=300))
    lower, wanted = pro(shop, packs("messages", 0, 10)), quantities(messages=named) if named else []
    assert customer.preview(lower, feature_quantities=wanted).next_cycle.total == due
    customer.attach(lower, feature_quantities=wanted)
    assert customer.left("messages") == (300, 0)
    customer.move_to(AFTER)
    assert (customer.left("messages"), customer.invoices) == ((then, 0), [due, 80])


def test_a_downgrade_at_once_leaves_credit_that_the_next_invoices_use(shop: Shop, http: httpx.Client) -> None:
    customer = shop.customer()
    customer.attach(premium(shop, included("messages", 500)))
    assert customer.buy(pro(shop, included("messages", 100)), plan_schedule="immediate") == -30
    customer.move_to(a_month_after_start(2))
    assert customer.invoices == [20, 20, -30, 50]
    listed = http.post("/v1/invoices.list", json={"customer_id": customer.customer_id}).raise_for_status().json()
    paid = {each["created_at"]: each["amount_paid"] for each in listed["list"] if each["total"] == 20}
    assert [paid[key] for key in sorted(paid)] == [0, 10]


def test_from_a_paid_plan_to_a_trial_unused_time_is_credited(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(pro(shop, included("messages", 100)))
    customer.move_days(HALF)
    assert cents(customer.buy(premium(shop, included("messages", 500), **tried_for(14)))) == -cents(20 * LEFT)
    customer.move_days(HALF + 14)
    assert customer.invoices[0] == 50


def test_an_entitys_downgrade_waits_for_the_end_of_its_trial(shop: Shop) -> None:
    lower, customer = pro(shop, included("messages", 100)), shop.customer()
    customer.entities("e1", "e2")
    customer.attach(premium(shop, included("messages", 500), **tried_for(14)), entity_id="e1")
    customer.attach(lower, entity_id="e2")
    customer.attach(lower, entity_id="e1")
    assert customer.plans("e1") == {"premium": "canceling", "pro": "scheduled"}
    customer.move_days(14)
    assert (customer.plans("e1"), customer.plans("e2")) == ({"pro": "active"}, {"pro": "active"})
    assert customer.invoices == [20, 20, 0]


def test_a_trial_that_needs_a_card_is_refused_only_where_the_card_is_declined(shop: Shop) -> None:
    plan = pro(shop, included("messages", 500), **tried_for(7))
    assert shop.customer().buy(plan) == 0
    customer = shop.customer(metadata={"payment_method": "pm_declined"})
    with refused(402, "invoice_payment_failed") as it:
        customer.attach(plan)
    assert plan in it.message
    assert (customer.plans(), customer.invoices) == ({}, [])
    without_card = {"duration_length": 7, "duration_type": "day", "card_required": False}
    customer.attach(plan, free_trial=without_card)
    customer.move_days(7)
    assert customer.now.subscriptions[0].past_due


@pytest.mark.parametrize(("length", "unit"), [(3_661, "day"), (121, "month"), (11, "year")])
def test_a_trial_lasts_ten_years_at_most(shop: Shop, length: int, unit: str) -> None:
    plan, customer = pro(shop), shop.customer()
    with refused(400, "invalid_inputs") as it:
        customer.attach(plan, free_trial={"duration_length": length, "duration_type": unit})
    assert "duration_length" in it.message
    assert customer.plans() == {}


def test_one_feature_is_sold_ahead_in_one_way(shop: Shop) -> None:
    with refused(400, "invalid_request") as it:
        shop.plan("pro", packs("messages", 0, 10), packs("messages", 0, 7, interval="one_off"))
    assert "messages" in it.message


def test_an_imported_plan_takes_the_place_of_the_free_default(shop: Shop) -> None:
    shop.plan("free", included("messages", 10), default=True)
    plan, customer = pro(shop, included("messages", 100)), shop.customer()
    assert customer.plans() == {"free": "active"}
    billables = [{"plan": {"plan_id": plan, "status": "canceled"}}]
    customer.autumn.billing.import_(customer_id=customer.customer_id, billables=billables)
    assert customer.plans() == {"pro": "canceling", "free": "scheduled"}
    customer.move_to(AFTER)
    assert (customer.plans(), customer.invoices) == ({"free": "active"}, [])
    assert customer.left("messages") == (10, 0)


def test_an_imported_plan_does_not_take_the_place_of_one_that_was_chosen(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(premium(shop))
    with refused(400, "invalid_request") as it:
        customer.autumn.billing.import_(customer_id=customer.customer_id, billables=[{"plan": {"plan_id": pro(shop)}}])
    assert "cancel it first" in it.message
    assert customer.plans() == {"premium": "active"}
