"""events.aggregate over HTTP."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers, Refused, catalog

MAY = "2026-05-{:02}T{:02}:00:00Z"


def ms(day: int, hour: int = 0, month: int = 5) -> int:
    return int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Api:
    """A ledger with credits and two customers, which no test of this module changes."""
    api = Ledgers(app, store).sandbox()
    catalog(api)
    api("features.create", feature_id="calls", name="Calls", type="metered")
    api("features.create", feature_id="credits", name="Credits", type="credit_system",
        credit_schema=[{"metered_feature_id": "calls", "credit_cost": 2}])  # fmt: skip
    included = {"feature_id": "credits", "included": 30, "reset": {"interval": "month"}}
    api("plans.create", plan_id="ai", name="AI", price={"amount": 10, "interval": "month"}, items=[included])
    for customer in ("acme", "zeta"):
        api("customers.get_or_create", api.at(MAY.format(1, 0)), customer_id=customer)
    api("billing.attach", api.at(MAY.format(1, 0)), customer_id="acme", plan_id="ai")
    api("balances.create", api.at(MAY.format(1, 0)), customer_id="acme", feature_id="calls", included_grant=3,
        balance_id="gift")  # fmt: skip
    for customer, feature, value, day, hour, properties in USES:
        api("balances.track", api.at(MAY.format(day, hour)), customer_id=customer, feature_id=feature, value=value,
            properties=properties)  # fmt: skip
    api("customers.advance_test_clock", customer_id="acme", frozen_time=ms(5))
    return api


USES: list[tuple[str, str, Any, int, int, dict[str, Any]]] = [
    ("acme", "messages", 4, 2, 1, {"region": "eu"}),
    ("zeta", "messages", 2, 2, 2, {"region": "us"}),
    ("acme", "messages", 1, 2, 23, {"region": "eu"}),
    ("acme", "calls", 5, 3, 0, {"region": "eu"}),
    ("acme", "calls", Decimal("1.5"), 3, 1, {"region": "asia"}),
    ("acme", "messages", -1, 4, 0, {}),
]
MESSAGES: dict[str, Any] = {"feature_id": "messages", "custom_range": {"start": ms(2), "end": ms(4, 1)}}


def by_period(answer: Any, name: str, feature: str = "messages") -> list[Any]:
    return [each[name][feature] for each in answer["list"]]


def test_every_period_of_the_range_has_its_sum(shop: Api) -> None:
    answer = shop("events.aggregate", **MESSAGES)
    assert answer["list"] == [
        {"period": ms(2), "values": {"messages": 7}},
        {"period": ms(3), "values": {"messages": 0}},
        {"period": ms(4), "values": {"messages": -1}},
    ]
    assert answer["total"] == {"messages": {"count": 4, "sum": 6}}
    assert "deductions" not in answer


def test_counts_are_of_uses_and_leave_the_total_as_it_is(shop: Api) -> None:
    answer = shop("events.aggregate", **MESSAGES, measure="count")
    assert by_period(answer, "values") == [3, 0, 1]
    assert answer["total"] == {"messages": {"count": 4, "sum": 6}}


def test_several_features_and_one_customer(shop: Api) -> None:
    asked = {**MESSAGES, "feature_id": ["messages", "calls"]}
    answer = shop("events.aggregate", **asked, customer_id="acme")
    assert by_period(answer, "values", "calls") == [0, Decimal("6.5"), 0]
    assert answer["total"] == {"messages": {"count": 3, "sum": 4}, "calls": {"count": 2, "sum": Decimal("6.5")}}
    assert by_period(shop("events.aggregate", **asked, customer_id="zeta"), "values") == [2, 0, 0]


def test_days_are_those_of_the_time_zone_and_hours_of_utc(shop: Api) -> None:
    india = shop("events.aggregate", **MESSAGES, timezone="Asia/Kolkata")
    assert [(each["period"], each["values"]["messages"]) for each in india["list"]] == [
        (ms(1, 18) + 1_800_000, 6), (ms(2, 18) + 1_800_000, 1), (ms(3, 18) + 1_800_000, -1),
    ]  # fmt: skip
    hours = shop("events.aggregate", **MESSAGES, timezone="Asia/Kolkata", bin_size="hour")
    assert [each["period"] for each in hours["list"] if each["values"]["messages"]] == [
        ms(2, 1), ms(2, 2), ms(2, 23), ms(4),
    ]  # fmt: skip
    month = shop("events.aggregate", **MESSAGES, bin_size="month")
    assert month["list"] == [{"period": ms(1), "values": {"messages": 6}}]
    week = shop("events.aggregate", **MESSAGES, bin_size="week")
    assert [(each["period"], each["values"]["messages"]) for each in week["list"]] == [
        (ms(27, month=4), 7), (ms(4), -1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "grouped"),
    [
        ({"group_by": "properties.region"}, [{"eu": 5, "us": 2, "": 0}, {"eu": 0, "us": 0, "": 0},
                                             {"eu": 0, "us": 0, "": -1}]),
        ({"group_by": "properties.region", "max_groups": 1},
         [{"eu": 5, "Other": 2}, {"eu": 0, "Other": 0}, {"eu": 0, "Other": -1}]),
        ({"group_by": "$customer_id"}, [{"acme": 5, "zeta": 2}, {"acme": 0, "zeta": 0}, {"acme": -1, "zeta": 0}]),
        ({"group_by": "customer_id", "measure": "count"},
         [{"acme": 2, "zeta": 1}, {"acme": 0, "zeta": 0}, {"acme": 1, "zeta": 0}]),
        ({"group_by": "$entity_id"}, [{"": 7}, {"": 0}, {"": -1}]),
        ({"group_by": "$plan_id"}, [{"free": 2, "": 5}, {"free": 0, "": 0}, {"free": 0, "": -1}]),
        ({"group_by": "$customer_id", "filter_by": {"region": "us"}}, [{"zeta": 2}, {"zeta": 0}, {"zeta": 0}]),
    ],
)  # fmt: skip
def test_groups(shop: Api, asked: dict[str, Any], grouped: list[Any]) -> None:
    assert by_period(shop("events.aggregate", **MESSAGES, **asked), "grouped_values") == grouped


def test_presets_end_now_by_the_clock_of_the_customer(shop: Api) -> None:
    def total(preset: str, **asked: Any) -> Any:
        return shop("events.aggregate", feature_id="messages", range=preset, **asked)["total"]["messages"]["sum"]

    assert [total(each, customer_id="acme") for each in ("24h", "7d", "1bc", "3bc", "last_cycle")] == [-1, 4, 4, 4, 0]
    assert total("90d") == 0, "the ledger lives on real time"
    listed = shop("events.list", customer_id="acme", feature_id="messages", range="1bc")["list"]
    assert [each["value"] for each in listed] == [-1, 1, 4]
    hours = shop("events.aggregate", feature_id="messages", range="24h", customer_id="acme")["list"]
    assert (len(hours), hours[0]["period"]) == (25, ms(4))


def test_deductions_are_told_by_the_balances_they_left(shop: Api) -> None:
    span = {"start": ms(2), "end": ms(4)}
    answer = shop("events.aggregate", feature_id="calls", custom_range=span, customer_id="acme",
                  aggregate_on="deducted", group_by="$feature_id")  # fmt: skip
    (day,) = answer["deductions"]
    assert day["period"] == ms(3)
    calls, paid = day["values"]["calls"], day["values"]["credits"]
    assert (calls["feature_type"], calls["deducted"], calls["events"]) == ("metered", 3, 1)
    assert calls["balances"] == [{"balance_id": "gift", "entity_id": None, "plan_id": None, "reset": None,
                                  "credit_cost": None, "deducted": 3, "events": 1}]  # fmt: skip
    assert (paid["feature_type"], paid["deducted"], paid["events"]) == ("credit_system", 7, 2)
    (balance,) = paid["balances"]
    assert (balance["plan_id"], balance["credit_cost"], balance["reset"]["interval"]) == ("ai", 2, "month")
    assert balance["reset"]["resets_at"] == ms(1, month=6)
    assert day["grouped_values"] == {
        "gift": {"calls": {"deducted": 3, "credit_cost": None}},
        balance["balance_id"]: {"calls": {"deducted": 7, "credit_cost": 2}},
    }
    assert "grouped_values" not in answer["list"][0]


def test_sums_by_plan_split_a_use_among_the_plans_it_took_from(shop: Api) -> None:
    asked = {"feature_id": "calls", "custom_range": {"start": ms(3), "end": ms(3, 1)}, "group_by": "$plan_id"}
    units = by_period(shop("events.aggregate", **asked), "grouped_values", "calls")
    assert units == [{"ai": Decimal("3.5"), "": 3}]
    deducted = shop("events.aggregate", **asked, customer_id="acme", aggregate_on="deducted")["deductions"]
    groups = sorted(name for balance in deducted[0]["grouped_values"].values() for name in balance)
    assert groups == ["", "ai"]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"range": "7d"}, "custom_range"),
        ({"custom_range": None}, "custom_range"),
        ({"custom_range": {"start": ms(2)}}, "custom_range.end"),
        ({"custom_range": {"start": ms(2), "end": ms(2)}}, "custom_range.end"),
        ({"feature_id": []}, "feature_id"),
        ({"feature_id": ["x"] * 201}, "feature_id"),
        ({"bin_size": "year"}, "bin_size"),
        ({"bin_size": "hour", "custom_range": {"start": 0, "end": ms(2)}}, "10000 bins"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": 5}, "timezone"),
        ({"timezone": "../UTC"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"group_by": "region"}, "group_by"),
        ({"group_by": "properties."}, "group_by"),
        ({"group_by": "$feature_id"}, "aggregate_on"),
        ({"max_groups": 3}, "group_by"),
        ({"max_groups": 251, "group_by": "$customer_id"}, "max_groups"),
        ({"max_groups": 0, "group_by": "$customer_id"}, "max_groups"),
        ({"aggregate_on": "deducted"}, "customer_id"),
        ({"aggregate_on": "used", "customer_id": "acme"}, "aggregate_on"),
        ({"filter_by": {str(n): "x" for n in range(6)}}, "filter_by"),
        ({"filter_by": {"region": 5}}, "filter_by.region"),
        ({"measure": "average"}, "measure"),
        ({"colour": "red"}, "colour"),
        ({"feature_id": ["messages", "calls"], "bin_size": "hour", "group_by": "$customer_id", "max_groups": 250,
          "custom_range": {"start": ms(2) - 10**10 * 2, "end": ms(2)}}, "200000 numbers"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_name(shop: Api, changed: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused, match=named) as refused:
        shop("events.aggregate", **(MESSAGES | changed))
    assert refused.value.status == 400


def test_a_range_of_cycles_is_one_customers(shop: Api) -> None:
    for body in ({"range": "1bc"}, {}):
        with pytest.raises(Refused, match="range"):
            shop("events.aggregate", feature_id="messages", **body)
    with pytest.raises(Refused, match="customer_id"):
        shop("events.list", range="3bc")


def test_what_is_not_there_is_not_found(shop: Api) -> None:
    for changed, code in (
        ({"feature_id": "none"}, "feature_not_found"),
        ({"customer_id": "nobody"}, "customer_not_found"),
        ({"customer_id": "acme", "entity_id": "none"}, "entity_not_found"),
    ):
        with pytest.raises(Refused, match=code) as refused:
            shop("events.aggregate", **(MESSAGES | changed))
        assert refused.value.status == 404
