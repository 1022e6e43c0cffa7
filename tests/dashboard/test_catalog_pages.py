"""Plans and features as pages: what they promise in plain words, what saving would do, what is wrong and where."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from msgspec.structs import replace

from api.dashboard.catalog.plan_fields import SHAPE, fields_of, request_of
from api.dashboard.catalog.rows import flat, tree
from ledger.core.access import UserRole
from ledger.store.addresses import CatalogAddress
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden
from tests.dashboard.test_plans import assert_beside

MARKUP = "<img src=x onerror=alert(1)>\"'&"
MONTH = {"interval": "month"}
EVERYTHING: dict[str, Any] = {
    "plan_id": "all",
    "name": "All of it",
    "description": "One line\nand another",
    "group": "main",
    "price": {
        "amount": 20, "interval": "month", "interval_count": 2,
        "additional_currencies": [{"currency": "eur", "amount": Decimal("18.5")}],
    },
    "free_trial": {"duration_length": 14, "duration_type": "day", "card_required": True, "on_end": "revert"},
    "config": {"anchor_to_month_start": True},
    "items": [
        {
            "feature_id": "messages", "included": Decimal("500.5"), "reset": MONTH,
            "price": {
                "interval": "month", "billing_method": "usage_based", "tier_behavior": "graduated",
                "billing_units": 10, "max_purchase": 5000,
                "tiers": [
                    {
                        "to": 1000, "amount": Decimal("0.1"), "flat_amount": 5,
                        "additional_currencies": [{"currency": "eur", "amount": Decimal("0.09"), "flat_amount": 4}],
                    },
                    {
                        "to": "inf", "amount": Decimal("0.05"),
                        "additional_currencies": [{"currency": "eur", "amount": Decimal("0.04")}],
                    },
                ],
            },
            "rollover": {"max": 100, "expiry_duration_type": "month", "expiry_duration_length": 3},
        },
        {
            "feature_id": "seats", "included": 3,
            "price": {"amount": 10, "interval": "month", "billing_method": "prepaid"},
            "proration": {"on_increase": "bill_next_cycle", "on_decrease": "none"},
        },
        {"feature_id": "sso"},
        {
            "feature_id": "credits",
            "price": {"amount": 10, "interval": "one_off", "billing_method": "prepaid", "billing_units": 100},
            "expiry": {"duration": "month", "length": 6},
        },
        {"feature_id": "exports", "unlimited": True, "entity_feature_id": "seats"},
    ],
    "billing_controls": {
        "spend_limits": [{"overage_limit": 120, "limit_type": "usage_percentage", "enabled": True}],
        "usage_limits": [
            {"feature_id": "messages", "limit": 100, "interval": "day"},
            {"feature_id": "messages", "limit": 9, "interval": "day", "anchor": "utc", "enabled": False,
             "filter": {"properties": {"region": "eu", "model": "small=1"}}},
        ],
        "usage_alerts": [{"threshold": 80, "threshold_type": "usage_percentage", "name": "Soon"}],
        "auto_topups": [
            {"feature_id": "messages", "threshold": 10, "quantity": Decimal("99.5"), "enabled": True,
             "purchase_limit": {"limit": 3, "interval": "week", "interval_count": 2}},
        ],
        "overage_allowed": [{"feature_id": "seats", "enabled": True}],
    },
    "metadata": {"tier": "gold"},
}  # fmt: skip


def offer(api: Api) -> Api:
    """Features of every kind, a plan that says everything there is to say, and one with two versions and a customer."""
    api("features.create", feature_id="messages", name="Messages", type="metered", event_names=["message.sent"])
    api("features.create", feature_id="exports", name="Exports", type="metered")
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    costs = [{"metered_feature_id": "exports", "credit_cost": Decimal("2.5"), "billing_units": 10}]
    api("features.create", feature_id="credits", name="Credits", type="credit_system", credit_schema=costs)
    api("plans.create", **EVERYTHING)
    item = {"feature_id": "messages", "included": 500, "reset": MONTH}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTH}, items=[item])
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("plans.update", plan_id="pro", price={"amount": 25, **MONTH}, items=[{**item, "included": 800}])
    api("customers.get_or_create", customer_id="blue", name="Blue")
    api("billing.attach", customer_id="blue", plan_id="pro")
    api("plans.create", plan_id="odd", name=MARKUP, description=MARKUP, group=MARKUP, items=[{"feature_id": "sso"}])
    api("plans.create", plan_id="old", name="Old", add_on=True)
    api("plans.update", plan_id="old", archived=True)
    return api


@pytest.fixture(scope="module")
def served(app: Flask, store: Store) -> tuple[Desk, Api, Browser]:
    """One catalog for the tests that change nothing of it."""
    api = offer(Ledgers(app, store).sandbox())
    desk = Desk(app, store, api.ledger_id)
    return desk, api, desk.browser(UserRole.ADMIN, "ada")


@pytest.fixture
def read(served: tuple[Desk, Api, Browser]) -> Browser:
    """An admin's browser, to look and not to change."""
    return served[2]


