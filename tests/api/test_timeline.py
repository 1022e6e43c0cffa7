"""The timeline over HTTP: what an auditor asks of it, where its links lead, and what it refuses."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.draining import draining
from api.followers import Followers, TooManyFollowers
from ledger.core.settings import ChangeSetting
from ledger.store.ledger import SettingsAddress
from tests.api.client import TESTER, Api, Refused, catalog

WHY = {"Tallystick-Reason": "refund for ticket 8812", "Tallystick-Actor": "grace", "X-Request-Id": "req-8812"}


@pytest.fixture
def acme(api: Api) -> Api:
    """A client of a ledger with a customer that has lived a little."""
    catalog(api)
    api("customers.get_or_create", customer_id="acme", name="Acme & Söhne")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("entities.create", customer_id="acme", entity_id="team a/1", feature_id="seats", name="Team A")
    api("balances.track", customer_id="acme", feature_id="messages", value=60)
    api("balances.update", WHY, customer_id="acme", feature_id="messages", add_to_balance=-40)
    return api


def told(api: Api, query: str, path: str = "/v1/timeline") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"{path}?{query}")["list"]
    return found


def test_an_entry_says_who_did_what_to_whom_why_and_when(acme: Api) -> None:
    (entry,) = told(acme, "words=Ticket%208812")
    assert entry["sentence"].startswith("test key (for grace) deducted 40 of ")
    assert entry["sentence"].endswith(" messages from customer acme: refund for ticket 8812")
    assert (entry["actor"], entry["on_behalf_of"]) == ("test key", "grace")
    assert (entry["reason"], entry["request_id"]) == ("refund for ticket 8812", "req-8812")
    assert entry["amount"] == -40
    assert entry["before"]["remaining"] - entry["after"]["remaining"] == 40
    assert entry == told(acme, "words=s%C3%B6hne&kind=balance")[0] == told(acme, f"position={entry['position']}")[0]


def test_links_lead_to_what_they_name(acme: Api) -> None:
    used = next(each for each in told(acme, "kind=usage") if each["customer_id"] == "acme")
    acme("events.reverse", {"Tallystick-Reason": "counted twice"}, position=used["position"])
    seen: set[str] = set()
    for entry in told(acme, "limit=500"):
        for link in entry["links"]:
            seen.add(link["rel"])
            found = acme.get(link["path"]) if link["path"] else {}
            assert link["path"] or link["rel"] == "credit_note"
            if link["rel"] == "plan":
                assert {"plan.created"} <= {each["kind"] for each in found["list"]}
            if link["rel"] in ("invoice", "subscription", "replaces"):
                assert link["id"] in [each["id"] for each in found["list"]], link
    assert seen >= {
        "self",
        "customer",
        "entity",
        "plan",
        "subscription",
        "balance",
        "invoice",
        "reverses",
        "reversed_by",
    }
    (back,) = told(acme, "kind=effect.reversed")
    (then,) = told(acme, f"position={used['position']}")
    assert (back["reverses"], then["reversed_by"]) == (used["position"], back["position"])
    (before,) = told(acme, f"position={used['position']}&as_of=position:{back['position'] - 1}")
    assert before["reversed_by"] is None
    (invoice,) = [each for each in told(acme, "kind=invoice.created")[0]["links"] if each["rel"] == "invoice"]
    assert [each["id"] for each in acme.get(invoice["path"])["list"]] == [invoice["id"]]


def test_groups_say_once_what_a_command_has_in_common(acme: Api) -> None:
    entries = told(acme, "order=asc&limit=500")
    groups = told(acme, "order=asc&limit=500&group=command")
    shared = {"recorded_at", "actor", "on_behalf_of", "reason", "request_id"}
    assert [{**{name: group[name] for name in shared}, **entry} for group in groups for entry in group["entries"]] == [
        dict(each) for each in entries
    ]
    attached = next(
        each
        for each in groups
        if any(one["kind"] == "plan.attached" and one["plan_id"] == "pro" for one in each["entries"])
    )
    assert {"plan.attached", "invoice.created", "invoice.finalized"} <= {one["kind"] for one in attached["entries"]}
    paged, cursor = [], ""
    while True:
        page = acme.get(f"/v1/timeline?group=command&order=asc&limit=2{cursor}")
        paged += page["list"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert paged == groups


def test_a_customers_timeline_is_the_ledgers_with_that_customer(acme: Api) -> None:
    acme("customers.get_or_create", customer_id="other")
    own = told(acme, "limit=500", "/v1/customers/acme/timeline")
    assert own == told(acme, "limit=500&customer_id=acme")
    assert {each["customer_id"] for each in own} == {"acme"}
    assert len(own) < len(told(acme, "limit=500"))


def test_the_file_has_the_same_rows_as_the_pages(acme: Api) -> None:
    entries = told(acme, "order=asc&limit=500&actor=test%20key")
    text = acme.get("/v1/timeline?format=csv&actor=test%20key").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["position"]) for row in rows] == [each["position"] for each in entries]
    for row, entry in zip(rows, entries, strict=True):
        assert row["sentence"] == entry["sentence"]
        assert row["reason"] == (entry["reason"] or "")
        assert json.loads(row["feature_ids"]) == entry["feature_ids"]
        assert (json.loads(row["after"]) if row["after"] else None) == (
            entry["after"] and json.loads(json.dumps(entry["after"], default=float))
        )
        named = {each["rel"]: each["id"] for each in entry["links"]}
        assert (row["subscription_id"] or None, row["invoice_id"] or None) == (
            named.get("subscription"),
            named.get("invoice"),
        )
    newest = acme.get("/v1/customers/acme/timeline?format=ndjson&order=desc").splitlines()
    assert [json.loads(line)["position"] for line in newest] == [
        each["position"] for each in told(acme, "customer_id=acme&limit=500")
    ]


def zoned(api: Api, zone: str) -> None:
    api.store.ledger(api.ledger_id).execute(SettingsAddress(), ChangeSetting("timezone", zone), by=TESTER)


def test_a_day_begins_in_the_ledgers_time_zone(acme: Api) -> None:
    zoned(acme, "Pacific/Auckland")
    acme("customers.get_or_create", acme.at("2026-02-01T10:59:59Z"), customer_id="early")
    acme("customers.get_or_create", acme.at("2026-02-01T11:00:00Z"), customer_id="late")
    made = "kind=customer.created&order=asc"
    assert [each["customer_id"] for each in told(acme, f"{made}&at_to=2026-02-02")] == ["early"]
    assert [each["customer_id"] for each in told(acme, f"{made}&at_from=2026-02-02&at_to=2026-02-03")] == ["late"]
    assert told(acme, f"{made}&at_to=2026-02-02T00:00:00Z&at_from=2026-02-01T10:59:59.5Z")[0]["customer_id"] == "late"
    then = f"as_of=position:{acme.head()}"
    zoned(acme, "America/New_York")  # a day of then stays a day of then
    assert [each["customer_id"] for each in told(acme, f"{made}&at_to=2026-02-02&{then}")] == ["early"]
    assert len(told(acme, f"{made}&at_to=2026-02-02")) == 2


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("nothing=1", "400 invalid_inputs: nothing"),
        ("words=ab", "400 invalid_inputs: words"),
        ("amount_from=1e3", "400 invalid_inputs: amount_from"),
        ("amount_to=NaN", "400 invalid_inputs: amount_to"),
        ("group=request", "400 invalid_inputs: group"),
        ("position=0", "400 invalid_inputs: position"),
        ("position=999999", "404 position_not_found: position was 999999"),
        ("as_of=position:999999", "404 position_not_found: as_of was position:999999"),
        ("as_of=2400-01-01", "400 invalid_request: as_of was 2400-01-01"),
        ("as_of=yesterday", "400 invalid_inputs: as_of was 'yesterday', which is no moment: .*, or position:N"),
        ("at=yesterday", "400 invalid_inputs: at was 'yesterday', which is no moment: .*, or a day$"),
        ("as_of=2026-01-01&at=2026-01-02", "400 invalid_request: at was 2026-01-02 and must not be after as_of"),
        ("kind=balance.deduct", "400 invalid_inputs: kind was balance.deduct and must be one of balance.deducted"),
        ("at_from=2026-02-02&at_to=2026-02-01", "400 invalid_inputs: at_to was not after at_from"),
        ("at_from=2026-02-02&at_to=2026-02-01T23:59:59Z", "400 invalid_inputs: at_to was not after at_from"),
        ("recorded_from=2026-02-01&recorded_to=2026-02-01", "400 invalid_inputs: recorded_to was not after"),
        ("amount_from=5&amount_to=4.99", "400 invalid_inputs: amount_to was below amount_from"),
        ("follow=true&kind=usages", "400 invalid_inputs: kind was usages"),
        ("format=csv&kind=usages", "400 invalid_inputs: kind was usages"),
        ("customer_id=nobody", "404 customer_not_found"),
        ("after=3", "400 invalid_request: after was sent without follow"),
        ("follow=yes", "400 invalid_inputs: follow"),
        ("follow=true&after=999999", "404 position_not_found: after was 999999"),
        ("follow=true&limit=3", "400 invalid_request: limit was sent with follow"),
        ("follow=true&as_of=position:1", "400 invalid_request: as_of was sent with follow"),
        ("follow=true&format=csv", "400 invalid_request: follow was sent with the format"),
        ("group=command&format=csv", "400 invalid_request: group was sent with the format"),
        ("cursor=AAAA", "400 invalid_cursor"),
    ],
)
def test_a_bad_question_is_refused_with_its_name(api: Api, query: str, refused: str) -> None:
    with pytest.raises(Refused, match=refused.replace("(", r"\(")):
        api.get(f"/v1/timeline?{query}")


def test_a_cursor_is_of_one_question(acme: Api) -> None:
    cursor = acme.get("/v1/timeline?limit=2")["next_cursor"]
    for other in ("group=command", "order=asc", "words=acme", "as_of=position:5", "customer_id=acme"):
        with pytest.raises(Refused, match="400 invalid_cursor"):
            acme.get(f"/v1/timeline?limit=2&{other}&cursor={cursor}")


@pytest.fixture
def no_more() -> Iterator[None]:
    """Whoever follows is told everything that there is, and no more: the process is about to end."""
    draining.set()
    yield
    draining.clear()


def test_a_follower_is_refused_what_is_no_position(acme: Api, no_more: None) -> None:
    with pytest.raises(Refused, match="400 invalid_inputs: The header Last-Event-ID"):
        acme.get("/v1/timeline?follow=true", Last_Event_ID="x")
    assert acme.get("/v1/timeline?follow=true", Last_Event_ID="1") == b"retry: 1000\n\n"
    assert acme.get("/v1/timeline", Accept="text/event-stream") == b"retry: 1000\n\n"
    assert acme.last is not None
    assert acme.last.content_type == "text/event-stream; charset=utf-8"


def test_there_is_room_for_a_few_followers() -> None:
    followers = Followers(None, 2)  # type: ignore[arg-type]  # who enters reads nothing
    followers.enter()
    followers.enter()
    with pytest.raises(TooManyFollowers, match="2 clients follow a timeline here") as refused:
        followers.enter()
    assert (refused.value.status, refused.value.retry_after) == (503, 5)
    followers.leave()
    followers.enter()
