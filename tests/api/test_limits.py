"""Limits that customers and entities set for themselves, in what they answer and in what they do."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Api, Refused, catalog

MONTH = {"interval": "month"}


@pytest.fixture
def acme(api: Api) -> Api:
    """A client of a ledger with a catalog and one customer, acme, on the free plan: 10 messages a month."""
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    return api


def usage_limit(limit: int, **fields: Any) -> dict[str, Any]:
    return {"feature_id": "messages", "limit": limit, "interval": "month", **fields}


def shown(limit: int, **fields: Any) -> dict[str, Any]:
    """A usage limit as it is answered."""
    return {**usage_limit(limit), "enabled": True, "anchor": "billing_cycle", "usage": 0, **fields}


def track(api: Api, value: int, **fields: Any) -> Any:
    return api("balances.track", customer_id="acme", feature_id="messages", value=value, **{"async": False, **fields})


def test_a_customer_is_made_with_limits_and_sets_others(acme: Api) -> None:
    made = acme("customers.get_or_create", customer_id="b", billing_controls={"usage_limits": [usage_limit(5)]})
    assert made["billing_controls"] == {"usage_limits": [shown(5, source="customer")]}
    alert = {"threshold": 8, "threshold_type": "usage", "feature_id": "messages"}
    changed = acme("customers.update", customer_id="b", billing_controls={"usage_alerts": [alert]})
    assert changed["billing_controls"]["usage_limits"] == [shown(5, source="customer")]
    assert changed["billing_controls"]["usage_alerts"] == [
        {**alert, "enabled": True, "basis": "balance", "source": "customer"}
    ]
    emptied = acme("customers.update", customer_id="b", billing_controls={"usage_limits": [], "usage_alerts": []})
    assert emptied["billing_controls"] == {}


def test_a_usage_limit_says_what_was_used_in_its_window_and_the_answer_what_was_sent(acme: Api) -> None:
    acme("customers.update", customer_id="acme", billing_controls={"usage_limits": [usage_limit(5)]})
    assert track(acme, 10)["value"] == 10
    answer = track(acme, 3)
    assert (answer["value"], answer["balance"]["remaining"], answer["balance"]["usage"]) == (3, 5, 5)
    held = acme("customers.get", customer_id="acme")
    assert held["billing_controls"]["usage_limits"] == [shown(5, usage=5, source="customer")]
    assert acme("balances.check", customer_id="acme", feature_id="messages")["allowed"] is False
    del held["billing_controls"]["usage_limits"][0]["usage"]
    assert acme("customers.list", search="acme")["list"][0]["billing_controls"] == held["billing_controls"]


def test_a_limit_of_some_uses_counts_those_that_carry_its_properties(acme: Api) -> None:
    """A number is the same however it is written, as clients write whole numbers with a point."""
    named = {"filter": {"properties": {"model": "small", "size": 5, "paid": True}}}
    acme("customers.update", customer_id="acme", billing_controls={"usage_limits": [usage_limit(2, **named)]})
    size = Decimal("5.0")
    track(acme, 3, properties={"model": "small", "size": size, "paid": True, "more": 1})
    assert track(acme, 3, properties={"model": "large", "size": size, "paid": True})["balance"]["remaining"] == 5
    held = acme("customers.get", customer_id="acme")["billing_controls"]["usage_limits"][0]
    assert (held["usage"], held["filter"]) == (2, {"properties": {"model": "small", "size": "5", "paid": "true"}})


def test_a_customers_limit_goes_before_that_of_its_plan(acme: Api) -> None:
    limits = {"usage_limits": [usage_limit(5)], "overage_allowed": [{"feature_id": "messages", "enabled": True}]}
    acme("plans.create", plan_id="limited", name="Limited", group="other", billing_controls=limits,
         items=[{"feature_id": "messages", "included": 1, "reset": MONTH}])  # fmt: skip
    acme("billing.attach", customer_id="acme", plan_id="limited")
    of_plan = acme("customers.get", customer_id="acme")["billing_controls"]
    assert of_plan == {
        "usage_limits": [shown(5, source="plan")],
        "overage_allowed": [{"feature_id": "messages", "enabled": True, "source": "plan"}],
    }
    balance = acme("customers.get", customer_id="acme")["balances"]["messages"]
    assert balance["overage_allowed"] is True
    acme("customers.update", customer_id="acme", billing_controls={"usage_limits": [usage_limit(7)]})
    both = acme("customers.get", customer_id="acme")["billing_controls"]
    assert both == {**of_plan, "usage_limits": [shown(7, source="customer")]}


def test_overage_that_a_customer_allows_is_used_and_shown(acme: Api) -> None:
    track(acme, 10)
    assert acme("balances.check", customer_id="acme", feature_id="messages")["allowed"] is False
    said = {"overage_allowed": [{"feature_id": "messages", "enabled": True}]}
    acme("customers.update", customer_id="acme", billing_controls=said)
    checked = acme("balances.check", customer_id="acme", feature_id="messages")
    assert (checked["allowed"], checked["balance"]["overage_allowed"]) == (True, True)
    assert track(acme, 3)["balance"]["usage"] == 13


def test_an_entity_has_limits_of_its_own(acme: Api) -> None:
    made = acme("entities.create", customer_id="acme", entity_id="e1", feature_id="seats",
                billing_controls={"usage_limits": [usage_limit(2)]})  # fmt: skip
    assert made["billing_controls"] == {"usage_limits": [shown(2)]}
    track(acme, 5, entity_id="e1")
    held = acme("entities.get", customer_id="acme", entity_id="e1")
    assert held["billing_controls"] == {"usage_limits": [shown(2, usage=2)]}
    assert held["balances"]["messages"]["remaining"] == 8
    changed = acme("entities.update", entity_id="e1", billing_controls={"usage_limits": [usage_limit(4)]})
    assert changed["billing_controls"] == {"usage_limits": [shown(4, usage=2)]}
    assert acme("entities.update", entity_id="e1")["billing_controls"] == changed["billing_controls"]
    assert acme("customers.get", customer_id="acme")["billing_controls"] == {}


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("customers.update", {"billing_controls": {"balance_allocations": [{"feature_id": "messages"}]}},
         "not_supported"),
        ("customers.update", {"billing_controls": {"usage_limits": [usage_limit(5, usage=3)]}}, "not_supported"),
        ("customers.update", {"config": {"disable_pooled_balance": True}}, "not_supported"),
        ("customers.update", {"billing_controls": {"overage_allowed": [{"feature_id": "none"}]}}, "feature_not_found"),
        ("customers.update", {"name": "New", "billing_controls": {"overage_allowed": [{"feature_id": "sso"}]}},
         "invalid_request"),
        ("customers.update", {"billing_controls": {"surprise": []}}, "invalid_inputs"),
        ("entities.create", {"entity_id": "e1", "feature_id": "seats",
                             "billing_controls": {"auto_topups": []}}, "invalid_inputs"),
        ("entities.create", {"entity_id": "e1", "feature_id": "seats",
                             "billing_controls": {"overage_allowed": [{"feature_id": "none"}]}}, "feature_not_found"),
        ("entities.update", {"entity_id": "none", "billing_controls": {"usage_limits": []}}, "entity_not_found"),
    ],
)  # fmt: skip
def test_limits_that_cannot_be_set_change_nothing(acme: Api, operation: str, body: dict[str, Any], code: str) -> None:
    before = acme.head()
    with pytest.raises(Refused) as caught:
        acme(operation, customer_id="acme", **body)
    assert caught.value.code == code
    assert acme.head() == before


def test_a_config_that_asks_for_nothing_is_taken(acme: Api) -> None:
    asked = {"disable_pooled_balance": False, "disable_overage_billing": False}
    assert acme("customers.update", customer_id="acme", config=asked)["id"] == "acme"


def test_a_customers_currency_changes_until_something_is_billed_in_it(acme: Api) -> None:
    prices = [{"currency": "eur", "amount": 18}]
    acme("plans.create", plan_id="euro", name="Euro", group="other",
         price={"amount": 20, **MONTH, "additional_currencies": prices})  # fmt: skip
    acme("customers.update", customer_id="acme", currency="jpy")
    acme("customers.update", customer_id="acme", currency="eur")
    preview = acme("billing.preview_attach", customer_id="acme", plan_id="euro")
    assert (preview["currency"], preview["total"]) == ("eur", 18)
    acme("billing.attach", customer_id="acme", plan_id="euro")
    before = acme.head()
    with pytest.raises(Refused) as caught:
        acme("customers.update", customer_id="acme", currency="usd", name="New")
    assert (caught.value.status, caught.value.code) == (400, "currency_mismatch")
    assert acme.head() == before
    assert acme("customers.update", customer_id="acme", currency="eur", name="New")["name"] == "New"


def test_a_balances_price_is_in_the_currency_that_is_billed(acme: Api) -> None:
    yen = [{"currency": "jpy", "amount": 50}]
    price = {"amount": Decimal("0.5"), **MONTH, "billing_method": "usage_based", "additional_currencies": yen}
    item = {"feature_id": "messages", "included": 5, "reset": MONTH, "price": price}
    acme("plans.create", plan_id="yen", name="Yen", group="other", items=[item])
    acme("customers.get_or_create", customer_id="b", currency="jpy")
    acme("billing.attach", customer_id="b", plan_id="yen")
    part = next(
        each for each in acme("customers.get", customer_id="b")["balances"]["messages"]["breakdown"] if each["price"]
    )
    row = next(each for each in acme("balances.list", customer_id="b")["list"] if each["price"])
    assert part["price"]["amount"] == row["price"]["amount"] == 50
