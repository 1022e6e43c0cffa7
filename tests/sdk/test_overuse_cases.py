"""Acceptance cases, use beyond what was granted and use given back: dropped, owed, bounded or billed."""

from typing import Any

import pytest

from tests.sdk.shop import Account, Item, Shop, a_month_after_start, included, packs, quantities, used
from tests.sdk.test_usage_cases import limits, spending


def on(shop: Shop, *items: Item, amount: float | None = 20, **fields: Any) -> Account:
    """A customer on a plan of these items."""
    customer = shop.customer(**fields)
    customer.attach(shop.plan("pro", *items, amount=amount))
    return customer


def test_120_use_given_back_fills_a_debt_first_and_never_exceeds_the_grant(shop: Shop) -> None:
    customer = on(shop, used("messages", 100, 0.1))
    left = []
    for value in (150, -30, -50, -500):
        customer.track("messages", value)
        left.append(customer.left("messages"))
    assert left == [(0, 150), (0, 120), (30, 70), (100, 0)]


def test_120_credits_come_back_as_far_as_the_feature_drew_them(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("credits", 100)
    left = []
    for value in (50, -20, -200):
        customer.track("action1", value)
        left.append(customer.left("credits"))
    assert left == [(90, 10), (94, 6), (100, 0)]


def test_123_use_beyond_what_is_bought_ahead_is_sold_by_use_and_billed_at_the_end(shop: Shop) -> None:
    plan = shop.plan("pro", packs("messages", 0, 10), used("messages", 0, 0.1), amount=20)
    customer = shop.customer()
    customer.attach(plan, feature_quantities=quantities(messages=100))
    customer.track("messages", 150)
    assert customer.left("messages") == (0, 150)
    customer.move_to(a_month_after_start())
    assert (customer.invoices, customer.left("messages")) == ([35, 30], (100, 0))


def test_123_what_may_not_be_bought_is_neither_used_nor_billed(shop: Shop) -> None:
    customer = on(shop, used("messages", 5, 1, most=5))
    customer.track("messages", 17)
    customer.move_to(a_month_after_start())
    assert customer.invoices == [25, 20]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(included("messages", 100), id="free"),
        pytest.param(used("messages", 100, 1, most=5), id="by use, beyond what may be bought"),
        pytest.param(packs("messages", 100, 10), id="ahead"),
    ],
)
def test_126_what_overflows_is_a_debt_whatever_the_balance_is(shop: Shop, item: Item) -> None:
    customer = on(shop, item)
    customer.track("messages", 150, overage_behavior="overflow")
    assert (customer.left("messages"), customer.check("messages").allowed) == ((0, 150), False)
    customer.track("messages", 10)
    assert customer.left("messages") == (0, 150)
    customer.track("messages", -70)
    assert customer.left("messages") == (20, 80)


def test_126_what_overflows_is_counted_by_a_usage_limit_and_not_cut(shop: Shop) -> None:
    customer = on(shop, included("messages", 100), billing_controls=limits("messages", 5))
    customer.track("messages", 20, overage_behavior="overflow")
    assert customer.left("messages") == (80, 20)
    assert customer.now.billing_controls.usage_limits[0].usage == 20
    assert customer.check("messages").allowed is False


def test_126_what_overflows_credits_is_a_debt_of_the_credits(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("credits", 1)
    customer.track("action1", 10, overage_behavior="overflow")
    assert customer.left("credits") == (0, 2)


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        pytest.param(spending(25), 125, id="in units"),
        pytest.param(spending(0), 100, id="none at all"),
        pytest.param(spending(120, limit_type="usage_percentage"), 120, id="of all use"),
        pytest.param({"overage_allowed": [{"feature_id": "messages", "enabled": False}]}, 100, id="not allowed"),
    ],
)
def test_135_a_limit_on_overage_cuts_what_is_sold_by_use(shop: Shop, said: dict[str, Any], usage: float) -> None:
    customer = on(shop, used("messages", 100, 0.5), billing_controls=said)
    customer.track("messages", 1000)
    assert (customer.left("messages"), customer.check("messages").allowed) == ((0, usage), False)


def test_135_the_tighter_of_a_spend_limit_and_the_most_that_may_be_bought_counts(shop: Shop) -> None:
    customer = on(shop, used("messages", 100, 0.5, most=300), billing_controls=spending(500))
    assert [customer.check("messages", required_balance=each).allowed for each in (400, 401)] == [True, False]


def test_135_a_customers_spend_limit_goes_before_its_plans(shop: Shop) -> None:
    plan = shop.plan("pro", used("messages", 100, 0.5), billing_controls=spending(10))
    for fields, usage in (({}, 110), ({"billing_controls": spending(20)}, 120)):
        customer = shop.customer(**fields)
        customer.attach(plan)
        customer.track("messages", 500)
        assert customer.left("messages") == (0, usage)


def test_138_what_an_entity_does_not_have_is_not_taken_from_another(shop: Shop) -> None:
    plan, customer = shop.plan("pro", included("messages", 100), amount=20), shop.customer()
    customer.entities("e1", "e2")
    for each in ("e1", "e2"):
        customer.attach(plan, entity_id=each)
    customer.track("messages", 130, entity_id="e1")
    assert [customer.left("messages", each) for each in ("e1", "e2", None)] == [(0, 100), (100, 0), (100, 100)]
    assert customer.check("messages", entity_id="e1").allowed is False


def test_a_check_that_asks_for_nothing_is_allowed_without_a_balance(shop: Shop) -> None:
    customer = shop.customer()
    assert [customer.check("messages", required_balance=each).allowed for each in (1, 0, -1)] == [False, True, True]


def test_a_use_that_is_taken_back_is_listed_with_the_opposite_value(shop: Shop, http: Any, head: Any) -> None:
    customer = shop.customer()
    customer.grant("messages", 100)
    customer.track("messages", 30)
    answer = http.post("/v1/events.reverse", json={"position": head()}, headers={"Tallystick-Reason": "a test run"})
    assert answer.status_code == 200, answer.text
    listed = customer.autumn.events.list(customer_id=customer.customer_id).list
    assert [each.value for each in listed] == [-30, 30]
    assert customer.left("messages") == (100, 0)


def test_a_payment_for_units_that_is_declined_is_told_and_the_use_stays(shop: Shop, http: Any, head: Any) -> None:
    wanted = {"feature_id": "messages", "enabled": True, "threshold": 20, "quantity": 100}
    sold = packs("messages", 0, 10, interval="one_off")
    customer = on(
        shop, included("messages", 100), sold, amount=None,
        billing_controls={"auto_topups": [wanted]}, metadata={"payment_method": "pm_declined"},
    )  # fmt: skip
    assert customer.track("messages", 90).value == 90
    assert (customer.left("messages"), customer.invoices) == ((10, 90), [])
    told = http.get(f"/v1/customers/{customer.customer_id}/timeline").json()["list"]
    assert ["top up" in told[0]["sentence"], "declined" in told[1]["sentence"]] == [True, True]
    before = head()
    customer.track("messages", 1)
    assert head() == before + 1
