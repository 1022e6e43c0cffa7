"""What is done from a customer's page: edited, deleted, given balances and entities, limited."""

import pytest

from tests.dashboard.acme import Acme, Shop, acme, browser, fill, invoiced, send, shop
from tests.dashboard.attaching import assert_beside
from tests.dashboard.conftest import Browser
from tests.dashboard.test_changing import hidden
from tests.dashboard.test_customer_page import link, plain, section

__all__ = ["acme", "browser", "shop"]

MONTHLY = {"interval": "month"}


def test_a_customer_is_changed_with_a_reason(browser: Browser, acme: Acme) -> None:
    changed = {"name": "Acme Ltd", "email": "ap@acme.example", "value.0": "silver", "key.2": "region", "value.2": "eu"}
    assert fill(browser, f"{acme.path}/edit", **{**acme.known, **changed}, reason="Renamed") == 303
    found = acme()
    assert (found["name"], found["email"]) == ("Acme Ltd", "ap@acme.example")
    assert found["metadata"] == {"tier": "silver", "size": 5, "region": "eu"}
    entry = acme.last("customer.updated")
    assert (entry["actor"], entry["reason"]) == ("anna", "Renamed")


@pytest.mark.parametrize(
    ("fields", "metadata"),
    [
        ({"key.0": "", "value.0": ""}, {"size": 5}),
        ({"value.1": "6"}, {"tier": "gold", "size": 6}),
        ({"value.1": "large"}, {"tier": "gold", "size": "large"}),
        ({"value.0": "7"}, {"tier": "7", "size": 5}),
    ],
)
def test_a_property_stays_of_its_kind_where_it_can(
    browser: Browser, acme: Acme, fields: dict[str, str], metadata: dict[str, object]
) -> None:
    assert fill(browser, f"{acme.path}/edit", **{**acme.known, **fields}) == 303
    assert acme()["metadata"] == metadata


def test_with_another_id_one_is_led_to_it(browser: Browser, acme: Acme) -> None:
    assert fill(browser, f"{acme.path}/edit", **{**acme.known, "id": "acme 2/x"}) == 303
    assert browser.last is not None
    assert browser.last.headers["Location"] == "/customers/acme%202%252Fx"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"id": "globex"}, "globex"),
        ({"id": ""}, "can be changed and not taken away"),
        ({"email": "nowhere"}, "e-mail address"),
        ({"name": "x" * 3000}, "characters"),
        ({"key.1": "tier"}, "name each property once"),
        ({"key.1": ""}, "a value without a name"),
        ({}, "Nothing was changed"),
    ],
)
def test_what_cannot_be_so_is_said_and_nothing_is_lost(
    browser: Browser, acme: Acme, fields: dict[str, str], words: str
) -> None:
    acme.api("customers.get_or_create", customer_id="globex")
    before = acme()
    assert fill(browser, f"{acme.path}/edit", **{**acme.known, "reason": "Renamed", **fields}) in (400, 409)
    assert words in browser.text
    assert 'value="Renamed"' in browser.text
    assert acme() == before


def test_a_stale_form_does_nothing_and_shows_both(browser: Browser, acme: Acme) -> None:
    browser.get(f"{acme.path}/edit")
    acme.api("customers.update", customer_id=acme.id, name="Acme Inc")
    assert send(browser, f"{acme.path}/edit", **{**acme.known, "name": "Acme Ltd"}) == 409
    assert_beside(browser, "Name", "Acme", "Acme Inc")
    assert 'value="Acme Ltd"' in browser.text
    assert acme()["name"] == "Acme Inc"
    assert send(browser, f"{acme.path}/edit", **{**acme.known, "name": "Acme Ltd"}) == 303
    assert acme()["name"] == "Acme Ltd"


def test_a_form_that_is_sent_twice_acts_once(browser: Browser, acme: Acme) -> None:
    browser.get(f"{acme.path}/new-balance")
    page, form = browser.text, {**hidden(browser, "once", "seen"), "feature": "messages", "amount": "50"}
    for _ in range(2):
        browser.text = page
        assert browser.post(f"{acme.path}/new-balance", form).status_code == 303
    assert acme()["balances"]["messages"]["granted"] == 50


def test_a_customer_is_deleted_once_its_id_was_typed(browser: Browser, acme: Acme) -> None:
    path = f"{acme.path}/delete"
    assert fill(browser, path, typed="Acme", reason="Duplicate") == 400
    assert f"This must be {acme.id}" in browser.text
    internal = acme()["internal_id"]
    assert send(browser, path, typed=acme.id, reason="Duplicate") == 303
    assert browser.last is not None
    assert browser.last.headers["Location"] == f"/customers/{internal}"
    browser.get(f"/customers/{internal}")
    assert "This customer was deleted on" in plain(browser.text)
    assert "Duplicate" in browser.text


