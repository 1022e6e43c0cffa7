"""The page of one customer and its sheets that are read: plans, use, invoices, controls, and what explains them."""

import re
from decimal import Decimal
from typing import NamedTuple

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from projections.view import View
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk

MARKUP = "<img src=x onerror=alert(1)>\"'&"
BEGUN = {"Tallystick_Now": "2026-01-10T09:00:00Z"}
LATER = {"Tallystick_Now": "2026-01-20T09:00:00Z"}
FEBRUARY = {"Tallystick_Now": "2026-02-12T09:00:00Z"}
MONTHLY = {"interval": "month"}


class Shop(NamedTuple):
    """One ledger that nobody changes, and the browsers of three roles in it."""

    api: Api
    ledgers: Ledgers
    viewer: Browser
    finance: Browser
    admin: Browser


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Shop:
    ledgers = Ledgers(app, store)
    api = ledgers.sandbox()
    catalog(api)
    acme(api)
    others(api)
    desk = Desk(app, store, api.ledger_id)
    browsers = [desk.browser(role, role.value) for role in (UserRole.VIEWER, UserRole.FINANCE, UserRole.ADMIN)]
    return Shop(api, ledgers, *browsers)


def catalog(api: Api) -> None:
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    schema = [{"metered_feature_id": "messages", "credit_cost": Decimal("0.5")}]
    api("features.create", feature_id="credits", name="Credits", type="credit_system", credit_schema=schema)
    beyond = {"amount": Decimal("0.005"), "interval": "month", "billing_method": "usage_based"}
    messages = {"feature_id": "messages", "included": 500, "reset": MONTHLY, "price": beyond}
    ahead = {"amount": 10, "interval": "month", "billing_method": "prepaid"}
    seats = {"feature_id": "seats", "included": 1, "price": ahead}
    limits = {"usage_limits": [{"feature_id": "messages", "limit": 5000, "interval": "day"}]}
    price = {"amount": 20, **MONTHLY}
    items = [messages, seats, {"feature_id": "sso"}]
    api("plans.create", plan_id="pro", name="Pro", price=price, items=items, billing_controls=limits)
    api("plans.create", plan_id="basic", name="Basic", price={"amount": 5, **MONTHLY}, items=[{"feature_id": "sso"}])
    extra = {"feature_id": "messages", "included": 100, "reset": MONTHLY}
    api("plans.create", plan_id="pack", name="Pack", add_on=True, price={"amount": 3, **MONTHLY}, items=[extra])


def acme(api: Api) -> None:
    """On Basic, then on Pro with three seats, with an add-on of a team's, and used beyond what is included."""
    api("customers.get_or_create", BEGUN, customer_id="acme", name="Acme", email="ap@acme.example", fingerprint="fp-1",
        metadata={"tier": "gold", "regions": ["eu", "us"]})  # fmt: skip
    api("billing.attach", BEGUN, customer_id="acme", plan_id="basic")
    seats = [{"feature_id": "seats", "quantity": 3}]
    api("billing.attach", LATER, customer_id="acme", plan_id="pro", feature_quantities=seats)
    api("entities.create", LATER, customer_id="acme", entity_id="team-a", name="Team A", feature_id="seats")
    api("entities.create", LATER, customer_id="acme", entity_id="team-b", name="Team B", feature_id="seats")
    api("billing.attach", LATER, customer_id="acme", entity_id="team-a", plan_id="pack")
    api("balances.create", LATER, customer_id="acme", feature_id="credits", included_grant=40)
    api("balances.track", LATER, customer_id="acme", feature_id="messages", value=620)
    reason = {**FEBRUARY, "Tallystick_Reason": "Goodwill for the outage"}
    api("balances.update", reason, customer_id="acme", feature_id="messages", add_to_balance=25)
    api("billing.update", FEBRUARY, customer_id="acme", plan_id="pack", entity_id="team-a",
        cancel_action="cancel_end_of_cycle")  # fmt: skip
    topup = {"feature_id": "messages", "threshold": 5, "quantity": 50, "enabled": False}
    api("customers.update", FEBRUARY, customer_id="acme", billing_controls={"auto_topups": [topup]})


