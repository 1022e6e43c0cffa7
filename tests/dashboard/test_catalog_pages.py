"""Plans and features as pages: what they promise in plain words, and what their forms say of them."""

import pytest
from msgspec.structs import replace

from api.dashboard.catalog.plan_fields import SHAPE, fields_of, request_of
from api.dashboard.catalog.rows import flat, tree
from ledger.core.access import UserRole
from ledger.store.addresses import CatalogAddress
from tests.api.client import TESTER, Api
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.offered import MARKUP, admin, fields, form_of, read, served

__all__ = ["admin", "read", "served"]


def test_the_list_says_what_each_plan_costs_and_who_is_on_it(read: Browser) -> None:
    assert read.get("/plans").status_code == 200
    for words in ("All of it", "$20.00 or €18.50 every 2 months", "Pro", "$25.00 per month", "14 days, card required"):
        assert words in read.text
    assert '<a href="/customers?plan=pro">2</a>' in read.text
    offered, _, archived = read.text.partition("Archived")
    assert "Old" not in offered
    assert "add-on" in archived


@pytest.mark.parametrize(("search", "found"), [("PRO", ["pro"]), ("main", ["all"]), ("nothing like it", [])])
def test_the_list_is_searched_by_name_id_and_group(read: Browser, search: str, found: list[str]) -> None:
    read.get(f"/plans?search={search}")
    shown = [each.split('"')[0] for each in read.last_raw().split('<td class="who"><a href="/plans/')[1:]]
    assert shown == found
    assert ("No plan is like that" in read.text) is (not found)


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999", "9" * 5_000, "x", "", "%C2%B2"])
def test_any_page_of_the_list_is_a_page(read: Browser, number: str) -> None:
    assert read.get(f"/plans?page={number}").status_code == 200
    assert "All of it" in read.text


def test_a_plan_is_told_in_plain_words(read: Browser) -> None:
    assert read.get("/plans/all").status_code == 200
    for words in (
        "500.5 each month",
        "more by graduated tiers, per month, billed as used, at most 5,000",
        "up to 1,000",
        "$0.10 per 10 or €0.09 per 10",
        "plus $5.00 or €4.00 once",
        "more than 1,000",
        "up to 100 left over are kept for 3 months",
        "more at $10.00 each per month, bought ahead",
        "more is billed from the next period on; less counts from the next period on",
        "what is bought expires after 6 months",
        "a balance of its own for each of Seats",
        "Usage limit of Messages",
        "begin with the month",
        "then the plan before it comes back",
    ):
        assert words in read.text, words


def test_versions_say_what_changed_and_who_is_on_each(read: Browser) -> None:
    read.get("/plans/pro")
    assert '<th scope="row">Price</th><td>$20.00 per month</td><td>$25.00 per month</td>' in read.text
    assert '<th scope="row">Messages</th><td>500 each month</td><td>800 each month</td>' in read.text
    for version in (1, 2):
        assert f'<a href="/customers?plan=pro%40{version}">1</a>' in read.text
    read.get("/plans/pro?version=1")
    assert "This is an older version" in read.text
    assert "$20.00 per month" in read.text.partition("<dl")[2].partition("</dl>")[0]


@pytest.mark.parametrize(
    "path",
    ["/plans/none", "/plans/none/edit", "/plans/pro?version=9", "/plans/pro?version=x", "/plans/none/archive",
     "/features/none/edit", "/features/none/archive", "/plans/pro?version=99999999999"],
)  # fmt: skip
def test_what_is_not_in_the_catalog_is_not_found(read: Browser, path: str) -> None:
    assert read.get(path).status_code == 404
    assert 'aria-label="Pages"' in read.text


def test_features_say_their_kind_their_events_their_costs_and_their_plans(read: Browser) -> None:
    read.get("/features")
    for words in ("Metered, consumable", "Metered, allocated", "Boolean", "Credit system", "message.sent",
                  "Exports: 2.5 per 10", "draws on Credits", '<a href="/plans/pro">Pro</a>'):  # fmt: skip
        assert words in read.text
    read.get("/features?search=message.sent")
    assert "Messages" in read.text
    assert "Seats" not in read.text


def test_stored_markup_is_shown_as_text(read: Browser) -> None:
    for path in ("/plans", "/plans/odd", "/plans/odd/edit", "/plans/odd/archive", "/features"):
        read.get(path)
        assert MARKUP in read.text
        assert "<img src=x" not in read.last_raw()


@pytest.mark.parametrize("plan_id", ["all", "pro", "odd", "old"])
def test_the_form_of_a_plan_says_all_of_it(served: tuple[Desk, Api, Browser], plan_id: str) -> None:
    """What a form would lose of a plan, somebody who only changes its name would take away."""
    _, api, _ = served
    catalog = api.store.ledger(api.ledger_id).look(CatalogAddress(), by=TESTER).state
    found = catalog.plan(plan_id)
    sent = dict(flat(fields_of(found)))
    asked = request_of(tree(sent, SHAPE), {"sso"})
    body = {"plan_id": plan_id, "version": found.version, "disable_version": True}
    api("plans.update", **body, **asked)
    after = api.store.ledger(api.ledger_id).look(CatalogAddress(), by=TESTER).state.plan(plan_id)
    assert replace(after, created_at=found.created_at) == found


def test_a_form_that_was_not_changed_saves_nothing(read: Browser, served: tuple[Desk, Api, Browser]) -> None:
    head = served[1].head()
    read.get("/plans/all/edit")
    assert read.post("/plans/all/edit", form_of(read, **fields(served[1], "all"))).status_code == 200
    assert "there is nothing to save" in read.text
    assert read.post("/plans/all/edit", form_of(read, **fields(served[1], "all"), confirm="1")).status_code == 303
    assert served[1].head() == head


def test_a_viewer_and_finance_read_the_catalog_and_change_none_of_it(served: tuple[Desk, Api, Browser]) -> None:
    desk, _, _ = served
    for role in (UserRole.VIEWER, UserRole.FINANCE):
        browser = desk.browser(role, role.value)
        for path in ("/plans", "/plans/pro", "/features"):
            assert browser.get(path).status_code == 200
            for words in ("New plan", "New feature", ">Edit", "Archive</a>"):
                assert words not in browser.text
        for path in ("/new/plan", "/new/feature", "/plans/pro/edit", "/plans/pro/archive", "/features/sso/edit"):
            assert browser.get(path).status_code == 403
            assert f"the role {role.value}" in browser.text
            browser.get("/plans")
            assert browser.post(path, {"name": "Mine", "archived": "1"}).status_code == 403


def test_an_empty_catalog_says_what_to_do_next(desk: Desk) -> None:
    admin = desk.browser(UserRole.ADMIN, "ada")
    admin.get("/plans")
    assert "A plan grants features: begin with one." in admin.text
    admin.get("/features")
    assert "Create a feature" in admin.text
    viewer = desk.browser(UserRole.VIEWER, "vera")
    viewer.get("/plans")
    assert "tallystick catalog push" in viewer.text