def test_a_balance_is_granted_by_hand(browser: Browser, acme: Acme) -> None:
    fields = {"feature": "messages", "amount": "1,000", "interval": "month", "balance_id": "welcome"}
    assert fill(browser, f"{acme.path}/new-balance", **fields, reason="Welcome") == 303
    (part,) = acme()["balances"]["messages"]["breakdown"]
    assert (part["id"], part["included_grant"], part["reset"]["interval"]) == ("welcome", 1000, "month")
    browser.get(acme.path)
    assert "Granted by hand" in section(browser, "usage")
    assert "Welcome" in section(browser, "timeline")


@pytest.mark.parametrize(
    "fields",
    [
        {"feature": "", "amount": "5"},
        {"feature": "nothing", "amount": "5"},
        {"feature": "messages", "amount": "lots"},
        {"feature": "messages", "amount": "-5"},
        {"feature": "messages"},
        {"feature": "messages", "amount": "5", "unlimited": "1"},
        {"feature": "messages", "amount": "5", "interval": "month", "expires_on": "2100-01-01"},
        {"feature": "messages", "amount": "5", "expires_on": "soon"},
        {"feature": "messages", "amount": "5", "interval": "fortnight"},
        {"feature": "messages", "amount": "5", "entity": "nobody"},
    ],
)
def test_a_balance_that_makes_no_sense_is_refused_beside_its_field(
    browser: Browser, acme: Acme, fields: dict[str, str]
) -> None:
    assert fill(browser, f"{acme.path}/new-balance", **fields) in (400, 404)
    assert acme()["balances"] == {}


def test_an_entity_is_created_after_it_was_shown_what_it_bills(browser: Browser, acme: Acme) -> None:
    price = {"amount": 10, "interval": "month", "billing_method": "usage_based"}
    items = [{"feature_id": "seats", "included": 0, "price": price}]
    acme.api("plans.create", plan_id="team", name="Team", price={"amount": 50, **MONTHLY}, items=items)
    acme.api("billing.attach", customer_id=acme.id, plan_id="team")
    path, fields = f"{acme.path}/new-entity", {"id": "team-a", "name": "Team A", "feature": "seats"}
    assert fill(browser, path, **fields) == 200
    assert "$10.00" in browser.text
    assert acme(expand=["entities"])["entities"] == []
    assert send(browser, path, **fields) == 303
    assert browser.last is not None
    assert browser.last.headers["Location"] == f"{acme.path}?entity=team-a"
    assert [each["name"] for each in acme(expand=["entities"])["entities"]] == ["Team A"]
    assert fill(browser, path, **fields) == 409


def test_an_entity_is_deleted_once_its_id_was_typed(browser: Browser, acme: Acme) -> None:
    acme.api("entities.create", customer_id=acme.id, entity_id="team-a", feature_id="seats")
    path = f"{acme.path}/delete-entity"
    assert browser.get(path).status_code == 404
    assert fill(browser, f"{path}?entity=team-a", typed="team-b") == 400
    assert "This must be team-a" in browser.text
    assert send(browser, f"{path}?entity=team-a", typed="team-a", reason="Team is gone") == 303
    assert acme(expand=["entities"])["entities"] == []
    assert acme.last("entity.deleted")["reason"] == "Team is gone"


@pytest.mark.parametrize(
    ("kind", "fields", "entry"),
    [
        ("spend_limits", {"overage_limit": "200", "limit_type": "absolute"}, {"overage_limit": 200}),
        ("spend_limits", {"feature_id": "messages", "overage_limit": "120", "limit_type": "usage_percentage"},
         {"feature_id": "messages", "limit_type": "usage_percentage"}),
        ("usage_limits", {"feature_id": "messages", "limit": "1,000", "interval": "day", "anchor": "utc",
                          "filter": "region=eu\n"}, {"limit": 1000, "filter": {"properties": {"region": "eu"}}}),
        ("usage_alerts", {"threshold": "80", "threshold_type": "usage_percentage", "basis": "balance", "name": "Soon"},
         {"name": "Soon", "threshold": 80}),
        ("auto_topups", {"feature_id": "messages", "threshold": "10", "quantity": "100", "purchase_limit.limit": "3",
                         "purchase_limit.interval": "month"}, {"purchase_limit": {"interval": "month", "limit": 3}}),
        ("overage_allowed", {"feature_id": "messages"}, {"feature_id": "messages"}),
    ],
)  # fmt: skip
def test_a_control_is_added_changed_and_removed(
    browser: Browser, acme: Acme, kind: str, fields: dict[str, str], entry: dict[str, object]
) -> None:
    other = {"feature_id": "seats", "limit": 3, "interval": "day"}
    acme.api("customers.update", customer_id=acme.id, billing_controls={"usage_limits": [other]})
    before = acme()["billing_controls"]
    assert fill(browser, f"{acme.path}/controls/{kind}/new", **fields, enabled="1", reason="Asked for") == 303
    found = acme()["billing_controls"][kind]
    assert found[-1].items() >= {**entry, "enabled": True}.items()
    path = f"{acme.path}/controls/{kind}/{len(found) - 1}"
    browser.get(acme.path)
    assert f'href="{path}"' in browser.text
    assert fill(browser, path, **fields) == 303
    assert acme()["billing_controls"][kind][-1]["enabled"] is False
    assert fill(browser, path, remove="1") == 303
    assert acme()["billing_controls"] == before


