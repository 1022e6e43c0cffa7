"""Every sheet, as its routes list them: stale it does nothing and shows both, confirmed once more it does what was
written, and sent again it acts no second time.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask

from api.dashboard.catalog import ROUTES as CATALOG
from api.dashboard.changes import ROUTES as CHANGES
from api.dashboard.customer import ROUTES as CUSTOMER
from api.dashboard.routes import ROOMS
from api.keys import create_key
from ledger.core.access import UserRole
from ledger.core.settings import Role
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api, Ledgers
from tests.dashboard.attaching import assert_beside
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.offered import fields as plan_fields
from tests.dashboard.test_changing import hidden

MONTH = {"interval": "month"}
CARRIED = ("once", "seen", "form_token", "form_of", "version", "archived")
NEW_THINGS = {"/new/plan", "/new/feature"}
"""Forms that begin empty and are about nothing that could have changed."""
OTHERS: Mapping[str, Mapping[str, str]] = {
    "/customers/new": {"id": "twice"},
    "/views/new": {"name": "Twice", "query": "plan=pro"},
    "/views/<view_id>": {"name": "Again", "query": "plan=team", "replace": "1"},
    "/views/<view_id>/delete": {},
    "/books/close": {"day": "2020-01-31", "confirm": "1"},
    "/users/new": {"name": "twice", "role": "viewer", "way": "link"},
    "/users/<user_id>/role": {"role": "finance"},
    "/users/<user_id>/password": {"password": "a password of many"},
    "/users/<user_id>/link": {},
    "/users/<user_id>/disable": {},
    "/keys/new": {"name": "a program", "role": "read"},
    "/keys/<key_id>/revoke": {},
}
"""Forms that are no sheets over a customer or the catalog, with what is written into each."""
NUMBERS = itertools.count(1)


class Shop(NamedTuple):
    """One ledger for all of these tests."""

    api: Api
    desk: Desk
    admin: Browser


@dataclass(frozen=True)
class Thing:
    """What one test changes: a customer, its plan, an entity, an invoice; a plan and a feature of the catalog."""

    api: Api
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def id(self) -> str:
        return self.values["customer_id"]

    def rename(self) -> None:
        self.api("customers.update", customer_id=self.id, name="Renamed")


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Shop:
    api = Ledgers(app, store).sandbox()
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    item = {"feature_id": "messages", "included": 500, "reset": MONTH}
    seats = {"feature_id": "seats", "included": 1, "price": {"amount": 10, "billing_method": "prepaid", **MONTH}}
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTH}, items=[item, seats])
    api("plans.create", plan_id="team", name="Team", price={"amount": 50, **MONTH}, items=[item])
    api("plans.create", plan_id="extra", name="Extra", add_on=True, price={"amount": 5, **MONTH}, items=[])
    desk = Desk(app, store, api.ledger_id)
    return Shop(api, desk, desk.browser(UserRole.ADMIN, "ada"))


@pytest.fixture
def thing(shop: Shop) -> Thing:
    api, number = shop.api, next(NUMBERS)
    key, plan_id, feature_id = f"acme-{number}", f"plan-{number}", f"feature-{number}"
    api("customers.get_or_create", customer_id=key, name="Acme", metadata={"tier": "gold"})
    api("billing.attach", customer_id=key, plan_id="pro", feature_quantities=[{"feature_id": "seats", "quantity": 3}])
    api("entities.create", customer_id=key, entity_id="north", name="North", feature_id="seats")
    api("customers.update", customer_id=key, metadata={"tier": "gold", "payment_method": "pm_declined"})
    line = {"amount": 30, "description": "Consulting"}
    api("invoices.create", customer_id=key, custom_line_items=[line], issue_method="finalize")
    limits = [{"feature_id": "messages", "limit": 5, "interval": "day"}]
    for operation, whose in (("customers.update", {}), ("entities.update", {"entity_id": "north"})):
        api(operation, customer_id=key, **whose, billing_controls={"usage_limits": limits})
    api("balances.track", customer_id=key, feature_id="messages", value=1)
    api("features.create", feature_id=feature_id, name="Mails", type="metered")
    api("plans.create", plan_id=plan_id, name="Basic", price={"amount": 9, **MONTH}, items=[])
    used = api.get(f"/v1/customers/{key}/timeline?kind=usage.recorded")["list"][0]["position"]
    invoice = api("invoices.list", customer_id=key)["list"][0]["id"]
    held = api("customers.get", customer_id=key)["subscriptions"][0]["id"]
    named = {"customer_id": key, "subscription_id": held, "invoice_id": invoice, "position": str(used)}
    return Thing(api, {**named, "plan_id": plan_id, "feature_id": feature_id})


Meanwhile = Callable[[Thing], Any]
Fields = Mapping[str, str] | Callable[[Thing], Mapping[str, str]]


class Case(NamedTuple):
    """A sheet by its route, what is written into it, what happens meanwhile, and how both are told."""

    route: str
    fields: Fields
    meanwhile: Meanwhile
    beside: tuple[str, str, str]
    path: str = ""
    before: Meanwhile = lambda _thing: None
    confirm: bool = True

    def address(self, thing: Thing) -> str:
        return re.sub(r"<(\w+)>", lambda match: thing[match[1]], self.path or self.route)

    def written(self, thing: Thing) -> dict[str, str]:
        return dict(self.fields(thing) if callable(self.fields) else self.fields)


ONE, HELD = "/customers/<customer_id>", "/customers/<customer_id>/plans/<subscription_id>"
INVOICE = f"{ONE}/invoices/<invoice_id>/<action>"
CONTROL = f"{ONE}/controls/<kind>/<which>"
RENAMED = ("Name", "Acme", "Renamed")


def known(thing: Thing) -> dict[str, str]:
    """What stands in the form of a customer."""
    properties = {"key.0": "tier", "value.0": "gold", "key.1": "payment_method", "value.1": "pm_declined"}
    return {"name": "Acme", "id": thing.id, "email": "", "fingerprint": "", **properties}


def cancel(thing: Thing) -> None:
    thing.api("billing.update", customer_id=thing.id, plan_id="pro", cancel_action="cancel_end_of_cycle")


def owing(thing: Thing) -> None:
    """A balance by hand that owes 10."""
    granted = {"customer_id": thing.id, "feature_id": "messages", "balance_id": "gift"}
    thing.api("balances.create", **granted, included_grant=10)
    thing.api("balances.update", **granted, usage=20)


def used_three(thing: Thing) -> None:
    thing.api("balances.track", customer_id=thing.id, feature_id="messages", value=3)


def attach_extra(thing: Thing, **whose: str) -> None:
    thing.api("customers.update", customer_id=thing.id, metadata={"payment_method": "pm_card_visa"})
    thing.api("billing.attach", customer_id=thing.id, plan_id="extra", **whose)


def credit(thing: Thing) -> None:
    thing.api("invoices.issue_credit_note", invoice_id=thing["invoice_id"], amount=5)


def limit(thing: Thing, **whose: str) -> None:
    operation = "entities.update" if whose else "customers.update"
    limits = [{"feature_id": "messages", "limit": 7, "interval": "day"}]
    thing.api(operation, customer_id=thing.id, **whose, billing_controls={"usage_limits": limits})


def listened(thing: Thing) -> str:
    return "\n".join(thing.api("features.get", feature_id=thing["feature_id"])["event_names"])


def in_three_days() -> str:
    return (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")


LIMITED = ("Usage limit 1", "Messages: at most 5 a day", "Messages: at most 7 a day")
OWED = ("Owed", "$30.00", "$25.00")
CASES = (
    Case(f"{ONE}/attach", {"plan": "extra", "collection": "none"}, Thing.rename, RENAMED),
    Case(
        f"{ONE}/attach-several",
        {"part.0.plan": "extra", "part.1.plan": "team", "proration": "bill_difference"},
        Thing.rename,
        RENAMED,
        before=lambda thing: thing.api(
            "customers.update", customer_id=thing.id, metadata={"payment_method": "pm_card_visa"}
        ),
    ),
    Case(
        f"{ONE}/schedule",
        {"phase.0.plan": "pro", "phase.1.plan": "team", "phase.1.starts_on": "2100-02-01"},
        Thing.rename,
        RENAMED,
    ),
    Case(f"{HELD}/change", {"plan": "team", "collection": "none"}, Thing.rename, RENAMED),
    Case(f"{HELD}/update", {"quantity.seats": "5", "collection": "none"}, Thing.rename, RENAMED),
    Case(f"{HELD}/cancel", {"action": "cancel_immediately", "refund": "none"}, Thing.rename, RENAMED),
    Case(f"{HELD}/uncancel", {}, Thing.rename, RENAMED, before=cancel),
    Case(
        f"{ONE}/balances/<feature_id>",
        {"action": "set", "amount": "50", "reason": "Agreed"},
        lambda thing: thing.api("balances.track", customer_id=thing.id, feature_id="messages", value=3),
        ("Messages, now", "499 of 500", "496 of 500"),
        path=f"{ONE}/balances/messages",
    ),
    Case(
        f"{ONE}/balances/<feature_id>/use",
        {"value": "5", "reason": "Lost by the importer"},
        used_three,
        ("Messages, now", "499 of 500", "496 of 500"),
        path=f"{ONE}/balances/messages/use",
    ),
    Case(
        f"{ONE}/balances/<feature_id>/recalculate",
        {"reason": "Packs beside each other"},
        used_three,
        ("Pro", "499 of 500 → 489 of 500", "496 of 500 → 486 of 500"),
        path=f"{ONE}/balances/messages/recalculate",
        before=owing,
    ),
    Case(
        f"{ONE}/balances/<feature_id>/delete",
        {"source": "gift", "reason": "Granted in error"},
        Thing.rename,
        RENAMED,
        path=f"{ONE}/balances/messages/delete",
        before=owing,
    ),
    Case(f"{ONE}/events/<position>/void", {"reason": "Twice"}, Thing.rename, RENAMED),
    Case(f"{ONE}/edit", lambda thing: {**known(thing), "name": "Acme Ltd"}, Thing.rename, RENAMED, confirm=False),
    Case(f"{ONE}/delete", lambda thing: {"typed": thing.id}, attach_extra, ("Plans held", "Pro", "Pro, Extra"),
         confirm=False),
    Case(f"{ONE}/delete-entity", {"typed": "north", "entity": "north"},
         lambda thing: attach_extra(thing, entity_id="north"), ("Plans held", "–", "Extra"),
         path=f"{ONE}/delete-entity?entity=north", confirm=False),
    Case(f"{ONE}/new-entity", {"id": "south", "feature": "seats"}, Thing.rename, RENAMED, confirm=False),
    Case(f"{ONE}/clock", lambda _thing: {"to": in_three_days()}, Thing.rename, RENAMED),
    Case(f"{ONE}/new-balance", {"feature": "messages", "amount": "5"}, Thing.rename, RENAMED, confirm=False),
    Case(CONTROL, {"feature_id": "messages", "limit": "9", "interval": "day", "anchor": "billing_cycle",
                   "enabled": "1"}, limit, LIMITED, path=f"{ONE}/controls/usage_limits/0", confirm=False),
    Case(CONTROL, {"remove": "1"}, limit, LIMITED, path=f"{ONE}/controls/usage_limits/0", confirm=False),
    Case(CONTROL, {"feature_id": "messages", "limit": "9", "interval": "day", "anchor": "billing_cycle",
                   "enabled": "1", "entity": "north"}, lambda thing: limit(thing, entity_id="north"), LIMITED,
         path=f"{ONE}/controls/usage_limits/0?entity=north", confirm=False),
    Case(INVOICE, {}, credit, OWED, path=INVOICE.replace("<action>", "void"), confirm=False),
    Case(INVOICE, {}, credit, OWED, path=INVOICE.replace("<action>", "write_off"), confirm=False),
    Case(INVOICE, {"amount": "10", "destination": "customer_balance"}, credit, OWED,
         path=INVOICE.replace("<action>", "credit"), confirm=False),
    Case(
        "/plans/<plan_id>/edit",
        lambda thing: plan_fields(thing.api, thing["plan_id"], name="Basic and more"),
        lambda thing: thing.api("plans.update", plan_id=thing["plan_id"], price={"amount": 11, **MONTH}),
        ("Price", "$9.00 per month", "$11.00 per month"),
    ),
    Case(
        "/plans/<plan_id>/archive",
        {},
        lambda thing: thing.api("plans.update", plan_id=thing["plan_id"], name="Renamed"),
        ("Name", "Basic", "Renamed"),
        confirm=False,
    ),
    Case(
        "/features/<feature_id>/edit",
        lambda thing: {"name": "Letters", "type": "metered", "event_names": listened(thing)},
        lambda thing: thing.api("features.update", feature_id=thing["feature_id"], event_names=["mail.sent"]),
        ("Names of events", "–", "mail.sent"),
        confirm=False,
    ),
    Case(
        "/features/<feature_id>/archive",
        {},
        lambda thing: thing.api("features.update", feature_id=thing["feature_id"], name="Letters"),
        ("Name", "Mails", "Letters"),
        confirm=False,
    ),
)  # fmt: skip


def test_every_sheet_there_is_is_among_these() -> None:
    sheets = {route.path for route in (*CHANGES, *CUSTOMER, *CATALOG) if route.method == "POST"}
    assert sheets - NEW_THINGS == {case.route for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=[f"{n} {case.path or case.route}" for n, case in enumerate(CASES)])
def test_a_stale_sheet_shows_both_and_once_confirmed_again_acts_once(shop: Shop, thing: Thing, case: Case) -> None:
    browser, path = shop.admin, case.address(thing)
    case.before(thing)
    written, confirming = case.written(thing), {"confirm": "1"} if case.confirm else {}
    assert browser.get(path).status_code == 200
    if case.confirm or "/credit" in path:
        assert browser.post(path, {**hidden(browser, *CARRIED), **written}).status_code == 200
    case.meanwhile(thing)
    head = shop.api.head()
    assert browser.post(path, {**hidden(browser, *CARRIED), **written, **confirming}).status_code == 409
    assert "changed meanwhile, so nothing was done" in browser.text
    assert_beside(browser, *case.beside)
    assert shop.api.head() == head
    form = {**hidden(browser, *CARRIED), **case.written(thing), **confirming}  # as it stands there now
    assert browser.post(path, form).status_code == 303
    done = shop.api.head()
    assert done > head
    assert browser.post(path, form).status_code == 303  # the same form, sent again
    assert shop.api.head() == done


def test_every_form_there_is_is_sent_twice_here() -> None:
    forms = {route.path for room in ROOMS for route in room.ROUTES if route.method == "POST"}
    assert forms == {case.route for case in CASES} | NEW_THINGS | OTHERS.keys() | {"/sign-out"}


@pytest.fixture(scope="module")
def others(shop: Shop) -> dict[str, str]:
    """What stands for the names in the paths of the other forms."""
    user = shop.desk.user("somebody", UserRole.VIEWER, None)
    key = create_key(shop.desk.store, shop.api.ledger_id, "a key", Role.READ, by=TESTER)
    view = shop.api("views.create", name="A view", query="plan=pro")
    return {"user_id": user.user_id, "key_id": key.key.key_id, "view_id": view["id"]}


@pytest.mark.parametrize("route", OTHERS)
def test_any_other_form_that_is_sent_twice_acts_once(shop: Shop, others: Mapping[str, str], route: str) -> None:
    path = re.sub(r"<(\w+)>", lambda match: others[match[1]], route)
    assert shop.admin.get(path).status_code == 200
    form = {**hidden(shop.admin, *CARRIED), **OTHERS[route]}
    assert shop.admin.post(path, form).status_code in (200, 303)
    head = shop.api.head()
    assert shop.admin.post(path, form).status_code < 500
    assert shop.api.head() == head


@pytest.mark.parametrize("noun", ["plan", "feature"])
def test_a_new_thing_that_is_sent_twice_is_made_once(shop: Shop, noun: str) -> None:
    path, thing_id = f"/new/{noun}", f"twice-{noun}"
    shop.admin.get(path)
    form = {**hidden(shop.admin, *CARRIED), "name": "Twice", f"{noun}_id": thing_id, "type": "metered"}
    assert shop.admin.post(path, form).status_code == 303
    head = shop.api.head()
    assert shop.admin.post(path, form).status_code == 303
    assert shop.api.head() == head


def test_what_somebody_left_alone_stays_as_somebody_else_made_it(shop: Shop, thing: Thing) -> None:
    browser, path = shop.admin, f"/customers/{thing.id}/edit"
    browser.get(path)
    written = {**known(thing), "email": "ap@acme.example", "key.2": "mine", "value.2": "1"}
    thing.api("customers.update", customer_id=thing.id, name="Renamed", metadata={"tier": "silver", "theirs": "2"})
    assert browser.post(path, {**hidden(browser, *CARRIED), **written}).status_code == 409
    assert 'name="name" type="text" value="Renamed"' in browser.text
    assert 'name="email" type="text" value="ap@acme.example"' in browser.text
    shown = dict(re.findall(r'name="((?:key|value)\.\d+)" value="([^"]*)"', browser.last_raw()))
    sent = {**hidden(browser, *CARRIED), **shown, "name": "Renamed", "id": thing.id, "email": "ap@acme.example"}
    assert browser.post(path, {**sent, "fingerprint": ""}).status_code == 303
    found = thing.api("customers.get", customer_id=thing.id)
    assert (found["name"], found["email"]) == ("Renamed", "ap@acme.example")
    assert found["metadata"] == {"tier": "silver", "theirs": "2", "mine": "1"}


def test_a_form_that_comes_back_for_another_reason_still_knows_what_it_showed(shop: Shop, thing: Thing) -> None:
    browser, path = shop.admin, f"/customers/{thing.id}/edit"
    browser.get(path)
    thing.rename()
    assert browser.post(path, {**hidden(browser, *CARRIED), **known(thing), "email": "nowhere"}).status_code == 409
    assert_beside(browser, *RENAMED)
    assert thing.api("customers.get", customer_id=thing.id)["name"] == "Renamed"


def test_an_edit_of_the_newest_version_goes_on_from_the_one_that_is_newest_by_now(shop: Shop, thing: Thing) -> None:
    browser, plan_id, api = shop.admin, thing["plan_id"], thing.api
    path, written = f"/plans/{plan_id}/edit", plan_fields(api, plan_id, name="Basic and more")
    browser.get(path)
    browser.post(path, {**hidden(browser, *CARRIED), **written})
    api("plans.update", plan_id=plan_id, price={"amount": 12, **MONTH}, force_version=True)
    assert browser.post(path, {**hidden(browser, *CARRIED), **written, "confirm": "1"}).status_code == 409
    assert_beside(browser, "Newest version", "1", "2")
    again = {**hidden(browser, *CARRIED), **plan_fields(api, plan_id, name="Basic and more"), "confirm": "1"}
    assert browser.post(path, again).status_code == 303
    newest = api("plans.get", plan_id=plan_id)
    assert (newest["version"], newest["name"], newest["price"]["amount"]) == (2, "Basic and more", 12)
    assert api("plans.get", plan_id=plan_id, version=1)["price"]["amount"] == 9


def test_whoever_archives_what_was_archived_meanwhile_does_not_offer_it_again(shop: Shop, thing: Thing) -> None:
    browser, path = shop.admin, f"/features/{thing['feature_id']}/archive"
    browser.get(path)
    thing.api("features.update", feature_id=thing["feature_id"], archived=True)
    for status in (409, 303):
        assert browser.post(path, hidden(browser, *CARRIED)).status_code == status
    assert thing.api("features.get", feature_id=thing["feature_id"])["archived"]


def race(shop: Shop, path: str, written: Mapping[str, str], **confirming: str) -> list[int]:
    """What three people are answered who opened a sheet at the same time and confirm it at the same time."""
    number = next(NUMBERS)
    people = [shop.desk.browser(UserRole.ADMIN, f"{name}-{number}") for name in ("ben", "cleo", "dan")]
    forms = []
    for each in people:
        each.get(path)
        if confirming:
            each.post(path, {**hidden(each, *CARRIED), **written})
        forms.append({**hidden(each, *CARRIED), **written, **confirming})
    with ThreadPoolExecutor(3) as threads:
        answers = threads.map(lambda each: each[0].post(path, each[1]).status_code, zip(people, forms, strict=True))
    return sorted(answers)


def test_of_three_who_save_a_plan_at_once_two_are_shown_what_the_third_did(shop: Shop, thing: Thing) -> None:
    written = plan_fields(thing.api, thing["plan_id"], **{"price.amount": "15"})
    assert race(shop, f"/plans/{thing['plan_id']}/edit", written, confirm="1") == [303, 409, 409]


def test_of_three_who_change_a_customer_at_once_two_are_shown_what_the_third_did(shop: Shop, thing: Thing) -> None:
    assert race(shop, f"/customers/{thing.id}/edit", {**known(thing), "name": "Acme Ltd"}) == [303, 409, 409]


def test_of_three_who_limit_an_entity_at_once_two_are_shown_what_the_third_did(shop: Shop, thing: Thing) -> None:
    written = {"feature_id": "messages", "limit": "9", "interval": "day", "enabled": "1", "entity": "north"}
    path = f"/customers/{thing.id}/controls/usage_limits/0?entity=north"
    assert race(shop, path, {**written, "anchor": "billing_cycle"}) == [303, 409, 409]


@pytest.mark.parametrize(
    "seen", ["", "[]", "{", '["a",[],[],{"name":5}]', '["",[],[],{"items.0.price":"x"}]', "9" * 500_000]
)
def test_a_mark_that_is_none_of_ours_lets_nothing_happen(shop: Shop, thing: Thing, seen: str) -> None:
    head = shop.api.head()
    for path, written in (
        (f"/customers/{thing.id}/edit", {**known(thing), "name": "Acme Ltd"}),
        (f"/plans/{thing['plan_id']}/edit", plan_fields(thing.api, thing["plan_id"], name="More")),
        (f"/features/{thing['feature_id']}/edit", {"name": "Letters", "type": "metered"}),
        (f"/features/{thing['feature_id']}/archive", {"archived": "1"}),
    ):
        shop.admin.get(path)
        form = {**hidden(shop.admin, *CARRIED), **written, "seen": seen, "confirm": "1"}
        assert shop.admin.post(path, form).status_code in (200, 409)
    assert shop.api.head() == head


def test_a_form_that_comes_back_saying_something_else_is_another_one(shop: Shop, thing: Thing) -> None:
    browser, path = shop.admin, f"/customers/{thing.id}/new-balance"
    browser.get(path)
    form = {**hidden(browser, *CARRIED), "feature": "messages", "amount": "5", "balance_id": "gift"}
    assert browser.post(path, form).status_code == 303
    head = shop.api.head()
    assert browser.post(path, {**form, "amount": "7", "balance_id": "other"}).status_code == 200
    assert "sent before, and said something else then" in browser.text
    assert shop.api.head() == head
    again = {**form, **hidden(browser, *CARRIED), "amount": "7", "balance_id": "other"}
    assert browser.post(path, again).status_code == 303
