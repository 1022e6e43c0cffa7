"""Every number of GET /v1/usage leads back to the uses that it is the sum of."""

from typing import Any

import pytest
from flask import Flask

from ledger.store.ledger import Store
from tests.api.client import Api, Refused, catalog
from tests.api.used import ledger_with_uses, listed

ANY: list[Any] = [
    "",
    " ",
    "a\nb",
    "\u0001",
    "&=#%",
    "\U0001f642",
    None,
    True,
    "true",
    0,
    "0.0",
    [],
    [1],
    {"b": ""},
    "x" * 4_000,
]


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Api:
    """A ledger with uses, which no test of this module changes."""
    return ledger_with_uses(app, store)


@pytest.mark.parametrize("measure", ["value", "count", "deducted"])
@pytest.mark.parametrize(
    "query",
    [
        "bin=day",
        "bin=week&timezone=America/New_York&group_by=customer",
        "group_by=customer&top=1",
        "bin=month&group_by=properties.region,customer&top=1",
        "group_by=plan",
        "group_by=plan,feature&top=1&bin=hour",
        "group_by=entity&customer_id=acme",
        "group_by=feature&top=1&from=2026-02-01",
    ],
)
def test_every_sum_leads_to_its_uses(shop: Api, query: str, measure: str) -> None:
    sums = listed(shop, f"{query}&measure={measure}")
    assert sums
    for each in sums:
        uses = shop.get(each["rows"])["list"]
        behind: Any = len(uses)
        if measure != "count":
            behind = sum(_units(use, each, sums) if measure == "value" else sum(_taken(use, each)) for use in uses)
        assert behind == each[measure], each


@pytest.mark.parametrize("query", ["customer", "customer,entity&bin=month", "customer&measure=count&top=1"])
def test_every_sum_of_one_customer_leads_to_its_uses(shop: Api, query: str) -> None:
    sums = shop.get(f"/v1/customers/acme/usage/sums?group_by={query}")["list"]
    assert sums
    for each in sums:
        uses = shop.get(each["rows"])["list"]
        assert {use["customer_id"] for use in uses} == {"acme"}
        behind = (len(uses), each["count"]) if "count" in each else (sum(use["value"] for use in uses), each["value"])
        assert behind[0] == behind[1]


@pytest.mark.parametrize("query", ["entity_id=e1&group_by=entity,customer", "plan_id=free&group_by=plan,customer"])
def test_the_rest_of_the_groups_leads_to_uses_of_what_was_asked_about_alone(api: Api, query: str) -> None:
    catalog(api)
    for customer, amount in (("acme", 5), ("zeta", 2)):
        api("customers.get_or_create", customer_id=customer)
        api("entities.create", customer_id=customer, entity_id="e1", feature_id="seats")
        for whose in ({"entity_id": "e1"}, {}, {"feature_id": "seats"}):
            api("balances.track", **{"customer_id": customer, "feature_id": "messages", "value": amount} | whose)
    (rest,) = [each for each in listed(api, f"{query}&top=1&feature_id=messages") if each["rest"]]
    assert sum(each["value"] for each in api.get(rest["rows"])["list"]) == rest["value"]
    (rest,) = [each for each in listed(api, f"{query}&top=1&measure=count") if each["rest"]]
    assert len(api.get(rest["rows"])["list"]) == rest["count"]


def test_a_sum_leads_to_its_uses_whatever_the_property_is(api: Api) -> None:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    track = {"customer_id": "acme", "feature_id": "messages", "value": 1}
    for each in ANY:
        api("balances.track", **track, properties={"in": {"it": each}})
    api("balances.track", **track)
    for name in ("in.it", "in"):
        for top in ("", "&top=2"):
            sums = listed(api, f"group_by=properties.{name}&measure=count{top}")
            assert sum(each["count"] for each in sums) == len(ANY) + 1
            assert [len(listed(api, *each["rows"].split("?")[::-1])) for each in sums] == [
                each["count"] for each in sums
            ]


def test_what_is_on_record_of_a_customer_who_is_gone_is_read_by_its_internal_id(api: Api) -> None:
    catalog(api)
    work = [{"amount": 12, "description": "Work"}]
    api("customers.get_or_create", customer_id="acme")
    api("balances.track", customer_id="acme", feature_id="messages", value=3)
    api("invoices.create", customer_id="acme", custom_line_items=work)
    api("customers.delete", customer_id="acme")
    (gone,) = listed(api, "group_by=customer")
    for moment in ("", f"as_of=position:{api.head()}", f"as_of=position:{api.head() - 1}"):
        assert [each["value"] for each in api.get(f"/v1/usage?customer_id={gone['internal_id']}&{moment}")["list"]] == [
            3
        ]
        for path in ("/v1/timeline", "/v1/books/journal", "/v1/books/statement", "/v1/books/trial-balance"):
            assert api.get(f"{path}?customer_id={gone['internal_id']}&{moment}")["list"], (path, moment)
    assert [each["value"] for each in api.get(gone["rows"])["list"]] == [3]
    for moment in ("", f"as_of=position:{api.head()}", "as_of=position:1"):
        with pytest.raises(Refused, match="customer_not_found"):
            api.get(f"/v1/usage?customer_id=acme&{moment}")
    with pytest.raises(Refused, match="customer_not_found"):
        api.get(f"/v1/usage?customer_id={gone['internal_id']}&as_of=position:1")


def _units(use: dict[str, Any], row: dict[str, Any], sums: list[Any]) -> Any:
    """The units of a use that a sum has of it: with a plan, what it took of that plan's balances, or of none."""
    if "plan_id" not in row:
        return use["value"]
    parts = [(each["plan_id"], each["units"]) for each in use["deductions"]]
    parts.append((None, use["value"] - sum(units for _, units in parts)))
    first = {each["plan_id"] for each in sums if not each["rest"] and each["feature_id"] == row["feature_id"]}
    wanted = {plan for plan, _ in parts} - first if row["rest"] else {row["plan_id"]}
    return sum(units for plan, units in parts if plan in wanted)


def _taken(use: dict[str, Any], row: dict[str, Any]) -> list[Any]:
    return [each["value"] for each in use["deductions"] if each["feature_id"] == row["balance_feature_id"]]
