"""Plan items for each entity over HTTP: offered, given, used, read and refused."""

from typing import Any

import pytest

from tests.api.client import Api, Refused

JANUARY = {"Tallystick-Now": "2024-01-01T00:00:00Z"}
ITEM = {"feature_id": "messages", "included": 100, "reset": {"interval": "month"}, "entity_feature_id": "seats"}


@pytest.fixture
def acme(api: Api) -> Api:
    """Acme signed up on 1 January 2024 with two seats, on a plan that gives messages to each of them."""
    api("features.create", feature_id="messages", name="Messages", type="metered", consumable=True)
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    made = api("plans.create", plan_id="team", name="Team", items=[ITEM])
    assert made["items"][0]["entity_feature_id"] == "seats"
    api("customers.get_or_create", JANUARY, customer_id="acme")
    for entity_id in ("e1", "e2"):
        api("entities.create", customer_id="acme", entity_id=entity_id, feature_id="seats")
    api("billing.attach", customer_id="acme", plan_id="team")
    return api


def left(api: Api, entity_id: str | None = None) -> Any:
    shown = (
        api("customers.get", customer_id="acme")
        if entity_id is None
        else api("entities.get", customer_id="acme", entity_id=entity_id)
    )
    return shown["balances"]["messages"]["remaining"]


def test_139_each_entity_has_its_own_and_the_customer_the_sum(acme: Api) -> None:
    assert acme("balances.check", customer_id="acme", feature_id="messages")["balance"]["remaining"] == 200
    acme("balances.track", customer_id="acme", feature_id="messages", value=30, entity_id="e1")
    assert (left(acme), left(acme, "e1"), left(acme, "e2")) == (170, 70, 100)
    acme("entities.create", customer_id="acme", entity_id="e3", feature_id="seats")
    assert (left(acme), left(acme, "e3")) == (270, 100)
    acme("entities.delete", customer_id="acme", entity_id="e1")
    assert left(acme) == 200
    rows = acme.get("/v1/customers/acme/balances")["list"]
    held = {each["entity_id"]: each["remaining"] for each in rows if each["status"] == "active"}
    assert held == {"e2": 100, "e3": 100}


def test_a_customised_item_may_be_for_each_entity_and_a_bad_one_is_refused(acme: Api) -> None:
    acme("billing.update", customer_id="acme", plan_id="team", customize={"items": [{**ITEM, "included": 150}]})
    assert left(acme) == 300
    for wrong, code in (("messages", "invalid_inputs"), ("none", "feature_not_found")):
        with pytest.raises(Refused, match=code):
            acme("plans.create", plan_id="other", name="Other", items=[{**ITEM, "entity_feature_id": wrong}])
    price = {"amount": 5, "interval": "month", "billing_method": "prepaid", "billing_units": 1}
    with pytest.raises(Refused, match="leave out entity_feature_id"):
        acme("plans.create", plan_id="other", name="Other", items=[{**ITEM, "price": price}])
