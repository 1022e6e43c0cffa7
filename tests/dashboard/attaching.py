"""A customer that plans are attached to, and the sheets of it."""

import json
from decimal import Decimal

import pytest

from ledger.core.access import UserRole
from ledger.core.offers.catalog import PutDiscount
from ledger.core.terms import Discount
from ledger.store.ledger import CatalogAddress
from tests.api.client import TESTER, Api
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden

ATTACH = "/customers/acme/attach"


@pytest.fixture
def shop(api: Api) -> Api:
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    item = {"feature_id": "messages", "included": 500, "reset": {"interval": "month"}}
    price = {"amount": 10, "interval": "month", "billing_method": "prepaid"}
    seats = {"feature_id": "seats", "included": 1, "price": price}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, "interval": "month"}, items=[item, seats])
    api("plans.create", plan_id="team", name="Team", price={"amount": 50, "interval": "month"}, items=[item])
    spring = Discount("spring", "Spring", Decimal(25), once=True, promotion_codes=("SPRING",))
    api.store.ledger(api.ledger_id).execute(CatalogAddress(), PutDiscount(spring), by=TESTER)
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("customers.advance_test_clock", customer_id="acme", frozen_time=4_102_444_800_000)
    return api


@pytest.fixture
def browser(desk: Desk, shop: Api) -> Browser:
    assert desk.ledger_id == shop.ledger_id
    return desk.browser(UserRole.FINANCE)


def send(browser: Browser, path: str, **fields: str) -> int:
    return browser.post(path, {**hidden(browser, "once", "seen"), **fields}).status_code


def preview(browser: Browser) -> dict[str, str]:
    """The rows of the preview: what each says, with its remark, by its label."""
    rows = json.loads(hidden(browser, "seen").get("seen") or "[0, 0, []]")[2]
    return {label: " ".join(each for each in rest if each) for _, label, *rest in rows}


def assert_beside(browser: Browser, label: str, then: str, now: str) -> None:
    """What was shown and what it is now stand side by side."""
    cells = f'<th scope="row">{label}</th><td class="number">{then}</td><td class="number">{now}</td>'
    assert cells in browser.text


def held(shop: Api) -> list[tuple[str, bool]]:
    found = shop("customers.get", customer_id="acme")["subscriptions"]
    return [(each["plan_id"], each["canceled_at"] is not None) for each in found]
