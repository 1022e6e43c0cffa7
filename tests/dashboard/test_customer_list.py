"""The customer list: what is found and shown says the same, views keep what is looked at, and empty lists help."""

import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from projections.runner import Runner
from tests.api.client import Api, Ledgers, catalog
from tests.dashboard.conftest import Browser, Desk

PILL = re.compile(r'<span class="pill [a-z]*">([^<]+)</span>')


@pytest.fixture(scope="module")
def desk(app: Flask, store: Store) -> Desk:
    api = Ledgers(app, store).sandbox()
    fill(api)
    return Desk(app, store, api.ledger_id)


@pytest.fixture(scope="module")
def browser(desk: Desk) -> Browser:
    return desk.browser(UserRole.FINANCE, "fiona")


@pytest.fixture(scope="module")
def viewer(desk: Desk) -> Browser:
    return desk.browser(UserRole.VIEWER, "vera")


def fill(api: Api) -> None:
    """Somebody on a cancelled plan with an add-on in force, somebody with debts, somebody on a free plan."""
    catalog(api)
    for number, name in enumerate(("Ada Works", "Bolt Ltd", "Cog & Sons")):
        at = api.at(f"2026-01-{number + 1:02d}T12:00:00Z")
        customer = {"customer_id": f"c{number}", "name": name, "email": f"ap@c{number}.example"}
        api("customers.get_or_create", at, **customer, metadata={"tier": "gold" if number else "silver"})
    api("billing.attach", customer_id="c0", plan_id="pro")
    api("billing.attach", customer_id="c0", plan_id="extra")
    api("billing.update", customer_id="c0", plan_id="pro", cancel_action="cancel_end_of_cycle")
    api("invoices.create", customer_id="c1", custom_line_items=[{"amount": 12, "description": "By hand"}])


def shown(browser: Browser) -> list[str]:
    return re.findall(r'<td class="who"><a href="/customers/([^"]+)"', browser.last_raw())


def heads(browser: Browser) -> list[str]:
    return re.findall(r'<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]+)', browser.last_raw())


@pytest.mark.parametrize("status", ["active", "canceled", "past_due", "trialing", "scheduled", "expired", "none"])
def test_everybody_whom_a_status_finds_wears_it(browser: Browser, status: str) -> None:
    browser.get(f"/customers?status={status}")
    assert set(PILL.findall(browser.text)) <= {status.replace("_", " ")}
    assert shown(browser) == {"active": ["c2", "c1"], "canceled": ["c0"]}.get(status, [])


def test_a_plan_beside_the_current_one_says_how_it_is_held(browser: Browser) -> None:
    browser.get("/customers?plan=extra&status=active")
    assert shown(browser) == ["c0"]
    assert "also Extra messages, active" in browser.text
    browser.get("/customers?plan=pro")
    assert "also" not in browser.text.split("<tbody>")[1]


def test_a_day_at_the_end_of_a_range_is_in_it(browser: Browser) -> None:
    sent = browser.get("/customers?from_day=2026-01-02&to_day=2026-01-02")
    assert parse_qsl(urlsplit(sent.headers["Location"]).query) == [
        ("created_from", "2026-01-02"),
        ("created_to", "2026-01-02T23:59:59.999Z"),
    ]
    browser.get(sent.headers["Location"])
    assert shown(browser) == ["c1"]
    assert 'value="2026-01-02"' in browser.text


@pytest.mark.parametrize(("written", "number"), [("10k", "10000"), ("1.5M", "1500000"), ("1,000", "1000"), ("7", "7")])
def test_large_numbers_may_be_written_short(browser: Browser, written: str, number: str) -> None:
    form = {"balance_feature": "messages", "balance_column": "remaining", "balance_compare": "lt"}
    query = "&".join(f"{name}={value}" for name, value in {**form, "balance_number": written}.items())
    sent = browser.get(f"/customers?{query}")
    assert parse_qs(urlsplit(sent.headers["Location"]).query) == {"balance": [f"messages:remaining:lt:{number}"]}