def others(api: Api) -> None:
    api("customers.get_or_create", customer_id="blank", name="Blank Slate")
    api("customers.get_or_create", customer_id="odd", name=MARKUP, fingerprint=MARKUP, metadata={MARKUP: MARKUP})
    api("entities.create", customer_id="odd", entity_id="e", name=MARKUP, feature_id="seats")
    api("customers.update", customer_id="odd",
        billing_controls={"usage_alerts": [{"name": MARKUP, "threshold": 1, "threshold_type": "usage"}]})  # fmt: skip
    api("customers.get_or_create", customer_id="gone", name="Gone Ltd", email="gone@example.com")
    api("billing.attach", customer_id="gone", plan_id="basic")
    api("customers.delete", customer_id="gone")


def section(browser: Browser, name: str) -> str:
    """One section of the last page, unescaped and without its tags."""
    found = re.search(rf'aria-labelledby="{name}">(.*?)</section>', browser.text, re.DOTALL)
    assert found is not None, name
    return plain(found[1])


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def link(browser: Browser, words: str) -> str:
    """Where the first link with these words leads."""
    found = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>{re.escape(words)}</a>', browser.text)
    assert found is not None, words
    return found[1]


def test_sections_stand_in_their_order(shop: Shop) -> None:
    assert shop.viewer.get("/customers/acme").status_code == 200
    headings = re.findall(r'<h2 id="(\w+)">', shop.viewer.text)
    assert [each for each in headings if each != "analytics"] == ["plans", "usage", "invoices", "controls", "timeline"]


def test_the_header_says_who_it_is_by_every_id(shop: Shop) -> None:
    internal = shop.api("customers.get", customer_id="acme")["internal_id"]
    shop.viewer.get(f"/customers/{internal}")
    for words in ("Acme", 'data-copy="acme"', f'data-copy="{internal}"', 'data-copy="ap@acme.example"', "fp-1"):
        assert words in shop.viewer.text
    assert 'regions</span> ["eu","us"]' in shop.viewer.text


def test_plans_show_scope_price_status_and_what_is_billed_next(shop: Shop) -> None:
    shop.viewer.get("/customers/acme")
    told = section(shop.viewer, "plans")
    assert "Pro 3 Seats Customer $20.00 / month + use" in told
    assert re.search(r"active renews 10 Mar 2026 \$40\.00 on 10 Mar 2026", told), told
    assert re.search(r"Pack add-on Team A \$3\.00 / month canceling ends 10 Mar 2026", told), told
    assert "1 ended plan" in told
    assert re.search(r"Basic Customer \$5\.00 / month expired ended 20 Jan 2026", told), told


def test_the_sheet_of_a_plan_says_everything_about_it(shop: Shop) -> None:
    shop.finance.get("/customers/acme")
    path = link(shop.finance, "Pro")
    part = shop.finance.get(path, HX_Request="true")
    assert (part.status_code, "<html" in part.text) == (200, False)
    told = plain(shop.finance.text)
    for words in (
        "Started 20 Jan 2026, 09:00 UTC",
        "Billing interval every month",
        "Cancellation Not canceled",
        "version 1",
        "Seats 3 –",
        "Messages 500 $0.005 a unit / month, paid as used every month",
        "Single sign-on yes",
    ):
        assert words in told, words
    for verb in ("update", "cancel"):
        assert f'href="{path}/{verb}"' in shop.finance.text
    assert "No. " in told
    shop.viewer.get(path)
    assert f'href="{path}/cancel"' not in shop.viewer.text


def test_the_sheet_of_a_plan_that_ended_says_when(shop: Shop) -> None:
    shop.finance.get("/customers/acme")
    assert shop.finance.get(link(shop.finance, "Basic")).status_code == 200
    told = plain(shop.finance.text)
    assert "Ended 20 Jan 2026, 09:00 UTC (replaced)" in told
    assert "Cancel plan" not in told


@pytest.mark.parametrize("below", ["plans/sub_nothing", "invoices/in_nothing", "upcoming/17", "explain/nothing",
                                   "explain/sso", "controls/usage_limits/7", "controls/shoes/new",
                                   "controls/usage_limits/x", "invoices/in_nothing/pay", "nothing"])  # fmt: skip
def test_what_is_not_there_is_not_found(shop: Shop, below: str) -> None:
    assert shop.finance.get(f"/customers/acme/{below}").status_code == 404


