"""What an integrator does on the first day, through HTTP."""

from decimal import Decimal

import pytest

from api.wire.operations import OPERATIONS
from tests.api.client import Api, Refused, catalog


def test_a_customer_gets_the_default_plan_and_its_balance(api: Api) -> None:
    catalog(api)

    made = api("customers.get_or_create", customer_id="acme", name="Ada", email="ada@example.com")

    assert [each["plan_id"] for each in made["subscriptions"]] == ["free"]
    assert made["balances"]["messages"]["remaining"] == 10
    assert made["internal_id"].startswith("cus_")
    assert api("customers.get", customer_id=made["internal_id"]) == made


def test_tracking_takes_from_the_balance_and_checking_sees_it(api: Api) -> None:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")

    tracked = api("balances.track", customer_id="acme", feature_id="messages", value=Decimal("2.5"))
    checked = api("balances.check", customer_id="acme", feature_id="messages", required_balance=8)

    assert tracked["balance"]["remaining"] == Decimal("7.5")
    assert checked["allowed"] is False
    assert checked["balance"] == tracked["balance"]


def test_every_operation_of_the_wire_is_served_or_says_that_it_is_not(api: Api) -> None:
    unserved = {
        name for name in OPERATIONS if f"/v1/{name}" not in {rule.rule for rule in api.app.url_map.iter_rules()}
    }

    assert unserved <= {"invoices.list"}
    for name in unserved:
        with pytest.raises(Refused, match="404 not_supported"):
            api(name)
