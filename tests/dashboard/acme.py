"""A customer of one test's own in a ledger of its module's, and somebody of finance before its page."""

import itertools
from typing import Any, NamedTuple

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden

NUMBERS = itertools.count(1)


class Shop(NamedTuple):
    """One ledger for all of these tests; each has a customer of its own in it."""

    api: Api
    finance: Browser
    viewer: Browser


class Acme(NamedTuple):
    """A customer that one test changes: its id, the path of its page, and a client of its ledger."""

    api: Api
    id: str

    @property
    def path(self) -> str:
        return f"/customers/{self.id}"

    def __call__(self, **asked: Any) -> Any:
        return self.api("customers.get", customer_id=self.id, **asked)

    def last(self, kind: str) -> Any:
        return self.api.get(f"/v1/customers/{self.id}/timeline?kind={kind}")["list"][0]

    @property
    def known(self) -> dict[str, str]:
        """What stands in the form that changes it."""
        texts = {"name": "Acme", "id": self.id, "email": "", "fingerprint": ""}
        return {**texts, "key.0": "tier", "value.0": "gold", "key.1": "size", "value.1": "5"}


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Shop:
    api = Ledgers(app, store).sandbox()
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    desk = Desk(app, store, api.ledger_id)
    return Shop(api, desk.browser(UserRole.FINANCE), desk.browser(UserRole.VIEWER, "vera"))


@pytest.fixture
def browser(shop: Shop) -> Browser:
    return shop.finance


@pytest.fixture
def acme(shop: Shop) -> Acme:
    made = Acme(shop.api, f"acme-{next(NUMBERS)}")
    shop.api("customers.get_or_create", customer_id=made.id, name="Acme", metadata={"tier": "gold", "size": 5})
    return made


def send(browser: Browser, path: str, **fields: str) -> int:
    return browser.post(path, {**hidden(browser, "once", "seen"), **fields}).status_code


def fill(browser: Browser, path: str, **fields: str) -> int:
    """Open a form and send it."""
    assert browser.get(path).status_code == 200
    return send(browser, path, **fields)


def invoiced(acme: Acme, browser: Browser, amount: int, **more: Any) -> str:
    """The path of a new invoice of the customer."""
    line = {"amount": amount, "description": "Consulting"}
    acme.api("invoices.create", customer_id=acme.id, custom_line_items=[line], **more)
    browser.get(acme.path)
    found = acme.api("invoices.list", customer_id=acme.id)["list"][0]
    return f"{acme.path}/invoices/{found['id']}"