@pytest.mark.parametrize("number", ["many", "1e9", "-", "9" * 30])
def test_a_number_that_is_none_is_said_and_the_other_filters_stay(browser: Browser, number: str) -> None:
    asked = f"search=bolt&balance_feature=messages&balance_column=usage&balance_compare=gt&balance_number={number}"
    answer = browser.get(browser.get(f"/customers?{asked}").headers["Location"])
    assert answer.status_code == 400
    assert "must be &lt;feature&gt;" in answer.text
    assert shown(browser) == ["c1"]
    assert 'value="bolt"' in browser.text


def test_columns_are_chosen_and_stand_in_the_address(browser: Browser) -> None:
    browser.get("/customers")
    assert heads(browser) == ["Customer", "ID", "Plan", "Status", "Subscriptions", "Balance", "Signed up"]
    sent = browser.get("/customers?show=name&show=email&show=credit&show=created_at")
    assert sent.headers["Location"] == "/customers?columns=name%2Cemail%2Ccredit%2Ccreated_at"
    browser.get(sent.headers["Location"])
    assert heads(browser) == ["Customer", "Email", "Credit", "Signed up"]
    usual = "&".join(
        f"show={name}" for name in ("id", "plan", "plan_status", "active_subscriptions", "balance_owed", "created_at")
    )
    assert browser.get(f"/customers?show=name&{usual}").headers["Location"] == "/customers"


def test_the_balance_of_a_feature_is_a_column_once_it_is_chosen(browser: Browser) -> None:
    sent = browser.get("/customers?shown_of=&feature=messages&show=id&show=plan")
    assert sent.headers["Location"] == "/customers?feature=messages&columns=name%2Cid%2Cplan%2Cremaining"
    browser.get(sent.headers["Location"])
    assert heads(browser) == ["Customer", "ID", "Plan", "Remaining"]
    sent = browser.get(
        "/customers?shown_of=messages&feature=&show=id&show=plan&show=remaining&sort=remaining&order=asc"
    )
    assert sent.headers["Location"] == "/customers?columns=name%2Cid%2Cplan"


@pytest.mark.parametrize(
    "name", ["name", "id", "plan", "plan_status", "active_subscriptions", "balance_owed", "created_at", "remaining"]
)
def test_every_column_is_sorted_by_its_head_and_back_again(browser: Browser, name: str) -> None:
    browser.get("/customers?feature=messages&search=ap")
    found = set()
    for _ in range(2):
        link = re.search(rf'<th [^>]*><a href="([^"]*sort={name}&amp;order=(?:asc|desc))"', browser.last_raw())
        assert link is not None
        assert browser.get(link[1].replace("&amp;", "&")).status_code == 200
        state = re.search(r'aria-sort="(ascending|descending)"', browser.text)
        assert state is not None
        found.add(state[1])
        assert "search=ap" in link[1]
    assert found == {"ascending", "descending"}


def test_money_owed_is_shown_with_its_unit(browser: Browser) -> None:
    browser.get("/customers?sort=balance_owed&order=desc")
    assert shown(browser)[0] == "c1"
    assert "$12.00 due" in browser.text


def test_a_filter_in_force_is_taken_away_by_itself(browser: Browser) -> None:
    browser.get("/customers?search=ap&status=active&metadata.tier=gold&sort=name")
    links = re.findall(r'class="chip" href="([^"]+)"', browser.text)
    assert [parse_qs(urlsplit(link).query) for link in links] == [
        {"status": ["active"], "metadata.tier": ["gold"], "sort": ["name"]},
        {"search": ["ap"], "metadata.tier": ["gold"], "sort": ["name"]},
        {"search": ["ap"], "status": ["active"], "sort": ["name"]},
    ]


def test_where_nobody_is_found_it_says_which_filter_is_in_the_way(browser: Browser) -> None:
    browser.get("/customers?plan=pro&metadata.tier=gold")
    assert shown(browser) == []
    empty = browser.text.split("No customer is like that")[1]
    assert "Plan pro" in empty
    assert "Property tier = gold" in empty
    browser.get("/customers?search=nobody-at-all&plan=pro")
    empty = browser.text.split("No customer is like that")[1]
    assert "Search nobody-at-all" in empty
    assert "Plan pro" not in empty


