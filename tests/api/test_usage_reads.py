"""GET /v1/usage: uses as they were recorded, and sums that lead back to them."""

import json
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from ledger.core.settings import ChangeSetting
from ledger.store.ledger import SettingsAddress, Store
from tests.api.client import TESTER, Api, Refused, catalog
from tests.api.used import ledger_with_uses, listed, told, values


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Api:
    """A ledger with uses, which no test of this module changes."""
    return ledger_with_uses(app, store)


def test_a_use_is_told_with_all_that_is_known_of_it(shop: Api) -> None:
    (use,) = listed(shop, "customer_id=acme&to=2026-02-01")
    assert use.pop("id").startswith("evt_")
    assert use.pop("internal_id").startswith("cus_")
    (taken,) = use.pop("deductions")
    assert (taken["plan_id"], taken["feature_id"], taken["value"], taken["units"]) == ("free", "messages", 3, 3)
    assert use.pop("position") > 1
    assert use == {
        "customer_id": "acme",
        "feature_id": "messages",
        "entity_id": None,
        "event_name": None,
        "value": 3,
        "used_at": "2026-01-31T22:30:00.000Z",
        "at": "2026-01-31T22:30:00.000Z",
        "properties": {"region": "eu", "size": 5},
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [50, 2, 1, 4, 9, 3]),
        ("feature_id=seats", [1]),
        ("feature_id=seats&feature_id=messages", [50, 2, 1, 4, 9, 3]),
        ("customer_id=zeta", [9]),
        ("plan_id=free", [50, 2, 4, 9, 3]),
        ("without=plan", [50, 1]),
        ("plan_id=pro", []),
        ("entity_id=e1", []),
        ("without=entity&feature_id=seats", [1]),
        ("event_name=message.sent", []),
        ("properties.region=eu", [4, 3]),
        ("properties.size=5", [4, 3]),
        ("properties.team.lead=ada", [2]),
        ("properties.region=eu&properties.size=6", []),
        ("without=properties.region", [50, 1]),
        ("from=2026-02-02&to=2026-02-20", [1, 4]),
        ("from=2026-02-01T10:00:00Z&to=2026-02-02T00:00:00Z", [9]),
        ("from=2026-02-01&to=2026-02-02&timezone=Europe/Berlin", [9]),
        ("to=2026-02-01&timezone=Pacific/Auckland", []),
        ("balance_feature_id=messages&to=2026-02-01T11:00:00Z", [9, 3]),
        ("at=2026-02-02", [4, 9, 3]),
        ("at=2026-02-02&from=2026-02-02", [4]),
        ("at=2026-02-02&from=2026-02-02T00:00:01Z", []),
        ("at=2026-02-02&from=2026-02-02T00:00:01Z&bin=day", []),
        ("rest=true&group_by=customer&top=1&feature_id=messages", [2, 9]),
    ],
)
def test_uses_are_kept_by_every_filter(shop: Api, query: str, found: list[int]) -> None:
    assert values(shop, query) == found


def test_pages_follow_each_other_and_stay_with_their_question(shop: Api) -> None:
    first = shop.get("/v1/usage?limit=4")
    second = shop.get(f"/v1/usage?limit=4&cursor={first['next_cursor']}")
    assert [each["value"] for each in first["list"] + second["list"]] == [50, 2, 1, 4, 9, 3]
    assert second["next_cursor"] is None
    with pytest.raises(Refused, match="invalid_cursor"):
        shop.get(f"/v1/usage?limit=4&customer_id=acme&cursor={first['next_cursor']}")


def test_what_was_known_is_read_again(shop: Api) -> None:
    third = listed(shop, "customer_id=acme&feature_id=seats")[0]["position"]
    assert values(shop, f"as_of=position:{third}") == [1, 4, 9, 3]
    assert told(listed(shop, f"as_of=position:{third}&group_by=customer&measure=count"), "customer_id", "count") == [
        ("acme", 3),
        ("zeta", 1),
    ]


