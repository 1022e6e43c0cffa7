"""What the menu of a feature's row does: use is recorded, a balance is checked, recalculated, deleted."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden

CARRIED = ("once", "seen", "entity")
ONE = "/customers/acme"
USE, CHECK = f"{ONE}/balances/messages/use", f"{ONE}/check/messages"
RECALCULATE, DELETE = f"{ONE}/balances/messages/recalculate", f"{ONE}/balances/messages/delete"


class Shop(NamedTuple):
    api: Api
    finance: Browser
    viewer: Browser


@pytest.fixture(scope="module")
def office(app: Flask, store: Store) -> tuple[Api, Browser, Browser]:
    """A ledger whose catalog all of these tests share, and two people in it."""
    api = Ledgers(app, store).sandbox()
    for feature_id in ("messages", "images"):
        api("features.create", feature_id=feature_id, name=feature_id.title(), type="metered", consumable=True)
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    costs = [{"metered_feature_id": "images", "credit_cost": 2}]
    api("features.create", feature_id="credits", name="Credits", type="credit_system", credit_schema=costs)
    api("plans.create", plan_id="pro", name="Pro", items=[{"feature_id": "messages", "included": 100}])
    desk = Desk(app, store, api.ledger_id)
    return api, desk.browser(UserRole.FINANCE, "anna"), desk.browser(UserRole.VIEWER, "vic")


@pytest.fixture
def shop(office: tuple[Api, Browser, Browser]) -> Shop:
    """Acme anew: 100 messages with a plan, 30 by hand."""
    api, finance, viewer = office
    api("customers.get_or_create", customer_id="acme", name="Acme GmbH")
    api("customers.delete", customer_id="acme")
    api("customers.get_or_create", customer_id="acme", name="Acme GmbH")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.create", customer_id="acme", feature_id="messages", included_grant=30, balance_id="gift")
    return Shop(api, finance, viewer)


def ask(browser: Browser, path: str, **fields: str) -> int:
    """Open a sheet and fill it in: what it would do is shown."""
    assert browser.get(path).status_code == 200
    return send(browser, path, **fields)


def send(browser: Browser, path: str, **fields: str) -> int:
    return browser.post(path, {**hidden(browser, *CARRIED), **fields}).status_code


def rows(browser: Browser) -> list[tuple[str, str, str]]:
    """What the preview says."""
    return [(part, label, value) for part, label, value, _ in json.loads(hidden(browser, "seen")["seen"])[2]]


def balance(shop: Shop, feature_id: str = "messages", **whose: str) -> Mapping[str, int]:
    operation = "entities.get" if whose else "customers.get"
    found: Mapping[str, int] = shop.api(operation, customer_id="acme", **whose)["balances"][feature_id]
    return found


def newest(shop: Shop) -> Mapping[str, str]:
    told: Mapping[str, str] = shop.api.get(f"/v1{ONE}/timeline?limit=1")["list"][0]
    return told


def test_use_is_recorded_after_it_was_shown_what_it_takes(shop: Shop) -> None:
    fields = {"value": "110", "reason": "Lost by the importer", "key.0": "model", "value.0": "large"}
    assert ask(shop.finance, USE, **fields) == 200
    taken = {(label, value) for part, label, value in rows(shop.finance) if part == "taken"}
    assert sum(int(value.split()[0]) for _, value in taken) == 110
    assert {label for label, _ in taken} == {"Taken from Pro", "Taken from Granted by hand"}
    assert ("before", "Messages, now", "130 of 130") in rows(shop.finance)
    assert ("after", "Messages, afterwards", "20 of 130") in rows(shop.finance)
    assert balance(shop)["remaining"] == 130
    assert send(shop.finance, USE, **fields, confirm="1") == 303
    assert balance(shop)["remaining"] == 20
    assert (newest(shop)["actor"], newest(shop)["reason"]) == ("anna", "Lost by the importer")
    used = shop.api.get("/v1/usage?customer_id=acme&limit=1")["list"][0]
    assert (used["value"], used["properties"]) == (110, {"model": "large"})


def test_what_no_balance_has_room_for_is_told_before_it_is_recorded(shop: Shop) -> None:
    assert ask(shop.finance, USE, value="150", reason="x") == 200
    assert "taken from no balance: 20 of 150 Messages" in shop.finance.text
    assert send(shop.finance, USE, value="150", reason="x", confirm="1") == 303
    assert balance(shop)["remaining"] == 0


def test_use_that_comes_in_meanwhile_makes_the_sheet_stale(shop: Shop) -> None:
    ask(shop.finance, USE, value="10", reason="x")
    shop.api("balances.track", customer_id="acme", feature_id="messages", value=30)
    assert send(shop.finance, USE, value="10", reason="x", confirm="1") == 409
    assert balance(shop)["usage"] == 30
    assert send(shop.finance, USE, value="10", reason="x", confirm="1") == 303
    assert balance(shop)["usage"] == 40


def test_use_below_zero_is_given_back(shop: Shop) -> None:
    shop.api("balances.track", customer_id="acme", feature_id="messages", value=5)
    ask(shop.finance, USE, value="-3", reason="Counted twice")
    assert [value for part, label, value in rows(shop.finance) if label.startswith("Given back to")] == ["3 Messages"]
    assert send(shop.finance, USE, value="-3", reason="Counted twice", confirm="1") == 303
    assert balance(shop)["usage"] == 2


def test_in_the_row_of_credits_one_says_what_they_were_used_for(shop: Shop) -> None:
    shop.api("balances.create", customer_id="acme", feature_id="credits", included_grant=50)
    path = f"{ONE}/balances/credits/use"
    assert ask(shop.finance, path, feature="images", value="4", reason="x") == 200
    assert ("taken", "Taken from Granted by hand", "8 Credits") in rows(shop.finance)
    assert send(shop.finance, path, feature="images", value="4", reason="x", confirm="1") == 303
    assert balance(shop, "credits")["remaining"] == 42
    assert ask(shop.finance, path, feature="messages", value="4", reason="x") == 200  # none that credits pay for
    assert ("taken", "Taken from Granted by hand", "4 Credits") in rows(shop.finance)


def test_use_of_an_entity_is_its_own(shop: Shop) -> None:
    shop.api("entities.create", customer_id="acme", entity_id="north", name="North", feature_id="seats")
    shop.api("balances.create", customer_id="acme", entity_id="north", feature_id="messages", included_grant=7)
    path = f"{USE}?entity=north"
    assert ask(shop.finance, path, value="2", reason="x", entity="north") == 200
    assert ("taken", "Taken from Granted by hand of north", "2 Messages") in rows(shop.finance)
    assert send(shop.finance, path, value="2", reason="x", entity="north", confirm="1") == 303
    assert shop.finance.last is not None
    assert shop.finance.last.location.endswith("?entity=north")
    assert shop.api.get("/v1/usage?customer_id=acme&limit=1")["list"][0]["value"] == 2


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        *(("value", {"value": each}) for each in ("", "lots", "0", "-0", "-", "--3", "NaN", "Infinity", "9" * 40)),
        ("properties", {"value": "1", "value.0": "large"}),
        ("properties", {"value": "1", "key.0": "a", "value.0": "1", "key.1": "a", "value.1": "2"}),
        ("reason", {"value": "1", "reason": ""}),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(shop: Shop, field: str, fields: dict[str, str]) -> None:
    head = shop.api.head()
    ask(shop.finance, USE, value="1", reason="x")
    assert send(shop.finance, USE, **{"reason": "x", **fields}, confirm="1") == 400
    assert f'class="wrong" id="{field}-said"' in shop.finance.text
    for text in fields.values():
        assert f'value="{text}"' in shop.finance.text
    assert shop.api.head() == head


def test_fields_that_no_page_of_ours_has_do_nothing(shop: Shop) -> None:
    odd = {"key.²": "a", "key.": "b", "key.999999": "c", "value.-1": "d", "key.x": "e"}
    assert ask(shop.finance, USE, value="1", reason="x", **odd) == 200
    assert send(shop.finance, USE, value="1", reason="x", **odd, confirm="1") == 303
    assert shop.api.get("/v1/usage?customer_id=acme&limit=1")["list"][0]["properties"] == {}


def answered(browser: Browser, **asked: str) -> str:
    query = "&".join(f"{name}={text}" for name, text in asked.items())
    assert browser.get(f"{CHECK}?{query}").status_code == 200
    found = re.search(r'class="verdict \w+"><b>(.*?)</b>', browser.text)
    assert found is not None
    return found[1]


def test_a_check_is_answered_in_words_and_as_the_api_does_and_writes_nothing(shop: Shop) -> None:
    head = shop.api.head()
    assert answered(shop.viewer, required="130") == "Yes: acme may use 130 Messages now."
    assert answered(shop.viewer, required="131") == "No: acme may not use 131 Messages now, 130 remain."
    raw = re.search(r"<pre[^>]*>(.*?)</pre>", shop.viewer.text, re.DOTALL)
    assert raw is not None
    asked = {"customer_id": "acme", "feature_id": "messages", "required_balance": 131}
    assert json.loads(raw[1]) == shop.api("balances.check", **asked)
    assert shop.api.head() == head


def test_a_check_says_why_not(shop: Shop) -> None:
    limits = [{"feature_id": "messages", "limit": 5, "interval": "day"}]
    shop.api("customers.update", customer_id="acme", billing_controls={"usage_limits": limits})
    assert "or a limit, does not allow it" in answered(shop.viewer, required="6")
    assert shop.viewer.get(f"{ONE}/check/images").status_code == 200
    assert "No: acme has no balance that Images could be taken from." in shop.viewer.text
    shop.api("balances.create", customer_id="acme", feature_id="credits", included_grant=50)
    assert shop.viewer.get(f"{ONE}/check/credits?feature=images&required=25").status_code == 200
    assert "Yes: acme may use 25 Images now." in shop.viewer.text
    assert "Credits remaining" in shop.viewer.text


def test_a_flag_is_held_or_not_and_no_use_of_it_is_recorded(shop: Shop) -> None:
    assert shop.viewer.get(f"{ONE}/check/sso").status_code == 200
    assert "No: acme does not have Single sign-on." in shop.viewer.text
    shop.api("balances.create", customer_id="acme", feature_id="sso")
    shop.viewer.get(f"{ONE}/check/sso")
    assert "Yes: acme has Single sign-on." in shop.viewer.text
    assert shop.finance.get(f"{ONE}/balances/sso/use").status_code == 404


@pytest.mark.parametrize("required", ["lots", "-1", "NaN", "9" * 40])
def test_a_check_of_no_number_is_refused_beside_the_field(shop: Shop, required: str) -> None:
    assert shop.viewer.get(f"{CHECK}?required={required}").status_code == 400
    assert 'class="wrong" id="required-said"' in shop.viewer.text
    assert f'value="{required}"' in shop.viewer.text


def test_debts_are_paid_from_what_others_have_left(shop: Shop) -> None:
    which = {"customer_id": "acme", "feature_id": "messages", "balance_id": "gift"}
    shop.api("balances.update", **which, usage=50)
    assert shop.finance.get(RECALCULATE).status_code == 200
    assert ("source", "Granted by hand", "0 of 30, 20 over → 0 of 30") in rows(shop.finance)
    assert ("source", "Pro", "100 of 100 → 80 of 100") in rows(shop.finance)
    assert send(shop.finance, RECALCULATE, reason="", confirm="1") == 400
    assert 'class="wrong" id="reason-said"' in shop.finance.text
    assert send(shop.finance, RECALCULATE, reason="Tidy", confirm="1") == 303
    assert (newest(shop)["actor"], newest(shop)["reason"]) == ("anna", "Tidy")
    assert shop.finance.get(RECALCULATE).status_code == 200
    assert "Already up to date" in shop.finance.text


def test_where_nothing_owes_there_is_nothing_to_confirm(shop: Shop) -> None:
    head = shop.api.head()
    assert shop.finance.get(RECALCULATE).status_code == 200
    assert "Already up to date" in shop.finance.text
    assert 'name="confirm"' not in shop.finance.text
    send(shop.finance, RECALCULATE, reason="x", confirm="1")
    assert shop.api.head() == head


@pytest.mark.parametrize(("handling", "left"), [("keep", 100), ("move", 90)])
def test_a_balance_by_hand_is_deleted_with_or_without_what_was_used_of_it(shop: Shop, handling: str, left: int) -> None:
    which = {"customer_id": "acme", "feature_id": "messages", "balance_id": "gift"}
    shop.api("balances.update", **which, usage=10)
    fields = {"source": "gift", "handling": handling, "reason": "Wrong customer"}
    assert ask(shop.finance, f"{DELETE}?source=gift", **fields) == 200
    assert ("source", "Granted by hand", "20 of 30 → no balance") in rows(shop.finance)
    assert ("after", "Messages, afterwards", f"{left} of 100") in rows(shop.finance)
    assert balance(shop)["remaining"] == 120
    assert send(shop.finance, DELETE, **fields, confirm="1") == 303
    assert balance(shop)["remaining"] == left
    told = shop.api.get(f"/v1{ONE}/timeline?kind=balance.deleted&limit=1")["list"][0]
    assert (told["actor"], told["reason"]) == ("anna", "Wrong customer")
    assert shop.finance.get(DELETE).status_code == 404


def test_of_several_by_hand_one_chooses_and_each_is_of_its_entity(shop: Shop) -> None:
    shop.api("entities.create", customer_id="acme", entity_id="north", name="North", feature_id="seats")
    own = {"customer_id": "acme", "entity_id": "north", "feature_id": "messages", "balance_id": "own"}
    shop.api("balances.create", **own, included_grant=7)
    fields = {"source": "own", "reason": "x", "entity": "north"}
    assert ask(shop.finance, f"{DELETE}?entity=north&source=own", **fields) == 200
    assert "Granted by hand of north: 7 of 7" in shop.finance.text
    assert send(shop.finance, DELETE, **fields, confirm="1") == 303
    assert balance(shop)["remaining"] == 130


def test_what_a_plan_gives_or_nobody_has_is_not_deleted(shop: Shop) -> None:
    planned = balance(shop)["breakdown"][0]["id"]  # type: ignore[index]
    for source in (planned, "nothing", "<b>"):
        assert shop.finance.get(f"{DELETE}?source={source}").status_code == 404
        assert send(shop.finance, DELETE, source=source, reason="x", confirm="1") == 404
    assert shop.finance.get(f"{ONE}/balances/seats/delete").status_code == 404
    for below in ("balances/nothing/use", "check/nothing", "balances/nothing/recalculate", "balances/nothing/delete"):
        assert shop.finance.get(f"{ONE}/{below}").status_code == 404
    ask(shop.finance, USE, value="1", reason="x")
    assert send(shop.finance, USE, value="1", reason="x", entity="nobody", confirm="1") == 404
    assert shop.finance.get(f"{CHECK}?entity=nobody").status_code == 404
    assert "Entity nobody does not exist" in shop.finance.text
    assert balance(shop)["remaining"] == 130


def test_the_menu_offers_what_its_reader_may_do(shop: Shop) -> None:
    shop.finance.get(ONE)
    for path in (USE, CHECK, RECALCULATE, f"{DELETE}?source=gift"):
        assert f'hx-get="{path}"' in shop.finance.text
    assert shop.finance.text.count(f"{DELETE}?source=") == len(("href", "hx-get"))
    shop.viewer.get(ONE)
    assert f'hx-get="{CHECK}"' in shop.viewer.text
    assert "/balances/" not in shop.viewer.text
    assert shop.finance.get(f"{ONE}?as_of=position:{shop.api.head()}").status_code == 200
    assert "Messages used" in shop.finance.text
    assert "/check/" not in shop.finance.text
