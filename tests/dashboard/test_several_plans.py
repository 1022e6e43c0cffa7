"""Several plans at once, from a page: as they were previewed, all of them or none."""

import pytest

from tests.api.client import Api
from tests.dashboard.attaching import ATTACH, browser, held, preview, send, shop
from tests.dashboard.conftest import Browser
from tests.dashboard.test_changing import hidden

__all__ = ["browser", "shop"]

SEVERAL = "/customers/acme/attach-several"
BOTH = {"part.0.plan": "pro", "part.1.plan": "extra"}


@pytest.fixture(autouse=True)
def extra(shop: Api) -> None:
    price = {"amount": 5, "interval": "month"}
    shop("plans.create", plan_id="extra", name="Extra", add_on=True, price=price, items=[])


def test_plans_are_attached_together_as_they_were_previewed_and_once(browser: Browser, shop: Api) -> None:
    browser.get(f"{ATTACH}?plan=pro")
    assert 'href="/customers/acme/attach-several?plan=pro"' in browser.text
    browser.get(f"{SEVERAL}?plan=pro")
    assert '<option value="pro" selected>' in browser.last_raw()
    asked = {**BOTH, "part.0.quantity.seats": "3"}
    assert send(browser, SEVERAL, **asked) == 200
    assert preview(browser)["Due now"] == "$45.00"
    assert preview(browser)["Messages in Pro"] == "500 / month"
    assert held(shop) == []
    carried = hidden(browser, "form_token", "once", "seen")
    for _ in range(2):
        assert browser.post(SEVERAL, {**carried, **asked, "confirm": "1"}).status_code == 303
    assert held(shop) == [("pro", False), ("extra", False)]
    assert len(shop("invoices.list", customer_id="acme")["list"]) == 1


def test_one_is_added_and_taken_away_and_a_form_with_one_lacking_does_nothing(browser: Browser, shop: Api) -> None:
    browser.get(SEVERAL)
    send(browser, SEVERAL, **BOTH, add="1")
    assert 'name="part.2.plan"' in browser.text
    assert send(browser, SEVERAL, **BOTH, **{"part.2.plan": ""}, confirm="1") == 400
    assert 'id="part-2-plan-said" role="alert">Choose a plan</p>' in browser.text
    assert held(shop) == []
    send(browser, SEVERAL, **BOTH, **{"part.2.plan": ""}, remove="2")
    assert 'name="part.2.plan"' not in browser.text
    assert preview(browser)["Due now"] == "$25.00"


@pytest.mark.parametrize(
    ("fields", "says", "field"),
    [
        ({"part.0.quantity.seats": "many"}, "must be a number of 0 or more", "part-0-quantity-seats"),
        ({"starts_on": "soon"}, "must be a day such as", "starts_on"),
        ({"proration": "half"}, "must be one of", "proration"),
        ({"part.1.plan": "none such"}, "Choose a plan", "part-1-plan"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    browser: Browser, shop: Api, fields: dict[str, str], says: str, field: str
) -> None:
    browser.get(SEVERAL)
    assert send(browser, SEVERAL, **{**BOTH, **fields}, confirm="1") == 400
    assert says in browser.text.split(f'id="{field}-said" role="alert">', 1)[1].split("</p>", 1)[0]
    assert held(shop) == []
