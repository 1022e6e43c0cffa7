"""Usage and the timeline on the dashboard: the numbers of GET /v1/usage, and every filter that the timeline has."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from flask import Flask

from api.dashboard.activity.series import named_bins
from api.dashboard.differences import differences
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from projections.queries.bins import Bins, BinSize
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk

MARKUP = "<img src=x onerror=alert(1)>\"'&"
REASON = {"Tallystick-Reason": "Goodwill for the outage"}


class Shop(NamedTuple):
    """A ledger in which something was used, and a viewer's browser."""

    api: Api
    browser: Browser
    desk: Desk


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Shop:
    """One shop for all of these tests: who adds to it adds a customer of its own."""
    api = Ledgers(app, store).sandbox()
    fill(api)
    desk = Desk(app, store, api.ledger_id)
    return Shop(api, desk.browser(UserRole.VIEWER), desk)


@pytest.fixture
def api(shop: Shop) -> Api:
    return shop.api


@pytest.fixture
def browser(shop: Shop) -> Browser:
    return shop.browser


def fill(api: Api) -> None:
    """Two features, two customers, uses with a region, one that markup is written into, and one taken back."""
    for each in ("messages", "exports"):
        api("features.create", feature_id=each, name=each.title(), type="metered", consumable=True)
    items = [{"feature_id": "messages", "included": 50, "reset": {"interval": "month"}}]
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, "interval": "month"}, items=items)
    for each in ("acme", "other"):
        api("customers.get_or_create", customer_id=each, name=each.title())
        api("billing.attach", customer_id=each, plan_id="pro")
    uses = [("acme", 3, "eu"), ("acme", 5, "us"), ("other", 7, "eu"), ("other", Decimal("2.5"), MARKUP)]
    for customer, value, region in uses:
        body = {"customer_id": customer, "feature_id": "messages", "value": value}
        api("balances.track", **body, properties={"region": region})
    api("balances.track", customer_id="acme", feature_id="exports", value=1)
    api("balances.update", REASON, customer_id="acme", feature_id="messages", add_to_balance=25)


def drawn(browser: Browser) -> dict[str, Any]:
    """What is drawn: by the unit of each graph, the sum of each series."""
    found = [json.loads(each, parse_float=Decimal) for each in re.findall(r'data-graph="(\{.*?\})">', browser.text)]
    return {panel["unit"]: {each["label"]: sum(each["values"]) for each in panel["series"]} for panel in found}


def summed(api: Api, query: str, measure: str = "value") -> dict[Any, Decimal]:
    """The same by GET /v1/usage, by feature and whatever is grouped by."""
    found: dict[Any, Decimal] = {}
    for each in api.get(f"/v1/usage?{query}")["list"]:
        key = (each.get("feature_id"), each.get("plan_id"), *(each.get("properties") or {}).values())
        found[key] = found.get(key, Decimal(0)) + each[measure]
    return found


def test_every_feature_has_a_graph_of_its_own(api: Api, browser: Browser) -> None:
    assert browser.get("/usage").status_code == 200
    assert drawn(browser) == {"Messages": {"Messages": Decimal("17.5")}, "Exports": {"Exports": 1}}
    assert summed(api, "bin=day") == {("messages", None): Decimal("17.5"), ("exports", None): 1}


def test_groups_by_a_property_are_those_of_the_api_with_the_rest_as_one(api: Api, browser: Browser) -> None:
    browser.get("/usage?feature_id=messages&group_by=properties.region")
    assert drawn(browser) == {"Messages": {"eu": 10, "us": 5, MARKUP: Decimal("2.5")}}
    sums = summed(api, "feature_id=messages&group_by=properties.region&bin=day")
    assert sorted(sums.values()) == [Decimal("2.5"), 5, 10]
    browser.get("/usage?feature_id=messages&group_by=customer&top=3&measure=count")
    assert drawn(browser) == {"uses": {"acme": 2, "other": 2}}
    browser.get("/usage?feature_id=messages&group_by=properties.region&top=3&properties.region=eu")
    assert drawn(browser) == {"Messages": {"eu": 10}}


