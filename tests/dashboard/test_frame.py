"""The frame around every page: where one is, what is refused, what is light."""

import gzip

import pytest

from api.dashboard import assets
from api.dashboard.visitor import ADMIN_PAGES, PAGES
from ledger.core.access import UserRole
from tests.dashboard.conftest import Desk

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
MOST_BYTES = 150_000
WORKS = (".css", ".js")


def test_style_and_script_together_are_light() -> None:
    """Everything that any page loads, as it travels; fonts and pictures are counted elsewhere."""
    names = [assets.STYLE, *(name for name in assets.FILES if name.endswith(WORKS))]
    packed = {name: found.packed for name in names if (found := assets.asset(name)) is not None}
    assert {assets.STYLE, "dashboard.js", "frame.js"} <= packed.keys()
    assert all(each is not None and gzip.decompress(each) for each in packed.values())
    assert sum(len(each or b"") for each in packed.values()) < MOST_BYTES


def test_every_page_of_the_menu_is_there_and_says_where_one_is(desk: Desk) -> None:
    admin = desk.browser(UserRole.ADMIN, "ada")
    for path, name, _ in (*PAGES, *ADMIN_PAGES):
        assert admin.get(path).status_code == 200, path
        assert 'aria-current="page"' in admin.text.partition(f'<a href="{path}"')[2].partition(">")[0], path
        assert name in admin.text.partition("<title>")[2].partition("</title>")[0], path
        assert '<a class="skip" href="#main">' in admin.text
        assert f"{desk.ledger_id} <b" in admin.text
        assert '<b class="env sandbox">sandbox</b>' in admin.text


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_browser_at_a_path_that_is_not_there_gets_a_page(desk: Desk, *, signed_in: bool) -> None:
    browser = desk.browser() if signed_in else desk.stranger()
    answer = browser.get("/no/such/page", Accept=HTML)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is no page at this address" in browser.text
    assert ('aria-label="Pages"' in browser.text) is signed_in
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    ("path", "accept"), [("/no/such/page", "*/*"), ("/no/such/page", "application/json"), ("/v1/no.such", HTML)]
)
def test_a_program_at_a_path_that_is_not_there_gets_json(desk: Desk, path: str, accept: str) -> None:
    answer = desk.browser().get(path, Accept=accept)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_form_to_a_path_that_is_not_there_gets_json(desk: Desk) -> None:
    browser = desk.browser()
    browser.get("/customers")
    answer = browser.post("/no/such/page", Accept=HTML)
    assert (answer.status_code, answer.mimetype) == (404, "application/json")


def test_a_refusal_stays_in_the_frame_and_in_a_dialog_is_a_part(desk: Desk) -> None:
    browser = desk.browser(UserRole.FINANCE)
    assert browser.get("/customers/nobody").status_code == 404
    assert 'aria-label="Pages"' in browser.text
    assert browser.get("/new/plan", HX_Request="true").status_code == 403
    assert "<html" not in browser.text
    assert "this needs the role admin" in browser.text


def test_a_notice_is_text_and_is_said_once(desk: Desk) -> None:
    browser = desk.browser(UserRole.FINANCE)
    browser.client.set_cookie("tallystick_said", "%3Cb%3Ebold%3C%2Fb%3E")
    browser.get("/customers", HX_Request="true")  # a part has no place for it, and leaves it
    browser.get("/customers")
    assert "&lt;b&gt;bold&lt;/b&gt;" in browser.last_raw()
    browser.get("/customers")
    assert "bold" not in browser.text
