"""Every page for everybody: without a script, on a phone, in the dark, and by keys alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from api.dashboard.visitor import ADMIN_PAGES, PAGES
from ledger.core.access import UserRole
from tests.api.client import Api
from tests.browser.site import NARROW, WIDE, Site, violations

MONTH = {"interval": "month"}
TINY = {"width": 320, "height": 640}
LARGE = {"width": 3840, "height": 2160}
LONG = "w" * 56
"""Longer than the smallest window, in names and ids."""


def fill(api: Api, end: str = "") -> None:
    """Some of everything that the pages show: use, an invoice, two versions of a plan, an entity. `end` ends names."""
    api("features.create", feature_id="messages", name=f"Messages{end}", type="metered")
    api("features.create", feature_id="seats", name=f"Seats{end}", type="metered", consumable=False)
    tiers = [{"to": 1000, "amount": 1}, {"to": "inf", "amount": 2}]
    price = {"interval": "month", "billing_method": "usage_based", "tiers": tiers}
    item = {"feature_id": "messages", "included": 500, "reset": MONTH, "price": price}
    pro, acme, reason = f"pro{end}", f"acme{end}", {"Tallystick-Reason": f"Goodwill{end}"}
    api("plans.create", plan_id=pro, name=f"Pro{end}", price={"amount": 20, **MONTH}, items=[item])
    for customer_id in (acme, "blue", "coral"):
        tier = {f"tier{end}": f"gold{end}"}
        api("customers.get_or_create", customer_id=customer_id, name=customer_id.title(), metadata=tier)
    api("billing.attach", customer_id=acme, plan_id=pro)
    api("balances.track", customer_id=acme, feature_id="messages", value=450)
    api("balances.update", reason, customer_id=acme, feature_id="messages", add_to_balance=25)
    api("balances.create", customer_id=acme, feature_id="seats", included_grant=5)
    api("entities.create", customer_id=acme, entity_id=f"team-a{end}", name=f"Team A{end}", feature_id="seats")
    api("plans.update", plan_id=pro, price={"amount": 25, **MONTH})


@pytest.fixture
def filled(site: Site) -> Site:
    fill(site.api)
    return site


def addresses(end: str = "") -> list[str]:
    """Every page of the menu, and of everything that has a page of its own one."""
    plan = f"/plans/pro{end}"
    return [*(path for path, _, _ in (*PAGES, *ADMIN_PAGES)), f"/customers/acme{end}", plan, f"{plan}/edit"]


LOOKS = [(size, scheme) for size in (WIDE, NARROW) for scheme in ("light", "dark")]


def look(page: Page, size: dict[str, int], scheme: str) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a width and a height
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words


@pytest.mark.parametrize("all_looks", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_nobody_is_kept_out_of_any_page(filled: Site, *, all_looks: bool) -> None:
    """Each page wide and narrow, light and dark; in short, each page one of these ways and no way twice in a row."""
    page = filled.person(UserRole.ADMIN, "ada")
    for number, address in enumerate(addresses()):
        page.goto(address)
        for size, scheme in LOOKS if all_looks else [LOOKS[number % len(LOOKS)]]:
            look(page, size, scheme)
            assert violations(page) == [], f"{address} {size['width']} {scheme}"


WIDER = "({ scrollWidth, clientWidth }) => scrollWidth - clientWidth"


def test_no_page_is_wider_than_its_window(site: Site) -> None:
    """From the smallest phone to a wall of pixels, with names that are longer than a line and have no spaces."""
    fill(site.api, LONG)
    page = site.person(UserRole.ADMIN, "ada")
    for address in (*addresses(LONG), f"/customers?search={LONG}"):
        look(page, TINY, "light")  # before it loads: a graph follows a window that shrinks with the next frame
        page.goto(address)
        for size in (TINY, LARGE):
            look(page, size, "light")
            assert page.locator("html").evaluate(WIDER) <= 0, f"{address} {size['width']}"


@pytest.mark.slow
def test_no_sheet_is_wider_than_its_window(site: Site) -> None:
    """Every sheet that a customer's page opens."""
    fill(site.api, LONG)
    page, dialog = site.person(UserRole.ADMIN, "ada", viewport=TINY), "dialog[open]"
    page.goto(f"/customers/acme{LONG}")
    links = page.locator("[hx-target='#dialog']").evaluate_all(
        "found => found.map((each) => each.getAttribute('href'))"
    )
    assert len(links) > len(addresses())
    for link in dict.fromkeys(links):
        page.locator(f"[href='{link}']").first.evaluate("(found) => found.click()")  # those in closed menus too
        page.wait_for_selector(dialog)
        assert page.locator(dialog).evaluate(WIDER) <= 0, link
        page.keyboard.press("Escape")
        page.wait_for_selector(dialog, state="hidden")


def open_menu_item(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Pages", exact=True).get_by_role("link", name=name, exact=True).click()


def test_without_a_script_everything_can_be_read_filtered_and_paged(filled: Site) -> None:
    page = filled.person(UserRole.VIEWER, "vera", java_script_enabled=False)
    expect(page.get_by_role("link", name="Acme", exact=True)).to_be_visible()
    page.get_by_label("Search", exact=True).fill("blue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers?*search=blue*")
    expect(page.get_by_role("link", name="Acme", exact=True)).to_have_count(0)
    page.goto("/customers?limit=1&sort=id&order=asc")
    page.locator("a[rel=next]").click()
    expect(page.get_by_role("link", name="Blue", exact=True)).to_be_visible()
    page.goto("/customers/acme")
    for heading in ("Acme", "Plans", "Invoices"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_text("Goodwill").first).to_be_visible()
    for _, name, _ in PAGES:
        open_menu_item(page, name)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    open_menu_item(page, "Plans")
    page.get_by_label("Search", exact=True).fill("nothing like it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No plan is like that")).to_be_visible()
    page.goto("/plans/pro")
    expect(page.get_by_role("row", name="Price $20.00 per month $25.00 per month")).to_be_visible()
    page.goto("/timeline?limit=2")
    page.locator("a[rel=next]").first.click()
    page.wait_for_url(re.compile("cursor="))


def test_the_menu_opens_on_a_phone_and_the_keys_are_listed(filled: Site) -> None:
    page = filled.person(UserRole.FINANCE, "finn", viewport=NARROW)
    menu = page.get_by_role("navigation", name="Pages", exact=True)
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Plans", exact=True).click()
    page.wait_for_url("**/plans")
    expect(menu).to_be_hidden()
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a width and a height
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys.get_by_text("New customer")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
