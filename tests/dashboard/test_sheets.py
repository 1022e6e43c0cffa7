"""Every sheet, as its routes list them: stale it does nothing and shows both, confirmed once more it does what was
written, and sent again it acts no second time.
"""

import re
from collections.abc import Callable, Mapping
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
from tests.api.client import TESTER
from tests.dashboard.attaching import assert_beside
from tests.dashboard.edited import CARRIED, MONTH, RENAMED, Shop, Thing, known, new_thing, open_shop
from tests.dashboard.offered import fields as plan_fields
from tests.dashboard.test_changing import hidden

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


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Shop:
    return open_shop(app, store)


@pytest.fixture
def thing(shop: Shop) -> Thing:
    return new_thing(shop)


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
