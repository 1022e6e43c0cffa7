"""Every path of every room: whom it lets in, which forms it takes, and what of another ledger it shows. All of them."""

import re

import pytest
from flask import Flask

from api.dashboard.routes import ROOMS
from api.keys import list_keys
from api.users import list_users
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import TESTER, Ledgers, catalog
from tests.dashboard.conftest import Browser, Desk

ROUTES = [route for room in ROOMS for route in room.ROUTES]
FORMS = [route for route in ROUTES if route.method == "POST"]
RANKS = list(UserRole)
BY_HAND = {"action": "refund", "kind": "spend_limits", "which": "0", "at": "1", "position": "1"}
"""What stands in a path and is no id of anything."""


@pytest.fixture(scope="module")
def desk(app: Flask, store: Store) -> Desk:
    return Desk(app, store, Ledgers(app, store).sandbox().ledger_id)


@pytest.fixture(scope="module")
def people(desk: Desk) -> dict[UserRole, Browser]:
    return {role: desk.browser(role, role.value) for role in UserRole}


@pytest.fixture(scope="module")
def theirs(desk: Desk) -> dict[str, str]:
    """What stands for the names in a path, of another ledger; each exists there."""
    other = Ledgers(desk.app, desk.store).sandbox()
    catalog(other)
    made = other("customers.get_or_create", customer_id="theirs", name="Theirs")
    other("billing.attach", customer_id="theirs", plan_id="pro")
    held = other("customers.get", customer_id="theirs", expand=["invoices"])
    invoice = other.get("/v1/customers/theirs/invoices")["list"][0]
    view = other("views.create", name="Their view", query="plan=pro")
    user = Desk(desk.app, desk.store, other.ledger_id).user("somebody", UserRole.VIEWER, None)
    key = list_keys(desk.store, other.ledger_id, by=TESTER)[0]
    return {
        "customer_id": made["internal_id"],
        "subscription_id": held["subscriptions"][0]["id"],
        "invoice_id": invoice["id"],
        "view_id": view["id"],
        "user_id": user.user_id,
        "key_id": key.key_id,
        "plan_id": "pro",
        "feature_id": "messages",
        **BY_HAND,
    }


def filled(path: str, values: dict[str, str]) -> str:
    """The path with a value for each of its names; a name that is new here needs one in `theirs`."""
    return re.sub(r"<(\w+)>", lambda match: values[match[1]], path)


def token(browser: Browser) -> dict[str, str]:
    browser.get("/customers")
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', browser.text)
    assert found is not None
    return {"form_token": found[1]}


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.FINANCE])
def test_nobody_reaches_further_than_their_role(
    people: dict[UserRole, Browser], theirs: dict[str, str], role: UserRole
) -> None:
    browser, beyond = people[role], [each for each in ROUTES if RANKS.index(each.needs) > RANKS.index(role)]
    assert beyond
    sent = token(browser)
    reached = []
    for route in beyond:
        path = filled(route.path, theirs)
        answer = browser.get(path) if route.method == "GET" else browser.post(path, sent)
        if answer.status_code != 403:
            reached.append((route.method, route.path, answer.status_code))
    assert reached == []


def test_every_form_that_changes_something_needs_more_than_a_viewer() -> None:
    assert [route.path for route in FORMS if route.needs is UserRole.VIEWER] == ["/sign-out"]


def test_no_form_is_taken_without_its_sessions_mark_or_from_elsewhere(
    people: dict[UserRole, Browser], theirs: dict[str, str]
) -> None:
    browser = people[UserRole.ADMIN]
    sent, taken = token(browser), []
    for route in FORMS:
        path = filled(route.path, theirs)
        browser.text = ""
        answers = [
            browser.post(path),
            browser.post(path, {"form_token": "0" * 64}),
            browser.post(path, sent, Origin="https://elsewhere.example"),
            browser.post(path, X_Form_Token="ü"),
        ]
        taken += [(route.path, each.status_code) for each in answers if each.status_code != 403]
    assert taken == []


def test_what_another_ledger_holds_is_found_on_no_path(people: dict[UserRole, Browser], theirs: dict[str, str]) -> None:
    browser, found = people[UserRole.ADMIN], []
    sent = token(browser)
    for route in ROUTES:
        if "<" not in route.path:
            continue
        path = filled(route.path, theirs)
        answer = browser.get(path) if route.method == "GET" else browser.post(path, sent)
        if answer.status_code != 404 or "Their" in answer.text:
            found.append((route.method, route.path, answer.status_code))
    assert found == []


def test_whoever_is_not_signed_in_sees_only_the_sign_in(desk: Desk, theirs: dict[str, str]) -> None:
    browser, let_in = desk.stranger(), []
    for route in ROUTES:
        path = filled(route.path, theirs)
        answer = browser.get(path) if route.method == "GET" else browser.post(path)
        if answer.status_code not in (303, 401) or "<table" in answer.text:
            let_in.append((route.method, route.path, answer.status_code))
    assert let_in == []


def test_nothing_came_of_all_that(desk: Desk, people: dict[UserRole, Browser]) -> None:
    assert people
    users = list_users(desk.store, desk.ledger_id, by=TESTER)
    assert [(each.name, each.role) for each in users] == [(role.value, role) for role in UserRole]