def test_an_empty_ledger_says_how_the_first_customer_is_made(desk: Desk, projector: Runner) -> None:
    api = Ledgers(desk.app, desk.store).sandbox()
    browser = Desk(desk.app, desk.store, api.ledger_id).browser(UserRole.FINANCE, "fiona")
    browser.get("/customers")
    assert "No customer yet" in browser.text
    assert "POST /v1/customers.get_or_create" in browser.text


def test_pages_are_as_long_as_is_asked_for_and_lead_on(browser: Browser) -> None:
    browser.get("/customers?limit=2&sort=name&order=asc")
    assert shown(browser) == ["c0", "c1"]
    following = re.search(r'href="([^"]+)" rel="next" data-key="\]"', browser.text)
    assert following is not None
    browser.get(following[1])
    assert shown(browser) == ["c2"]
    before = re.search(r'href="([^"]+)" rel="prev" data-key="\["', browser.text)
    assert before is not None
    browser.get(before[1])
    assert shown(browser) == ["c0", "c1"]
    assert 'rel="prev"' not in browser.text


@pytest.mark.parametrize("name", ["csv", "ndjson", "parquet"])
def test_what_is_found_leaves_in_every_format(browser: Browser, name: str) -> None:
    browser.get("/customers?metadata.tier=gold&columns=name,id&limit=1")
    link = re.search(rf'href="(/files/v1/customers\?format={name}[^"]*)" download', browser.text)
    assert link is not None
    answer = browser.get(link[1])
    assert answer.status_code == 200
    assert name in answer.headers["Content-Disposition"]
    if name == "csv":
        assert answer.text.splitlines() == ["name,id", "Cog & Sons,c2", "Bolt Ltd,c1"]


def test_a_part_says_the_address_that_says_the_same(browser: Browser) -> None:
    answer = browser.get("/customers?search=&status=active&balance_compare=lt&show=name&show=id", HX_Request="true")
    assert answer.headers["HX-Push-Url"] == "/customers?status=active&columns=name%2Cid"
    assert "<html" not in answer.text


def field(browser: Browser, name: str) -> str:
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', browser.text)
    assert found is not None
    return found[1]


def save(browser: Browser, name: str, query: str) -> str:
    """Where a new view is."""
    browser.get(f"/customers?{query}")
    sheet = re.search(r'href="(/views/new\?query=[^"]+)"', browser.text)
    assert sheet is not None
    browser.get(sheet[1])
    answer = browser.post(
        "/views/new", {"name": name, "query": field(browser, "query"), "once": field(browser, "once")}
    )
    assert answer.status_code == 303, browser.text
    return answer.headers["Location"]


def test_a_view_keeps_filters_order_and_columns_and_is_opened_by_everybody(browser: Browser, viewer: Browser) -> None:
    link = save(browser, "Gold ones", "metadata.tier=gold&sort=name&order=desc&columns=name,email&limit=100")
    viewer.get(link)
    assert shown(viewer) == ["c2", "c1"]
    assert heads(viewer) == ["Customer", "Email"]
    assert "Gold ones" in viewer.text
    assert "/views/new" not in viewer.text
    viewer.get("/customers")
    assert f'href="{link}"' in viewer.text
    assert "by fiona" in viewer.text


