"""Acceptance cases, switching plans at once: `buy` holds each invoice to its preview."""

from typing import Any

import httpx
import pytest

from tests.sdk.shop import (
    MONTH_DAYS,
    Account,
    Item,
    Shop,
    a_month_after_start,
    cents,
    included,
    milliseconds,
    packs,
    quantities,
    rolling,
    used,
)

HALF = 15
LEFT = (MONTH_DAYS - HALF) / MONTH_DAYS
"""What is left of the month on day 15."""


def priced(shop: Shop, *items: Item) -> tuple[str, str]:
    """Plans pro at 20 and premium at 50, with the same items."""
    return shop.plan("pro", *items, amount=20), shop.plan("premium", *items, amount=50)


def test_020_from_free_to_paid(shop: Shop) -> None:
    free, (pro, _) = shop.plan("free", included("messages", 100)), priced(shop, included("messages", 500))
    customer = shop.customer()
    customer.attach(free)
    assert customer.buy(pro) == 20
    assert customer.plans() == {"pro": "active"}
    assert customer.invoiced == (1, 20)


def test_022_an_upgrade_within_the_month_is_prorated(shop: Shop) -> None:
    pro, premium = priced(shop, included("messages", 100))
    customer = shop.customer()
    customer.attach(pro)
    customer.move_days(HALF)
    assert cents(customer.buy(premium)) == cents(50 * LEFT) - cents(20 * LEFT)
    assert customer.plans() == {"premium": "active"}


def test_023_an_upgrade_takes_back_a_waiting_downgrade(shop: Shop) -> None:
    free, (pro, premium) = shop.plan("free", included("messages", 10)), priced(shop, included("messages", 100))
    customer = shop.customer()
    customer.attach(pro)
    customer.attach(free)
    assert customer.plans() == {"pro": "canceling", "free": "scheduled"}
    assert customer.buy(premium) == 30
    assert customer.plans() == {"premium": "active"}


def test_025_from_monthly_to_yearly(shop: Shop) -> None:
    pro, _ = priced(shop, included("messages", 500))
    yearly = shop.plan("yearly", included("messages", 500), amount=200, interval="year")
    customer = shop.customer()
    customer.attach(pro)
    assert customer.buy(yearly) == 180
    assert customer.invoiced == (2, 180)
    assert customer.left("messages") == (500, 0)
    assert customer.plans() == {"yearly": "active"}


def test_026_from_yearly_to_a_dearer_month_the_unused_year_is_credited(shop: Shop) -> None:
    yearly = shop.plan("yearly", included("messages", 500), amount=200, interval="year")
    _, premium = priced(shop, included("messages", 500))
    customer = shop.customer()
    customer.attach(yearly)
    instant = customer.move_days(HALF)
    year_days = 365
    credit = cents(200 * (year_days - HALF) / year_days)
    assert cents(customer.buy(premium)) == cents(50) - credit
    assert customer.plans() == {"premium": "active"}
    (held,) = customer.now.subscriptions
    assert (held.started_at, held.current_period_start) == (milliseconds(instant), milliseconds(instant))


def test_028_overage_is_settled_by_the_upgrade_and_both_start_again(shop: Shop) -> None:
    pro, premium = priced(shop, used("messages", 100, 0.10), used("words", 200, 0.05))
    customer = shop.customer()
    customer.attach(pro)
    customer.track("messages", 150)
    customer.track("words", 300)
    preview = customer.preview(premium)
    assert preview.total == 40
    assert sorted(each.total for each in preview.line_items if each.feature_id) == [5, 5]
    customer.attach(premium)
    assert [customer.left(each) for each in ("messages", "words")] == [(100, 0), (200, 0)]
    assert customer.invoiced == (2, 40)


def test_029_overage_is_never_prorated(shop: Shop) -> None:
    pro, premium = priced(shop, used("words", 200, 0.05))
    customer = shop.customer()
    customer.attach(pro)
    customer.track("words", 300)
    customer.move_days(HALF)
    assert cents(customer.buy(premium)) == cents(50 * LEFT) - cents(20 * LEFT) + 5


