"""A catalog that says everything there is to say, and the browsers in front of it."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from api.dashboard.catalog.plan_fields import fields_of
from api.dashboard.catalog.rows import flat
from ledger.core.access import UserRole
from ledger.store.addresses import CatalogAddress
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden

MARKUP = "<img src=x onerror=alert(1)>\"'&"
MONTH = {"interval": "month"}
EVERYTHING: dict[str, Any] = {
    "plan_id": "all",
    "name": "All of it",
    "description": "One line\nand another",
    "group": "main",
    "price": {
        "amount": 20, "interval": "month", "interval_count": 2,
        "additional_currencies": [{"currency": "eur", "amount": Decimal("18.5")}],
    },
    "free_trial": {"duration_length": 14, "duration_type": "day", "card_required": True, "on_end": "revert"},
    "config": {"anchor_to_month_start": True},
    "items": [
        {
            "feature_id": "messages", "included": Decimal("500.5"), "reset": MONTH,
            "price": {
                "interval": "month", "billing_method": "usage_based", "tier_behavior": "graduated",
                "billing_units": 10, "max_purchase": 5000,
                "tiers": [
                    {
                        "to": 1000, "amount": Decimal("0.1"), "flat_amount": 5,
                        "additional_currencies": [{"currency": "eur", "amount": Decimal("0.09"), "flat_amount": 4}],
                    },
                    {
                        "to": "inf", "amount": Decimal("0.05"),
                        "additional_currencies": [{"currency": "eur", "amount": Decimal("0.04")}],
                    },
                ],
            },
            "rollover": {"max": 100, "expiry_duration_type": "month", "expiry_duration_length": 3},
        },
        {
            "feature_id": "seats", "included": 3,
            "price": {"amount": 10, "interval": "month", "billing_method": "prepaid"},
            "proration": {"on_increase": "bill_next_cycle", "on_decrease": "none"},
        },
        {"feature_id": "sso"},
        {
            "feature_id": "credits",
            "price": {"amount": 10, "interval": "one_off", "billing_method": "prepaid", "billing_units": 100},
            "expiry": {"duration": "month", "length": 6},
        },
        {"feature_id": "exports", "unlimited": True, "entity_feature_id": "seats"},
    ],
    "billing_controls": {
        "spend_limits": [{"overage_limit": 120, "limit_type": "usage_percentage", "enabled": True}],
        "usage_limits": [
            {"feature_id": "messages", "limit": 100, "interval": "day"},
            {"feature_id": "messages", "limit": 9, "interval": "day", "anchor": "utc", "enabled": False,
             "filter": {"properties": {"region": "eu", "model": "small=1"}}},
        ],
        "usage_alerts": [{"threshold": 80, "threshold_type": "usage_percentage", "name": "Soon"}],
        "auto_topups": [
            {"feature_id": "messages", "threshold": 10, "quantity": Decimal("99.5"), "enabled": True,
             "purchase_limit": {"limit": 3, "interval": "week", "interval_count": 2}},
        ],
        "overage_allowed": [{"feature_id": "seats", "enabled": True}],
    },
    "metadata": {"tier": "gold"},
}  # fmt: skip


def offer(api: Api) -> Api:
    """Features of every kind, a plan that says everything there is to say, and one with two versions and a customer."""
    api("features.create", feature_id="messages", name="Messages", type="metered", event_names=["message.sent"])
    api("features.create", feature_id="exports", name="Exports", type="metered")
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    costs = [{"metered_feature_id": "exports", "credit_cost": Decimal("2.5"), "billing_units": 10}]
    api("features.create", feature_id="credits", name="Credits", type="credit_system", credit_schema=costs)
    api("plans.create", **EVERYTHING)
    item = {"feature_id": "messages", "included": 500, "reset": MONTH}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTH}, items=[item])
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("plans.update", plan_id="pro", price={"amount": 25, **MONTH}, items=[{**item, "included": 800}])
    api("customers.get_or_create", customer_id="blue", name="Blue")
    api("billing.attach", customer_id="blue", plan_id="pro")
    api("plans.create", plan_id="odd", name=MARKUP, description=MARKUP, group=MARKUP, items=[{"feature_id": "sso"}])
    api("plans.create", plan_id="old", name="Old", add_on=True)
    api("plans.update", plan_id="old", archived=True)
    return api


@pytest.fixture(scope="module")
def served(app: Flask, store: Store) -> tuple[Desk, Api, Browser]:
    """One catalog for the tests that change nothing of it."""
    api = offer(Ledgers(app, store).sandbox())
    desk = Desk(app, store, api.ledger_id)
    return desk, api, desk.browser(UserRole.ADMIN, "ada")


@pytest.fixture
def read(served: tuple[Desk, Api, Browser]) -> Browser:
    """An admin's browser, to look and not to change."""
    return served[2]


@pytest.fixture
def admin(desk: Desk, api: Api) -> Browser:
    """An admin's browser in a ledger of the test's own, with some features."""
    api("features.create", feature_id="messages", name="Messages", type="metered")
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    return desk.browser(UserRole.ADMIN, "ada")


def form_of(browser: Browser, **changed: str) -> dict[str, str]:
    """What the page's form would send, with some of it written anew."""
    return {**hidden(browser, "once", "seen", "version"), **changed}


def fields(api: Api, plan_id: str, **changed: str) -> dict[str, str]:
    """The fields of a plan's form as they are shown, with some of them written anew."""
    catalog = api.store.ledger(api.ledger_id).look(CatalogAddress(), by=TESTER).state
    return {**dict(flat(fields_of(catalog.plan(plan_id)))), **changed}