def test_a_view_is_changed_to_what_is_looked_at_and_renamed_and_forgotten(browser: Browser) -> None:
    link = save(browser, "Those of gold", "metadata.tier=gold")
    browser.get(link)
    assert "changed" not in browser.text.split("</h1>")[1].split("</p>")[0]
    chip = re.search(r'class="chip" href="([^"]+)"', browser.text)
    assert chip is not None
    browser.get(chip[1] + "&status=canceled")
    assert shown(browser) == ["c0"]
    assert "changed" in browser.text.split("</h1>")[1].split("</p>")[0]
    sheet = re.search(r'href="(/views/view_[^"]+\?query=[^"]+)"', browser.text)
    assert sheet is not None
    browser.get(sheet[1])
    form = {"name": "Cancelled", "query": field(browser, "query"), "replace": "1", "once": field(browser, "once")}
    assert browser.post(urlsplit(sheet[1]).path, form).headers["Location"] == link
    browser.get(link)
    assert shown(browser) == ["c0"]
    assert "Cancelled" in browser.text
    path = f"{urlsplit(sheet[1]).path}/delete"
    assert browser.get(path).status_code == 200
    assert browser.post(path).status_code == 303
    assert browser.get(link).status_code == 404
    assert browser.get(path).status_code == 404


def test_a_view_without_a_name_or_with_anothers_is_said_beside_it(browser: Browser) -> None:
    save(browser, "Taken", "status=active")
    browser.get("/views/new?query=plan%3Dpro")
    for name, status, said in (("", 400, "must be"), ("Taken", 409, "Another view is called Taken")):
        answer = browser.post("/views/new", {"name": name, "query": "plan=pro", "once": field(browser, "once")})
        assert answer.status_code == status
        assert said in browser.text.split('id="view-name-said"')[1].split("</p>")[0]
        assert 'value="plan=pro"' in browser.text


@pytest.mark.parametrize(
    ("name", "email", "found"),
    [
        ("Ada Wroks", "", ["c0"]),
        ("ada works gmbh", "", ["c0"]),
        ("Bolt", "", ["c1"]),
        ("Cog and Sons", "", ["c2"]),
        ("", "AP@C1.example", ["c1"]),
        ("Bolt Inc", "ap@c0.example", ["c0", "c1"]),
        ("Zebra", "zebra@example.com", []),
        ("%", "", []),
    ],
)
def test_who_is_nearly_the_same_is_shown_before_a_second_one_is_made(
    browser: Browser, name: str, email: str, found: list[str]
) -> None:
    browser.get("/customers/new")
    sent = {"id": "" if email else f"new {name}", "name": name, "email": email, "anyway": "guessed"}
    answer = browser.post("/customers/new", {**sent, "once": field(browser, "once")})
    assert answer.status_code == (200 if found else 303)
    assert re.findall(r'<li><a href="/customers/([^"]+)"', browser.text) == found


def test_what_was_agreed_to_is_created_and_a_form_that_is_sent_again_leads_to_the_same_customer(
    browser: Browser,
) -> None:
    browser.get("/customers/new")
    form = {"id": "ada-2", "name": "Ada Works", "email": "", "once": field(browser, "once")}
    assert browser.post("/customers/new", form).status_code == 200
    agreed, asked = browser.text, {**form, "anyway": field(browser, "anyway")}
    assert browser.post("/customers/new", asked).headers["Location"] == "/customers/ada-2"
    browser.text = agreed
    assert browser.post("/customers/new", asked).headers["Location"] == "/customers/ada-2"
    browser.text = agreed
    again = browser.post("/customers/new", {**asked, "once": "another"})
    assert again.status_code == 409
    assert "ada-2 is the ID of a customer already" in browser.text


def test_who_pays_how_often_is_a_filter_and_a_column_says_how_much_that_is_a_month(browser: Browser) -> None:
    sent = browser.get("/customers?interval=month&feature=&show=name&show=plan&show=base_price")
    browser.get(sent.headers["Location"])
    assert shown(browser) == ["c0"]
    assert heads(browser) == ["Customer", "Plan", "Base price"]
    assert '<span title="$20.00 / month">$20.00</span> <span class="faint">/ month</span>' in browser.last_raw()
    assert "Billed</span> monthly" in browser.text
    browser.get("/customers?interval=one_off&plan=extra&status=active")
    assert shown(browser) == ["c0"]
    assert "also Extra messages, active" in browser.text
    browser.get("/customers?interval=year")
    assert shown(browser) == []
    assert "There are some without this filter" in browser.text
    assert browser.get("/customers?interval=day").status_code == 400
    assert "interval was" in browser.text
