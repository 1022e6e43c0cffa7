"""Plans that are held, from a page: cancelled and kept, changed and updated, each as it was previewed."""

from ledger.core.access import UserRole
from tests.api.client import Api
from tests.dashboard.attaching import browser, held, preview, send, shop
from tests.dashboard.conftest import Browser, Desk

__all__ = ["browser", "shop"]

VERBS = ("cancel", "uncancel", "update", "change")


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