def test_what_left_balances_is_by_the_plan_that_paid(api: Api, browser: Browser) -> None:
    browser.get("/usage?measure=deducted&group_by=plan")
    assert drawn(browser) == {"Messages": {"Pro": Decimal("17.5")}}
    assert sum(summed(api, "measure=deducted&group_by=plan", "deducted").values()) == Decimal("17.5")


def test_the_table_has_the_numbers_that_are_drawn_and_each_leads_to_its_uses(browser: Browser) -> None:
    browser.get("/usage?customer_id=acme&feature_id=messages&group_by=properties.region")
    cells = dict(re.findall(r'<a href="(/usage/events\?[^"]*)">([^<]*)</a>', browser.text))
    assert sorted(cells.values()) == ["3", "5", "All of them"]
    for link, number in ((link, text) for link, text in cells.items() if text.isdigit()):
        browser.get(link)
        assert browser.text.count('href="/timeline?position=') == 1
        assert f'<td class="number">{number}</td>' in browser.text


def test_a_customers_ranges_and_granularity_include_its_billing_cycle(browser: Browser) -> None:
    browser.get("/usage?customer_id=acme&range=1bc&bin=billing_cycle")
    assert drawn(browser) == {"Messages": {"Messages": 8}, "Exports": {"Exports": 1}}
    assert browser.get("/usage?range=1bc").status_code == 400
    assert "counted for one customer" in browser.text


def test_what_was_known_then_is_drawn_without_what_came_later(api: Api, browser: Browser) -> None:
    first = api.get("/v1/timeline?kind=usage&order=asc&limit=1")["list"][0]["position"]
    browser.get(f"/usage?as_of=position:{first}")
    assert drawn(browser) == {"Messages": {"Messages": 3}}
    assert "data-live" not in browser.text


def test_the_last_day_of_a_range_counts(browser: Browser) -> None:
    browser.get("/usage?range=custom&from=2020-01-01&to=2020-12-31")
    assert "Nothing was used" in browser.text
    browser.get("/usage")
    days = re.findall(r"\?feature_id=messages&from=(\d{4}-\d{2}-\d{2})", browser.text)
    assert days
    browser.get(f"/usage?range=custom&from={days[-1]}&to={days[-1]}&feature_id=messages")
    assert drawn(browser) == {"Messages": {"Messages": Decimal("17.5")}}


def test_the_latest_uses_have_their_properties_as_columns(browser: Browser) -> None:
    browser.get("/usage")
    assert '<th scope="col">region</th>' in browser.text
    assert MARKUP not in browser.last_raw()
    assert f"<td>{MARKUP}</td>" in browser.text


def test_uses_are_loaded_page_by_page(browser: Browser) -> None:
    browser.get("/usage/events?limit=2&feature_id=messages")
    (link,) = re.findall(r'rel="next" hx-get="([^"]*)"', browser.text)
    browser.get(link, HX_Request="true")
    assert browser.text.count('href="/timeline?position=') == 2
    assert "<html" not in browser.text


def test_files_are_of_the_uses_that_are_drawn(browser: Browser) -> None:
    browser.get("/usage?feature_id=messages&group_by=properties.region&customer_id=acme")
    links = re.findall(r'href="(/files/v1/usage[^"]*format=csv[^"]*)"', browser.text)
    sums, uses = (browser.get(link) for link in links)
    assert [line.split(",")[-1] for line in sums.text.split()[1:]] in (["3", "5"], ["5", "3"])
    assert len(uses.text.splitlines()) == 3


