"""Lists and GET reads: what the projections show, as of a position."""

import json
from typing import Any

import pytest

from api.wire.balances import BalanceListSchema
from api.wire.customers import CustomerAnswerSchema
from api.wire.schema import check_answer
from tests.api.client import Api, Refused, catalog


def test_a_listed_customer_is_the_same_as_the_one_that_was_just_written(api: Api) -> None:
    catalog(api)
    for customer_id in ("acme", "beta"):
        api("customers.get_or_create", customer_id=customer_id, name=customer_id.title(), metadata={"vip": True})
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=3)

    listed = api("customers.list")["list"]

    assert [each["id"] for each in listed] == ["beta", "acme"]
    assert listed[1] == api("customers.get", customer_id="acme")
    assert [each["id"] for each in api("customers.list", plans=[{"id": "pro"}])["list"]] == ["acme"]
    assert [each["id"] for each in api("customers.list", search="BET")["list"]] == ["beta"]


def test_pages_follow_each_other(api: Api) -> None:
    catalog(api)
    names = [f"c{number}" for number in range(5)]
    for customer_id in names:
        api("customers.get_or_create", customer_id=customer_id)

    first = api("customers.list", limit=2, sort_order="asc")
    second = api("customers.list", limit=2, sort_order="asc", start_cursor=first["next_cursor"])
    third = api("customers.list", limit=2, sort_order="asc", start_cursor=second["next_cursor"])

    assert [each["id"] for page in (first, second, third) for each in page["list"]] == names
    assert third["next_cursor"] is None
    assert api.last is not None
    assert api.last.headers["Ledger-Due"]


def test_rows_say_whose_they_are(api: Api) -> None:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    api("entities.create", customer_id="acme", entity_id="seat_1", feature_id="seats", name="Team A")
    api("billing.attach", customer_id="acme", plan_id="pro", subscription_id="main")
    api("billing.attach", customer_id="acme", plan_id="extra")

    active = api("subscriptions.list", customer_id="acme")["list"]
    ended = api("subscriptions.list", statuses=["expired"])["list"]
    bought = api("purchases.list")["list"]
    rows = api("balances.list", customer_id="acme", feature_id="messages")["list"]
    entities = api("entities.list", customer_id="acme")["list"]

    assert [(each["id"], each["plan_id"], each["customer_id"]) for each in active] == [("main", "pro", "acme")]
    assert [(each["plan_id"], each["status"]) for each in ended] == [("free", "expired")]
    assert [each["plan_id"] for each in bought] == ["extra"]
    assert sorted(each["plan_id"] for each in rows) == ["extra", "pro"]
    assert entities == [api("entities.get", entity_id="seat_1", customer_id="acme")]


@pytest.fixture
def acme(api: Api) -> Api:
    """A ledger with a customer that has lived a little."""
    catalog(api)
    api("customers.get_or_create", customer_id="acme", name="Ada", email="ada@example.com")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=30)
    api(
        "balances.update",
        {"Tallystick-Reason": "goodwill f\u00fcr Ada".encode().decode("latin-1"), "Tallystick-Actor": "grace"},
        customer_id="acme",
        feature_id="messages",
        add_to_balance=-100,
    )
    return api


def test_get_reads_show_what_the_operations_answer(acme: Api) -> None:
    shown = acme.get("/v1/customers/acme")

    check_answer(CustomerAnswerSchema, shown)
    assert shown == acme("customers.get", customer_id="acme")
    assert acme.get(f"/v1/customers/{shown['internal_id']}") == shown


def test_get_balances_has_a_row_for_each_grant(acme: Api) -> None:
    rows = acme.get("/v1/customers/acme/balances?feature_id=messages&status=all")

    check_answer(BalanceListSchema, rows)
    assert [(each["plan_id"], each["status"], each["remaining"]) for each in rows["list"]] == [
        ("pro", "active", 370),
        ("free", "expired", 10),
    ]