@pytest.mark.parametrize(
    ("query", "names", "found"),
    [
        ("group_by=feature", ("feature_id", "value"), [("messages", 68), ("seats", 1)]),
        ("measure=count", ("count",), [(6,)]),
        ("measure=count&group_by=feature", ("feature_id", "count"), [("messages", 5), ("seats", 1)]),
        ("measure=deducted", ("balance_feature_id", "deducted"), [("messages", 28)]),
        (
            "bin=month&feature_id=messages",
            ("start", "end", "value"),
            [
                ("2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", 3),
                ("2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z", 15),
                ("2026-03-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z", 50),
            ],
        ),
        (
            "bin=month&feature_id=messages&timezone=Asia/Kathmandu&to=2026-02-02",
            ("start", "end", "value"),
            [("2026-01-31T18:15:00.000Z", "2026-02-01T18:15:00.000Z", 12)],
        ),
        ("group_by=customer&top=1&feature_id=messages", ("customer_id", "rest", "value"), [
            ("acme", False, 57), (None, True, 11),
        ]),
        ("group_by=plan&feature_id=messages", ("plan_id", "value"), [("free", 28), (None, 40)]),
        ("group_by=plan&measure=count", ("plan_id", "count"), [("free", 5), (None, 2)]),
        ("group_by=entity&measure=count", ("entity_id", "count"), [(None, 6)]),
        ("group_by=properties.region,feature&measure=count", ("feature_id", "properties", "count"), [
            ("messages", {"region": "eu"}, 2), ("messages", {"region": "us"}, 2), ("messages", {"region": None}, 1),
            ("seats", {"region": None}, 1),
        ]),
        ("group_by=properties.region&top=1&feature_id=messages", ("rest", "value"), [(False, 50), (True, 18)]),
        ("group_by=properties.region&top=3&feature_id=messages", ("value",), [(50,), (11,), (7,)]),
        ("group_by=feature,customer&top=1&measure=value", ("feature_id", "customer_id", "value"), [
            ("messages", "acme", 57), ("seats", "acme", 1), ("messages", None, 11),
        ]),
        ("bin=billing_cycle&customer_id=acme", ("start", "value"), [
            ("2026-01-01T00:00:00.000Z", 3), ("2026-02-01T00:00:00.000Z", 4), ("2026-02-01T00:00:00.000Z", 1),
            ("2026-03-01T00:00:00.000Z", 50),
        ]),
    ],
)  # fmt: skip
def test_sums_are_what_the_uses_add_up_to(shop: Api, query: str, names: tuple[str, ...], found: list[Any]) -> None:
    assert told(listed(shop, query), *names) == found


def test_billing_cycles_are_the_ledgers_whatever_zone_is_asked_for(api: Api) -> None:
    catalog(api)
    api("customers.get_or_create", api.at("2026-02-15T08:00:00Z"), customer_id="acme")
    api("billing.attach", api.at("2026-02-15T08:00:00Z"), customer_id="acme", plan_id="pro")
    api("balances.track", api.at("2026-02-20T00:00:00Z"), customer_id="acme", feature_id="messages", value=1)
    for zone in ("UTC", "America/New_York"):  # where clocks change on 8 March
        (cycle,) = listed(api, f"customer_id=acme&bin=billing_cycle&measure=count&timezone={zone}")
        assert (cycle["start"], cycle["end"]) == ("2026-02-15T08:00:00.000Z", "2026-03-15T08:00:00.000Z")


def test_days_of_a_moment_are_those_of_the_zone_that_the_ledger_had_then(api: Api) -> None:
    catalog(api)
    api("customers.get_or_create", api.at("2026-01-01T00:00:00Z"), customer_id="acme")
    api("balances.track", api.at("2026-02-01T00:00:00Z"), customer_id="acme", feature_id="messages", value=1)
    then = f"as_of=position:{api.head()}"
    for asked in (f"bin=month&{then}", f"customer_id=acme&bin=month&{then}", f"from=2026-02-01&{then}"):
        before = api.get(f"/v1/usage?{asked}")
        zoned(api, "America/New_York" if "customer_id" in asked else "Asia/Tokyo")
        assert api.get(f"/v1/usage?{asked}") == before
    (month,) = listed(api, "bin=month")
    assert month["start"] == "2026-01-31T15:00:00.000Z"


def test_what_credits_paid_for_is_written_in_a_file_as_it_is_on_a_page(api: Api) -> None:
    api("features.create", feature_id="calls", name="Calls", type="metered")
    costs = [{"metered_feature_id": "calls", "credit_cost": 3}]
    api("features.create", feature_id="credits", name="Credits", type="credit_system", credit_schema=costs)
    api("customers.get_or_create", customer_id="acme")
    api("balances.create", customer_id="acme", feature_id="credits", included_grant=10)
    for value in (3, 1, -1, Decimal("0.5")):
        api("balances.track", customer_id="acme", feature_id="calls", value=value)
    pages = [[(str(row["value"]), str(row["units"])) for row in use["deductions"]] for use in listed(api, "")]
    lines = api.get("/v1/usage?format=ndjson").decode().splitlines()
    uses = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
    assert [[(row["value"], row["units"]) for row in use["deductions"]] for use in uses] == pages
    assert ("-3", "-1") in pages[1]


def zoned(api: Api, zone: str) -> None:
    command = ChangeSetting(setting="timezone", value=zone)
    api.store.ledger(api.ledger_id).execute(SettingsAddress(), command, by=TESTER)