@pytest.fixture
def admin(desk: Desk, api: Api) -> Browser:
    """An admin's browser in a ledger of the test's own, with some features."""
    api("features.create", feature_id="messages", name="Messages", type="metered")
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    return desk.browser(UserRole.ADMIN, "ada")


def form_of(browser: Browser, **changed: str) -> dict[str, str]:
    """What the page's form would send, with some of it written anew."""
    return {**hidden(browser, "once", "seen", "version"), **changed}


def fields(api: Api, plan_id: str, **changed: str) -> dict[str, str]:
    """The fields of a plan's form as they are shown, with some of them written anew."""
    catalog = api.store.ledger(api.ledger_id).look(CatalogAddress(), by=TESTER).state
    return {**dict(flat(fields_of(catalog.plan(plan_id)))), **changed}


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


@pytest.mark.parametrize("asked", ["page=0", "page=-1", "page=99999999999999", "page=x", "page=", "page=%C2%B2"])
def test_any_page_of_the_list_is_a_page(read: Browser, asked: str) -> None:
    assert read.get(f"/plans?{asked}").status_code == 200
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


def test_a_plan_is_created_with_what_the_form_says(admin: Browser, api: Api) -> None:
    admin.get("/new/plan")
    sent = {
        "name": "Team", "plan_id": "team", "price.amount": "1,200", "price.interval": "year", "add_on": "1",
        "items.0.row": "1", "items.0.feature_id": "messages", "items.0.included": "1,000",
        "items.0.reset.interval": "month", "items.0.price.billing_method": "usage_based",
        "items.0.price.interval": "month", "items.0.price.tier_behavior": "volume",
        "items.0.price.tiers.0.to": "500", "items.0.price.tiers.0.amount": "0.10",
        "items.0.price.tiers.1.amount": "0.05", "items.0.price.tiers.1.to": "", "items.0.price.amount": "999",
    }  # fmt: skip
    answer = admin.post("/new/plan", form_of(admin, **sent))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plans/team")
    made = api("plans.get", plan_id="team")
    assert (made["price"]["amount"], made["add_on"], made["items"][0]["included"]) == (1200, True, 1000)
    assert [(each["to"], float(each["amount"])) for each in made["items"][0]["price"]["tiers"]] == [
        (500, 0.1),
        ("inf", 0.05),
    ]
    admin.get("/plans/team")
    assert "Plan Team created" in admin.text
    admin.get("/plans/team")
    assert "Plan Team created" not in admin.text


