"""Plans from a page: attached, cancelled and kept, each as it was previewed."""

import pytest

from ledger.core.access import UserRole
from tests.api.client import Api
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
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("customers.advance_test_clock", customer_id="acme", frozen_time=4_102_444_800_000)
    return api


@pytest.fixture
def browser(desk: Desk, shop: Api) -> Browser:
    assert desk.ledger_id == shop.ledger_id
    return desk.browser(UserRole.FINANCE)


def send(browser: Browser, path: str, **fields: str) -> int:
    return browser.post(path, {**hidden(browser, "once", "seen"), **fields}).status_code


def held(shop: Api) -> list[tuple[str, bool]]:
    found = shop("customers.get", customer_id="acme")["subscriptions"]
    return [(each["plan_id"], each["canceled_at"] is not None) for each in found]


def test_a_plan_is_attached_as_it_was_previewed(browser: Browser, shop: Api) -> None:
    assert browser.get(ATTACH).status_code == 200
    assert "Pro · $20.00 / month" in browser.text
    fields = {"plan": "pro", "quantity.seats": "3"}
    assert send(browser, ATTACH, **fields) == 200
    assert "Attach and bill $40.00" in browser.text
    assert held(shop) == []
    assert send(browser, ATTACH, **fields, confirm="1") == 303
    assert held(shop) == [("pro", False)]
    (invoice,) = shop("customers.get", customer_id="acme", expand=["invoices"])["invoices"]
    assert (invoice["status"], invoice["total"]) == ("paid", 40)
    entry = shop.get("/v1/customers/acme/timeline?kind=plan.attached")["list"][0]
    assert entry["actor"] == "anna"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"price": "12.50"}, "bill $12.50"),
        ({"price": "120", "interval": "year"}, "bill $120.00"),
        ({"trial_days": "14"}, "$20.00"),
        ({"collection": "invoice"}, "bill $20.00"),
        ({"starts_on": "2100-02-01"}, "1 Feb 2100"),
    ],
)
def test_the_preview_follows_what_the_form_says(browser: Browser, fields: dict[str, str], words: str) -> None:
    browser.get(ATTACH)
    assert send(browser, ATTACH, plan="pro", **fields) == 200
    assert words in browser.text
    for value in fields.values():
        assert value in browser.text


def test_nothing_is_attached_that_was_not_seen(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="team")
    shop("billing.attach", customer_id="acme", plan_id="pro")
    assert send(browser, ATTACH, plan="team", confirm="1") == 200
    assert "Something changed meanwhile" in browser.text
    assert "Unused time on Pro" in browser.text
    assert held(shop) == [("pro", False)]
    assert send(browser, ATTACH, plan="team", confirm="1") == 303
    assert held(shop) == [("team", False)]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"price": "cheap"}, "This was 'cheap' and must be a number of 0 or more"),
        ({"trial_days": "-1"}, "This was '-1' and must be a number of 0 or more"),
        ({"quantity.seats": "many"}, "must be a number"),
        ({"starts_on": "soon"}, "must be a day"),
        ({"trial_days": "0.5"}, "must be"),
    ],
)
def test_what_cannot_be_is_told_and_the_form_is_kept(browser: Browser, fields: dict[str, str], sentence: str) -> None:
    browser.get(ATTACH)
    assert send(browser, ATTACH, plan="pro", **fields) in (200, 400)
    assert sentence in browser.text
    assert 'value="pro" selected' in browser.text


def test_a_declined_card_leaves_everything_as_it_was_and_says_so(browser: Browser, shop: Api) -> None:
    shop("customers.update", customer_id="acme", metadata={"payment_method": "pm_declined"})
    browser.get(ATTACH)
    send(browser, ATTACH, plan="pro")
    assert send(browser, ATTACH, plan="pro", confirm="1") == 402
    assert "declined" in browser.text
    assert held(shop) == []


def canceling(shop: Api, verb: str = "cancel") -> str:
    (found,) = shop("customers.get", customer_id="acme")["subscriptions"]
    return f"/customers/acme/plans/{found['id']}/{verb}"


def test_a_plan_is_cancelled_at_its_end_and_kept_again(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop)
    assert browser.get(path).status_code == 200
    assert "ends" in browser.text
    assert send(browser, path, action="cancel_end_of_cycle", reason="Moved away", confirm="1") == 303
    assert held(shop) == [("pro", True)]
    assert shop.get("/v1/customers/acme/timeline?kind=plan.canceled")["list"][0]["reason"] == "Moved away"
    browser.get("/customers/acme")
    assert "canceling" in browser.text
    path = canceling(shop, "uncancel")
    browser.get(path)
    assert send(browser, path, confirm="1") == 303
    assert held(shop) == [("pro", False)]


def test_a_plan_that_ends_now_shows_what_comes_back(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop)
    browser.get(path)
    send(browser, path, action="cancel_immediately", refund="full")
    assert "$20.00" in browser.text
    assert send(browser, path, action="cancel_immediately", refund="full", confirm="1") == 303
    assert held(shop) == []


def test_a_plan_that_is_gone_cannot_be_cancelled(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop)
    shop("billing.update", customer_id="acme", plan_id="pro", cancel_action="cancel_immediately")
    assert browser.get(path).status_code == 400
    assert "is not on the plan" in browser.text