def test_a_part_of_another_page_keeps_to_its_customer(browser: Browser) -> None:
    browser.get("/usage?customer_id=acme&place=card", HX_Request="true")
    assert browser.text.startswith('<div class="drawing"')
    assert 'type="hidden" name="customer_id" value="acme"' in browser.text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("range=forever", 400, 'Range: This was "forever"'),
        ("range=custom&from=x", 400, 'From: This was "x"'),
        ("range=custom&from=2026-02-02&to=2026-02-01", 400, "before the first day"),
        ("bin=second", 400, 'Bin: This was "second"'),
        ("measure=money", 400, 'Measure: This was "money"'),
        ("group_by=weather", 400, 'Group by: This was "weather"'),
        ("group_by=plan&top=1000", 400, 'Top: This was "1000"'),
        ("customer_id=nobody", 404, "Customer: "),
        ("bin=billing_cycle", 400, "counted for one customer"),
        ("as_of=x", 400, "as_of"),
        ("range=custom&from=0001-01-01&to=9999-12-30&bin=hour", 400, ""),
        ("range=custom&from=2026-01-01&to=9999-12-31", 400, ""),
    ],
)
def test_what_is_wrong_is_said_and_the_form_kept(browser: Browser, query: str, status: int, said: str) -> None:
    assert browser.get(f"/usage?{query}").status_code == status
    assert said in browser.text
    assert 'action="/usage"' in browser.text


def test_the_address_says_what_the_form_did(browser: Browser) -> None:
    browser.get("/usage?customer_id=&property_name=region&property_value=eu&from=2026-01-01")
    assert browser.last is not None
    assert browser.last.headers["Location"] == "/usage?properties.region=eu"


def test_sums_are_no_uses(browser: Browser) -> None:
    assert browser.get("/usage/events?group_by=plan").status_code == 400
    assert browser.get("/usage/events?feature_id=messages&without=plan&other=1").status_code == 400


def test_bins_have_names_for_an_axis_and_for_people() -> None:
    starts = tuple(datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((1, 0), (1, 13)))
    bins = Bins(starts, (*starts, starts[-1]))
    assert named_bins(bins, BinSize.HOUR, UTC) == (
        ["1 Mar", "13:00"],
        ["1 Mar 2026, 00:00 UTC", "1 Mar 2026, 13:00 UTC"],
    )
    assert [named_bins(bins, size, UTC)[1][0] for size in BinSize if size is not BinSize.HOUR] == [
        "Sun 1 Mar 2026",
        "Week of 1 Mar 2026",
        "March 2026",
        "Cycle from 1 Mar 2026",
    ]


TIMELINE = {
    "kind=balance.granted": 1,
    "kind=usage&customer_id=acme": 3,
    "kind=usage&feature_id=exports": 1,
    "words=goodwill": 1,
    "kind=usage&amount_from=5&amount_to=7": 2,
    "kind=usage&amount_from=-7&amount_to=-5": 0,
    "kind=usage&plan_id=none": 0,
    "actor=nobody": 0,
    "kind=usage&at_from=2001-01-01&at_to=2002-01-01": 0,
    "kind=usage&recorded_from=2001-01-01": 5,
}


@pytest.mark.parametrize("query", TIMELINE)
def test_the_timeline_has_every_filter_of_the_api(api: Api, browser: Browser, query: str) -> None:
    answer = api.get(f"/v1/timeline?{query}&group=command")["list"]
    assert browser.get(f"/timeline?{query}").status_code == 200
    assert re.findall(r'id="event-(\d+)"', browser.text) == [str(each["last_position"]) for each in answer]
    assert len(answer) == TIMELINE[query]


def test_an_entry_shows_both_times_who_and_what_it_is_about(browser: Browser) -> None:
    browser.get("/timeline?words=goodwill")
    for words in (
        'title="When it was true"',
        'title="When it was recorded"',
        'href="/customers/acme"',
        'href="/timeline?actor=',
        'href="/timeline?feature_id=messages"',
        "Goodwill for the outage",
        "Before and after",
        'title="Request req_',
    ):
        assert words in browser.text, words