def test_rows_are_added_moved_and_removed_without_losing_what_was_written(admin: Browser, api: Api) -> None:
    head = api.head()
    first = {"name": "Half", "items.0.feature_id": "messages", "items.0.included": "lots"}
    admin.get("/new/plan")
    assert admin.post("/new/plan", form_of(admin, **first, add="items")).status_code == 200
    assert 'name="items.1.feature_id"' in admin.text
    both = {**first, "items.1.feature_id": "sso"}
    admin.post("/new/plan", form_of(admin, **both, up="items.1"))
    assert 'value="lots"' in admin.text.partition('id="items-1"')[2]
    admin.post("/new/plan", form_of(admin, **both, remove="items.1"))
    assert 'name="items.1.feature_id"' not in admin.text
    assert 'value="lots"' in admin.text
    admin.post("/new/plan", form_of(admin, **first, add="items.0.price.tiers"))
    assert 'name="items.0.price.tiers.0.to"' in admin.text
    assert 'value="Half"' in admin.text
    assert api.head() == head


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"name": ""}, "name", "must be text of 1"),
        ({"plan_id": " "}, "plan_id", "visible characters"),
        ({"price.amount": "cheap", "price.interval": "month"}, "price-amount", '"cheap" (text)'),
        ({"price.amount": "1,5", "price.interval": "month"}, "price-amount", '"1,5" (text)'),
        ({"price.interval": "month"}, "price-amount", "was not sent"),
        ({"price.amount": "-1", "price.interval": "month"}, "price-amount", "at least 0"),
        ({"price.amount": "1", "price.interval": "fortnight"}, "price-interval", "must be one of"),
        ({"price.amount": "1", "price.interval": "month", "price.additional_currencies": "eur lots"},
         "price-additional_currencies", '"lots" (text)'),
        ({"free_trial.duration_length": "99999"}, "free_trial-duration_length", "whole number"),
        ({"items.0.feature_id": ""}, "items-0-feature", "visible characters"),
        ({"items.1.feature_id": "messages", "items.1.included": "NaN"}, "items-0-included", '"NaN" (text)'),
        ({"items.0.feature_id": "messages", "items.0.price.billing_method": "prepaid",
          "items.0.price.interval": "month"}, "items-0-price-amount", "one of the two"),
        ({"items.0.feature_id": "messages", "items.0.price.billing_method": "prepaid",
          "items.0.price.interval": "month", "items.0.price.tier_behavior": "volume", "items.0.price.tiers.0.to": "x",
          "items.0.price.tiers.1.amount": "1"}, "items-0-price-tiers-0-to", '"x" (text)'),
        ({"items.0.feature_id": "messages", "items.0.rollover.expiry_duration_type": "month",
          "items.0.rollover.max_percentage": "101"}, "items-0-rollover-max_percentage", "at most 100"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_beside_its_field(
    read: Browser, served: tuple[Desk, Api, Browser], sent: dict[str, str], field: str, sentence: str
) -> None:
    admin, api = read, served[1]
    head = api.head()
    admin.get("/new/plan")
    assert admin.post("/new/plan", form_of(admin, **{"name": "P", "plan_id": "p", **sent})).status_code == 400
    said = admin.text.partition(f'id="{field}-said" role="alert">')[2].partition("</p>")[0]
    assert sentence in said
    for value in sent.values():
        assert value.strip() in admin.text
    assert api.head() == head


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"items.0.price.tiers.0.to": "10", "items.0.price.tiers.0.amount": "1", "items.0.price.tiers.1.to": "5",
          "items.0.price.tiers.1.amount": "1", "items.0.price.tier_behavior": "volume",
          "items.0.price.billing_method": "prepaid", "items.0.price.interval": "month"}, "Tiers must rise"),
        ({"items.0.rollover.expiry_duration_type": "month"}, "Nothing outlives a reset that never comes"),
    ],
)  # fmt: skip
def test_what_an_item_contradicts_is_told_at_the_item(read: Browser, sent: dict[str, str], sentence: str) -> None:
    admin = read
    admin.get("/new/plan")
    form = form_of(admin, name="P", plan_id="p", **{"items.0.feature_id": "messages", **sent})
    assert admin.post("/new/plan", form).status_code == 400
    assert sentence.lower() in admin.text.partition('id="items-0"')[2].lower()


