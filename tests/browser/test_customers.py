"""The customer list in a browser: looked through, kept as a view, walked through by keyboard, and added to."""

import re

from playwright.sync_api import Page, Route, expect

from ledger.core.access import UserRole
from tests.api.client import Api, catalog
from tests.browser.site import NARROW, Site, violations


def fill(api: Api) -> None:
    catalog(api)
    for number, name in enumerate(("Ada Works", "Bolt Ltd", "Cog & Sons", "Ada Labs")):
        at = api.at(f"2026-01-{number + 1:02d}T12:00:00Z")
        api("customers.get_or_create", at, customer_id=f"c{number}", name=name, email=f"ap@c{number}.example")
    for number in (0, 1, 3):
        api("billing.attach", customer_id=f"c{number}", plan_id="pro")


def names(page: Page) -> list[str]:
    return page.locator("[data-rows] tbody td.who > a").all_text_contents()


def test_looked_for_filtered_sorted_kept_and_shared(site: Site) -> None:
    fill(site.api)
    page = site.person()
    page.keyboard.press("/")
    page.keyboard.type("ada")
    expect(page.locator("[data-rows] tbody tr")).to_have_count(2)
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile(r"\?search=ada$"))
    page.locator("#by-plan summary").click()
    page.get_by_role("checkbox", name="Pro", exact=True).check()
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.get_by_role("checkbox", name="Pro", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#columns summary").click()
    page.get_by_label("Balance of").select_option("messages")
    expect(page.get_by_role("columnheader", name="Remaining")).to_be_visible()
    page.get_by_role("checkbox", name="ID", exact=True).uncheck()
    expect(page.get_by_role("columnheader", name="ID", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Customer", exact=True).click()
    expect(page.get_by_role("columnheader", name="Customer")).to_have_attribute("aria-sort", "ascending")
    assert names(page) == ["Ada Labs", "Ada Works"]
    assert violations(page) == []

    page.get_by_role("link", name="Save view").click()
    page.get_by_role("dialog").get_by_label("Name").fill("The Adas")
    assert violations(page) == []
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/customers?view=*")
    shared = page.url

    viewer = site.person(UserRole.VIEWER, "vera", at=shared, viewport=NARROW, color_scheme="dark")
    assert names(viewer) == ["Ada Labs", "Ada Works"]
    expect(viewer.get_by_role("columnheader", name="Remaining")).to_be_visible()
    expect(viewer.get_by_role("link", name="New customer")).to_have_count(0)
    viewer.locator("#views summary").click()
    expect(viewer.get_by_role("link", name="The Adas")).to_be_visible()
    assert viewer.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(viewer) == []

    # On a phone the filters are one button that says how many are on; what it opens filters the list behind it.
    viewer.goto(shared)
    status = viewer.locator("#by-status > summary")
    expect(status).to_be_hidden()
    viewer.get_by_role("button", name=re.compile("^Filters")).click()
    status.click()
    assert violations(viewer) == []
    viewer.get_by_label("no plan").check()
    expect(viewer.locator(".folder b")).to_be_attached()
    viewer.wait_for_url("**/customers?*status=none*")
    expect(status).to_be_visible()  # it stays open for the next one
    viewer.get_by_role("button", name="Close").click()
    expect(status).to_be_hidden()


def test_an_answer_that_comes_late_takes_no_place_of_a_newer_one(site: Site) -> None:
    """Neither that of a search to a shorter word, nor the page itself as it was before the search."""
    fill(site.api)
    page, late = site.person(), list[Route]()

    def hold(route: Route) -> None:
        search = route.request.headers.get("hx-request") == "true"
        first = not any((each.request.headers.get("hx-request") == "true") is search for each in late)
        if first and route.request.resource_type in ("fetch", "xhr"):
            late.append(route)
        else:
            route.continue_()

    page.route(re.compile(r"/customers(\?.*)?$"), hold)
    site.api("customers.update", customer_id="c1", name="Bolt AG")  # so that the page asks for itself again
    page.wait_for_timeout(1)
    while not late:
        page.wait_for_timeout(50)
    page.keyboard.press("/")
    page.keyboard.type("a")
    while len(late) < 2:
        page.wait_for_timeout(50)
    page.keyboard.type("da")
    page.wait_for_url("**/customers?search=ada")
    with page.expect_response(lambda answer: answer.url.endswith("/customers")):
        for each in late:
            each.continue_()
    expect(page.locator("[data-rows] tbody")).not_to_contain_text("Bolt")
    page.get_by_label("Search", exact=True).blur()
    page.wait_for_timeout(300)  # in which nothing else is asked for, and nothing becomes a step to go back to
    assert names(page) == ["Ada Labs", "Ada Works"]
    page.go_back()
    expect(page.locator("[data-rows] tbody tr")).to_have_count(4)
    expect(page.get_by_label("Search", exact=True)).to_have_value("")
    page.wait_for_load_state()  # the rows are there before the script is, which nobody's hand would notice
    page.go_forward()
    expect(page.locator("[data-rows] tbody tr")).to_have_count(2)
    expect(page.get_by_label("Search", exact=True)).to_have_value("ada")


def test_walked_through_by_keyboard(site: Site) -> None:
    fill(site.api)
    page = site.person(UserRole.VIEWER, at="/customers?sort=name&order=asc&limit=2")
    assert names(page) == ["Ada Labs", "Ada Works"]
    page.keyboard.press("]")
    page.wait_for_url("**cursor=*")
    assert names(page) == ["Bolt Ltd", "Cog & Sons"]
    page.keyboard.press("[")
    page.wait_for_url("**before=*")
    assert names(page) == ["Ada Labs", "Ada Works"]
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Ada Works")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/c0")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Works")


def test_created_after_who_is_like_it_was_shown(site: Site) -> None:
    fill(site.api)
    page = site.person()
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Ada Wroks")
    dialog.get_by_label("ID", exact=True).fill("ada-2")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Ada Works")
    expect(dialog.get_by_label("Name")).to_have_value("Ada Wroks")
    assert violations(page) == []
    dialog.get_by_role("button", name="Create all the same").dblclick()
    page.wait_for_url("**/customers/ada-2")
    assert len(site.api.get("/v1/customers")["list"]) == 5


def test_without_javascript_the_list_is_read_filtered_and_kept(site: Site) -> None:
    fill(site.api)
    page = site.person(java_script_enabled=False)
    page.get_by_label("Search", exact=True).fill("bolt")
    page.get_by_role("button", name="Apply").click()
    assert names(page) == ["Bolt Ltd"]
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name").fill("Bolts")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/customers?view=*")
    assert names(page) == ["Bolt Ltd"]