def test_feature_use_has_a_row_a_feature_and_one_below_for_each_source(shop: Shop) -> None:
    shop.viewer.get("/customers/acme")
    told = section(shop.viewer, "usage")
    assert "Credits a credit system" in told
    assert "Costs 0.5 for each of Messages." in told
    assert "also draws on Credits" in told
    assert "Pack for Team A" in told
    assert "Granted by hand" in told
    assert "3 bought" not in told
    assert "1 included, 2 bought" in told
    assert "Flags Single sign-on" in told
    assert re.search(r'<progress class="bar[^>]*max="100" value="\d+" aria-label="\d+ % of Messages used">',
                     shop.viewer.text)  # fmt: skip


def test_the_remaining_number_opens_the_balance_sheet_for_whoever_may_use_it(shop: Shop) -> None:
    shop.finance.get("/customers/acme")
    assert 'class="balance" href="/customers/acme/balances/credits"' in shop.finance.text
    assert 'hx-get="/customers/acme/explain/messages"' in shop.finance.text
    shop.viewer.get("/customers/acme")
    for words in ("/balances/", "/explain/", "/edit", "/delete", "Attach plan", "New balance", "Add control"):
        assert words not in shop.viewer.text


def test_the_changes_of_every_number_add_up_to_it(shop: Shop) -> None:
    shop.finance.get("/customers/acme/explain/messages")
    told = plain(shop.finance.text)
    assert "Goodwill for the outage" in told
    assert re.search(r"#\d+ balance granted|#\d+ balance set", told), told
    for numbers in re.findall(r'<details class="number-of".*?</details>', shop.finance.text, re.DOTALL):
        value = number(re.search(r"<b>(.*?)</b>", numbers)[1])  # type: ignore[index]
        cells = re.findall(r'<td class="number">([^<]*)</td><td class="number">([^<]*)</td></tr>', numbers)
        assert sum(number(change) for change, _ in cells) == value
        assert not cells or number(cells[0][1]) == value


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("+", "").replace("\N{MINUS SIGN}", "-"))


def test_only_finance_and_admin_are_told_where_numbers_come_from(shop: Shop) -> None:
    assert shop.viewer.get("/customers/acme/explain/messages").status_code == 403
    assert shop.admin.get("/customers/acme/explain/messages").status_code == 200


def test_invoices_show_what_comes_and_what_was(shop: Shop) -> None:
    shop.viewer.get("/customers/acme")
    told = section(shop.viewer, "invoices")
    assert re.search(r"Upcoming .*Pro.* upcoming \$\d+\.\d\d 10 Mar 2026", told), told
    assert re.search(r"No\. 1 Basic paid \$5\.00 10 Jan 2026", told), told


def test_the_sheet_of_an_invoice_has_its_lines_and_for_some_where_they_came_from(shop: Shop) -> None:
    shop.viewer.get("/customers/acme")
    path = link(shop.viewer, "No. 2")
    shop.viewer.get(path)
    told = plain(shop.viewer.text)
    for words in ("Invoice 2", "Pro", "Subtotal", "Total", "Paid", "Due $0.00", "prorated", "by a change of plans"):
        assert words in told, words
    assert "Where it came from" not in told
    for browser in (shop.finance, shop.admin):
        browser.get(path)
        told = plain(browser.text)
        assert "Where it came from" in told
        assert re.search(r"Written by #\d+ invoice created", told), told
        assert "Credit note" in told
        assert "Collect payment" not in told


def test_an_upcoming_invoice_can_be_looked_at(shop: Shop) -> None:
    shop.viewer.get("/customers/acme")
    assert shop.viewer.get(link(shop.viewer, "Upcoming")).status_code == 200
    assert "Pro - Seats" in plain(shop.viewer.text)


def test_controls_are_told_apart_by_whose_they_are(shop: Shop) -> None:
    shop.finance.get("/customers/acme")
    told = section(shop.finance, "controls")
    assert re.search(r"Auto top-up Messages buys 50 when fewer than 5 remain off Change", told), told
    assert re.search(r"Usage limit Messages at most 5,000 a day · \d+ used inherited from the plan Override", told), (
        told
    )


