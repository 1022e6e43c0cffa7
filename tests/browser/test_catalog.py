"""The catalog from a first feature to a plan's second version, as an admin does it."""

from playwright.sync_api import Page, expect

from ledger.core.access import UserRole
from tests.browser.site import Site, violations


def choose(page: Page, label: str, value: str, item: int = 1) -> None:
    page.locator(f"#items-{item - 1}").get_by_label(label, exact=True).select_option(value)


def fill(page: Page, label: str, text: str, item: int = 1) -> None:
    page.locator(f"#items-{item - 1}").get_by_label(label, exact=True).fill(text)


def test_a_feature_and_a_plan_are_created_and_become_a_second_version(site: Site) -> None:
    page = site.person(UserRole.ADMIN, "ada")
    create_feature(page)
    create_plan(page)
    site.api("customers.get_or_create", customer_id="acme", name="Acme")
    site.api("billing.attach", customer_id="acme", plan_id="pro")
    change_price(page)
    assert [site.api("plans.get", plan_id="pro", version=each)["price"]["amount"] for each in (1, 2)] == [20, 25]
    tiers = site.api("plans.get", plan_id="pro")["items"][0]["price"]["tiers"]
    assert [each["to"] for each in tiers] == [1000, 5000, "inf"]


def create_feature(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/features")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Messages")
    dialog.get_by_label("ID", exact=True).fill("messages")
    expect(dialog.get_by_text("What features cost in credits")).to_be_hidden()
    assert violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_have_text("Feature Messages created")


def create_plan(page: Page) -> None:
    page.goto("/new/plan")
    page.get_by_label("Name", exact=True).fill("Pro")
    page.get_by_label("ID", exact=True).fill("pro")
    page.get_by_label("Fixed price every", exact=True).select_option("month")
    page.get_by_label("Amount, USD").fill("20")
    choose(page, "Feature", "messages")
    fill(page, "Included, units", "500")
    choose(page, "More of it", "usage_based")
    choose(page, "Pricing", "graduated")
    expect(page.get_by_label("Price, USD", exact=True)).to_be_hidden()
    fill(page, "Tier 1: up to", "1000")
    fill(page, "Tier 1: price", "0.10")
    page.get_by_role("button", name="Add a tier").click()
    expect(page.get_by_label("Tier 3: price")).to_be_visible()  # what is typed before the answer is here may be lost
    fill(page, "Tier 2: up to", "5000")
    fill(page, "Tier 2: price", "0.08")
    fill(page, "Tier 3: price", "five")
    page.get_by_role("button", name="Create plan").click()
    wrong = page.get_by_label("Tier 3: price")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    wrong.fill("0.05")
    page.get_by_role("button", name="Create plan").click()
    page.wait_for_url("**/plans/pro")
    expect(page.get_by_text("more than 5,000")).to_be_visible()
    assert violations(page) == []


def change_price(page: Page) -> None:
    page.keyboard.press("e")
    page.wait_for_url("**/plans/pro/edit")
    page.get_by_label("Amount, USD").fill("25")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_text("1 customer stays on the version they have")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Save as version 2").click()
    page.wait_for_url("**/plans/pro")
    expect(page.get_by_role("row", name="Price $20.00 per month $25.00 per month")).to_be_visible()
