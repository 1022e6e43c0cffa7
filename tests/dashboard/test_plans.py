"""Plans from a page: attached, cancelled and kept, each as it was previewed."""

import json
from concurrent.futures import ThreadPoolExecutor
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
VERBS = ("cancel", "uncancel", "update", "change")


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


def canceling(shop: Api, verb: str = "cancel") -> str:
    found = shop("customers.get", customer_id="acme")["subscriptions"][-1]
    return f"/customers/acme/plans/{found['id']}/{verb}"


def test_a_plan_is_cancelled_at_its_end_and_kept_again(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop)
    assert browser.get(path).status_code == 200
    assert preview(browser)["Pro"] == "ends on 1 Feb 2100"
    assert "Everything stays as it is until the period ends" in browser.text
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
    assert preview(browser)["Refunded now"] == "$20.00"
    assert send(browser, path, action="cancel_immediately", refund="full", confirm="1") == 303
    assert held(shop) == []


def test_what_becomes_of_what_was_paid_is_shown_first(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop)
    browser.get(path)
    refunds = {"": ("Credited now", "$20.00"), "prorated": ("Refunded now", "$20.00"), "none": ("Due now", "$0.00")}
    for refund, (label, value) in refunds.items():
        assert send(browser, path, action="cancel_immediately", refund=refund) == 200
        assert (refund, preview(browser).get(label)) == (refund, value)


def test_a_plan_that_is_gone_cannot_be_cancelled(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop)
    shop("billing.update", customer_id="acme", plan_id="pro", cancel_action="cancel_immediately")
    assert browser.get(path).status_code == 404
    assert "is not on this plan" in browser.text


def test_a_plan_that_has_not_begun_is_taken_off_the_schedule(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro", starts_at=4_105_123_200_000)
    path = canceling(shop)
    assert browser.get(path).status_code == 200
    assert "never begins" in browser.text
    assert send(browser, path, action="cancel_immediately", confirm="1") == 303
    assert held(shop) == []


def test_the_next_dearer_plan_is_chosen_to_change_to_and_the_switch_is_shown(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop, "change")
    assert browser.get(path).status_code == 200
    assert 'value="team" checked' in browser.text
    assert 'value="pro"' not in browser.text
    assert preview(browser)["Due now"] == "$30.00"
    assert send(browser, path, plan="team", confirm="1") == 303
    assert held(shop) == [("team", False)]


def test_a_switch_is_made_now_or_at_the_end_and_prorated_or_not(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop, "change")
    browser.get(path)
    for fields, label, value in (
        ({"schedule": "end_of_cycle"}, "Team", "begins on 1 Feb 2100"),
        ({"schedule": "immediate", "proration": "none"}, "Due now", "$0.00"),
        ({"schedule": "immediate", "proration": "bill_difference"}, "Due now", "$30.00"),
    ):
        assert send(browser, path, plan="team", **fields) == 200
        assert (fields, preview(browser).get(label)) == (fields, value)


def test_what_is_held_is_updated_as_it_was_previewed(browser: Browser, shop: Api) -> None:
    quantities = [{"feature_id": "seats", "quantity": 2}]
    shop("billing.attach", customer_id="acme", plan_id="pro", feature_quantities=quantities)
    path = canceling(shop, "update")
    assert browser.get(path).status_code == 200
    assert 'name="quantity.seats" type="text" value="2"' in browser.text
    assert "Change something to see" in browser.text
    fields = {"quantity.seats": "4", "reason": "Two more people"}
    send(browser, path, **fields)
    assert preview(browser)["Due now"] == "$20.00"
    assert preview(browser)["Pro"] == "changes now 4 Seats"
    assert send(browser, path, **fields, confirm="1") == 303
    assert shop("customers.get", customer_id="acme")["balances"]["seats"]["granted"] == 4


def test_the_preview_of_an_update_follows_the_form(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop, "update")
    browser.get(path)
    for fields, label, value in (
        ({"price": "35"}, "Due now", "$15.00"),
        ({"price": "35", "proration": "none"}, "Due now", "$0.00"),
        ({"trial_length": "7"}, "Free trial", "until 8 Jan 2100"),
        ({"included.messages": "900"}, "Messages", "900 / month"),
        ({"reward": "spring"}, "Next, on 1 Feb 2100", "$15.00"),
    ):
        assert send(browser, path, **fields) == 200
        assert (fields, preview(browser).get(label)) == (fields, value)


def test_an_update_that_changes_nothing_is_told_so(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    path = canceling(shop, "update")
    browser.get(path)
    assert send(browser, path, proration="none", confirm="1") == 400
    assert "Nothing is to change yet" in browser.text


def test_a_viewer_reaches_no_sheet(desk: Desk, shop: Api) -> None:
    assert shop.ledger_id == desk.ledger_id
    browser = desk.browser(UserRole.VIEWER, "vera")
    browser.get("/customers/acme")
    for verb in ("attach", *(f"plans/sub_x/{each}" for each in VERBS), "balances/messages", "events/7/void"):
        assert browser.get(f"/customers/acme/{verb}").status_code == 403
        assert browser.post(f"/customers/acme/{verb}", {"confirm": "1", "plan": "pro"}).status_code == 403


def test_a_plan_of_somebody_else_is_not_found(browser: Browser, shop: Api) -> None:
    shop("customers.get_or_create", customer_id="globex")
    shop("billing.attach", customer_id="globex", plan_id="pro")
    (found,) = shop("customers.get", customer_id="globex")["subscriptions"]
    for verb in VERBS:
        assert browser.get(f"/customers/acme/plans/{found['id']}/{verb}").status_code == 404
        assert browser.get(f"/customers/nobody/plans/{found['id']}/{verb}").status_code == 404
