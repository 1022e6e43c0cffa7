"""What is sold, as it is sent and as it is shown again: every shape of a plan and of a feature."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Api, Refused

MONTH = {"interval": "month"}
TRIAL = {"duration_length": 14, "duration_type": "day", "card_required": True, "on_end": "revert"}


@pytest.fixture
def shop(api: Api) -> Api:
    """A client of a ledger with three features and nothing sold."""
    api("features.create", feature_id="messages", name="Messages", type="metered")
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    return api


def plan(shop: Api, *items: dict[str, Any], **fields: Any) -> Any:
    return shop("plans.create", plan_id="pro", name="Pro", items=list(items), **fields)


def refusal(shop: Api, operation: str, **body: Any) -> tuple[int, str, str]:
    before = shop.head()
    with pytest.raises(Refused) as caught:
        shop(operation, **body)
    assert shop.head() == before
    return caught.value.status, caught.value.code, caught.value.message


def test_a_plan_shows_its_trial_until_that_is_taken_away(shop: Api) -> None:
    price = {"amount": 20, **MONTH}
    assert plan(shop, price=price, free_trial=TRIAL)["free_trial"] == TRIAL
    short = shop("plans.update", plan_id="pro", free_trial={"duration_length": 1}, disable_version=True)
    assert short["free_trial"] == {
        "duration_length": 1, "duration_type": "month", "card_required": False, "on_end": "bill",
    }  # fmt: skip
    assert "free_trial" not in shop("plans.update", plan_id="pro", free_trial=None)
    assert "free_trial" not in shop("plans.get", plan_id="pro")


def test_prices_are_kept_in_every_currency_to_its_own_minor_unit(shop: Api) -> None:
    tiers = [
        {"to": 100, "amount": 2, "additional_currencies": [{"currency": "jpy", "amount": 300, "flat_amount": 50}]},
        {"to": "inf", "amount": 1, "flat_amount": 5, "additional_currencies": [{"currency": "jpy", "amount": 150}]},
    ]
    flat = {"amount": 10, **MONTH, "billing_method": "prepaid",
            "additional_currencies": [{"currency": "bhd", "amount": Decimal("3.125")}]}  # fmt: skip
    made = plan(
        shop,
        {"feature_id": "seats", "price": flat},
        {"feature_id": "messages", "price": {"tiers": tiers, **MONTH, "billing_method": "usage_based"}},
        price={"amount": 20, **MONTH, "additional_currencies": [{"currency": "EUR", "amount": Decimal("18.5")}]},
    )
    assert made == shop("plans.get", plan_id="pro")
    assert made["price"]["additional_currencies"] == [{"currency": "eur", "amount": Decimal("18.5")}]
    seats, messages = made["items"]
    assert seats["price"]["additional_currencies"] == [{"currency": "bhd", "amount": Decimal("3.125")}]
    assert messages["price"]["tiers"] == tiers


def test_a_price_in_the_ledgers_own_currency_is_not_an_additional_one(shop: Api) -> None:
    price = {"amount": 20, **MONTH, "additional_currencies": [{"currency": "usd", "amount": 18}]}
    assert refusal(shop, "plans.create", plan_id="pro", name="Pro", price=price)[:2] == (400, "invalid_inputs")
    twice = [{"currency": "eur", "amount": 18}, {"currency": "EUR", "amount": 17}]
    status, code, message = refusal(
        shop, "plans.create", plan_id="pro", name="Pro", price={**price, "additional_currencies": twice}
    )
    assert (status, code) == (400, "invalid_inputs")
    assert "price.additional_currencies" in message


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (
            {"max": 500, "expiry_duration_type": "month", "expiry_duration_length": 3},
            {"max": 500, "expiry_duration_type": "month", "expiry_duration_length": 3},
        ),
        (
            {"max_percentage": 50, "expiry_duration_type": "month"},
            {"max": None, "max_percentage": 50, "expiry_duration_type": "month", "expiry_duration_length": 1},
        ),
        ({"expiry_duration_type": "forever"}, {"max": None, "expiry_duration_type": "forever"}),
    ],
)
def test_an_item_says_what_outlives_a_reset(shop: Api, sent: dict[str, Any], shown: dict[str, Any]) -> None:
    made = plan(shop, {"feature_id": "messages", "included": 100, "reset": MONTH, "rollover": sent})
    assert made["items"][0]["rollover"] == shown


@pytest.mark.parametrize(
    ("rollover", "word"),
    [
        ({"max": 5, "max_percentage": 5, "expiry_duration_type": "forever"}, "max_percentage"),
        ({"max_percentage": 101, "expiry_duration_type": "forever"}, "max_percentage"),
        ({"expiry_duration_type": "forever", "expiry_duration_length": 2}, "expiry_duration_length"),
        ({"expiry_duration_type": "month", "expiry_duration_length": 0}, "expiry_duration_length"),
        ({"max": 5}, "expiry_duration_type"),
    ],
)
def test_a_rollover_that_contradicts_itself_is_refused(shop: Api, rollover: dict[str, Any], word: str) -> None:
    item = {"feature_id": "messages", "included": 100, "reset": MONTH, "rollover": rollover}
    status, code, message = refusal(shop, "plans.create", plan_id="pro", name="Pro", items=[item])
    assert (status, code) == (400, "invalid_inputs")
    assert f"items.0.rollover.{word}" in message


def test_a_plan_may_sell_a_feature_in_several_ways_and_units_that_expire(shop: Api) -> None:
    made = plan(
        shop,
        {"feature_id": "messages", "included": 100, "reset": MONTH},
        {"feature_id": "messages", "price": {"amount": 1, **MONTH, "billing_method": "usage_based"}},
        {"feature_id": "messages", "expiry": {"duration": "week", "length": 2},
         "price": {"amount": 5, "interval": "one_off", "billing_method": "prepaid", "billing_units": 50}},
    )  # fmt: skip
    assert [each["feature_id"] for each in made["items"]] == ["messages"] * 3
    assert made["items"][2]["expiry"] == {"duration": "week", "length": 2}


def test_the_limits_of_a_plan_come_back_as_they_were_sent(shop: Api) -> None:
    limits = {
        "spend_limits": [
            {"feature_id": "messages", "enabled": True, "limit_type": "absolute", "overage_limit": 25,
             "skip_overage_billing": False}
        ],
        "usage_limits": [
            {"feature_id": "messages", "limit": 5, "interval": "month", "enabled": True, "anchor": "utc",
             "filter": {"properties": {"region": "eu", "tries": 2, "paid": True}}}
        ],
        "usage_alerts": [
            {"threshold": 80, "threshold_type": "usage_percentage", "enabled": True, "basis": "included",
             "name": "nearly"}
        ],
        "auto_topups": [
            {"feature_id": "messages", "threshold": 10, "quantity": 100, "enabled": True,
             "purchase_limit": {"interval": "day", "limit": 2}}
        ],
        "overage_allowed": [{"feature_id": "messages", "enabled": True}],
    }  # fmt: skip
    shown = plan(shop, billing_controls=limits)["billing_controls"]
    kept = {"properties": {"region": "eu", "tries": "2", "paid": "true"}}
    assert shown == {**limits, "usage_limits": [{**limits["usage_limits"][0], "filter": kept}]}


@pytest.mark.parametrize(
    ("limits", "code", "word"),
    [
        ({"spend_limits": [{"feature_id": "nothing", "enabled": False}]}, "feature_not_found", "nothing"),
        ({"overage_allowed": [{"feature_id": "sso"}]}, "invalid_request", "sso"),
        ({"overage_allowed": [{"feature_id": "messages"}] * 2}, "invalid_inputs", "messages"),
        ({"spend_limits": [{"feature_id": "messages", "enabled": True}]}, "invalid_inputs", "overage_limit"),
        ({"usage_alerts": [{"threshold": 1, "threshold_type": "usage", "filter": {"properties": {}}}]},
         "invalid_inputs", "basis"),
        ({"usage_limits": [{"feature_id": "messages", "limit": 1, "interval": "day"}] * 2}, "invalid_inputs", "two"),
        ({"usage_limits": [{"feature_id": "messages", "limit": 1, "interval": "day",
                            "filter": {"properties": {"a": None}}}]}, "invalid_inputs", "filter.properties.a"),
        ({"auto_topups": [{"feature_id": "messages", "threshold": 1, "quantity": 0}]}, "invalid_inputs", "quantity"),
    ],
)  # fmt: skip
def test_limits_that_mean_nothing_are_refused(shop: Api, limits: dict[str, Any], code: str, word: str) -> None:
    status, found, message = refusal(shop, "plans.create", plan_id="pro", name="Pro", billing_controls=limits)
    assert (status, found) == ({"feature_not_found": 404}.get(code, 400), code)
    assert word in message


def test_a_credit_system_says_what_each_feature_costs(shop: Api) -> None:
    costs = [
        {"metered_feature_id": "messages", "credit_cost": Decimal("0.2"), "billing_units": 1},
    ]
    made = shop("features.create", feature_id="credits", name="Credits", type="credit_system", credit_schema=costs)
    assert (made["type"], made["consumable"], made["credit_schema"]) == ("credit_system", True, costs)
    tiers = [{"to": 100, "credit_cost": 2}, {"to": "inf", "credit_cost": 1}]
    changed = shop(
        "features.update",
        feature_id="credits",
        credit_schema=[{"metered_feature_id": "messages", "tiers": tiers, "billing_units": 10}],
    )
    assert changed["credit_schema"] == [
        {"metered_feature_id": "messages", "tiers": tiers, "tier_behavior": "graduated", "billing_units": 10}
    ]
    assert shop("features.update", feature_id="credits", name="Coins")["credit_schema"] == changed["credit_schema"]


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"type": "credit_system"}, "invalid_inputs", "credit_schema"),
        ({"type": "credit_system", "credit_schema": []}, "invalid_inputs", "credit_schema"),
        ({"type": "metered", "credit_schema": [{"metered_feature_id": "messages", "credit_cost": 1}]},
         "invalid_inputs", "credit_schema"),
        ({"type": "credit_system", "credit_schema": [{"metered_feature_id": "messages"}]},
         "invalid_inputs", "credit_cost"),
        ({"type": "credit_system", "consumable": False,
          "credit_schema": [{"metered_feature_id": "messages", "credit_cost": 1}]}, "invalid_inputs", "consumable"),
        ({"type": "credit_system",
          "credit_schema": [{"metered_feature_id": "messages", "credit_cost": 1, "dimensions": {"a": {}, "b": 1}}]},
         "not_supported", "dimensions"),
        ({"type": "credit_system", "credit_schema": [{"metered_feature_id": "nothing", "credit_cost": 1}]},
         "feature_not_found", "nothing"),
    ],
)  # fmt: skip
def test_credits_that_cannot_be_counted_are_refused(shop: Api, body: dict[str, Any], code: str, word: str) -> None:
    status, found, message = refusal(shop, "features.create", feature_id="credits", name="Credits", **body)
    assert (status, found) == ({"feature_not_found": 404}.get(code, 400), code)
    assert word in message


def test_versions_are_changed_one_by_one_or_all_together(shop: Api) -> None:
    plan(shop, price={"amount": 20, **MONTH})
    shop("plans.update", plan_id="pro", price={"amount": 30, **MONTH}, force_version=True)
    first = shop("plans.update", plan_id="pro", version=1, name="First", disable_version=True)
    assert (first["version"], first["name"], first["price"]["amount"], first["active"]) == (1, "First", 20, False)
    shop("plans.update", plan_id="pro", all_versions=True, description="Both")
    assert [shop("plans.get", plan_id="pro", version=each)["description"] for each in (1, 2)] == ["Both", "Both"]
    body = {"plan_id": "pro", "all_versions": True, "force_version": True}
    assert refusal(shop, "plans.update", **body)[:2] == (400, "invalid_inputs")


def test_a_plan_that_nobody_had_takes_another_id(shop: Api) -> None:
    plan(shop, price={"amount": 20, **MONTH})
    moved = shop("plans.update", plan_id="pro", new_plan_id="plus", name="Plus")
    assert (moved["id"], moved["name"], moved["version"]) == ("plus", "Plus", 1)
    assert refusal(shop, "plans.get", plan_id="pro")[:2] == (404, "product_not_found")
    shop("customers.get_or_create", customer_id="acme")
    shop("billing.attach", customer_id="acme", plan_id="plus")
    assert refusal(shop, "plans.update", plan_id="plus", new_plan_id="max")[:2] == (400, "invalid_request")


def eligibility(shop: Api, customer_id: str, plan_id: str, **asked: Any) -> Any:
    found = shop("plans.list", customer_id=customer_id, **asked)["list"]
    return next(each["customer_eligibility"] for each in found if each["id"] == plan_id)


def test_a_plan_says_whether_its_trial_is_left_for_a_customer(shop: Api) -> None:
    plan(shop, price={"amount": 20, **MONTH}, free_trial=TRIAL)
    shop("customers.get_or_create", customer_id="first", fingerprint="laptop")
    shop("customers.get_or_create", customer_id="second", fingerprint="laptop")
    shop("customers.get_or_create", customer_id="third")
    assert eligibility(shop, "first", "pro") == {
        "attach_action": "activate", "trial_available": True, "trialing": False,
    }  # fmt: skip
    shop("billing.attach", customer_id="first", plan_id="pro")
    assert eligibility(shop, "first", "pro") == {
        "attach_action": "none", "trial_available": False, "trialing": True, "status": "active", "canceling": False,
    }  # fmt: skip
    assert eligibility(shop, "second", "pro")["trial_available"] is False
    assert eligibility(shop, "third", "pro")["trial_available"] is True


def test_a_plan_says_what_attaching_it_would_do_in_each_scope(shop: Api) -> None:
    plan(shop, price={"amount": 20, **MONTH})
    for plan_id, amount, fields in (
        ("cheap", 10, {}), ("dear", 50, {}), ("more", 5, {"add_on": True}), ("other", 5, {"group": "other"}),
    ):  # fmt: skip
        shop("plans.create", plan_id=plan_id, name=plan_id, price={"amount": amount, **MONTH}, **fields)
    shop("plans.create", plan_id="once", name="Once", price={"amount": 10, "interval": "one_off"})
    shop("customers.get_or_create", customer_id="acme")
    shop("entities.create", customer_id="acme", entity_id="e1", feature_id="seats")
    shop("billing.attach", customer_id="acme", plan_id="pro")
    shop("plans.update", plan_id="dear", archived=True, disable_version=True)

    def actions(**asked: Any) -> dict[str, str]:
        found = shop("plans.list", customer_id="acme", include_archived=True, **asked)["list"]
        return {each["id"]: each["customer_eligibility"]["attach_action"] for each in found}

    assert actions() == {
        "pro": "none", "cheap": "downgrade", "dear": "none", "more": "activate", "other": "activate",
        "once": "purchase",
    }  # fmt: skip
    assert actions(entity_id="e1")["pro"] == "activate"
    shop("billing.attach", customer_id="acme", plan_id="cheap")
    assert actions()["cheap"] == "none"
    assert eligibility(shop, "acme", "cheap")["status"] == "scheduled"
    assert eligibility(shop, "acme", "pro")["canceling"] is True
