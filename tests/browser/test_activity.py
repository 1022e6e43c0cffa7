"""What customers used, drawn; what others change, without a reload; the timeline and the books."""

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.dashboard.activity import timeline
from api.users import list_users, set_password
from ledger.core.access import UserRole
from tests.api.client import TESTER, Api
from tests.browser.site import NARROW, Site, violations

INKED = """() => [...document.querySelectorAll(".plot canvas")].map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
})"""
"""How many colours each graph has; an empty one has one."""


def fill(api: Api) -> None:
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    items = [{"feature_id": "messages", "included": 500, "reset": {"interval": "month"}}]
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, "interval": "month"}, items=items)
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("billing.attach", customer_id="acme", plan_id="pro")
    for value, region in ((40, "eu"), (25, "us"), (5, "eu")):
        track(api, value, region)


def track(api: Api, value: int, region: str = "eu") -> None:
    api("balances.track", customer_id="acme", feature_id="messages", value=value, properties={"region": region})


def told(page: Page) -> list[str]:
    """The totals of the legend, group by group."""
    return [" ".join(each.split()) for each in page.locator(".legend li").all_inner_texts()]


def sums(api: Api) -> dict[str, Decimal]:
    answer = api.get("/v1/usage/sums?feature_id=messages&group_by=properties.region")["list"]
    return {each["properties"]["region"]: each["value"] for each in answer}


def test_usage_is_drawn_and_the_table_has_the_numbers_of_the_api(site: Site) -> None:
    fill(site.api)
    page = site.person(UserRole.VIEWER)
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108  Playwright marks what it calls
    page.goto("/usage?feature_id=messages")
    expect(page.locator(".plot canvas")).to_have_count(1)
    page.get_by_label("Group by").select_option("properties.region")
    page.wait_for_url("**/usage?*group_by=properties.region*")
    expect(page.locator(".legend li")).to_have_count(2)
    assert told(page) == [f"{region} {value}" for region, value in sorted(sums(site.api).items())]
    expect(page.locator(".plot canvas")).to_have_count(1)
    assert all(colours > 2 for colours in page.evaluate(INKED))
    page.locator(".u-over").hover()
    page.get_by_text("Numbers", exact=True).click()
    cells = page.locator(".numbers tbody td").all_inner_texts()
    assert sum(Decimal(each) for each in cells[:2]) == sum(sums(site.api).values())
    assert violations(page) == []
    # Somebody else's use is drawn too, and what was opened stays open.
    track(site.api, 30, "us")
    expect(page.locator(".legend")).to_contain_text("55")
    expect(page.locator(".numbers")).to_have_attribute("open", "")
    expect(page.locator(".plot canvas")).to_have_count(1)
    assert errors == []


def test_what_another_changes_appears_without_touching_what_one_does(site: Site) -> None:
    fill(site.api)
    page = site.person(at="/customers/acme")
    expect(page.locator(".plot canvas")).to_have_count(1)
    assert violations(page) == []
    page.evaluate("window.same = true")
    page.get_by_role("link", name=re.compile("Attach")).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    held = dialog.locator("select, input:not([type=hidden])").first
    held.focus()
    track(site.api, 111)
    expect(page.locator("main")).to_contain_text("181")
    expect(dialog).to_be_visible()
    expect(held).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    site.api("customers.update", customer_id="acme", name="Acme GmbH")
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme GmbH")
    assert page.evaluate("window.same") is True


def test_without_a_stream_a_page_looks_now_and_then_until_its_session_is_over(site: Site) -> None:
    fill(site.api)
    page = site.person()
    page.add_init_script("const wait = setTimeout; window.setTimeout = (f, ms) => wait(f, ms === 20_000 ? 100 : ms);")
    page.route("**/live?*", lambda route: route.fulfill(status=503))
    page.goto("/customers/acme")
    for name in ("Acme GmbH", "Acme AG"):
        site.api("customers.update", customer_id="acme", name=name)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    (user,) = list_users(site.store, site.api.ledger_id, by=TESTER)
    set_password(site.store, site.api.ledger_id, user.user_id, "which ends every session")
    site.api("customers.update", customer_id="acme", name="Acme Inc")
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme AG")
    page.get_by_role("link", name="Sign in again").click()
    page.wait_for_url("**/sign-in?next=%2Fcustomers%2Facme")


def test_the_timeline_grows_at_its_top_and_keeps_what_was_loaded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(site.api)
    page = site.person(at="/timeline?customer_id=acme&kind=usage&limit=2", viewport=NARROW, color_scheme="dark")
    page.get_by_role("link", name="Load earlier").click()
    expect(page.locator(".line > li")).to_have_count(3)
    assert violations(page) == []
    page.get_by_label("Words").fill("half a word")
    track(site.api, 9)
    expect(page.locator(".line > li")).to_have_count(4)
    expect(page.locator(".line > li").first).to_contain_text("9 messages")
    expect(page.get_by_role("status")).to_have_text("1 new")
    expect(page.get_by_label("Words")).to_have_value("half a word")
    # Whoever comes back after more happened than is read through sees the page anew, from its top.
    monkeypatch.setattr(timeline, "AT_ONCE", 3)
    page.context.set_offline(True)
    for value in (11, 12, 13, 14):
        track(site.api, value)
    page.context.set_offline(False)
    expect(page.locator(".line > li").first).to_contain_text("14 messages")
    expect(page.locator(".line > li")).to_have_count(2)
    expect(page.get_by_label("Words")).to_have_value("half a word")
    page.get_by_role("button", name="Filters").click()  # on a phone they are behind it
    page.locator("summary", has_text="Of what").click()
    page.get_by_label("Feature", exact=True).fill("nothing")
    page.get_by_label("Feature", exact=True).press("Enter")
    page.wait_for_url("**feature_id=nothing**")
    page.goto("/timeline?customer_id=acme&feature_id=nothing")
    expect(page.get_by_role("heading", name="Nothing like that happened")).to_be_visible()


def test_the_books_are_read_from_the_balance_down_to_the_event(site: Site) -> None:
    fill(site.api)
    page = site.person(UserRole.VIEWER, at="/books")
    expect(page.get_by_role("row", name=re.compile("Both sides"))).to_contain_text("$0.00")
    for name in ("Journal", "Statement", "Months"):
        assert violations(page) == []
        page.get_by_role("navigation", name="Pages of the books").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name="Revenue by month")).to_be_visible()
    assert violations(page) == []
    page.goto("/books")
    page.get_by_role("link", name="Receivables").click()
    page.get_by_role("link", name=re.compile(r"^#\d+$")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Timeline")
    expect(page.locator(".line > li")).to_have_count(1)


def test_without_javascript_the_numbers_are_there_to_read(site: Site) -> None:
    fill(site.api)
    page = site.person(UserRole.VIEWER, at="/usage?group_by=properties.region", java_script_enabled=False)
    page.get_by_text("Numbers", exact=True).click()
    expect(page.locator(".numbers tbody")).to_contain_text("45")
    page.goto("/customers/acme")
    page.get_by_role("link", name="Show what was used").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Usage")