@pytest.mark.parametrize(
    "sent",
    [
        {"items": "x", "items.0.name": "y"},
        {"items.0": "x"},
        {"price": "x"},
        {"items.999.feature_id": "messages", "items.1e5.feature_id": "messages"},
        {"add": "items.0.0.0.price"},
        {"add": "name"},
        {"add": "items.0.price.amount.tiers", "items.0.price.amount": "5"},
        {"remove": "items.99999999999999999999"},
        {"up": "credit_schema.²"},
        {"remove": "items.77"},
        {"up": ""},
        {"how": "plan_id"},
    ],
)
def test_a_form_that_no_page_of_ours_sends_is_answered_all_the_same(read: Browser, sent: dict[str, str]) -> None:
    read.get("/new/plan")
    assert read.post("/new/plan", form_of(read, **sent)).status_code in (200, 400)
    read.get("/new/feature")
    assert read.post("/new/feature", form_of(read, **sent)).status_code in (200, 400)
    read.get("/plans/pro/edit")
    assert read.post("/plans/pro/edit", form_of(read, **sent)).status_code in (200, 400)


def test_an_id_that_is_taken_is_told(read: Browser) -> None:
    read.get("/new/plan")
    assert read.post("/new/plan", form_of(read, name="P", plan_id="pro")).status_code == 400
    assert "pro is taken" in read.text.partition('class="notice" role="alert">')[2].partition("<")[0]


def sold(api: Api) -> None:
    item = {"feature_id": "messages", "included": 500, "reset": MONTH}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTH}, items=[item])
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("billing.attach", customer_id="acme", plan_id="pro")


def test_what_saving_does_is_shown_before_it_is_done(admin: Browser, api: Api) -> None:
    sold(api)
    head = api.head()
    admin.get("/plans/pro/edit")
    changed = fields(api, "pro", **{"price.amount": "25", "reason": "Costs rose"})
    assert admin.post("/plans/pro/edit", form_of(admin, **changed)).status_code == 200
    for words in ("Version 2", "1 customer</a> stays", "$20.00 per month", "$25.00 per month", "Save as version 2"):
        assert words in admin.text
    assert api.head() == head
    page = admin.text
    answer = admin.post("/plans/pro/edit", form_of(admin, **changed, confirm="1"))
    assert answer.headers["Location"] == "/plans/pro"
    assert [api("plans.get", plan_id="pro", version=each)["price"]["amount"] for each in (1, 2)] == [20, 25]
    assert api("customers.get", customer_id="acme")["subscriptions"][0]["plan_id"] == "pro"
    entry = api.get("/v1/timeline?kind=plan.version_created")["list"][0]
    assert (entry["actor"], entry["reason"]) == ("ada", "Costs rose")
    admin.text = page
    admin.post("/plans/pro/edit", form_of(admin, **changed, confirm="1"))  # a double click
    assert api("plans.get", plan_id="pro")["version"] == 2


def test_a_plan_that_changed_meanwhile_is_shown_again_and_nothing_is_done(admin: Browser, api: Api) -> None:
    sold(api)
    admin.get("/plans/pro/edit")
    changed = fields(api, "pro", **{"price.amount": "25"})
    admin.post("/plans/pro/edit", form_of(admin, **changed))
    api("plans.update", plan_id="pro", price={"amount": 30, **MONTH}, disable_version=True)
    assert admin.post("/plans/pro/edit", form_of(admin, **changed, confirm="1")).status_code == 409
    assert "The plan changed meanwhile, so nothing was done" in admin.text
    assert_beside(admin, "Price", "$20.00 per month", "$30.00 per month")
    assert "<td>$30.00 per month</td><td>$25.00 per month</td>" in admin.text
    assert api("plans.get", plan_id="pro")["price"]["amount"] == 30
    assert admin.post("/plans/pro/edit", form_of(admin, **changed, confirm="1")).status_code == 303
    assert api("plans.get", plan_id="pro")["price"]["amount"] == 25


@pytest.mark.parametrize(
    ("how", "says", "prices"),
    [
        ("force_version", "Save as version 2", [20, 25]),
        ("disable_version", "changed in place", [25]),
        ("all_versions", "changed in place", [25]),
    ],
)
def test_how_a_change_is_kept_can_be_said(admin: Browser, api: Api, how: str, says: str, prices: list[int]) -> None:
    sold(api)
    admin.get("/plans/pro/edit")
    changed = fields(api, "pro", **{"price.amount": "25", "how": how})
    admin.post("/plans/pro/edit", form_of(admin, **changed))
    assert says in admin.text
    assert admin.post("/plans/pro/edit", form_of(admin, **changed, confirm="1")).status_code == 303
    versions = api("plans.list", all_versions=True)["list"]
    assert [each["price"]["amount"] for each in versions] == prices


