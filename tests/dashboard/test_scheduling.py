"""Plans that follow each other, from a page: phase by phase, as they were previewed, or not at all."""

import json

import pytest

from tests.api.client import Api
from tests.dashboard.attaching import browser, held, preview, send, shop
from tests.dashboard.conftest import Browser
from tests.dashboard.test_changing import hidden

__all__ = ["browser", "shop"]

SCHEDULE = "/customers/acme/schedule"
PHASES = {"phase.0.plan": "pro", "phase.1.plan": "team", "phase.1.starts_on": "2100-02-01"}


def plans(shop: Api) -> list[tuple[str, str]]:
    found = shop("customers.get", customer_id="acme")["subscriptions"]
    return [(each["plan_id"], each["status"]) for each in found]


def test_phases_are_scheduled_as_they_were_previewed_and_once(browser: Browser, shop: Api) -> None:
    assert browser.get(SCHEDULE).status_code == 200
    asked = {**PHASES, "phase.0.quantity.seats": "3", "phase.2.plan": "pro", "phase.2.starts_on": "2100-04-01"}
    assert send(browser, SCHEDULE, **asked) == 200
    assert preview(browser)["Due now"] == "$40.00"
    assert preview(browser)["Agreed end of Team"] == "1 Apr 2100"
    assert {"begins now 3 Seats", "begins on 1 Feb 2100", "begins on 1 Apr 2100"} <= says(browser)
    assert plans(shop) == []
    carried = hidden(browser, "form_token", "once", "seen")
    for _ in range(2):
        assert browser.post(SCHEDULE, {**carried, **asked, "confirm": "1"}).status_code == 303
    assert plans(shop) == [("pro", "active"), ("team", "scheduled"), ("pro", "scheduled")]
    browser.get("/customers/acme")
    assert 'href="/customers/acme/schedule"' in browser.text
    for name in ("Pro", "Team"):
        assert f">{name}</a>" in browser.text


def says(browser: Browser) -> set[str]:
    rows = json.loads(hidden(browser, "seen").get("seen") or "[0, 0, []]")[2]
    return {" ".join(each for each in rest if each) for part, _, *rest in rows if part == "plans"}


def test_it_begins_with_the_plan_that_is_held_which_goes_on_until_the_next(browser: Browser, shop: Api) -> None:
    shop("billing.attach", customer_id="acme", plan_id="pro")
    browser.get(SCHEDULE)
    assert '<option value="pro" selected>' in browser.last_raw()
    assert send(browser, SCHEDULE, **PHASES) == 200
    assert preview(browser)["Due now"] == "$0.00"
    assert "It is held already, and goes on as it is." in browser.text
    assert 'name="phase.0.quantity.seats"' not in browser.text
    assert send(browser, SCHEDULE, **{**PHASES, "phase.0.quantity.seats": "9"}) == 200
    assert preview(browser)["Due now"] == "$0.00"
    assert send(browser, SCHEDULE, **PHASES) == 200
    assert send(browser, SCHEDULE, **PHASES, confirm="1") == 303
    assert held(shop) == [("pro", True), ("team", False)]
    browser.get(SCHEDULE)
    other = {**PHASES, "phase.1.starts_on": "2100-03-01"}
    send(browser, SCHEDULE, **other)
    assert send(browser, SCHEDULE, **other, confirm="1") == 303
    assert plans(shop) == [("pro", "active"), ("team", "scheduled")]


def test_a_phase_is_added_and_taken_away_without_a_script_and_nothing_written_is_lost(browser: Browser) -> None:
    browser.get(SCHEDULE)
    send(browser, SCHEDULE, **PHASES, reason="Order 7", add="1")
    assert 'name="phase.2.plan"' in browser.text
    assert 'value="2100-02-01"' in browser.text
    assert 'value="Order 7"' in browser.text
    later = {"phase.2.plan": "team", "phase.2.starts_on": "2100-05-01"}
    send(browser, SCHEDULE, **PHASES, **later, remove="1")
    assert 'name="phase.1.plan"' not in browser.text
    assert 'value="2100-05-01"' in browser.text
    assert "begins on 1 May 2100" in says(browser)
    assert 'name="remove" value="0"' not in browser.text


def test_entities_have_schedules_of_their_own(browser: Browser, shop: Api) -> None:
    shop("entities.create", customer_id="acme", entity_id="north", name="North", feature_id="seats")
    browser.get(f"{SCHEDULE}?entity=north")
    asked = {**PHASES, "entity": "north", "phase.1.anew": "1"}
    send(browser, SCHEDULE, **asked)
    assert send(browser, SCHEDULE, **asked, confirm="1") == 303
    entity = shop("entities.get", customer_id="acme", entity_id="north")["subscriptions"]
    assert [each["plan_id"] for each in entity] == ["pro", "team"]


@pytest.mark.parametrize(
    ("fields", "says", "field"),
    [
        ({"phase.1.starts_on": "2099-01-01"}, "This must be after the start of the phase before it", "1-starts_on"),
        ({"phase.1.starts_on": "soon"}, "must be a day such as", "1-starts_on"),
        ({"phase.1.starts_on": ""}, "Choose a day", "1-starts_on"),
        ({"phase.1.plan": ""}, "Choose a plan", "1-plan"),
        ({"phase.0.plan": "none such"}, "Choose a plan", "0-plan"),
        ({"phase.0.quantity.seats": "many"}, "must be a number of 0 or more", "0-quantity-seats"),
        ({"proration": "half"}, "must be one of", "proration"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    browser: Browser, shop: Api, fields: dict[str, str], says: str, field: str
) -> None:
    browser.get(SCHEDULE)
    assert send(browser, SCHEDULE, **{**PHASES, **fields}, confirm="1") == 400
    name = field if field == "proration" else f"phase-{field}"
    said = browser.text.split(f'id="{name}-said" role="alert">', 1)
    assert len(said) == 2
    assert says in said[1].split("</p>", 1)[0]
    assert plans(shop) == []


def test_more_phases_than_there_may_be_and_forged_numbers_do_nothing(browser: Browser, shop: Api) -> None:
    browser.get(SCHEDULE)
    many = {f"phase.{n}.plan": "pro" for n in range(60)}
    assert send(browser, SCHEDULE, **many, add="1") == 200
    assert browser.text.count('class="group phase"') == 50
    assert 'name="add"' not in browser.text
    assert send(browser, SCHEDULE, **PHASES, remove="9" * 400, **{"phase.00.plan": "team", "phase.-1.plan": "x"}) == 200
    assert browser.text.count('class="group phase"') == 2
    assert plans(shop) == []