def test_sums_and_uses_leave_as_files(shop: Api) -> None:
    lines = shop.get("/v1/usage?format=csv&customer_id=zeta").decode().splitlines()
    assert lines[0].split(",")[2:5] == ["customer_id", "internal_id", "feature_id"]
    assert len(lines) == 2
    sums = shop.get("/v1/usage/sums?format=csv&group_by=customer&measure=count&timezone=UTC").decode().splitlines()
    assert [line.split(",")[-1] for line in sums] == ["amount", "4", "1", "1"]
    assert sums[1].startswith(",,"), "a range without bounds has none in the file either"
    own = shop.get("/v1/customers/acme/usage/sums?measure=count")["list"]
    assert own[0]["count"] == 4
    assert shop.get(own[0]["rows"])["list"] == shop.get("/v1/customers/acme/usage")["list"]
    with pytest.raises(Refused, match="/v1/usage/sums"):
        shop.get("/v1/usage?format=csv&bin=day")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("colour=red", "colour"),
        ("group_by=colour", "group_by"),
        ("group_by=properties.", "group_by"),
        ("group_by=feature,,plan", "group_by"),
        ("group_by=" + ",".join(f"properties.p{n}" for n in range(9)), "at most 8"),
        ("bin=fortnight", "bin"),
        ("bin=hour&from=2000-01-01&to=2026-01-01", "at most 10000 bins"),
        ("bin=billing_cycle", "customer_id"),
        ("measure=tokens", "measure"),
        ("top=3", "without group_by"),
        ("top=0&group_by=customer", "top"),
        ("top=251&group_by=customer", "top"),
        ("timezone=Mars/Olympus", "timezone"),
        ("timezone=../../etc/passwd", "timezone"),
        ("timezone=", "timezone"),
        ("timezone=localtime", "timezone"),
        ("timezone=right/Europe/Berlin", "timezone"),
        ("from=yesterday", "from"),
        ("from=2026-02-01&to=2026-02-01", "to is not after from"),
        ("from=2026-02-30", "from"),
        ("group_by=customer&cursor=abc", "cursor"),
        ("bin=day&limit=10", "limit"),
        ("cursor=abc", "cursor"),
        ("rest=true", "rest"),
        ("rest=true&group_by=customer", "rest"),
        ("rest=true&group_by=customer&top=1&bin=day", "rest"),
        ("top_from=2026-02-01", "top_from"),
        ("without=customer", "without"),
        ("without=plan&plan_id=free", "without"),
        ("without=entity&entity_id=e1", "without"),
        ("without=properties.region&properties.region=eu", "without"),
        ("properties=eu", "properties"),
        ("properties.region=%00", "properties.region"),
        ("properties.a%00b=eu", "NUL"),
        (f"properties.region={'x' * 5_001}", "properties.region"),
        ("as_of=position:0", "as_of"),
        ("as_of=2100-01-01", "as_of"),
        ("at=soon", "is no moment"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_name(shop: Api, query: str, named: str) -> None:
    with pytest.raises(Refused, match=named) as refused:
        shop.get(f"/v1/usage?{query}")
    assert refused.value.status == 400


def test_what_is_not_there_is_not_found(shop: Api) -> None:
    for path, code in (
        ("/v1/usage?customer_id=nobody", "customer_not_found"),
        ("/v1/customers/nobody/usage", "customer_not_found"),
        ("/v1/usage?as_of=position:999999", "position_not_found"),
    ):
        with pytest.raises(Refused, match=code) as refused:
            shop.get(path)
        assert refused.value.status == 404
    assert listed(shop, "feature_id=nothing") == listed(shop, "feature_id=nothing&bin=day") == []


def test_uses_of_what_is_unlimited_locked_taken_back_and_of_who_is_gone_count(api: Api) -> None:
    catalog(api)
    item = {"feature_id": "messages", "unlimited": True}
    api("plans.create", plan_id="all", name="All", items=[item])
    api("customers.get_or_create", customer_id="acme")
    api("billing.attach", customer_id="acme", plan_id="all")
    api("balances.track", customer_id="acme", feature_id="messages", value=7)
    position = api.head()
    lock = {"enabled": True, "lock_id": "job"}
    api("balances.check", customer_id="acme", feature_id="messages", required_balance=5, lock=lock)
    api("balances.finalize", lock_id="job", action="confirm", override_value=2)
    api("events.reverse", {"Tallystick-Reason": "a test"}, position=position)
    for gone in (False, True):
        if gone:
            api("customers.delete", customer_id="acme")
        assert told(listed(api, "group_by=plan"), "plan_id", "value") == [("all", 2)]
        assert told(listed(api, "measure=deducted"), "balance_feature_id", "deducted") == [("messages", 2)]
        assert told(listed(api, "measure=count"), "count") == [(4,)]
        assert values(api, "") == [-7, -3, 5, 7]
