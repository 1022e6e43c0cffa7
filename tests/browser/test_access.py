"""Letting people and programs in, and forms that are sent too late, in a browser."""

from playwright.sync_api import Page, expect

from api.sessions import sign_in_link
from api.users import add_user
from ledger.core.access import UserRole
from tests.api.client import TESTER
from tests.browser.site import Site, violations

PASSWORD = "correct horse battery"


def sign_in(page: Page, site: Site) -> None:
    """As fiona, on a server that has other ledgers too."""
    if page.get_by_label("Ledger").count():
        page.get_by_label("Ledger").fill(site.api.ledger_id)
    page.get_by_label("Name").fill("fiona")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def test_a_link_lets_in_whoever_presses_its_button(site: Site) -> None:
    user = add_user(site.store, site.api.ledger_id, "vera", UserRole.VIEWER, None, by=TESTER)
    page = site.person(signed_in=False)
    page.goto(f"/sign-in/{sign_in_link(site.store, site.api.ledger_id, user.user_id)}")
    page.locator("form button").click()
    page.wait_for_url("**/customers")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_an_admin_adds_a_user_who_signs_in(site: Site) -> None:
    page = site.person(UserRole.ADMIN, "boss")
    page.get_by_role("link", name="Users").click()
    assert violations(page) == []
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Password")).to_be_hidden()
    dialog.get_by_label("Name").fill("fiona")
    dialog.get_by_label("Role").select_option("finance")
    dialog.get_by_label("They sign in with").select_option("password")
    dialog.get_by_label("Password").fill(PASSWORD)
    assert violations(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("cell", name="fiona", exact=True)).to_be_visible()

    fiona = site.person(signed_in=False)
    fiona.goto("/customers?search=x")
    assert violations(fiona) == []
    sign_in(fiona, site)
    fiona.wait_for_url("**/customers?search=x")
    expect(fiona.get_by_role("link", name="New customer")).to_be_visible()
    expect(fiona.get_by_role("link", name="Keys")).to_have_count(0)


def test_an_admin_makes_a_key_whose_secret_is_shown_once(site: Site) -> None:
    page = site.person(UserRole.ADMIN, "boss", at="/keys")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("web shop")
    page.keyboard.press("Control+Enter")
    secret = dialog.locator("code")
    expect(secret).to_contain_text("am_sk_test_")
    assert violations(page) == []
    dialog.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Revoke web shop").click()
    assert violations(page) == []
    dialog.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("row", name="web shop")).to_contain_text("revoked", ignore_case=True)
    assert violations(page) == []


def test_a_form_in_a_dialog_outlives_its_session(site: Site) -> None:
    add_user(site.store, site.api.ledger_id, "fiona", UserRole.FINANCE, PASSWORD, by=TESTER)
    page = site.person(signed_in=False)
    page.goto("/customers")
    sign_in(page, site)
    page.wait_for_url(f"{site.url}/customers")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Acme GmbH")
    dialog.get_by_label("ID", exact=True).fill("acme")
    with site.store.pool.connection() as conn:
        conn.execute("UPDATE sessions SET seen_at = seen_at - interval '3 hours'")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("heading", name="Sign in again")).to_be_visible()
    expect(dialog.get_by_label("Name")).to_have_value("fiona")
    assert violations(page) == []
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing was done yet")).to_be_visible()
    page.wait_for_url("**/customers/new")
    expect(page.get_by_label("ID", exact=True)).to_have_value("acme")
    assert site.api.get("/v1/customers")["list"] == []
    assert violations(page) == []
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/customers/acme")
    assert site.api("customers.get", customer_id="acme")["name"] == "Acme GmbH"