@pytest.mark.parametrize(
    ("old", "new", "total"),
    [
        pytest.param((10, 100, 200), (10, 100, 500), 60, id="031 more packs"),
        pytest.param((10, 100, 500), (10, 100, 200), 0, id="032 fewer packs"),
        pytest.param((10, 50, 200), (10, 100, 200), 10, id="034 larger packs"),
        pytest.param((10, 100, 200), (15, 100, 200), 40, id="035 dearer packs"),
        pytest.param((15, 100, 200), (10, 100, 200), 20, id="035 cheaper packs"),
    ],
)
def test_prepaid_packs_are_credited_and_charged(
    shop: Shop, old: tuple[float, float, float], new: tuple[float, float, float], total: float
) -> None:
    pro = shop.plan("pro", packs("messages", 0, *old[:2]), amount=20)
    premium = shop.plan("premium", packs("messages", 0, *new[:2]), amount=50)
    customer = shop.customer()
    customer.attach(pro, feature_quantities=quantities(messages=old[2]))
    assert customer.buy(premium, feature_quantities=quantities(messages=new[2])) == total
    assert customer.left("messages") == (new[2], 0)
    assert customer.invoiced == (2, total)


@pytest.mark.parametrize(
    ("before", "after", "bought", "taken", "then"),
    [
        pytest.param(included("messages", 100), included("messages", 500), (0, 0), 30, 500, id="037 included"),
        pytest.param(packs("messages", 0, 10), packs("messages", 0, 10), (200, 300), 50, 300, id="038 prepaid"),
    ],
)
def test_usage_starts_again_and_the_reset_stays_where_it_was(
    shop: Shop, before: Item, after: Item, bought: tuple[float, float], taken: float, then: float
) -> None:
    pro, premium = shop.plan("pro", before, amount=20), shop.plan("premium", after, amount=50)
    old, new = (quantities(messages=each) if each else [] for each in bought)
    customer = shop.customer()
    customer.attach(pro, feature_quantities=old)
    customer.track("messages", taken)
    customer.move_days(HALF)
    customer.attach(premium, feature_quantities=new)
    assert customer.left("messages") == (then, 0)
    assert customer.now.balances["messages"].next_reset_at == milliseconds(a_month_after_start())


def test_040_the_anchor_of_the_free_plan_is_kept(shop: Shop) -> None:
    free, pro = shop.plan("free", included("messages", 50)), shop.plan("pro", included("messages", 100), amount=20)
    customer = shop.customer()
    customer.attach(free)
    customer.track("messages", 20)
    customer.move_days(HALF)
    customer.attach(pro)
    assert customer.left("messages") == (100, 0)
    assert customer.now.balances["messages"].next_reset_at == milliseconds(a_month_after_start())


def test_041_what_is_held_carries_over(shop: Shop) -> None:
    free = shop.plan("free", included("workflows", 1, None))
    pro = shop.plan("pro", packs("workflows", 0, 10, 1), amount=20)
    customer = shop.customer()
    customer.attach(free)
    customer.track("workflows", 1)
    customer.attach(pro, feature_quantities=quantities(workflows=3))
    assert customer.left("workflows") == (2, 1)


@pytest.mark.parametrize(
    ("taken", "then"),
    [pytest.param(2, 3, id="2 of 3"), pytest.param(3, 3, id="3 of 3"), pytest.param(2, 5, id="2 of 3, then of 5")],
)
def test_043_seats_within_the_included_ones_cost_nothing_and_carry(shop: Shop, taken: int, then: int) -> None:
    pro = shop.plan("pro", used("users", 3, 10), amount=20)
    premium = shop.plan("premium", used("users", then, 10), amount=50)
    customer = shop.customer()
    customer.attach(pro)
    customer.track("users", taken)
    assert customer.buy(premium) == 30
    assert customer.left("users") == (then - taken, taken)


@pytest.mark.parametrize(
    ("new", "then"),
    [
        pytest.param(rolling("messages", 500, max=500), 650, id="044 with room"),
        pytest.param(included("messages", 500), 500, id="046 without leftovers"),
    ],
)
def test_leftovers_pass_over_as_far_as_the_new_plan_keeps_any(shop: Shop, new: Item, then: int) -> None:
    free, pro = shop.plan("free", rolling("messages", 400, max=500)), shop.plan("pro", new, amount=20)
    customer = shop.customer()
    customer.attach(free)
    customer.track("messages", 250)
    customer.move_to(a_month_after_start())
    assert customer.left("messages")[0] == 550
    customer.attach(pro)
    assert customer.left("messages")[0] == then


def buy_at(http: httpx.Client, customer: Account, plan_id: str, amount: float, interval: str) -> float:
    """Preview, then attach at a price of the customer's own, as JSON: the Python client drops it with pydantic 2.14."""
    price = {"amount": amount, "interval": interval}
    body = {"customer_id": customer.customer_id, "plan_id": plan_id, "customize": {"price": price}}
    preview = http.post("/v1/billing.preview_attach", json=body).raise_for_status().json()
    http.post("/v1/billing.attach", json=body).raise_for_status()
    assert customer.invoices[0] == preview["total"]
    return float(preview["total"])


