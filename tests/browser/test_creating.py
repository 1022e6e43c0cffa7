"""Creating a customer by keyboard, from the list to its page."""

from playwright.sync_api import expect

from tests.browser.site import Site, violations


def test_n_opens_the_dialog_and_control_enter_creates(site: Site) -> None:
    page = site.person()
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("dialog").get_by_label("Name").fill("Acme GmbH")
    page.get_by_role("dialog").get_by_label("ID", exact=True).fill("acme")
    page.context.set_offline(True)  # the network is away for a moment
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The server did not answer")
    page.context.set_offline(False)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/customers/acme")
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme GmbH")
    assert site.api("customers.get", customer_id="acme")["name"] == "Acme GmbH"


def test_escape_closes_it_and_what_was_written_is_there_again_unless_it_was_cancelled(site: Site) -> None:
    page = site.person()
    name = page.get_by_role("dialog").get_by_label("Name")
    page.keyboard.press("n")
    name.fill("Acme GmbH")
    page.get_by_role("dialog").get_by_role("button", name="Create").focus()
    for key in ("n", "g", "t", "?", "/"):  # the keys of the page below
        page.keyboard.press(key)
    expect(name).to_have_value("Acme GmbH")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("n")
    expect(name).to_have_value("Acme GmbH")
    page.get_by_role("dialog").get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("n")
    expect(name).to_have_value("")


def test_neither_id_nor_email_is_said_beside_the_field(site: Site) -> None:
    page = site.person()
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_label("Name").fill("Acme GmbH")
    page.keyboard.press("Meta+Enter")  # Cmd, on a Mac
    expect(page.get_by_role("dialog").get_by_label("ID", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_have_text("Give an ID or an email address")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("Acme GmbH")
