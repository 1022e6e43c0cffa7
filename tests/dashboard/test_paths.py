"""Whatever an id is made of, what it names has a page, and every link to it leads there."""

import re
from urllib.parse import unquote

import pytest
from flask import Flask

from api.dashboard.paths import customer_path, id_of, segment
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers, catalog
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_changing import hidden

IDS = [
    "a/b", "a/b/attach", "new", "new?x=1", "100%", "50%2F50", "%41", ".", "..", "#7", "sp ace", "ü-日本", "a\\b", "a;b",
    "a+b", '"\'&<b>',
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> tuple[Desk, Api]:
    api = Ledgers(app, store).sandbox()
    catalog(api)
    for each in IDS:
        api("customers.get_or_create", customer_id=each, name=f"Name of {each}")
    return Desk(app, store, api.ledger_id), api


@pytest.fixture(scope="module")
def browser(shop: tuple[Desk, Api]) -> Browser:
    return shop[0].browser(UserRole.ADMIN, "paths")


def links(browser: Browser, beginning: str) -> list[str]:
    """Where the links of the page lead that begin so, as they were sent."""
    found = re.findall(r'href="([^"?#]+)', browser.last_raw())
    return [each for each in dict.fromkeys(found) if each.startswith(beginning)]


def test_the_list_leads_to_every_customer(browser: Browser) -> None:
    browser.get("/customers?limit=100")
    reached = []
    for link in links(browser, "/customers/"):
        answer = browser.get(link)
        title = re.search(r"<h1[^>]*>(.*?)</h1>", browser.text, re.DOTALL)
        reached += [
            each for each in IDS if title and f"Name of {each}" == title[1].strip() and answer.status_code == 200
        ]
    assert sorted(reached) == sorted(IDS)


@pytest.mark.parametrize("customer_id", ["a/b", "new", "50%2F50", ".."])
def test_sheets_and_what_they_do_keep_to_the_customer(
    browser: Browser, shop: tuple[Desk, Api], customer_id: str
) -> None:
    page = customer_path(customer_id)
    browser.get(page)
    assert f"{page}/attach" in links(browser, page)
    browser.get(f"{page}/attach?plan=pro")
    assert f'action="{page}/attach"' in browser.last_raw()
    browser.get(f"{page}/edit")
    sent = browser.post(
        f"{page}/edit", {**hidden(browser, "once", "seen"), "name": "Another", "id": customer_id, "reason": "asked"}
    )
    assert (sent.status_code, sent.headers.get("Location")) == (303, page)
    assert shop[1]("customers.get", customer_id=customer_id)["name"] == "Another"


@pytest.mark.parametrize("plan_id", ["team/eu", "100%"])
def test_a_plan_is_read_and_edited(browser: Browser, shop: tuple[Desk, Api], plan_id: str) -> None:
    shop[1]("plans.create", plan_id=plan_id, name="Slashed", price={"amount": 5, "interval": "month"})
    browser.get("/plans")
    page = f"/plans/{segment(plan_id)}"
    assert page in links(browser, "/plans/")
    assert browser.get(page).status_code == 200
    assert browser.get(f"{page}/edit").status_code == 200
    assert f'action="{page}/edit"' in browser.last_raw()


@pytest.mark.parametrize(
    "path", ["/customers/%00", "/customers/a%00b/attach", "/plans/%00", "/timeline?customer_id=%00"]
)
def test_what_no_id_can_be_is_nothing_here(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code in (400, 404)


def test_no_customer_is_made_or_looked_for_by_it(browser: Browser) -> None:
    browser.get("/customers/new")
    refused = browser.post("/customers/new", {"id": "a\0b", "name": "\0", "email": ""})
    assert refused.status_code == 400
    assert browser.last_raw().count('aria-invalid="true"') == 2


@pytest.mark.parametrize("text", IDS)
def test_a_part_of_a_path_and_the_id_are_the_two_directions(text: str) -> None:
    assert id_of(unquote(segment(text))) == text
    assert segment("cus_42-x.y") == "cus_42-x.y"
