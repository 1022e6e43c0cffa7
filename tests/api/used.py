"""A ledger with a few uses of three customers, and how usage is asked for in it."""

from decimal import Decimal
from typing import Any

from flask import Flask

from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers, catalog

USES = [
    ("acme", "messages", 3, "2026-01-31T22:30:00Z", {"region": "eu", "size": 5}),
    ("zeta", "messages", 9, "2026-02-01T10:00:00Z", {"region": "us"}),
    ("acme", "messages", 4, "2026-02-02T00:00:00Z", {"region": "eu", "size": Decimal("5.0")}),
    ("acme", "seats", 1, "2026-02-03T00:00:00Z", {}),
    ("beta", "messages", 2, "2026-02-20T00:00:00Z", {"region": "us", "team": {"lead": "ada"}}),
    ("acme", "messages", 50, "2026-03-01T00:00:00Z", {}),
]


def ledger_with_uses(app: Flask, store: Store) -> Api:
    """A ledger in which these uses are, and nothing else."""
    api = Ledgers(app, store).sandbox()
    catalog(api)
    for customer in ("acme", "beta", "zeta"):
        api("customers.get_or_create", api.at("2026-01-01T00:00:00Z"), customer_id=customer)
    for customer, feature, value, at, properties in USES:
        api(
            "balances.track",
            api.at(at),
            customer_id=customer,
            feature_id=feature,
            value=value,
            properties=properties,
        )
    return api


def listed(api: Api, query: str, path: str = "/v1/usage") -> list[Any]:
    return list(api.get(f"{path}?{query}")["list"])


def told(rows: list[Any], *names: str) -> list[Any]:
    return [tuple(each[name] for name in names) for each in rows]


def values(api: Api, query: str) -> list[Any]:
    return [each["value"] for each in listed(api, query)]