def test_a_plan_is_archived_and_offered_again(admin: Browser, api: Api) -> None:
    sold(api)
    admin.get("/plans/pro/archive")
    assert "1 customer keeps it" in admin.text
    assert admin.post("/plans/pro/archive", form_of(admin, archived="1")).status_code == 303
    assert api("plans.get", plan_id="pro")["archived"]
    admin.get("/plans/pro/archive")
    assert "Offer Pro again?" in admin.text
    assert admin.post("/plans/pro/archive", form_of(admin, archived="")).status_code == 303
    assert not api("plans.get", plan_id="pro")["archived"]


def test_a_credit_system_is_created_and_its_costs_changed(admin: Browser, api: Api) -> None:
    admin.get("/new/feature")
    sent = {"name": "Credits", "feature_id": "credits", "type": "credit_system"}
    cost = {"credit_schema.0.metered_feature_id": "messages", "credit_schema.0.credit_cost": "0.5"}
    assert admin.post("/new/feature", form_of(admin, **sent, **cost)).status_code == 303
    admin.get("/features/credits/edit")
    tiers = {
        "credit_schema.0.metered_feature_id": "messages",
        "credit_schema.0.tiers.0.to": "100",
        "credit_schema.0.tiers.0.credit_cost": "1",
        "credit_schema.0.tiers.1.credit_cost": "0.5",
    }
    assert admin.post("/features/credits/edit", form_of(admin, **sent, **tiers)).status_code == 303
    schema = api("features.get", feature_id="credits")["credit_schema"][0]
    assert [(each["to"], float(each["credit_cost"])) for each in schema["tiers"]] == [(100, 1.0), ("inf", 0.5)]
    admin.get("/features")
    assert "Feature Credits saved" in admin.text
    assert "more than 100" in admin.text


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"feature_id": ""}, "feature_id"),
        ({"type": "credit_system", "credit_schema.0.metered_feature_id": "messages",
          "credit_schema.0.credit_cost": "much"}, "credit_schema-0-credit_cost"),
        ({"type": "boolean_ish"}, "type"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_feature_is_told_beside_its_field(read: Browser, sent: dict[str, str], field: str) -> None:
    read.get("/new/feature")
    form = form_of(read, **{"name": "F", "feature_id": "f", "type": "metered", **sent})
    assert read.post("/new/feature", form).status_code == 400
    assert f'id="{field}-said" role="alert"' in read.text


def test_the_kind_of_a_feature_in_use_stays_and_its_name_changes(admin: Browser, api: Api) -> None:
    sold(api)
    admin.get("/features/messages/edit")
    sent = {"name": "Mails", "type": "metered", "event_names": "mail.sent\n\nmail.queued"}
    assert admin.post("/features/messages/edit", form_of(admin, **sent)).status_code == 303
    found = api("features.get", feature_id="messages")
    assert (found["name"], found["event_names"]) == ("Mails", ["mail.sent", "mail.queued"])
    admin.get("/features/messages/edit")
    assert admin.post("/features/messages/edit", form_of(admin, **{**sent, "type": "boolean"})).status_code == 400
    assert "plan pro" in admin.text or "pro" in admin.text.partition('role="alert">')[2].partition("<")[0]


def test_an_empty_catalog_says_what_to_do_next(desk: Desk) -> None:
    admin = desk.browser(UserRole.ADMIN, "ada")
    admin.get("/plans")
    assert "A plan grants features: begin with one." in admin.text
    admin.get("/features")
    assert "Create a feature" in admin.text
    viewer = desk.browser(UserRole.VIEWER, "vera")
    viewer.get("/plans")
    assert "tallystick catalog push" in viewer.text
