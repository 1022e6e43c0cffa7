"""check, track and batch_track over HTTP."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Api, catalog


@pytest.fixture
def acme(api: Api) -> Api:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    api("entities.create", customer_id="acme", entity_id="e1", feature_id="seats")
    return api


def track(api: Api, **body: Any) -> Any:
    return api("balances.track", customer_id="acme", **body)


def test_a_track_answers_202_without_a_balance_only_when_asked(acme: Api) -> None:
    for version in ("2.4.0", "2.5.0"):
        told = acme("balances.track", {"x-api-version": version}, customer_id="acme", feature_id="messages")
        assert acme.last is not None
        assert (acme.last.status_code, told["balance"] is None) == (200, False)
        told = acme(
            "balances.track", {"x-api-version": version}, customer_id="acme", feature_id="messages", **{"async": True}
        )
        assert (acme.last.status_code, told["balance"]) == (202, None)
    assert acme("balances.check", customer_id="acme", feature_id="messages")["balance"]["usage"] == 4


def test_usage_past_the_balance_is_dropped_or_a_debt_as_asked(acme: Api) -> None:
    assert track(acme, feature_id="messages", value=12)["balance"]["usage"] == 10
    overflown = track(acme, feature_id="messages", value=3, overage_behavior="overflow")["balance"]
    assert (overflown["remaining"], overflown["usage"]) == (0, 13)
    assert track(acme, feature_id="messages", value=-5)["balance"]["remaining"] == 2


def test_a_use_says_what_it_took_from_which_balance(acme: Api) -> None:
    acme("balances.create", customer_id="acme", feature_id="messages", included_grant=5, balance_id="gift")
    taken = track(acme, feature_id="messages", value=12)["deductions"]
    assert [(each["plan_id"], each["value"]) for each in taken] == [("free", 10), (None, 2)]
    assert taken[1]["balance_id"] == "gift"


def test_an_event_name_counts_on_every_feature_that_listens(acme: Api) -> None:
    one = track(acme, event_name="message.sent", value=2)
    assert one["balance"]["remaining"] == 8
    acme("features.create", feature_id="bytes", name="Bytes", type="metered", event_names=["message.sent"])
    both = track(acme, event_name="message.sent", value=2)
    assert both["balance"] is None
    assert both["balances"]["messages"]["remaining"] == 6
    assert both["balances"]["bytes"] is None


def test_ten_times_a_tenth_is_one(acme: Api) -> None:
    for _ in range(9):
        track(acme, feature_id="messages", value=Decimal("0.1"))
    sent_by_a_float = b'{"customer_id":"acme","feature_id":"messages","value":0.10000000000000000555}'
    assert acme.raw("/v1/balances.track", sent_by_a_float)["balance"]["remaining"] == 9


def test_a_check_with_its_event_deducts_exactly_when_allowed(acme: Api) -> None:
    asked: dict[str, Any] = {"customer_id": "acme", "feature_id": "messages", "send_event": True}
    first = acme("balances.check", **asked, required_balance=6)
    second = acme("balances.check", **asked, required_balance=6)
    third = acme("balances.check", **asked, required_balance=4)

    assert [each["allowed"] for each in (first, second, third)] == [True, False, True]
    assert [each["balance"]["remaining"] for each in (first, second, third)] == [4, 4, 0]


def test_a_check_writes_nothing(acme: Api) -> None:
    before = acme.head()
    acme("balances.check", customer_id="acme", feature_id="messages")
    assert acme.head() == before


def test_a_boolean_feature_is_a_flag(acme: Api) -> None:
    without = acme("balances.check", customer_id="acme", feature_id="sso")
    acme("billing.attach", customer_id="acme", plan_id="pro")
    having = acme("balances.check", customer_id="acme", feature_id="sso")

    assert (without["allowed"], without["flag"], without["balance"]) == (False, None, None)
    assert (having["allowed"], having["flag"]["plan_id"], having["balance"]) == (True, "pro", None)
    assert track(acme, feature_id="sso")["balance"] is None


def test_an_entity_draws_on_its_own_balance_and_then_on_its_customers(acme: Api) -> None:
    acme("balances.create", customer_id="acme", feature_id="messages", included_grant=3, entity_id="e1")
    used = track(acme, feature_id="messages", entity_id="e1", value=5)

    assert used["entity_id"] == "e1"
    assert used["balance"]["remaining"] == 8
    parts = {each["source"]: each["remaining"] for each in used["balance"]["breakdown"]}
    assert parts == {"entity": 0, "customer": 8}
    assert acme("customers.get", customer_id="acme")["balances"]["messages"]["granted"] == 13
    assert acme("entities.get", entity_id="e1")["balances"]["messages"] == used["balance"]


def test_a_batch_is_one_transaction(acme: Api) -> None:
    before = acme.head()
    rows = [{"customer_id": "acme", "feature_id": "messages", "value": Decimal("0.5")}] * 8
    assert acme.send("balances.batch_track", rows) == {"success": True}
    assert acme.head() == before + 8
    assert acme("balances.check", customer_id="acme", feature_id="messages")["balance"]["usage"] == 4


def test_usage_at_its_own_business_time_is_reset_with_its_period(acme: Api) -> None:
    acme("customers.get_or_create", {"Tallystick-Now": "2024-01-31T00:00:00Z"}, customer_id="old")
    acme(
        "balances.track",
        {"Tallystick-Now": "2024-02-10T00:00:00Z"},
        customer_id="old",
        feature_id="messages",
        value=4,
    )
    moved = acme("customers.advance_test_clock", customer_id="old", frozen_time=1_709_251_200_000)
    shown = acme("customers.get", customer_id="old")["balances"]["messages"]

    assert moved["frozen_time"] == 1_709_251_200_000
    assert (shown["usage"], shown["remaining"]) == (0, 10)
    assert shown["next_reset_at"] == 1_711_843_200_000, "31 March: the anchor's day comes back after February"
