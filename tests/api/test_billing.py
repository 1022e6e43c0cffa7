"""Plans, features, attach, update and previews over HTTP."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Api, Refused, catalog

JANUARY = {"Tallystick-Now": "2024-01-01T00:00:00Z"}
MID_JANUARY = {"Tallystick-Now": "2024-01-16T12:00:00Z"}


@pytest.fixture
def acme(api: Api) -> Api:
    """Acme signed up on 1 January 2024."""
    catalog(api)
    api("customers.get_or_create", JANUARY, customer_id="acme")
    return api


def test_a_plan_comes_back_as_it_was_made(api: Api) -> None:
    catalog(api)
    tiers = [{"to": 100, "amount": 1}, {"to": "inf", "amount": Decimal("0.001")}]
    price = {"interval": "month", "billing_method": "usage_based", "tiers": tiers, "billing_units": 10}
    made = api(
        "plans.create",
        plan_id="metered",
        name="Metered",
        group="side",
        description="By use",
        price={"amount": Decimal("9.99"), "interval": "year"},
        items=[{"feature_id": "messages", "price": price, "reset": {"interval": "month"}}],
        metadata={"colour": "red"},
        config={"anchor_to_month_start": True},
    )

    assert made["price"] == {"amount": Decimal("9.99"), "interval": "year"}
    assert made["items"][0]["price"]["tiers"] == tiers
    assert (made["group"], made["version"], made["metadata"]) == ("side", 1, {"colour": "red"})
    assert made["config"] == {"ignore_past_due": False, "anchor_to_month_start": True}
    assert api("plans.get", plan_id="metered") == made
    assert made in api("plans.list")["list"]


def test_a_plan_that_is_held_gets_a_next_version(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    changed = acme("plans.update", plan_id="pro", price={"amount": 30, "interval": "month"})
    first = acme("plans.get", plan_id="pro", version=1)

    assert (changed["version"], changed["price"]["amount"], changed["active"]) == (2, 30, True)
    assert (first["price"]["amount"], first["active"]) == (20, False)
    assert len([each for each in acme("plans.list", all_versions=True)["list"] if each["id"] == "pro"]) == 2
    with pytest.raises(Refused, match="archive"):
        acme("plans.delete", plan_id="pro")


def test_a_plan_nobody_held_can_be_changed_in_place_archived_and_deleted(acme: Api) -> None:
    assert acme("plans.update", plan_id="team", name="Teams")["version"] == 1
    acme("plans.update", plan_id="team", archived=True)
    assert "team" not in [each["id"] for each in acme("plans.list")["list"]]
    assert "team" in [each["id"] for each in acme("plans.list", include_archived=True)["list"]]
    assert acme("plans.delete", plan_id="team") == {"success": True}
    with pytest.raises(Refused, match="product_not_found"):
        acme("plans.get", plan_id="team")


def test_features_are_listed_changed_and_deleted(api: Api) -> None:
    catalog(api)
    assert [each["id"] for each in api("features.list")["list"]] == ["messages", "seats", "sso"]
    changed = api("features.update", feature_id="sso", name="SSO", display={"singular": "login", "plural": "logins"})
    assert (changed["name"], changed["display"]) == ("SSO", {"singular": "login", "plural": "logins"})
    assert api("features.get", feature_id="sso") == changed
    api("features.create", feature_id="spare", name="Spare", type="metered")
    assert api("features.update", feature_id="spare", consumable=False)["consumable"] is False
    assert api("features.delete", feature_id="spare") == {"success": True}
    with pytest.raises(Refused, match="pro"):
        api("features.delete", feature_id="sso")


def test_a_preview_is_what_the_change_then_does_and_writes_nothing(acme: Api) -> None:
    wanted: dict[str, Any] = {"plan_id": "pro", "feature_quantities": [{"feature_id": "seats", "quantity": 3}]}
    before = acme.head()
    quote = acme("billing.preview_attach", customer_id="acme", **wanted)
    assert acme.head() == before

    acme("billing.attach", customer_id="acme", **wanted)

    assert (quote["total"], quote["currency"]) == (40, "usd")
    assert [(each["feature_id"], each["total"]) for each in quote["line_items"]] == [(None, 20), ("seats", 20)]
    assert quote["line_items"][0]["description"] == "Pro (from 1 Jan to 1 Feb 2024)"
    assert quote["next_cycle"]["total"] == 40
    assert [each["plan_id"] for each in quote["incoming"]] == ["pro"]
    assert [each["plan_id"] for each in quote["outgoing"]] == ["free"]
    held = acme("customers.get", customer_id="acme")
    assert held["balances"]["seats"]["breakdown"][0]["prepaid_grant"] == 2
    assert held["subscriptions"][0]["current_period_end"] == quote["next_cycle"]["starts_at"]


def test_an_upgrade_in_the_middle_of_a_month_is_prorated(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    acme("balances.track", MID_JANUARY, customer_id="acme", feature_id="messages")
    quote = acme("billing.preview_attach", customer_id="acme", plan_id="team")
    assert [(each["plan_id"], each["total"]) for each in quote["line_items"]] == [("pro", -10), ("team", 50)]


def test_a_downgrade_waits_for_the_end_of_the_cycle(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="team")
    answer = acme("billing.attach", customer_id="acme", plan_id="pro")
    waiting = acme("customers.get", customer_id="acme")["subscriptions"]

    assert answer == {"customer_id": "acme", "payment_url": None}
    assert [(each["plan_id"], each["status"]) for each in waiting] == [("team", "active"), ("pro", "scheduled")]
    acme("customers.advance_test_clock", customer_id="acme", frozen_time=waiting[1]["started_at"])
    after = acme("customers.get", customer_id="acme")["subscriptions"]
    assert [(each["plan_id"], each["status"]) for each in after] == [("pro", "active")]


def test_a_cancellation_can_be_taken_back(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    held = acme("customers.get", customer_id="acme")["subscriptions"][0]
    asked = {"customer_id": "acme", "subscription_id": held["id"]}

    quote = acme("billing.preview_update", **asked, cancel_action="cancel_end_of_cycle")
    acme("billing.update", **asked, cancel_action="cancel_end_of_cycle")
    canceled = acme("customers.get", customer_id="acme")["subscriptions"]
    acme("billing.update", **asked, cancel_action="uncancel")
    again = acme("customers.get", customer_id="acme")["subscriptions"]

    assert (quote["intent"], quote["total"]) == ("cancel_end_of_cycle", 0)
    assert canceled[0]["expires_at"] == held["current_period_end"]
    assert [(each["plan_id"], each["status"]) for each in canceled] == [("pro", "active"), ("free", "scheduled")]
    assert again == [held]


def test_an_id_of_another_customers_subscription_is_not_found(acme: Api) -> None:
    acme("customers.get_or_create", customer_id="beta")
    acme("billing.attach", customer_id="beta", plan_id="pro")
    theirs = acme("customers.get", customer_id="beta")["subscriptions"][0]["id"]
    acme("billing.attach", customer_id="acme", plan_id="pro")
    with pytest.raises(Refused, match="404 customer_product_not_found"):
        acme("billing.update", customer_id="acme", subscription_id=theirs, cancel_action="cancel_immediately")


def test_a_quantity_change_moves_the_balance_at_once(acme: Api) -> None:
    quantity: dict[str, Any] = {"feature_quantities": [{"feature_id": "seats", "quantity": 3}]}
    acme("billing.attach", customer_id="acme", plan_id="pro", **quantity)
    more: dict[str, Any] = {"feature_quantities": [{"feature_id": "seats", "quantity": 5}]}
    quote = acme("billing.preview_update", customer_id="acme", plan_id="pro", **more)
    acme("billing.update", customer_id="acme", plan_id="pro", **more)

    assert (quote["intent"], quote["total"]) == ("update_quantity", 20)
    assert acme("customers.get", customer_id="acme")["balances"]["seats"]["granted"] == 5
    nothing = acme("billing.preview_update", customer_id="acme", plan_id="pro")
    assert (nothing["intent"], nothing["total"]) == ("none", 0)


def test_eligibility_says_what_an_attach_would_do(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    found = {
        each["id"]: each["customer_eligibility"]["attach_action"]
        for each in acme("plans.list", customer_id="acme")["list"]
    }
    assert found == {"free": "downgrade", "pro": "none", "team": "upgrade", "extra": "purchase"}


def test_a_currency_that_is_not_the_customers_is_refused(acme: Api) -> None:
    with pytest.raises(Refused, match="400 currency_mismatch"):
        acme("billing.attach", customer_id="acme", plan_id="pro", currency="eur")
    acme("billing.attach", customer_id="acme", plan_id="pro", currency="USD")


def test_balances_are_changed_by_the_ids_that_answers_carry(acme: Api) -> None:
    acme("balances.create", customer_id="acme", feature_id="messages", included_grant=5)
    parts = acme("customers.get", customer_id="acme")["balances"]["messages"]["breakdown"]
    loose = next(each["id"] for each in parts if each["plan_id"] is None)

    acme("balances.update", customer_id="acme", feature_id="messages", balance_id=loose, remaining=2)
    after = acme("customers.get", customer_id="acme")["balances"]["messages"]
    acme("balances.delete", customer_id="acme", balance_id=loose)

    assert after["remaining"] == 12
    assert acme("customers.get", customer_id="acme")["balances"]["messages"]["granted"] == 10
    with pytest.raises(Refused, match="409 paid_balance"):
        acme("balances.delete", customer_id="acme", feature_id="messages")


def test_a_customer_without_an_id_is_adopted_by_its_email(acme: Api) -> None:
    nameless = acme("customers.get_or_create", customer_id=None, email="ada@example.com")
    assert nameless["id"] is None
    assert acme("customers.get", customer_id=nameless["internal_id"])["email"] == "ada@example.com"
    assert acme("balances.track", customer_id=nameless["internal_id"], feature_id="messages")["customer_id"]

    adopted = acme("customers.get_or_create", customer_id="ada", email="ada@example.com")
    assert (adopted["id"], adopted["internal_id"]) == ("ada", nameless["internal_id"])


def test_a_customer_changes_and_goes(acme: Api) -> None:
    acme("customers.update", customer_id="acme", name="Acme", email="a@example.com", metadata={"tier": 1})
    changed = acme("customers.update", customer_id="acme", new_customer_id="acme2", name=None)
    assert (changed["id"], changed["name"], changed["email"], changed["metadata"]) == (
        "acme2",
        None,
        "a@example.com",
        {"tier": 1},
    )
    assert acme("customers.delete", customer_id="acme2") == {"success": True}
    for customer_id in ("acme2", changed["internal_id"]):
        with pytest.raises(Refused, match="404 customer_not_found"):
            acme("customers.get", customer_id=customer_id)
    assert acme("customers.get_or_create", customer_id="acme2")["internal_id"] != changed["internal_id"]


def test_expand_brings_what_was_asked_for(acme: Api) -> None:
    acme("entities.create", customer_id="acme", entity_id="e1", feature_id="seats", name="Team")
    plain = acme("customers.get", customer_id="acme")
    wanted = ["entities", "subscriptions.plan", "balances.feature", "invoices"]
    full = acme("customers.get", customer_id="acme", expand=wanted)

    assert "entities" not in plain
    assert full["entities"][0]["name"] == "Team"
    assert full["subscriptions"][0]["plan"]["id"] == "free"
    assert full["balances"]["messages"]["feature"]["name"] == "Messages"
    with pytest.raises(Refused, match="rewards"):
        acme("customers.get", customer_id="acme", expand=["rewards"])


def test_an_entity_can_bring_its_customer_along_or_nothing_happens(acme: Api) -> None:
    made = acme("entities.create", customer_id="new", entity_id="e1", feature_id="seats", customer_data={"name": "New"})
    assert made["customer_id"] == "new"
    assert acme("customers.get", customer_id="new")["name"] == "New"
    before = acme.head()
    with pytest.raises(Refused, match="404 feature_not_found"):
        acme("entities.create", customer_id="newer", entity_id="e", feature_id="none", customer_data={})
    assert acme.head() == before
    acme("entities.delete", customer_id="new", entity_id="e1")
    with pytest.raises(Refused, match="404 entity_not_found"):
        acme("entities.get", entity_id="e1")


def test_a_change_answers_with_the_invoice_it_made(acme: Api) -> None:
    answer = acme("billing.attach", customer_id="acme", plan_id="pro")
    paid = answer["invoice"]
    listed = acme("customers.get", customer_id="acme", expand=["invoices"])["invoices"]

    assert (paid["status"], paid["total"], paid["currency"]) == ("paid", 20, "usd")
    assert paid["stripe_id"].startswith("in_")
    assert [(each["stripe_id"], each["plan_ids"]) for each in listed] == [(paid["stripe_id"], ["pro"])]


def test_invoices_come_newest_first_and_the_next_ones_can_be_previewed(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    acme("billing.attach", customer_id="acme", plan_id="team")
    shown = acme("customers.get", customer_id="acme", expand=["invoices", "invoice_previews", "trials_used"])

    assert [each["total"] for each in shown["invoices"]] == [80, 20]
    assert [(each["total"], each["plan_ids"]) for each in shown["invoice_previews"]] == [(100, ["team"])]
    assert shown["invoice_previews"][0]["invoice_at"] == shown["subscriptions"][0]["current_period_end"]
    assert shown["trials_used"] == []


def test_a_declined_payment_is_402_and_again_when_the_request_is_replayed(acme: Api) -> None:
    acme("customers.update", customer_id="acme", metadata={"payment_method": "pm_declined"})
    before = acme("customers.get", customer_id="acme")
    for _ in range(2):
        with pytest.raises(Refused, match=r"402 invoice_payment_failed: .*20.00 usd.*card_declined"):
            acme("billing.attach", {"Idempotency-Key": "once"}, customer_id="acme", plan_id="pro")
    after = acme("customers.get", customer_id="acme", expand=["invoices"])

    assert after.pop("invoices") == []
    assert after == before


def test_a_preview_of_a_switch_says_that_it_clears_what_was_used(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    unused = acme("billing.preview_attach", customer_id="acme", plan_id="team")
    acme("balances.track", customer_id="acme", feature_id="messages", value=3, **{"async": False})
    used = acme("billing.preview_attach", customer_id="acme", plan_id="team")
    assert (unused["resets_usage"], used["resets_usage"]) == (False, True)
