"""A ledger of things that several people edit, and what the forms about them carry along."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk

MONTH = {"interval": "month"}
CARRIED = ("once", "seen", "form_token", "form_of", "version", "archived")
NUMBERS = itertools.count(1)
RENAMED = ("Name", "Acme", "Renamed")


class Shop(NamedTuple):
    """One ledger for all of these tests."""

    api: Api
    desk: Desk
    admin: Browser


@dataclass(frozen=True)
class Thing:
    """What one test changes: a customer, its plan, an entity, an invoice; a plan and a feature of the catalog."""

    api: Api
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def id(self) -> str:
        return self.values["customer_id"]

    def rename(self) -> None:
        self.api("customers.update", customer_id=self.id, name="Renamed")


def open_shop(app: Flask, store: Store) -> Shop:
    """A new ledger with a catalog, and an admin of it."""
    api = Ledgers(app, store).sandbox()
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    item = {"feature_id": "messages", "included": 500, "reset": MONTH}
    seats = {"feature_id": "seats", "included": 1, "price": {"amount": 10, "billing_method": "prepaid", **MONTH}}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTH}, items=[item, seats])
    api("plans.create", plan_id="team", name="Team", price={"amount": 50, **MONTH}, items=[item])
    api("plans.create", plan_id="extra", name="Extra", add_on=True, price={"amount": 5, **MONTH}, items=[])
    desk = Desk(app, store, api.ledger_id)
    return Shop(api, desk, desk.browser(UserRole.ADMIN, "ada"))


def new_thing(shop: Shop) -> Thing:
    """A customer with all that can be changed of it, and a plan and a feature that nobody else has."""
    api, number = shop.api, next(NUMBERS)
    key, plan_id, feature_id = f"acme-{number}", f"plan-{number}", f"feature-{number}"
    api("customers.get_or_create", customer_id=key, name="Acme", metadata={"tier": "gold"})
    api("billing.attach", customer_id=key, plan_id="pro", feature_quantities=[{"feature_id": "seats", "quantity": 3}])
    api("entities.create", customer_id=key, entity_id="north", name="North", feature_id="seats")
    api("customers.update", customer_id=key, metadata={"tier": "gold", "payment_method": "pm_declined"})
    line = {"amount": 30, "description": "Consulting"}
    api("invoices.create", customer_id=key, custom_line_items=[line], issue_method="finalize")
    limits = [{"feature_id": "messages", "limit": 5, "interval": "day"}]
    for operation, whose in (("customers.update", {}), ("entities.update", {"entity_id": "north"})):
        api(operation, customer_id=key, **whose, billing_controls={"usage_limits": limits})
    api("balances.track", customer_id=key, feature_id="messages", value=1)
    api("features.create", feature_id=feature_id, name="Mails", type="metered")
    api("plans.create", plan_id=plan_id, name="Basic", price={"amount": 9, **MONTH}, items=[])
    used = api.get(f"/v1/customers/{key}/timeline?kind=usage.recorded")["list"][0]["position"]
    invoice = api("invoices.list", customer_id=key)["list"][0]["id"]
    held = api("customers.get", customer_id=key)["subscriptions"][0]["id"]
    named = {"customer_id": key, "subscription_id": held, "invoice_id": invoice, "position": str(used)}
    return Thing(api, {**named, "plan_id": plan_id, "feature_id": feature_id})


def known(thing: Thing) -> dict[str, str]:
    """What stands in the form of a customer."""
    properties = {"key.0": "tier", "value.0": "gold", "key.1": "payment_method", "value.1": "pm_declined"}
    return {"name": "Acme", "id": thing.id, "email": "", "fingerprint": "", **properties}
