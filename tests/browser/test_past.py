"""An auditor looks at the past in a browser, and what is long is looked for as one types."""

from playwright.sync_api import expect

from ledger.core.access import UserRole
from tests.browser.site import NARROW, Site, violations


def test_an_auditor_looks_at_a_position_and_goes_back(site: Site) -> None:
    for plan in range(9):
        site.api(
            "plans.create", plan_id=f"p{plan}", name=f"Plan {plan}", price={"amount": plan + 1, "interval": "month"}
        )
    site.api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    site.api("customers.get_or_create", customer_id="acme", name="Acme")
    for entity in range(8):
        name = f"Team {entity}"
        site.api("entities.create", customer_id="acme", entity_id=f"t{entity}", name=name, feature_id="seats")
    early = site.api.head()
    site.api("billing.attach", customer_id="acme", plan_id="p3")
    page = site.person(UserRole.VIEWER)
    page.get_by_role("link", name="Acme").click()
    page.locator("#moment summary").click()
    page.get_by_label("or at position").fill(str(early))
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("note", name="The past")).to_contain_text("The past, read only.")
    expect(page.locator("section[aria-labelledby=plans]")).to_contain_text("On no plan")
    assert violations(page) == []
    page.get_by_role("link", name="All 8 entities").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The past.")
    dialog.get_by_label("Search entities").press_sequentially("team 7")
    expect(dialog.locator("#found li")).to_have_count(1)
    assert violations(page) == []
    dialog.get_by_role("button", name="Close, Esc").click()
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a width and a height
    page.get_by_role("link", name="Back to now").click()
    expect(page.locator("section[aria-labelledby=plans]")).to_contain_text("Plan 3")
    page.goto("/customers")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("#by-plan summary").click()
    page.get_by_label("Find a plan").fill("plan 7")
    expect(page.locator("#by-plan label.check:visible")).to_have_count(1)
    assert violations(page) == []
