"""The past on the pages: a customer and the list as they stood, read only, with a way back."""

import re
from typing import NamedTuple
from urllib.parse import quote

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_activity import drawn
from tests.dashboard.test_customer_page import MONTHLY, plain, section

JANUARY = {"Tallystick_Now": "2026-01-10T09:00:00Z"}
MARCH = {"Tallystick_Now": "2026-03-05T09:00:00Z"}


class Shop(NamedTuple):
    """Acme began on Basic in January and went to Pro in March; `early` is the position before it did."""

    api: Api
    viewer: Browser
    finance: Browser
    early: int
    first: int


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Shop:
    api = Ledgers(app, store).sandbox()
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    for plan, amount in (("basic", 5), ("pro", 20)):
        items = [{"feature_id": "messages", "included": amount * 10, "reset": MONTHLY}]
        api("plans.create", plan_id=plan, name=plan.title(), price={"amount": amount, **MONTHLY}, items=items)
    api("customers.get_or_create", JANUARY, customer_id="acme", name="Acme", email="ap@acme.example")
    first = head(api)
    api("entities.create", JANUARY, customer_id="acme", entity_id="team-a", name="Team A", feature_id="seats")
    api("billing.attach", JANUARY, customer_id="acme", plan_id="basic")
    api("balances.track", JANUARY, customer_id="acme", feature_id="messages", value=20)
    early = head(api)
    api("customers.update", MARCH, customer_id="acme", name="Acme Holding")
    api("billing.attach", MARCH, customer_id="acme", plan_id="pro")
    api("entities.create", MARCH, customer_id="acme", entity_id="team-b", name="Team B", feature_id="seats")
    api("customers.get_or_create", customer_id="late", name="Late Ltd")
    desk = Desk(app, store, api.ledger_id)
    viewer, finance = (desk.browser(role, role.value) for role in (UserRole.VIEWER, UserRole.FINANCE))
    return Shop(api, viewer, finance, early, first)


def head(api: Api) -> int:
    return int(api.get("/v1/timeline?limit=1")["list"][0]["position"])


def then(position: int) -> str:
    return f"as_of=position%3A{position}"


def test_a_customer_is_shown_as_it_was_known_at_a_position(shop: Shop) -> None:
    assert shop.finance.get(f"/customers/acme?{then(shop.early)}").status_code == 200
    assert re.search(r"<h1>Acme\s*</h1>", shop.finance.text)
    assert "Basic" in section(shop.finance, "plans")
    assert "Pro" not in section(shop.finance, "plans")
    assert "20 of 50" in section(shop.finance, "usage")
    assert "Team B" not in shop.finance.text
    assert "Acme Holding" not in section(shop.finance, "timeline")


def test_a_customer_is_shown_as_it_stood_on_a_day_with_what_had_fallen_due_by_then(shop: Shop) -> None:
    shop.viewer.get("/customers/acme?at=2026-02-15")
    assert "Basic" in section(shop.viewer, "plans")
    assert "0 of 50" in section(shop.viewer, "usage")
    assert section(shop.viewer, "invoices").count("$5.00") == 3  # two months, and the next one
    shown = [each["total"] for each in shop.api.get("/v1/customers/acme/invoices?at=2026-02-15")["list"]]
    assert shown == [5, 5]


def test_the_banner_says_which_moment_it_is_and_leads_back(shop: Shop) -> None:
    shop.viewer.get(f"/customers/acme?entity=team-a&{then(shop.early)}&at=2026-01-20")
    banner = re.search(
        r'<div class="past".*?</div>\s*</div>|<div class="past".*?Back to now', shop.viewer.text, re.DOTALL
    )
    assert banner is not None
    assert "The past, read only. How it stood at 20 Jan 2026, 00:00 UTC" in plain(banner[0])
    assert f"#{shop.early}" in banner[0]
    back = re.search(r'<a class="button first" href="([^"]+)">Back to now', shop.viewer.text)
    assert back is not None
    assert back[1] == "/customers/acme?entity=team-a"


def test_nothing_of_the_past_can_be_changed(shop: Shop) -> None:
    shop.finance.get(f"/customers/acme?{then(shop.early)}")
    for words in ("Attach plan", "New balance", "Add control", "Add entity", "Edit", "Void this"):
        assert words not in plain(shop.finance.text), words
    assert "data-live" not in shop.finance.text
    sent = {"name": "Forged", "once": "1", "seen": ""}
    answer = shop.finance.post(f"/customers/acme/edit?{then(shop.early)}", sent)
    assert answer.status_code == 400
    assert "The past takes no change" in shop.finance.text
    assert shop.api("customers.get", customer_id="acme")["name"] == "Acme Holding"


def test_every_link_on_it_stays_in_the_past_and_every_sheet_says_so(shop: Shop) -> None:
    shop.finance.get(f"/customers/acme?{then(shop.early)}")
    links = set(re.findall(r'href="(/customers/acme/[^"]+|/files/v1/customers[^"]+)"', shop.finance.text))
    assert links
    assert [each for each in links if "as_of=position" not in each] == []
    sheets = [each for each in links if each.startswith("/customers/")]
    for each in sheets:
        assert shop.finance.get(each).status_code == 200, each
        assert "<b>The past.</b>" in shop.finance.text, each
        assert "Acme Holding" not in shop.finance.text, each
    for each in links - set(sheets):
        assert shop.finance.get(each).status_code == 200, each


