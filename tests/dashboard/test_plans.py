"""Plans from a page: attached as they were previewed, or not at all."""

from concurrent.futures import ThreadPoolExecutor

from ledger.core.access import UserRole
from tests.api.client import Api
from tests.dashboard.attaching import ATTACH, assert_beside, browser, held, preview, send, shop
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden

__all__ = ["browser", "shop"]

ASKED = (
    ({"price": "12.50"}, "Due now", "$12.50"),
    ({"price": "120", "interval": "year"}, "Due now", "$120.00"),
    ({"price": "0"}, "Due now", "$0.00"),
    ({"trial_length": "14"}, "Free trial", "until 15 Jan 2100"),
    ({"trial_length": "2", "trial_unit": "month", "trial_card": "1"}, "Free trial", "until 1 Mar 2100"),
    ({"collection": "later"}, "Due now", "$20.00"),
    ({"collection": "invoice", "terms_days": "30"}, "Due now", "$20.00"),
    ({"collection": "none"}, "Due now", "$0.00"),
    ({"starts_on": "2100-02-01"}, "Pro", "begins on 1 Feb 2100"),
    ({"starts_on": "2100-01-01"}, "Pro", "begins now"),
    ({"ends_on": "2100-06-30"}, "Agreed end", "30 Jun 2100"),
    ({"included.messages": "750"}, "Messages", "750 / month"),
    ({"anchor": "on", "anchor_on": "2100-01-16"}, "Next, on 16 Jan 2100", "$20.00"),
    ({"code": "SPRING"}, "Discounts", "−$5.00"),
    ({"reward": "spring"}, "Due now", "$15.00"),
    ({"version": "1"}, "Due now", "$20.00"),
)


WRONG = (
    ({"price": "cheap"}, "This was 'cheap' and must be a number of 0 or more"),
    ({"price": "1e99"}, "must be a number of at least 0"),
    ({"interval": "fortnight"}, "must be one of"),
    ({"trial_length": "-1"}, "This was '-1' and must be a number of 0 or more"),
    ({"trial_length": "0.5"}, "must be a whole number"),
    ({"trial_length": "99", "trial_unit": "year"}, "must be at most 10"),
    ({"trial": "own"}, "Say how long the trial is"),
    ({"trial_length": "3", "trial_unit": "aeon"}, "must be one of"),
    ({"quantity.seats": "many"}, "must be a number"),
    ({"included.messages": "lots"}, "must be a number"),
    ({"starts_on": "soon"}, "must be a day"),
    ({"ends_on": "2100-13-01"}, "must be a day"),
    ({"anchor": "on"}, "Say on which day the cycle begins"),
    ({"anchor_on": "x"}, "must be a day"),
    ({"schedule": "later"}, "must be one of"),
    ({"proration": "half"}, "must be one of"),
    ({"collection": "invoice", "terms_days": "soon"}, "must be a number"),
    ({"reward": "none such"}, "No discount of the catalog"),
    ({"code": "NONE"}, "No discount of the catalog"),
)


def test_a_plan_is_attached_as_it_was_previewed(browser: Browser, shop: Api) -> None:
    assert browser.get(ATTACH).status_code == 200
    assert "$20.00 / month" in browser.text
    fields = {"plan": "pro", "quantity.seats": "3"}
    assert send(browser, ATTACH, **fields) == 200
    assert "Attach and bill $40.00" in browser.text
    assert held(shop) == []
    assert send(browser, ATTACH, **fields, confirm="1") == 303
    browser.get("/customers/acme")
    assert "Pro was attached" in browser.text
    assert held(shop) == [("pro", False)]
    (invoice,) = shop("customers.get", customer_id="acme", expand=["invoices"])["invoices"]
    assert (invoice["status"], invoice["total"]) == ("paid", 40)
    entry = shop.get("/v1/customers/acme/timeline?kind=plan.attached")["list"][0]
    assert entry["actor"] == "anna"


