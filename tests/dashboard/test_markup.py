"""Markup that somebody wrote, wherever one may write, is text on every page that shows it."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from api.dashboard.route import Route
from api.dashboard.routes import ROOMS
from api.keys import create_key
from ledger.core.access import UserRole
from ledger.core.settings import Role
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api, Ledgers
from tests.dashboard.conftest import Browser, Desk

MARKUP = "<img src=x onerror=alert(1)>\"'&amp;"
ATTRIBUTE = re.compile(r"[a-z][a-z0-9:-]*", re.IGNORECASE)
STREAMS = {"/live"}
PAGES = [route for room in ROOMS for route in room.ROUTES if route.method == "GET" and route.path not in STREAMS]


def text(where: str) -> str:
    """Markup that says where it was written."""
    return f"{where} {MARKUP}"


@pytest.fixture(scope="module")
def desk(app: Flask, store: Store) -> Desk:
    return Desk(app, store, Ledgers(app, store).sandbox().ledger_id)


@pytest.fixture(scope="module")
def values(desk: Desk) -> dict[str, str]:
    """A ledger in which everything is called something with markup; what stands for the names in a path."""
    secret = create_key(desk.store, desk.ledger_id, text("key"), Role.ADMIN, by=TESTER).secret
    api = Api(desk.app, desk.store, desk.ledger_id, secret, {"Tallystick-Reason": text("reason")})
    return {**write(api), "at": "1", "position": "1", "action": "void", "kind": "spend_limits", "which": "0"}


def write(api: Api) -> dict[str, str]:
    api("features.create", feature_id="seats", name=text("seats"), type="metered", consumable=False)
    api("features.create", feature_id="messages", name=text("feature"), type="metered", consumable=True)
    item = {"feature_id": "messages", "included": 500, "reset": {"interval": "month"}}
    plan: dict[str, Any] = {"plan_id": text("plan id"), "name": text("plan"), "description": text("description")}
    api("plans.create", **plan, price={"amount": 20, "interval": "month"}, items=[item])
    metadata = {text("property"): text("value")}
    customer = api("customers.get_or_create", customer_id=text("id"), name=text("customer"), metadata=metadata)
    customer_id = customer["id"]
    api("billing.attach", customer_id=customer_id, plan_id=plan["plan_id"])
    api("balances.create", customer_id=customer_id, feature_id="seats", included_grant=5)
    api(
        "entities.create", customer_id=customer_id, entity_id=text("entity id"), name=text("entity"), feature_id="seats"
    )
    api("balances.track", customer_id=customer_id, feature_id="messages", value=3, properties=metadata)
    api("balances.update", customer_id=customer_id, feature_id="messages", add_to_balance=25)
    line = {"amount": 12, "description": text("line")}
    api("invoices.create", customer_id=customer_id, custom_line_items=[line])
    view = api("views.create", name=text("view"), query="status=active")
    invoice = api.get(f"/v1/customers/{customer['internal_id']}/invoices")["list"][0]
    subscription = api("customers.get", customer_id=customer_id)["subscriptions"][0]
    return {
        "customer_id": customer["internal_id"],
        "subscription_id": subscription["id"],
        "invoice_id": invoice["id"],
        "view_id": view["id"],
        "plan_id": plan["plan_id"],
        "feature_id": "messages",
    }


@pytest.fixture(scope="module")
def browser(desk: Desk, values: dict[str, str]) -> Browser:
    browser = desk.browser(UserRole.ADMIN, text("user"))
    browser.get("/users")
    user = re.search(r'href="/users/(user_[0-9a-f]+)/role"', browser.last_raw())
    browser.get("/keys")
    key = re.search(r'href="/keys/(key_[0-9a-f]+)/revoke"', browser.last_raw())
    assert user is not None
    assert key is not None
    values |= {"user_id": user[1], "key_id": key[1]}
    return browser


def address(route: Route, values: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda match: quote(values[match[1]], safe=""), route.path)


class Elements(HTMLParser):
    """What a browser would make of a page: its elements, and what is in it that no template of ours writes."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        runs = tag == "script" and "src" not in names
        ours = all(ATTRIBUTE.fullmatch(name) and not name.startswith("on") and name != "style" for name in names)
        if runs or not ours or ("src", "x") in attrs:
            self.foreign.append(self.get_starttag_text() or tag)


def foreign(page: str) -> list[str]:
    """Elements that markup of somebody else's made."""
    found = Elements()
    found.feed(page)
    found.close()
    return found.foreign


def test_the_test_would_see_it() -> None:
    assert foreign(f"<p>{MARKUP}</p>") == ["<img src=x onerror=alert(1)>"]
    assert len(foreign(f'<p title="{MARKUP}">')) == 1
    assert foreign('<p title="&lt;img src=x onerror=alert(1)&gt;&#34;">') == []


@pytest.mark.parametrize("route", PAGES, ids=[route.path for route in PAGES])
def test_no_page_lets_markup_through(browser: Browser, values: dict[str, str], route: Route) -> None:
    answer = browser.get(address(route, values))
    assert answer.status_code < 500
    assert foreign(answer.text) == []


@pytest.mark.parametrize(
    ("path", "wheres"),
    [
        ("/customers", ["customer", "id", "plan", "view"]),
        ("/customers?columns=name,metadata&feature=messages", ["property", "value", "feature"]),
        ("/customers/{customer_id}", ["customer", "plan", "feature", "entity", "property", "reason"]),
        ("/plans", ["plan"]),
        ("/features", ["feature", "seats"]),
        ("/timeline", ["reason", "user", "plan id"]),
        ("/usage", ["feature"]),
        ("/users", ["user"]),
        ("/keys", ["key"]),
        ("/views/{view_id}", ["view"]),
    ],
)
def test_what_was_written_is_shown_as_it_was_written(
    browser: Browser, values: dict[str, str], path: str, wheres: list[str]
) -> None:
    answer = browser.get(path.format(**values))
    assert answer.status_code == 200
    for where in wheres:
        assert f"{where} &lt;img src=x" in answer.text, where
        assert text(where) in browser.text, where


@pytest.mark.parametrize(
    "asked", ["search", "plan", "status", "metadata.x", "sort", "view", "columns", "cursor", "feature"]
)
def test_what_an_address_says_is_text_too(browser: Browser, asked: str) -> None:
    answer = browser.get(f"/customers?{asked}={MARKUP.replace('&', '%26').replace('#', '%23')}")
    assert answer.status_code < 500
    assert foreign(answer.text) == []


def test_what_a_refused_form_says_is_text_too(browser: Browser) -> None:
    browser.get("/customers/new")
    answer = browser.post("/customers/new", {"name": MARKUP, "id": "", "email": MARKUP, "anyway": MARKUP, "once": "o"})
    assert answer.status_code in (200, 400)
    assert foreign(answer.text) == []
