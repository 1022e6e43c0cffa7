"""Versions of a plan over the API: in place, as the next one, all at once, or under another id (reference §2.6)."""

import pytest

from tests.api.client import Api, Refused

MONTH = {"interval": "month"}


@pytest.fixture
def shop(api: Api) -> Api:
    """A client of a ledger that sells one plan, which one customer has."""
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTH})
    api("customers.get_or_create", customer_id="acme")
    api("billing.attach", customer_id="acme", plan_id="pro")
    return api


def prices(shop: Api) -> list[tuple[int, object]]:
    """The versions of the plan with their prices."""
    found = shop("plans.list", all_versions=True)["list"]
    return [(each["version"], each["price"]["amount"]) for each in found]


def test_customers_stay_on_their_version(shop: Api) -> None:
    changed = shop("plans.update", plan_id="pro", price={"amount": 25, **MONTH})
    assert (changed["version"], changed["version_slug"], changed["active"]) == (2, "v2", True)
    assert prices(shop) == [(1, 20), (2, 25)]
    held = shop("customers.get", customer_id="acme")["subscriptions"][0]
    assert held["plan_id"] == "pro"
    preview = shop("billing.preview_update", customer_id="acme", plan_id="pro", version=2)
    assert preview["total"] == 5


def test_all_versions_change_in_place(shop: Api) -> None:
    shop("plans.update", plan_id="pro", price={"amount": 25, **MONTH})
    shop("plans.update", plan_id="pro", price={"amount": 30, **MONTH}, all_versions=True)
    assert prices(shop) == [(1, 30), (2, 30)]
    with pytest.raises(Refused, match="leave out version"):
        shop("plans.update", plan_id="pro", name="Max", all_versions=True, version=1)


def test_a_plan_gets_another_id_only_while_nobody_had_it(shop: Api) -> None:
    with pytest.raises(Refused, match="its id stays"):
        shop("plans.update", plan_id="pro", new_plan_id="max")
    shop("plans.create", plan_id="team", name="Team")
    assert shop("plans.update", plan_id="team", new_plan_id="teams", name="Teams")["id"] == "teams"
    with pytest.raises(Refused, match="team"):
        shop("plans.get", plan_id="team")
    with pytest.raises(Refused) as taken:
        shop("plans.update", plan_id="teams", new_plan_id="pro")
    assert taken.value.code == "product_already_exists"
