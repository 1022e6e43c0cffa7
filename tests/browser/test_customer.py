"""One customer in a browser: its entities, the sheets of a plan and of an invoice, what explains a number, a limit."""

import re

from playwright.sync_api import Locator, Page, expect

from ledger.core.access import UserRole
from tests.api.client import Api
from tests.browser.site import NARROW, Site, violations
from tests.dashboard.test_customer_page import acme, catalog


def shop(api: Api) -> None:
    """The customer that the tests of its page look at."""
    catalog(api)
    acme(api)


def sheet(page: Page) -> Locator:
    """The sheet that is open over the page."""
    found = page.get_by_role("dialog")
    expect(found).to_be_visible()
    return found


def act_by_letters(page: Page) -> None:
    """Open the menu of actions, walk in it, and let letters choose; each way back leads to where one was."""
    opener, dialog = page.locator("#actions summary"), page.get_by_role("dialog")
    page.keyboard.press("a")
    expect(page.get_by_role("link", name="Edit customer")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("link", name="Delete customer")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    for letter, heading in (("c", "Advance the clock"), ("j", "Customer as JSON")):
        page.keyboard.press("a")
        page.keyboard.press(letter)
        expect(dialog.get_by_role("heading", name=heading)).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(opener).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("A then CAdvance the clock")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_from_an_entity_to_where_an_invoice_came_from(site: Site) -> None:
    shop(site.api)
    page = site.person(UserRole.FINANCE, at="/customers/acme")
    assert violations(page) == []
    page.get_by_role("navigation", name="Entities").get_by_role("link", name="Team A").click()
    expect(page).to_have_url(re.compile("entity=team-a"))
    expect(page.get_by_role("region", name="Plans")).to_contain_text("Pack")
    page.get_by_role("region", name="Plans").get_by_role("link", name="Pro", exact=True).click()
    expect(sheet(page).get_by_role("heading", name="Pro", exact=True)).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("link", name="Whole customer").click()
    # The whole row is the link, not its words alone.
    page.get_by_role("region", name="Invoices").get_by_role("row", name="No. 2").click(position={"x": 300, "y": 20})
    opened = sheet(page)
    expect(opened.get_by_role("heading", name="Invoice 2")).to_be_visible()
    opened.get_by_text("Where it came from").first.click()
    expect(opened.get_by_text("Written by").first).to_be_visible()
    assert violations(page) == []


def test_a_customer_is_found_a_number_explained_and_a_limit_set_by_keyboard(site: Site) -> None:
    shop(site.api)
    page = site.person(UserRole.FINANCE, color_scheme="dark")
    page.keyboard.press("Control+k")
    finding = sheet(page).get_by_role("combobox")
    expect(finding).to_be_focused()
    page.keyboard.type("acm")
    page.keyboard.press("Enter")  # before the answer is there: it goes there once it is
    page.wait_for_url("**/customers/acme")
    page.keyboard.press("Control+k")
    expect(sheet(page).get_by_role("option", name="Customers")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(finding).to_have_attribute("aria-activedescendant", "find-6")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_function("document.activeElement === document.body")  # the next frame takes the focus out of it
    act_by_letters(page)
    usage = page.get_by_role("region", name="Feature usage")
    usage.get_by_text("2 sources").first.click()
    expect(usage.get_by_text("for Team A")).to_be_visible()
    usage.get_by_role("link", name=re.compile("numbers of Messages come from")).click()
    expect(sheet(page)).to_contain_text("Goodwill for the outage")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_text("Add control").click()
    page.get_by_role("link", name="Spend limit").press("Enter")
    sheet(page).get_by_label("Limit", exact=True).fill("many")
    page.keyboard.press("Control+Enter")
    expect(sheet(page).get_by_label("Limit", exact=True)).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    sheet(page).get_by_label("Limit", exact=True).fill("200")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Billing controls")).to_contain_text("at most 200 units beyond")


def test_the_page_reads_without_javascript_and_on_a_phone(site: Site) -> None:
    shop(site.api)
    page = site.person(UserRole.VIEWER, at="/customers/acme", java_script_enabled=False, viewport=NARROW)
    for name in ("Plans", "Feature usage", "Invoices", "Billing controls", "Activity"):
        expect(page.get_by_role("region", name=name)).to_be_visible()
    page.get_by_role("region", name="Invoices").get_by_role("link", name="No. 1", exact=True).click()
    expect(page.get_by_role("heading", name="Invoice 1")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Acme")
