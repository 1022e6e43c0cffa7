"""Terms of a customer's own in the sheets: included units of what is priced, trials' ends, discounts, own lines."""

from decimal import Decimal

import pytest

from ledger.core.offers.catalog import PutDiscount
from ledger.core.terms import Discount
from ledger.store.ledger import CatalogAddress
from tests.api.client import TESTER, Api
from tests.dashboard.attaching import ATTACH, browser, preview, send, shop
from tests.dashboard.conftest import Browser

__all__ = ["browser", "shop"]


def attached(browser: Browser, **fields: str) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="pro", **fields)
    assert send(browser, ATTACH, plan="pro", confirm="1", **fields) == 303


def held(shop: Api) -> str:
    return str(shop("customers.get", customer_id="acme")["subscriptions"][0]["id"])


def test_more_of_a_priced_feature_is_included_at_the_plans_own_price(browser: Browser, shop: Api) -> None:
    fields = {"quantity.seats": "4", "included.seats": "2"}
    attached(browser, **fields)
    (invoice,) = shop.get("/v1/customers/acme/invoices")["list"]
    assert invoice["total"] == 40  # of four seats two are included, and two cost 10 each


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"line.0.description": "Set-up", "line.0.amount": "100"}, "$120.00"),
        ({"line.0.description": "Goodwill", "line.0.amount": "-5.50"}, "$14.50"),
        ({"line.1.description": "Flat", "line.1.amount": "7", "lines": "all"}, "$7.00"),
    ],
)
def test_lines_of_the_form_are_billed_beside_or_in_place_of_what_is_worked_out(
    browser: Browser, fields: dict[str, str], due: str
) -> None:
    browser.get(ATTACH)
    assert send(browser, ATTACH, plan="pro", **fields) == 200
    assert preview(browser)["Due now"] == due


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"line.0.description": "Set-up"}, "line-0-amount"),
        ({"line.0.amount": "5"}, "line-0-description"),
        ({"line.0.description": "Set-up", "line.0.amount": "much"}, "line-0-amount"),
        ({"lines": "all"}, "line-0-description"),
        ({"included.seats": "-1"}, "included-seats"),
        ({"trial_length": "3", "trial_end": "never"}, "trial_end"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(browser: Browser, fields: dict[str, str], beside: str) -> None:
    browser.get(ATTACH)
    assert send(browser, ATTACH, plan="pro", **fields) == 400
    assert f'id="{beside}-said" role="alert"' in browser.text


def test_after_a_trial_the_plan_before_comes_back_where_that_is_said(browser: Browser, shop: Api) -> None:
    shop("plans.create", plan_id="free", name="Free", items=[{"feature_id": "messages", "included": 5}])
    shop("billing.attach", customer_id="acme", plan_id="free")
    attached(browser, trial_length="7", trial_end="revert")
    shop("customers.advance_test_clock", customer_id="acme", frozen_time=4_102_444_800_000 + 8 * 86_400_000)
    assert [each["plan_id"] for each in shop("customers.get", customer_id="acme")["subscriptions"]] == ["free"]


def test_a_discount_is_taken_off_a_plan_that_has_it(browser: Browser, shop: Api) -> None:
    always = Discount("always", "Always", Decimal(10))
    shop.store.ledger(shop.ledger_id).execute(CatalogAddress(), PutDiscount(always), by=TESTER)
    attached(browser, reward="always")
    sheet = f"/customers/acme/plans/{held(shop)}/update"
    browser.get(sheet)
    assert "Take off Always" in browser.text
    assert send(browser, sheet, **{"without.always": "1"}) == 200
    assert send(browser, sheet, **{"without.always": "1"}, confirm="1") == 303
    browser.get(sheet)
    assert "Take off Always" not in browser.text
    assert send(browser, sheet, **{"without.other": "1"}) == 400