def test_of_an_entity_everything_is_its_own_or_shared_with_it(shop: Shop) -> None:
    shop.finance.get("/customers/acme?entity=team-a")
    assert "Acme</a> / Team A" in shop.finance.text
    assert "Pack" in section(shop.finance, "plans")
    assert 'href="/customers/acme/attach?entity=team-a"' in shop.finance.text
    assert 'href="/customers/acme/balances/messages?entity=team-a"' in shop.finance.text
    assert "Goodwill" not in shop.finance.text
    shop.finance.get("/customers/acme?entity=team-b")
    assert "Pack" not in section(shop.finance, "plans")
    assert "Pro" in section(shop.finance, "plans")
    assert "No. 1 " not in section(shop.finance, "invoices")
    assert shop.finance.get("/customers/acme?entity=nobody").status_code == 404


def test_entities_are_found_by_id_and_name(shop: Shop) -> None:
    shop.viewer.get("/customers/acme/entities?search=TEAM+B")
    assert 'href="/customers/acme?entity=team-b"' in shop.viewer.text
    assert "team-a" not in shop.viewer.text
    shop.viewer.get("/customers/acme/entities?search=nobody")
    assert "No entity has that" in shop.viewer.text


def test_empty_sections_say_what_to_do_next(shop: Shop) -> None:
    shop.finance.get("/customers/blank")
    for words in ("Attach a plan to start a subscription", "No metered feature", "No invoice yet", "No limits, alerts"):
        assert words in shop.finance.text
    shop.viewer.get("/customers/blank")
    assert "Add one to bound" not in shop.viewer.text


@pytest.mark.parametrize("path", ["/customers/odd", "/customers/odd?entity=e", "/customers/odd/edit",
                                  "/customers/odd/entities", "/customers/odd/controls/usage_alerts/0"])  # fmt: skip
def test_markup_that_somebody_wrote_is_text(shop: Shop, path: str) -> None:
    raw = shop.finance.get(path).text
    assert "<img src=x" not in raw
    assert "&lt;img src=x" in raw


def test_a_deleted_customer_still_reads_by_either_id(shop: Shop) -> None:
    for customer_id in ("gone", internal_id_of_gone(shop)):
        assert shop.finance.get(f"/customers/{customer_id}").status_code == 200
        told = plain(shop.finance.text)
        assert "This customer was deleted on" in told
        assert re.search(r"Basic \$5\.00 / month expired ended", told), told
        assert "No. " in section(shop.finance, "invoices")
        assert "deleted customer" in section(shop.finance, "timeline")
        assert "Attach plan" not in told
        assert "/edit" not in shop.finance.text


@pytest.mark.parametrize("days", ["24h", "7d", "30d", "90d"])
def test_what_a_deleted_customer_used_is_drawn_for_every_range(shop: Shop, days: str) -> None:
    for customer_id in ("gone", internal_id_of_gone(shop)):
        shop.finance.get(f"/customers/{customer_id}")
        drawn = link(shop.finance, "Open in Usage")
        assert shop.finance.get(f"{drawn}&range={days}").status_code == 200
        assert shop.finance.get(f"{drawn}&range={days}&place=card", HX_Request="true").status_code == 200


def internal_id_of_gone(shop: Shop) -> str:
    entry = shop.api.get("/v1/timeline?kind=customer.deleted")["list"][0]
    return str(entry["internal_id"])


@pytest.mark.parametrize("below", ["edit", "delete", "new-entity", "new-balance", "controls/usage_limits/new"])
def test_a_deleted_customer_cannot_be_changed(shop: Shop, below: str) -> None:
    assert shop.finance.get(f"/customers/gone/{below}").status_code == 404


def test_what_another_ledger_holds_does_not_exist_here(shop: Shop) -> None:
    shop.finance.get("/customers/acme")
    paths = [link(shop.finance, words) for words in ("Pro", "No. 1")]
    other = shop.ledgers.sandbox()
    other("customers.get_or_create", customer_id="acme")
    desk = Desk(other.app, other.store, other.ledger_id)
    theirs = desk.browser(UserRole.ADMIN, "boss")
    assert [theirs.get(path).status_code for path in (*paths, f"{paths[1]}/void")] == [404, 404, 404]


def test_a_page_costs_as_many_statements_however_much_there_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    rows = View.rows

    def counted(view: View, name: str, *args: object, **kwargs: object) -> object:
        asked.append(name)
        return rows(view, name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(View, "rows", counted)
    counts = []
    for customer_id in ("acme", "blank"):
        asked.clear()
        shop.finance.get(f"/customers/{customer_id}")
        counts.append(len(asked))
    assert counts[0] <= counts[1] + 1  # a timeline that is longer than what is read at once takes one more
    assert counts[0] <= 4