def test_the_form_makes_an_address_to_share(shop: Shop) -> None:
    answer = shop.viewer.get("/customers/acme?entity=&known_on=&position=7&stood_on=2026-01-20")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/customers/acme?entity=&as_of=position%3A7&at=2026-01-20"


@pytest.mark.parametrize("path", ["/customers/acme", "/customers"])
@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ("as_of=nonsense", "known_on", "is no moment"),
        ("as_of=2999-01-01", "known_on", "still to come"),
        ("as_of=position:999999", "position", "still to come"),
        ("as_of=position:0", "position", "positions begin at 1"),
        ("at=2026-13-45", "stood_on", "is no moment"),
        ("at=position:7", "stood_on", "must be an instant"),
        ("as_of=" + "9" * 80, "known_on", "1 to 64 characters"),
        ("as_of=2026-01-01&as_of=2026-01-02", "known_on", "more than once"),
        ("as_of=2026-01-01 position:7", "known_on", "is no moment"),
        ("as_of=" + quote("<b>"), "known_on", "is no moment"),
    ],
)
def test_what_is_no_moment_is_said_beside_its_field(shop: Shop, path: str, asked: str, field: str, says: str) -> None:
    answer = shop.viewer.get(f"{path}?{asked}")
    assert answer.status_code in (400, 404)
    said = re.search(rf'<p class="wrong" id="{field}-said"[^>]*>([^<]*(?:<b>)?[^<]*)', shop.viewer.text)
    assert said is not None
    assert says in said[1]
    assert "Acme Holding" not in shop.viewer.text
    assert "<b>'" not in answer.text


def test_a_customer_that_was_not_there_then_is_said_so_with_a_way_back(shop: Shop) -> None:
    assert shop.viewer.get(f"/customers/late?{then(shop.early)}").status_code == 404
    assert "Not there then" in shop.viewer.text
    assert '<a href="/customers/late">Back to now</a>' in shop.viewer.text
    assert shop.viewer.get(f"/customers/acme?entity=team-b&{then(shop.early)}").status_code == 404
    assert "Not there then" in shop.viewer.text


def test_the_list_is_shown_as_it_was_known_and_leads_to_customers_of_then(shop: Shop) -> None:
    assert shop.finance.get(f"/customers?{then(shop.early)}").status_code == 200
    rows = plain(re.findall(r"<tbody>.*?</tbody>", shop.finance.text, re.DOTALL)[0])
    assert "Acme" in rows
    assert "Basic" in rows
    assert "Late Ltd" not in rows
    assert "Acme Holding" not in rows
    assert f'href="/customers/acme?{then(shop.early)}"' in shop.finance.text
    assert f"/files/v1/customers?format=csv&{then(shop.early)}" in shop.finance.text
    assert "New customer" not in shop.finance.text
    assert '<a class="button first" href="/customers">Back to now</a>' in shop.finance.text


def test_filters_of_the_list_stay_at_their_moment_and_views_keep_none(shop: Shop) -> None:
    shop.finance.get(f"/customers?plan=basic&{then(shop.early)}")
    assert "Acme" in plain(re.findall(r"<tbody>.*?</tbody>", shop.finance.text, re.DOTALL)[0])
    assert f'<input type="hidden" name="as_of" value="position:{shop.early}">' in shop.finance.text
    save = re.search(r'href="(/views/new[^"]+)"', shop.finance.text)
    assert save is not None
    assert "as_of" not in save[1]
    shop.finance.get(f"/customers?plan=pro&{then(shop.early)}")
    assert "No customer is like that" in shop.finance.text


def test_the_list_of_a_moment_before_everybody_says_so(shop: Shop) -> None:
    shop.viewer.get(f"/customers?{then(shop.first - 2)}")
    assert "There was no customer yet" in shop.viewer.text


def test_a_balance_of_then_is_shown_and_sorted_by(shop: Shop) -> None:
    shop.viewer.get(f"/customers?feature=messages&sort=remaining&{then(shop.early)}")
    assert "30 of 50" in plain(shop.viewer.text)


def test_an_entry_of_the_timeline_leads_to_its_customer_as_it_was_known_then(shop: Shop) -> None:
    shop.viewer.get(f"/timeline?position={shop.early}")
    assert f'href="/customers/acme?{then(shop.early)}"' in shop.viewer.text
    assert shop.viewer.get(f"/customers/acme?{then(shop.early)}").status_code == 200


def test_a_range_of_the_past_ends_at_the_moment_by_the_clock_of_its_customer(shop: Shop) -> None:
    """Acme's clock stood on 10 January, when it used 20 messages."""
    for days in ("range=24h", "range=30d", "range=1bc", "range=custom&from=2026-01-10&to=2026-01-10"):
        shop.viewer.get(f"/usage?customer_id=acme&{days}&{then(shop.early)}")
        assert drawn(shop.viewer) == {"Messages": {"Messages": 20}}, days