def test_the_timeline_says_who_why_and_what_changed(acme: Api) -> None:
    entry = acme.get("/v1/customers/acme/timeline?kind=balance.deducted")["list"][0]

    assert (entry["actor"], entry["on_behalf_of"], entry["reason"]) == ("test key", "grace", "goodwill f\u00fcr Ada")
    assert entry["before"] != entry["after"]
    assert "100" in entry["sentence"]
    assert entry["at"].endswith("Z")
    kinds = [each["kind"] for each in acme.get("/v1/customers/acme/timeline?order=asc")["list"]]
    assert kinds[0] == "customer.created"
    assert "plan.attached" in kinds
    assert len(acme.get("/v1/timeline?limit=500")["list"]) == acme.head()


def test_a_reason_beyond_ascii_may_be_percent_encoded(acme: Api) -> None:
    reason = {"Tallystick-Reason": "utf-8''f%C3%BCr%20Ada%20%E2%9C%93"}
    acme("balances.update", reason, customer_id="acme", feature_id="messages", remaining=7)
    assert acme.get("/v1/timeline?limit=1")["list"][0]["reason"] == "für Ada ✓"
    with pytest.raises(Refused, match="400 invalid_inputs"):
        acme("balances.track", {"Tallystick-Actor": "UTF-8''%ff"}, customer_id="acme", feature_id="messages")


def test_the_timeline_goes_on_where_its_page_ended(acme: Api) -> None:
    everything = acme.get("/v1/timeline?limit=500")["list"]
    seen: list[Any] = []
    cursor = ""
    while True:
        page = acme.get(f"/v1/timeline?limit=4{cursor}")
        seen += page["list"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == everything


def test_the_raw_log_is_one_event_a_line_without_a_gap(acme: Api) -> None:
    lines = [json.loads(line) for line in acme.get("/v1/events").splitlines()]

    assert [line["position"] for line in lines] == list(range(1, acme.head() + 1))
    assert b"ada@example.com" not in acme.get("/v1/events")
    assert [json.loads(line)["position"] for line in acme.get("/v1/events?after=3&upto=5").splitlines()] == [4, 5]
    own = [json.loads(line)["type"] for line in acme.get("/v1/events?customer_id=acme").splitlines()]
    assert own[0] == "customer.created.v1"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/customers/nobody", 404, "customer_not_found"),
        ("/v1/customers/nobody/balances", 404, "customer_not_found"),
        ("/v1/customers/nobody/timeline", 404, "customer_not_found"),
        ("/v1/customers?limit=0", 400, "invalid_inputs"),
        ("/v1/customers?limit=many", 400, "invalid_inputs"),
        ("/v1/customers?limit=1&limit=2", 400, "invalid_inputs"),
        ("/v1/customers?serach=x", 400, "invalid_inputs"),
        ("/v1/customers?search=%00", 400, "invalid_inputs"),
        ("/v1/customers?search=%ff", 400, "invalid_inputs"),
        ("/v1/customers/%00", 404, "not_found"),
        ("/v1/customers/%ff", 404, "customer_not_found"),
        ("/v1/customers?cursor=guess", 400, "invalid_cursor"),
        ("/v1/customers?as_on=2026-01-01", 400, "invalid_inputs"),
        ("/v1/timeline?at_from=yesterday", 400, "invalid_inputs"),
        ("/v1/timeline?at_from=99999999999999999", 400, "invalid_inputs"),
        ("/v1/events?after=-1", 400, "invalid_inputs"),
        ("/v1/nothing", 404, "not_found"),
    ],
)
def test_a_get_that_is_wrong_is_a_problem_document(acme: Api, path: str, status: int, code: str) -> None:
    with pytest.raises(Refused) as caught:
        acme.get(path)
    assert (caught.value.status, caught.value.code) == (status, code), caught.value
    assert caught.value.headers["Content-Type"] == "application/problem+json"


def test_the_description_names_what_is_served_and_nothing_else(acme: Api) -> None:
    described = acme.get("/openapi.json")
    rules = {rule.rule.replace("<", "{").replace(">", "}") for rule in acme.app.url_map.iter_rules()}

    assert described["openapi"].startswith("3.1")
    machines = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"}
    assert set(described["paths"]) == {rule for rule in rules if rule.startswith("/v1/")} | machines
    docs = acme.get("/docs").decode()
    assert all(path in docs for path in described["paths"])
    assert "src=" not in docs
    assert "//" not in docs.split("</style>")[1]
