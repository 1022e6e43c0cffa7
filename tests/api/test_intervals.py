"""The customer list by how often plans are billed, and what they cost a month: the catalog says it, now and then."""

from decimal import Decimal
from typing import Any, Final

import pytest
from flask import Flask

from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers, Refused, catalog
from tests.api.test_customer_list import every, ids

SOLD: Final = {
    "weekly": ("week", 1), "quarterly": ("quarter", 1), "halves": ("semi_annual", 1), "yearly": ("year", 1),
    "bimonthly": ("month", 2),
}  # fmt: skip


@pytest.fixture(scope="module")
def crowd(app: Flask, store: Store) -> Api:
    """A customer on each plan of `SOLD`; `old` on the first version of pro, by the month, and `new` on the second, by
    the year; `both` is on pro by the month and bought something once; `left` has left the plan by the week.
    """
    api = Ledgers(app, store).sandbox()
    catalog(api)
    for plan_id, (interval, count) in SOLD.items():
        price = {"amount": 120, "interval": interval, "interval_count": count}
        api("plans.create", plan_id=plan_id, name=plan_id, price=price, items=[])
        attached(api, plan_id, plan_id)
    attached(api, "old", "pro")
    attached(api, "both", "pro", "extra")
    api("plans.update", plan_id="pro", price={"amount": 200, "interval": "year"}, items=[{"feature_id": "sso"}])
    attached(api, "new", "pro")
    attached(api, "left", "weekly")
    api("billing.update", customer_id="left", plan_id="weekly", cancel_action="cancel_end_of_cycle")
    api("customers.get_or_create", customer_id="idle")
    return api


def attached(api: Api, customer_id: str, *plan_ids: str) -> None:
    api("customers.get_or_create", customer_id=customer_id)
    for plan_id in plan_ids:
        api("billing.attach", customer_id=customer_id, plan_id=plan_id)


FILTERS: Final[list[tuple[dict[str, Any], set[str]]]] = [
    ({"interval": "week", "status": "active"}, {"weekly"}),
    ({"interval": "week"}, {"weekly", "left"}),
    ({"interval": "month"}, {"bimonthly", "old", "both"}),
    ({"interval": "quarter"}, {"quarterly"}),
    ({"interval": "semi_annual"}, {"halves"}),
    ({"interval": "year"}, {"yearly", "new"}),
    ({"interval": ["year", "quarter"]}, {"yearly", "new", "quarterly"}),
    ({"interval": "one_off"}, {"both"}),
    ({"interval": "none", "status": "active"}, {"idle"}),
    ({"interval": "none", "status": "scheduled"}, {"left"}),
    ({"interval": "year", "plan": "pro"}, {"new"}),
    ({"interval": "month", "plan": "pro"}, {"old", "both"}),
    ({"interval": "month", "plan": ["pro@2", "extra"]}, set()),
    ({"interval": "month", "plan": ["pro@1", "yearly"], "search": "old"}, {"old"}),
    ({"interval": "year", "plan": "nothing"}, set()),
    ({"interval": "week", "status": "canceled"}, {"left"}),
    ({"interval": "year", "status": "trialing"}, set()),
]


@pytest.mark.parametrize(("asked", "expected"), FILTERS, ids=[str(each) for each, _ in FILTERS])
def test_an_interval_keeps_who_is_on_a_plan_that_is_billed_so(
    crowd: Api, asked: dict[str, Any], expected: set[str]
) -> None:
    assert ids(every(crowd, **asked, limit=2)) == expected
    assert ids(every(crowd, **asked, as_of=f"position:{crowd.head()}", limit=2)) == expected


def test_the_past_is_asked_by_the_catalog_of_then_and_a_new_version_parts_no_two_pages(crowd: Api) -> None:
    api, head = crowd, crowd.head()
    first = api.get("/v1/customers?interval=year&limit=1")
    api("plans.update", plan_id="yearly", price={"amount": 10, "interval": "month"}, disable_version=True)
    try:
        assert ids(every(api, interval="year")) == {"new"}
        assert ids(every(api, interval="year", as_of=f"position:{head}")) == {"yearly", "new"}
        rest = api.get(f"/v1/customers?interval=year&cursor={first['next_cursor']}")
        assert [row["id"] for row in (*first["list"], *rest["list"])] == ["new"]
    finally:
        api("plans.update", plan_id="yearly", price={"amount": 120, "interval": "year"}, disable_version=True)


def test_a_base_price_is_as_much_as_falls_to_a_month(crowd: Api) -> None:
    prices = {row["id"]: row["base_price"] for row in every(crowd)}
    assert prices == {
        "weekly": 520, "bimonthly": 60, "quarterly": 40, "halves": 20, "yearly": 10, "old": 20, "both": 20,
        "new": Decimal("16.67"), "left": 520, "idle": 0,
    }  # fmt: skip
    assert crowd.get("/v1/customers?format=csv&search=new&columns=id,base_price").split() == [
        b"id,base_price",
        b"new,16.67",
    ]


def test_a_view_keeps_it_and_what_is_no_interval_is_named(crowd: Api) -> None:
    view = crowd("views.create", name="Yearly", query="interval=year&columns=id,base_price")
    assert crowd.get(f"/v1/customers?view={view['id']}&plan=yearly")["list"] == [{"id": "yearly", "base_price": 10}]
    with pytest.raises(Refused, match=r"interval.*must be one of week, month, quarter, semi_annual, year, one_off, no"):
        crowd.get("/v1/customers?interval=day")
    with pytest.raises(Refused, match=r"^400 .*sort"):
        crowd.get("/v1/customers?sort=base_price")
