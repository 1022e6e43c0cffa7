"""Changing a customer in a real browser: plans, balances and corrections, from the sheet to the timeline."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.api.client import Api
from tests.browser.site import Site, violations

STANDING = 4_102_444_800_000
"""The customer's own clock, so that nothing is prorated by the second."""


@pytest.fixture
def shop(site: Site) -> Api:
    api = site.api
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    item = {"feature_id": "messages", "included": 500, "reset": {"interval": "month"}}
    for plan_id, name, amount in (("pro", "Pro", 20), ("team", "Team", 50)):
        api("plans.create", plan_id=plan_id, name=name, price={"amount": amount, "interval": "month"}, items=[item])
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("customers.advance_test_clock", customer_id="acme", frozen_time=STANDING)
    return api


def sheet(page: Page, link: str | re.Pattern[str]) -> Locator:
    """The sheet that a link of the page, or of the sheet that is open, opens."""
    page.get_by_role("link", name=link).first.click()
    return page.get_by_role("dialog")


def attaching(page: Page) -> Locator:
    """The attach sheet over the customer's page, with Pro chosen and what that does shown."""
    page.goto("/customers/acme")
    page.keyboard.press("p")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Pro").check()
    expect(dialog.get_by_role("button", name="Attach and bill $20.00")).to_be_visible()
    return dialog


def line(page: Page, words: str) -> Locator:
    """What the timeline of the customer's page says of something."""
    return page.locator("#timeline").locator("xpath=ancestor::section").locator("li").filter(has_text=words).first


def test_a_plan_is_attached_changed_cancelled_and_kept(site: Site, shop: Api) -> None:
    page = site.person()
    dialog = attaching(page)
    dialog.get_by_text("Price, trial, dates and billing").click()
    dialog.get_by_role("textbox", name="Amount", exact=True).first.fill("12.50")
    dialog.get_by_label("Trial", exact=True).select_option("own")
    length = dialog.get_by_label("Length")
    length.fill("14")
    expect(dialog.get_by_role("status")).to_contain_text("until 15 Jan 2100")
    expect(dialog.get_by_role("status")).to_contain_text(re.compile(r"Next, on 15 Jan 2100\s*\$12\.50"))
    expect(length).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    (held,) = shop("customers.get", customer_id="acme", expand=["subscriptions.plan"])["subscriptions"]
    assert (held["plan"]["price"]["amount"], held["trial_ends_at"]) == (12.5, STANDING + 14 * 86_400_000)

    page.goto(f"/customers/acme/plans/{held['id']}/change")  # a page of its own, as well as a sheet over another
    form = page.locator("[data-sheet]")
    expect(form.get_by_role("radio", name="Team")).to_be_checked()
    expect(form.get_by_role("button", name="Change and bill $50.00")).to_be_visible()
    form.get_by_label("When").select_option("end_of_cycle")
    expect(form.get_by_role("status")).to_contain_text("begins on 15 Jan 2100")
    form.get_by_label("When").select_option("immediate")
    expect(form.get_by_role("status")).to_contain_text("begins now")
    assert violations(page) == []
    form.get_by_role("button", name="Change and bill").click()
    page.wait_for_url("**/customers/acme")

    (held,) = shop("customers.get", customer_id="acme")["subscriptions"]
    assert held["plan_id"] == "team"
    page.goto(f"/customers/acme/plans/{held['id']}/cancel")
    form.get_by_label("Now").check()
    expect(form.get_by_label("What was paid")).to_be_visible()
    form.get_by_label("At the end of the period").check()
    expect(form.get_by_label("What was paid")).to_be_hidden()
    expect(form.get_by_role("status")).to_contain_text("ends on 1 Feb 2100")
    form.get_by_label("Reason").fill("Moved away")
    assert violations(page) == []
    form.get_by_role("button", name="Cancel the plan").click()
    page.wait_for_url("**/customers/acme")
    expect(line(page, "Moved away")).to_be_visible()
    page.goto(f"/customers/acme/plans/{held['id']}/uncancel")
    assert violations(page) == []
    form.get_by_role("button", name="Keep the plan").click()
    page.wait_for_url("**/customers/acme")
    assert shop("customers.get", customer_id="acme")["subscriptions"][0]["canceled_at"] is None


