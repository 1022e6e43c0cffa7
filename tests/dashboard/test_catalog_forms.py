"""Plans and features from their forms: what saving would do, what is wrong and where."""

import pytest

from tests.api.client import Api
from tests.dashboard.attaching import assert_beside
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.offered import MONTH, admin, fields, form_of, read, served

__all__ = ["admin", "read", "served"]


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