def test_047_a_price_of_ones_own_decides_what_is_an_upgrade(shop: Shop, http: httpx.Client) -> None:
    pro, premium = priced(shop, included("messages", 100))
    customer = shop.customer()
    customer.attach(premium)
    assert buy_at(http, customer, pro, 60, "month") == 10
    assert customer.plans() == {"pro": "active"}


@pytest.mark.parametrize(
    ("offered", "own"),
    [
        pytest.param((20, "month"), (50, "one_off"), id="049 paid once"),
        pytest.param((20, "month"), (200, "year"), id="049 by the year"),
        pytest.param((200, "year"), (20, "month"), id="049 by the month"),
    ],
)
def test_the_structure_of_a_plan_may_be_ones_own(
    shop: Shop, http: httpx.Client, offered: tuple[float, str], own: tuple[float, str]
) -> None:
    plan = shop.plan("pro", included("messages", 100), amount=offered[0], interval=offered[1])
    assert buy_at(http, shop.customer(), plan, *own) == own[0]


@pytest.mark.parametrize(
    ("taken", "then"), [pytest.param(30, 570, id="050 some left"), pytest.param(100, 500, id="052 none left")]
)
def test_what_remained_passes_over_when_it_is_asked_for(shop: Shop, taken: float, then: float) -> None:
    pro = shop.plan("pro", included("messages", 100), amount=20)
    premium = shop.plan("premium", included("messages", 500), amount=50)
    customer = shop.customer()
    customer.attach(pro)
    customer.track("messages", taken)
    assert customer.buy(premium, carry_over_balances={"enabled": True}) == 30
    assert customer.left("messages") == (then, 0)
    customer.move_to(a_month_after_start())
    assert customer.left("messages") == (500, 0)


@pytest.mark.parametrize(
    ("taken", "granted", "left"),
    [pytest.param(40, 200, 160, id="053 within the grant"), pytest.param(50, 30, -20, id="053 beyond the grant")],
)
def test_what_was_used_passes_over_when_it_is_asked_for(shop: Shop, taken: float, granted: float, left: float) -> None:
    pro = shop.plan("pro", included("messages", 50), amount=20)
    premium = shop.plan("premium", included("messages", granted), amount=50)
    customer = shop.customer()
    customer.attach(pro)
    customer.track("messages", taken)
    customer.attach(premium, carry_over_usages={"enabled": True})
    held = customer.now.balances["messages"]
    assert (held.granted - held.usage, held.usage) == (left, taken)


def lines(*amounts: float) -> list[dict[str, Any]]:
    return [{"amount": amount, "description": f"For {amount}"} for amount in amounts]


@pytest.mark.parametrize(
    "amounts",
    [pytest.param((15, 5), id="055 20"), pytest.param((10, 3.5), id="055 13.5"), pytest.param((42,), id="055 42")],
)
def test_lines_of_the_callers_own_replace_those_of_the_switch(shop: Shop, amounts: tuple[float, ...]) -> None:
    pro, premium = priced(shop, included("messages", 100))
    customer = shop.customer()
    customer.attach(pro)
    assert customer.buy(premium, custom_line_items=lines(*amounts)) == sum(amounts)
    assert customer.invoiced == (2, sum(amounts))
    assert customer.plans() == {"premium": "active"}


def test_055_lines_that_come_to_nothing_make_no_invoice(shop: Shop) -> None:
    pro, premium = priced(shop, included("messages", 100))
    customer = shop.customer()
    customer.attach(pro)
    assert customer.buy(premium, custom_line_items=lines(15, -15)) == 0
    assert customer.invoiced == (1, 20)
    assert customer.plans() == {"premium": "active"}


def test_056_a_cycle_begins_anew(shop: Shop) -> None:
    pro = shop.plan("pro", included("messages", 100), amount=20)
    premium = shop.plan("premium", included("messages", 500), amount=50)
    customer = shop.customer()
    customer.attach(pro)
    customer.track("messages", 40)
    instant = customer.move_days(14)
    assert customer.preview(premium, billing_cycle_anchor="now").next_cycle is None
    unused = cents(20 * (MONTH_DAYS - 14) / MONTH_DAYS)
    assert cents(customer.buy(premium, billing_cycle_anchor="now")) == 50 - unused
    assert customer.left("messages") == (500, 0)
    then = milliseconds(instant.replace(month=instant.month + 1))
    assert customer.now.balances["messages"].next_reset_at == then
    assert [each.current_period_end for each in customer.now.subscriptions] == [then]