def test_a_plans_limit_is_overridden(browser: Browser, acme: Acme) -> None:
    limit = {"feature_id": "messages", "limit": 5000, "interval": "day"}
    acme.api("plans.create", plan_id="free", name="Free", items=[], billing_controls={"usage_limits": [limit]})
    acme.api("billing.attach", customer_id=acme.id, plan_id="free")
    path = f"{acme.path}/controls/usage_limits/plan-0"
    browser.get(path)
    assert 'value="5000"' in browser.text
    fields = {"feature_id": "messages", "limit": "9000", "interval": "day", "anchor": "billing_cycle", "enabled": "1"}
    assert send(browser, path, **fields) == 303
    (found,) = acme()["billing_controls"]["usage_limits"]
    assert (found["limit"], found["source"]) == (9000, "customer")


def test_an_entity_has_controls_of_its_own(browser: Browser, acme: Acme) -> None:
    acme.api("entities.create", customer_id=acme.id, entity_id="team-a", feature_id="seats")
    path = f"{acme.path}/controls/overage_allowed/new?entity=team-a"
    assert fill(browser, path, feature_id="messages", enabled="1", entity="team-a") == 303
    found = acme.api("entities.get", customer_id=acme.id, entity_id="team-a")["billing_controls"]
    assert found["overage_allowed"] == [{"feature_id": "messages", "enabled": True}]
    assert acme()["billing_controls"] == {}
    assert browser.get(f"{acme.path}/controls/auto_topups/new?entity=team-a").status_code == 404


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("usage_limits", {"limit": "5", "interval": "day"}, "control-feature"),
        ("usage_limits", {"feature_id": "nothing", "limit": "5", "interval": "day"}, ""),
        ("usage_limits", {"feature_id": "messages", "limit": "many", "interval": "day"}, "control-limit"),
        ("usage_limits", {"feature_id": "messages", "interval": "day"}, "control-limit"),
        ("usage_limits", {"feature_id": "messages", "limit": "5", "interval": "eon"}, "control-interval"),
        ("usage_limits", {"feature_id": "messages", "limit": "5", "interval": "day", "filter": "eu"},
         "control-properties"),
        ("spend_limits", {"enabled": "1"}, "control-limit"),
        ("auto_topups", {"feature_id": "messages", "threshold": "5", "quantity": "0"}, "control-quantity"),
    ],
)  # fmt: skip
def test_a_control_that_makes_no_sense_is_refused_beside_its_field(
    browser: Browser, acme: Acme, kind: str, fields: dict[str, str], field: str
) -> None:
    assert fill(browser, f"{acme.path}/controls/{kind}/new", **fields) in (400, 404)
    assert f'id="{field}-said" role="alert"' in browser.text or not field
    assert 'role="alert"' in browser.text
    assert acme()["billing_controls"] == {}


def test_two_people_who_add_controls_at_once_lose_none(browser: Browser, acme: Acme) -> None:
    path = f"{acme.path}/controls/overage_allowed/new"
    browser.get(path)
    both = {"overage_allowed": [{"feature_id": "seats", "enabled": True}]}
    acme.api("customers.update", customer_id=acme.id, billing_controls=both)
    assert send(browser, path, feature_id="messages", enabled="1") == 409
    assert_beside(browser, "Overage allowed 1", "–", "Seats: may be used beyond what is granted")
    assert send(browser, path, feature_id="messages", enabled="1") == 303
    found = acme()["billing_controls"]["overage_allowed"]
    assert [each["feature_id"] for each in found] == ["seats", "messages"]


def test_a_viewer_is_refused_every_form(shop: Shop, browser: Browser, acme: Acme) -> None:
    path = invoiced(acme, browser, 30)
    viewer = shop.viewer
    below = ("edit", "delete", "new-entity", "clock", "new-balance", "controls/usage_limits/new")
    for each in (*(f"{acme.path}/{name}" for name in below), f"{path}/credit"):
        assert viewer.get(each).status_code == 403
    viewer.get(acme.path)
    assert viewer.post(f"{acme.path}/delete", {"typed": acme.id}).status_code == 403
    assert acme()["id"] == acme.id


def test_a_page_links_to_its_sheets(browser: Browser, acme: Acme) -> None:
    browser.get(acme.path)
    for words in ("Edit customer", "Add entity", "Advance the clock", "Delete customer", "Attach plan", "New balance"):
        assert browser.get(link(browser, words)).status_code == 200
        browser.get(acme.path)
