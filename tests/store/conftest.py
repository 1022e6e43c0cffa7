"""A store on a new database, with one sandbox ledger that counts messages."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.offers.catalog import CreateFeature
from ledger.core.profile import CreateCustomer
from ledger.core.settings import CreateLedger, Env
from ledger.core.terms import Feature, FeatureKind
from ledger.store.ledger import (
    Caller,
    CatalogAddress,
    CustomerAddress,
    Ledger,
    OpeningAddress,
    SettingsAddress,
    Store,
)

OPERATOR_KEY = b"0123456789abcdef0123456789abcdef"
ME = Caller("tests")


def open_ledger(store: Store, ledger_id: str, env: Env = Env.SANDBOX) -> Ledger:
    """A new ledger with a catalog of two features."""
    assert store.create_ledger(ledger_id, env)
    ledger = store.ledger(ledger_id)
    ledger.execute(SettingsAddress(), CreateLedger(ledger_id, env), by=ME)
    for feature in (
        Feature("messages", "Messages", FeatureKind.CONSUMABLE),
        Feature("seats", "Seats", FeatureKind.ALLOCATED),
    ):
        ledger.execute(CatalogAddress(), CreateFeature(feature), by=ME)
    return ledger


def open_customer(ledger: Ledger, customer_id: str, messages: int = 0) -> None:
    """A new customer with a balance."""
    ledger.execute(OpeningAddress(customer_id, None), CreateCustomer(customer_id), by=ME)
    if messages:
        ledger.execute(CustomerAddress(customer_id), GrantBalance("messages", included=Decimal(messages)), by=ME)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url, operator_key=OPERATOR_KEY)
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return open_ledger(store, "main")