def test_a_choice_is_asked_about_once_and_a_late_answer_takes_nothing_back(site: Site, shop: Api) -> None:
    page, asked, held = site.person(), list[str](), list[Route]()
    page.on("request", lambda request: asked.append(request.method))
    page.clock.install()
    dialog = attaching(page)
    dialog.get_by_text("Price, trial, dates and billing").click()
    amount = dialog.get_by_role("textbox", name="Amount", exact=True).first
    carried = dialog.get_by_label("What is left of its balances")
    page.clock.run_for(1_000)  # longer than a preview waits for what is written
    assert asked.count("POST") == 1
    expect(amount).to_be_visible()

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/attach", hold_the_first)
    carried.check()
    while not held:
        page.wait_for_timeout(10)
    late = held[0].fetch()
    page.clock.pause_at(page.evaluate("Date.now()") + 1)  # nothing is asked for what is written from here on
    amount.fill("12.50")
    carried.focus()
    held[0].fulfill(response=late)
    page.wait_for_timeout(100)
    expect(amount).to_have_value("12.50")
    page.clock.resume()
    expect(dialog.get_by_role("status")).to_contain_text("$12.50")
    expect(amount).to_have_value("12.50")


def test_a_balance_is_granted_set_and_deducted_and_a_slip_is_voided(site: Site, shop: Api) -> None:
    shop("balances.create", customer_id="acme", feature_id="messages", included_grant=100)
    page = site.person(at="/customers/acme")
    for action, amount, after in (
        ("Grant", "25", "125, 100 granted"),
        ("Set", "40", "40 of 100"),
        ("Deduct", "5", "35 of 100"),
    ):
        dialog = sheet(page, re.compile("edit the balance of Messages"))
        dialog.locator("label").filter(has_text=action).click()
        dialog.get_by_role("textbox", name=re.compile("How many|What remains")).fill(amount)
        expect(dialog.get_by_role("status")).to_contain_text(after)
        page.keyboard.press("Control+Enter")
        expect(dialog.get_by_label("Reason")).to_be_focused()  # it is missing, and said to be
        dialog.get_by_label("Reason").fill(f"{action}ed for ticket 8812")
        expect(dialog.get_by_role("button", name=f"{action} {amount}")).to_be_visible()
        assert action != "Grant" or violations(page) == []
        dialog.get_by_role("button", name=f"{action} {amount}").dblclick()
        expect(line(page, f"{action}ed for ticket 8812")).to_be_visible()
    assert shop("customers.get", customer_id="acme")["balances"]["messages"]["remaining"] == 35
    assert len(shop.get("/v1/customers/acme/timeline?kind=balance&actor=anna")["list"]) == 3
    line(page, "Deducted for ticket 8812").get_by_role("link", name="Void this").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text("40 of 100")
    assert violations(page) == []
    dialog.get_by_label("Reason").fill("Deducted from the wrong customer")
    page.keyboard.press("Control+Enter")
    expect(line(page, "Deducted from the wrong customer")).to_be_visible()
    assert shop("customers.get", customer_id="acme")["balances"]["messages"]["remaining"] == 40


def test_of_two_at_once_the_second_is_shown_both_and_confirms_again(site: Site, shop: Api) -> None:
    first, second = site.person(name="anna"), site.person(name="ben")
    for page in (first, second):
        page.goto("/customers/acme/attach")
        page.get_by_role("radio", name="Team" if page is second else "Pro").check()
        expect(page.get_by_role("button", name=re.compile("Attach and bill"))).to_be_visible()
    first.get_by_role("button", name="Attach and bill $20.00").click()
    first.wait_for_url("**/customers/acme")
    second.get_by_role("button", name="Attach and bill $50.00").click()
    notice = second.get_by_role("alert")
    expect(notice).to_contain_text("changed meanwhile, so nothing was done")
    expect(notice.get_by_role("row").filter(has_text="Due now")).to_have_text(re.compile(r"\$50\.00\s*\$30\.00"))
    assert violations(second) == []
    second.get_by_role("button", name="Attach and bill $30.00").click()
    second.wait_for_url("**/customers/acme")
    assert [each["plan_id"] for each in shop("customers.get", customer_id="acme")["subscriptions"]] == ["team"]
