"""Several plans at once over HTTP: attached together, in phases, and brought over from elsewhere."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Api, Refused, catalog

JANUARY = {"Tallystick-Now": "2024-01-01T00:00:00Z"}
FEBRUARY, MARCH = 1_706_745_600_000, 1_709_251_200_000


@pytest.fixture
def acme(api: Api) -> Api:
    """Acme signed up on 1 January 2024."""
    catalog(api)
    api("customers.get_or_create", JANUARY, customer_id="acme")
    return api


def held(api: Api) -> dict[str, str]:
    """The plans that acme is on."""
    return {each["plan_id"]: each["status"] for each in api("customers.get", customer_id="acme")["subscriptions"]}


def test_plans_are_attached_together_on_one_invoice_as_their_preview_says(acme: Api) -> None:
    wanted: dict[str, Any] = {"customer_id": "acme", "plans": [{"plan_id": "pro"}, {"plan_id": "extra"}]}
    quote = acme("billing.preview_multi_attach", **wanted)
    answer = acme("billing.multi_attach", **wanted)
    invoices = acme("customers.get", customer_id="acme", expand=["invoices"])["invoices"]

    assert [(each["plan_id"], each["total"]) for each in quote["line_items"]] == [("pro", 20), ("extra", 5)]
    assert (quote["total"], answer["invoice"]["total"]) == (25, 25)
    assert [(each["total"], each["plan_ids"]) for each in invoices] == [(25, ["pro", "extra"])]


def test_plans_that_cannot_all_be_attached_are_not_attached_at_all(acme: Api) -> None:
    before = acme.head()
    with pytest.raises(Refused, match="404 product_not_found"):
        acme("billing.multi_attach", customer_id="acme", plans=[{"plan_id": "pro"}, {"plan_id": "none"}])
    assert acme.head() == before


def test_a_customer_and_its_entity_come_along_with_their_plans(acme: Api) -> None:
    made = acme(
        "billing.multi_attach",
        customer_id="beta",
        entity_id="desk",
        customer_data={"name": "Beta"},
        entity_data={"feature_id": "seats", "name": "Desk"},
        plans=[{"plan_id": "pro"}, {"plan_id": "extra", "entity_id": None}],
    )
    shown = acme("customers.get", customer_id="beta", expand=["entities"])
    assert (made["customer_id"], made["entity_id"], made["invoice"]["total"]) == ("beta", "desk", 25)
    assert (shown["name"], [each["id"] for each in shown["entities"]]) == ("Beta", ["desk"])
    assert [each["scope"] for each in shown["subscriptions"] if each["plan_id"] == "pro"] == ["entity"]


def test_a_schedule_puts_each_phase_in_force_when_it_starts(acme: Api) -> None:
    made = acme(
        "billing.create_schedule",
        customer_id="acme",
        phases=[
            {"plans": [{"plan_id": "pro"}], "starts_at": "now"},
            {"plans": [{"plan_id": "team"}], "starting_after": {"duration_type": "month", "duration_count": 2}},
        ],
    )
    now = held(acme)
    acme("customers.advance_test_clock", customer_id="acme", frozen_time=MARCH)

    assert [each["starts_at"] for each in made["phases"]] == [1_704_067_200_000, MARCH]
    assert all(each["customer_product_ids"] for each in made["phases"])
    assert (made["status"], made["invoice"]["total"]) == ("created", 20)
    assert now == {"pro": "active", "team": "scheduled"}
    assert held(acme) == {"team": "active"}


def test_a_plan_comes_over_as_it_stands_with_nothing_billed(acme: Api) -> None:
    wanted: dict[str, Any] = {
        "customer_id": "acme",
        "customer_data": {"email": "a@example.com"},
        "billables": [
            {
                "processor": "stripe",
                "link": {"subscription_id": "sub_there"},
                "billing_cycle_anchor": 1_704_067_200_000,
                "plan": {
                    "plan_id": "pro",
                    "feature_quantities": [{"feature_id": "seats", "quantity": 3}],
                    "balances": [{"feature_id": "messages", "usage": 40}],
                },
            }
        ],
    }
    acme("billing.update", customer_id="acme", plan_id="free", cancel_action="cancel_immediately")
    before = acme.head()
    quote = acme("billing.import", **wanted, dry_run=True)
    assert acme.head() == before
    made = acme("billing.import", **wanted)
    again = acme("billing.import", **wanted)
    shown = acme("customers.get", customer_id="acme", expand=["invoices"])

    assert quote["customer"] is None
    assert quote["flashed"] == [{**made["flashed"][0], "customer_product_id": None}]
    assert (made["customer"]["email"], again["flashed"][0]["skipped"]) == ("a@example.com", True)
    assert (shown["balances"]["messages"]["usage"], shown["balances"]["seats"]["granted"]) == (40, 3)
    assert shown["subscriptions"][0]["id"] == "sub_there"
    assert shown["invoices"] == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"cancel_action": "uncancel", "version": 2}, "invalid_request"),
        ({"cancel_action": "cancel_immediately", "feature_quantities": [{"feature_id": "seats", "quantity": 2}]}, ""),
        ({"refund_last_payment": "full", "proration_behavior": "none"}, "invalid_inputs"),
        ({"refund_last_payment": "full"}, "invalid_inputs"),
        ({"discounts": [{}]}, "invalid_inputs"),
        ({"discounts": [{"reward_id": "a", "promotion_code": "b"}]}, "invalid_inputs"),
        ({"customize": {"items": [], "add_items": [{"feature_id": "sso"}]}}, "invalid_inputs"),
        ({"custom_line_items": []}, "invalid_inputs"),
        ({"add_lines": [{"amount": Decimal("1.001"), "description": "x"}]}, "whole amount of usd"),
        ({"add_lines": [{"amount": 1, "description": "x", "period_start": FEBRUARY}]}, "period_end"),
        ({"license_quantities": [{"license_plan_id": "x", "quantity": 1}]}, "not_supported"),
        ({"invoice_mode": {"enabled": True, "finalize": True, "issue_method": "draft"}}, "contradicts"),
    ],
)
def test_an_update_that_contradicts_itself_changes_nothing(acme: Api, fields: dict[str, Any], code: str) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    before = acme.head()
    with pytest.raises(Refused, match=f"400 .*{code}"):
        acme("billing.update", customer_id="acme", plan_id="pro", **fields)
    assert acme.head() == before


def test_a_price_of_ones_own_charges_the_difference(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    dearer: dict[str, Any] = {"customize": {"price": {"amount": 30, "interval": "month"}}}
    quote = acme("billing.preview_update", customer_id="acme", plan_id="pro", **dearer)
    made = acme("billing.update", customer_id="acme", plan_id="pro", **dearer)
    assert (quote["intent"], quote["total"], made["invoice"]["total"]) == ("update_plan", 10, 10)


def test_lines_of_ones_own_take_the_place_of_what_was_worked_out(acme: Api) -> None:
    lines = [{"amount": 15, "description": "Setup"}, {"amount": Decimal("-1.50"), "description": "Courtesy"}]
    quote = acme("billing.preview_attach", customer_id="acme", plan_id="pro", custom_line_items=lines)
    made = acme("billing.attach", customer_id="acme", plan_id="pro", custom_line_items=lines)
    assert [each["description"] for each in quote["line_items"]] == ["Setup", "Courtesy"]
    assert (quote["total"], made["invoice"]["total"]) == (Decimal("13.50"), Decimal("13.50"))