def test_the_preview_says_what_comes_when_it_is_billed_and_what_is_included(browser: Browser) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="pro", **{"quantity.seats": "3"})
    rows = preview(browser)
    assert rows["Pro"] == "begins now 3 Seats"
    assert rows["Due now"] == "$40.00"
    assert rows["Next, on 1 Feb 2100"] == "$40.00"
    assert rows["Messages"] == "500 / month"
    assert rows["Seats"] == "3 more at $10.00 each"


def test_the_preview_follows_what_the_form_says(browser: Browser) -> None:
    browser.get(ATTACH)
    for fields, label, value in ASKED:
        assert send(browser, ATTACH, plan="pro", **fields) == 200
        assert (fields, preview(browser).get(label)) == (fields, value)
        for each in fields.values():
            assert f'value="{each}"' in browser.text


def test_what_was_custom_is_what_is_attached(browser: Browser, shop: Api) -> None:
    fields = {"plan": "pro", "price": "99", "interval": "year", "included.messages": "750", "trial_length": "1",
              "trial_unit": "month", "reason": "Order 2214"}  # fmt: skip
    browser.get(ATTACH)
    send(browser, ATTACH, **fields)
    assert send(browser, ATTACH, **fields, confirm="1") == 303
    found = shop("customers.get", customer_id="acme", expand=["subscriptions.plan"])
    (plan,) = found["subscriptions"]
    assert (plan["plan"]["price"]["amount"], plan["plan"]["price"]["interval"]) == (99, "year")
    assert plan["trial_ends_at"] is not None
    assert found["balances"]["messages"]["granted"] == 750
    assert shop.get("/v1/customers/acme/timeline?kind=plan.attached")["list"][0]["reason"] == "Order 2214"


def test_a_plan_goes_to_the_entity_that_it_is_for(browser: Browser, shop: Api) -> None:
    shop("entities.create", customer_id="acme", entity_id="north", name="North", feature_id="seats")
    browser.get(f"{ATTACH}?entity=north")
    fields = {"plan": "team", "entity": "north"}
    send(browser, ATTACH, **fields)
    assert send(browser, ATTACH, **fields, confirm="1") == 303
    assert browser.last is not None
    assert browser.last.headers["Location"] == "/customers/acme?entity=north"
    (plan,) = shop("customers.get", customer_id="acme")["subscriptions"]
    assert plan["scope"] == "entity"


def test_nothing_is_attached_that_was_not_seen_and_both_are_shown(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="team")
    shop("billing.attach", customer_id="acme", plan_id="pro")
    assert send(browser, ATTACH, plan="team", confirm="1") == 409
    assert "changed meanwhile, so nothing was done" in browser.text
    assert_beside(browser, "Due now", "$50.00", "$30.00")
    assert "Unused time on Pro" in browser.text
    assert held(shop) == [("pro", False)]
    assert send(browser, ATTACH, plan="team", confirm="1") == 303
    assert held(shop) == [("team", False)]


def test_a_price_that_changed_in_the_catalog_meanwhile_is_seen_too(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="team")
    shop("plans.update", plan_id="team", price={"amount": 60, "interval": "month"})
    assert send(browser, ATTACH, plan="team", confirm="1") == 409
    assert_beside(browser, "Due now", "$50.00", "$60.00")
    assert held(shop) == []


def test_a_customer_that_changed_otherwise_is_another_one(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="team")
    shop("customers.update", customer_id="acme", metadata={"segment": "gold"})
    assert send(browser, ATTACH, plan="team", confirm="1") == 409
    assert_beside(browser, "Property segment", "–", "gold")
    limits = [{"feature_id": "messages", "limit": 5, "interval": "day"}]
    shop("customers.update", customer_id="acme", billing_controls={"usage_limits": limits})
    assert send(browser, ATTACH, plan="team", confirm="1") == 409
    assert "something else about the customer is different" in browser.text
    assert held(shop) == []
    assert send(browser, ATTACH, plan="team", confirm="1") == 303