def test_what_takes_something_back_leads_to_it_and_back(api: Api, browser: Browser) -> None:
    api("customers.get_or_create", customer_id="regret")
    api("balances.create", customer_id="regret", feature_id="messages", included_grant=5)
    position = api.get("/v1/timeline?customer_id=regret&limit=1")["list"][0]["position"]
    api("events.reverse", {"Tallystick-Reason": "typo"}, position=position)
    browser.get("/timeline?customer_id=regret")
    assert f"takes back #{position}" in browser.text
    assert f"taken back by #{position + 1}" in browser.text


def test_each_filter_that_is_on_can_be_taken_away_by_itself(browser: Browser) -> None:
    browser.get("/timeline?kind=usage&customer_id=acme")
    links = dict(re.findall(r'<a href="([^"]*)"><b class="sr">Take away</b> <span>(\w+)</span>', browser.text))
    assert links == {"/timeline?customer_id=acme": "kind", "/timeline?kind=usage": "customer"}


def test_earlier_entries_are_loaded_below_those_that_are_there(browser: Browser) -> None:
    browser.get("/timeline?limit=2&kind=usage")
    seen = re.findall(r'id="event-(\d+)"', browser.text)
    (link,) = re.findall(r'rel="next" hx-get="([^"]*)"', browser.text)
    browser.get(link, HX_Request="true")
    earlier = re.findall(r'id="event-(\d+)"', browser.text)
    assert len(earlier) == 2
    assert int(earlier[0]) < int(seen[-1])
    assert "<html" not in browser.text


def test_what_is_new_is_told_for_the_top_and_only_what_the_filter_keeps(api: Api, browser: Browser) -> None:
    browser.get("/timeline?kind=customer")
    (newer,) = re.findall(r'data-newer="([^"]*)"', browser.text)
    api("customers.get_or_create", customer_id="late", name=MARKUP)
    api("balances.create", customer_id="late", feature_id="messages", included_grant=5)
    browser.get(newer)
    assert browser.text.count('id="event-') == 1
    assert MARKUP in browser.text
    assert MARKUP not in browser.last_raw()
    (further,) = re.findall(r'data-newer="([^"]*)"', browser.text)
    browser.get(further)
    assert 'id="event-' not in browser.text


def test_a_page_of_the_past_and_a_later_page_do_not_grow(browser: Browser) -> None:
    for query in ("as_of=position:3", "order=asc", "position=3"):
        assert browser.get(f"/timeline?{query}").status_code == 200
        assert "data-newer" not in browser.text
        assert "data-live" not in browser.text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("words=zz", 400, 'Words: This was "zz"'),
        ("amount_from=much", 400, 'This was "much"'),
        ("at_from=yesterday", 400, 'This was "yesterday"'),
        ("customer_id=nobody", 404, "nobody"),
        ("cursor=x", 400, ""),
        ("limit=0", 400, 'Limit: This was "0"'),
        ("other=1", 400, "Other: "),
    ],
)
def test_what_is_wrong_with_a_filter_is_said_beside_it(browser: Browser, query: str, status: int, said: str) -> None:
    assert browser.get(f"/timeline?{query}").status_code == status
    assert said in browser.text


def test_nobody_reads_them_without_being_signed_in(shop: Shop) -> None:
    for path in ("/usage", "/usage/events", "/timeline", "/timeline/newer", "/books", "/books/journal"):
        assert shop.desk.stranger().get(path).status_code == 303


def test_only_what_differs_is_told() -> None:
    entry = {
        "before": {"usage": 3, "same": 1, "terms": {"price": Decimal("1.50")}, "flags": [{"on": True}]},
        "after": {
            "usage": 1234,
            "same": 1,
            "terms": {"price": None},
            "flags": [{"on": False}],
            "made_at": "2026-01-31T12:00:00Z",
        },
    }
    assert [tuple(each) for each in differences(entry)] == [
        ("Usage", "3", "1,234"),
        ("Flags 1 · on", "yes", "no"),
        ("Made at", "–", "31 Jan 2026, 12:00 UTC"),
        ("Terms · price", "1.5", "–"),
    ]
    assert differences({"before": None, "after": None}) == []
    assert [tuple(each) for each in differences({"before": 1, "after": 2})] == [("Value", "1", "2")]
