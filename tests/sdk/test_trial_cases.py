"""Acceptance cases, trials: nothing is due until they end, and each is had once."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sdk.client import refused
from tests.sdk.shop import START, Account, Shop, included, milliseconds


def days(number: int, **more: Any) -> dict[str, Any]:
    return {"duration_length": number, "duration_type": "day", "card_required": False, **more}


class Plans:
    """pro with 7 days and premium with 14 days of trial, or without, and a customer."""

    def __init__(self, shop: Shop, *, pro: int | None = 7, premium: int | None = 14) -> None:
        self.pro = shop.plan("pro", included("messages", 500), amount=20, **self._trial(pro))
        self.premium = shop.plan("premium", included("messages", 1000), amount=50, **self._trial(premium))
        self.customer: Account = shop.customer()

    @staticmethod
    def _trial(length: int | None) -> dict[str, Any]:
        return {} if length is None else {"free_trial": days(length)}


def after(number: int) -> int:
    return milliseconds(START + timedelta(days=number))


def trial_end(customer: Account, plan_id: str) -> Any:
    (found,) = (each for each in customer.now.subscriptions if each.plan_id == plan_id)
    return found.trial_ends_at


def test_071_a_trial_costs_nothing_until_it_ends(shop: Shop) -> None:
    plans = Plans(shop)
    customer = plans.customer
    preview = customer.preview(plans.pro)
    assert (preview.total, preview.next_cycle.total, preview.next_cycle.starts_at) == (0, 20, after(7))
    customer.attach(plans.pro)
    assert customer.left("messages") == (500, 0)
    assert customer.now.balances["messages"].next_reset_at == after(7)
    assert customer.invoiced == (1, 0)
    assert trial_end(customer, plans.pro) == after(7)
    customer.move_days(7)
    assert customer.invoiced == (2, 20)
    assert trial_end(customer, plans.pro) is None


def test_073_from_trial_to_trial_a_fresh_one_begins(shop: Shop) -> None:
    plans = Plans(shop)
    customer = plans.customer
    customer.attach(plans.pro)
    preview = customer.preview(plans.premium)
    assert (preview.total, preview.next_cycle.total, preview.next_cycle.starts_at) == (0, 50, after(14))
    customer.attach(plans.premium)
    assert trial_end(customer, plans.premium) == after(14)
    assert customer.plans() == {"premium": "active"}


def test_074_from_a_trial_to_a_plan_without_one_all_of_it_is_due(shop: Shop) -> None:
    plans = Plans(shop, premium=None)
    customer = plans.customer
    customer.attach(plans.pro)
    assert customer.buy(plans.premium) == 50
    assert trial_end(customer, plans.premium) is None


def test_076_a_fresh_trial_is_counted_from_the_switch(shop: Shop) -> None:
    plans = Plans(shop)
    customer = plans.customer
    customer.attach(plans.pro)
    customer.move_days(3)
    assert customer.buy(plans.premium) == 0
    assert trial_end(customer, plans.premium) == after(3 + 14)


@pytest.mark.parametrize("trial", [pytest.param(None, id="077 without"), pytest.param(7, id="077 with a trial")])
def test_a_downgrade_waits_for_the_end_of_the_trial(shop: Shop, trial: int | None) -> None:
    plans = Plans(shop, pro=trial)
    customer = plans.customer
    customer.attach(plans.premium)
    preview = customer.preview(plans.pro)
    assert (preview.total, preview.next_cycle.total, preview.next_cycle.starts_at) == (0, 20, after(14))
    customer.attach(plans.pro)
    assert customer.plans() == {"premium": "canceling", "pro": "scheduled"}
    (leaving,) = (each for each in customer.now.subscriptions if each.plan_id == plans.premium)
    assert leaving.expires_at == after(14)
    customer.move_days(14)
    assert customer.plans() == {"pro": "active"}
    assert customer.invoiced == (2, 20)


def test_079_a_trial_is_had_once(shop: Shop) -> None:
    plans = Plans(shop)
    customer = plans.customer
    customer.attach(plans.pro)
    customer.update(plans.pro, cancel_action="cancel_immediately")
    assert customer.buy(plans.pro) == 20


def test_a_trial_is_had_once_by_a_fingerprint(shop: Shop) -> None:
    plans = Plans(shop)
    first, second = (shop.customer(fingerprint=f"card of {plans.pro}") for _ in range(2))
    assert first.buy(plans.pro) == 0
    assert second.buy(plans.pro) == 20
    assert shop.customer(fingerprint=f"another card of {plans.pro}").buy(plans.pro) == 0


def test_a_trial_may_be_named_or_left_out_by_the_caller(shop: Shop) -> None:
    plans = Plans(shop)
    assert plans.customer.buy(plans.pro, free_trial=None) == 20
    customer = shop.customer()
    customer.attach(plans.pro, free_trial=days(30))
    assert trial_end(customer, plans.pro) == after(30)
    customer.update(plans.pro, cancel_action="cancel_immediately")
    assert customer.buy(plans.pro, free_trial=days(2)) == 0


def test_from_a_paid_plan_to_a_trial_what_was_paid_is_credited(shop: Shop) -> None:
    plans = Plans(shop, pro=None)
    customer = plans.customer
    customer.attach(plans.pro)
    assert customer.buy(plans.premium) == -20
    customer.move_days(14)
    assert customer.invoiced == (3, 50)


def test_a_trial_that_reverts_brings_the_plan_from_before_back(shop: Shop) -> None:
    free = shop.plan("free", included("messages", 100))
    plans = Plans(shop, pro=None)
    customer = plans.customer
    customer.attach(free)
    customer.attach(plans.pro, free_trial=days(7, on_end="revert"))
    assert customer.left("messages") == (500, 0)
    customer.move_days(7)
    assert customer.plans() == {"free": "active"}
    assert customer.left("messages") == (100, 0)
    assert customer.invoices == [0]


def test_a_purchase_has_no_trial(shop: Shop) -> None:
    plan = shop.plan("credits", included("messages", 5, None), amount=10, interval="one_off")
    with refused(400, "invalid_request"):
        shop.customer().attach(plan, free_trial=days(7))