def test_a_customer_that_only_used_something_meanwhile_can_be_changed(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    shop("balances.track", customer_id="acme", feature_id="messages", value=1)
    browser.get(ATTACH)
    send(browser, ATTACH, plan="team")
    shop("balances.track", customer_id="acme", feature_id="messages", value=5)
    assert send(browser, ATTACH, plan="team", confirm="1") == 303


def test_two_who_confirm_at_once_attach_once(desk: Desk, shop: Api) -> None:
    people = [desk.browser(UserRole.FINANCE, name) for name in ("ada", "ben", "cleo", "dan")]
    for each in people:
        each.get(ATTACH)
        send(each, ATTACH, plan="team")
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda each: send(each, ATTACH, plan="team", confirm="1"), people))
    assert sorted(answers) == [303, 409, 409, 409] or sorted(answers) == [303, 400, 400, 400], answers
    assert len(shop.get("/v1/customers/acme/timeline?kind=plan.attached")["list"]) == 1


def test_a_form_that_is_confirmed_twice_acts_once(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="team")
    form = {**hidden(browser, "once", "seen", "form_token"), "plan": "team", "confirm": "1"}
    assert [browser.post(ATTACH, form).status_code for _ in range(3)] == [303, 303, 303]
    assert len(shop.get("/v1/customers/acme/timeline?kind=plan.attached")["list"]) == 1


def test_a_form_that_says_something_else_than_was_shown_is_shown_first(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="team")
    assert send(browser, ATTACH, plan="team", price="10", confirm="1") == 200
    assert "says something else than what was shown" in browser.text
    assert preview(browser)["Due now"] == "$10.00"
    assert held(shop) == []


def test_a_mark_that_is_none_of_ours_confirms_nothing(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    for seen in ("", "[]", "null", "{", '["a",1,"b",[["x"]]]', "9" * 300_000):
        form = {**hidden(browser, "once"), "plan": "team", "confirm": "1", "seen": seen}
        assert browser.post(ATTACH, form).status_code == 200
        assert preview(browser)["Due now"] == "$50.00"
    assert held(shop) == []


def test_what_cannot_be_is_told_and_the_form_is_kept(browser: Browser, shop: Api) -> None:
    browser.get(ATTACH)
    send(browser, ATTACH, plan="pro")
    for fields, sentence in WRONG:
        for confirm in ({}, {"confirm": "1"}):
            status = send(browser, ATTACH, plan="pro", reason="Order <b>2214</b>", **fields, **confirm)
            assert (fields, status in (400, 404), sentence in browser.text) == (fields, True, True)
            assert 'value="pro" checked' in browser.text
            assert "Order &lt;b&gt;2214" in browser.last_raw()
    assert held(shop) == []


def test_without_a_plan_it_is_asked_for(browser: Browser) -> None:
    browser.get(ATTACH)
    assert send(browser, ATTACH, confirm="1") == 400
    assert "Choose a plan" in browser.text


def test_a_declined_card_is_foreseen_and_leaves_everything_as_it_was(browser: Browser, shop: Api) -> None:
    shop("customers.update", customer_id="acme", metadata={"payment_method": "pm_declined"})
    browser.get(ATTACH)
    send(browser, ATTACH, plan="pro")
    assert "The payment method on file declines" in browser.text
    assert send(browser, ATTACH, plan="pro", confirm="1") == 402
    assert "declined" in browser.text
    assert held(shop) == []


def test_a_declined_payment_is_tried_again_with_the_same_form(browser: Browser, shop: Api) -> None:
    shop("customers.update", customer_id="acme", metadata={"payment_method": "pm_declined"})
    browser.get(ATTACH)
    send(browser, ATTACH, plan="pro")
    assert send(browser, ATTACH, plan="pro", confirm="1") == 402
    shop("customers.update", customer_id="acme", metadata={"payment_method": "pm_card_visa"})
    assert send(browser, ATTACH, plan="pro") == 200
    assert send(browser, ATTACH, plan="pro", confirm="1") == 303
    assert held(shop) == [("pro", False)]
