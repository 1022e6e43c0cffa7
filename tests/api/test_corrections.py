"""What products used, use by use; taking an effect back, once and with a reason; use in a period that has closed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledger.core.settings import Role
from tests.api.client import Api, Ledgers, Refused, catalog

START = datetime(2026, 1, 1, tzinfo=UTC)
WHY = {"Tallystick_Reason": "counted twice"}


def ms(days: float) -> int:
    return int((START + timedelta(days=days)).timestamp() * 1000)


@pytest.fixture
def acme(api: Api) -> Api:
    """A client of a ledger with a catalog and one customer, acme, whose clock stands, with 100 messages."""
    catalog(api)
    api("plans.update", plan_id="free", auto_enable=False)
    api("customers.get_or_create", api.at(START.isoformat()), customer_id="acme")
    api("balances.create", customer_id="acme", feature_id="messages", included_grant=100)
    return api


def track(api: Api, value: int, headers: dict[str, str] | None = None, **fields: Any) -> int:
    """Record a use; the position of its event."""
    api("balances.track", headers, customer_id="acme", feature_id="messages", value=value, **fields)
    return api.head()


def left(api: Api) -> Any:
    return api("customers.get", customer_id="acme")["balances"]["messages"]["remaining"]


def refusal(api: Api, operation: str, headers: dict[str, str], **body: Any) -> tuple[int, str]:
    before = api.head()
    with pytest.raises(Refused) as caught:
        api(operation, headers, **body)
    assert api.head() == before
    return caught.value.status, caught.value.code


def test_a_use_is_taken_back_once_by_its_position_and_with_a_reason(acme: Api) -> None:
    position = track(acme, 30)
    assert refusal(acme, "events.reverse", {}, position=position) == (400, "reason_required")
    with pytest.raises(Refused, match="needs a reason: send it in the header Tallystick-Reason"):
        acme("events.reverse", position=position)
    answer = acme("events.reverse", WHY, position=position)
    assert answer == {"customer_id": "acme", "reversed_position": position, "position": acme.head()}
    assert left(acme) == 100
    assert refusal(acme, "events.reverse", WHY, position=position) == (409, "already_reversed")


def test_a_change_by_hand_is_taken_back(acme: Api) -> None:
    acme("balances.update", customer_id="acme", feature_id="messages", add_to_balance=-40)
    acme("events.reverse", WHY, position=acme.head())
    assert left(acme) == 100


def test_what_is_not_there_or_not_a_customers_is_not_found(acme: Api) -> None:
    for position in (1, acme.head() + 1, 10**14):
        assert refusal(acme, "events.reverse", WHY, position=position) == (404, "event_not_found")
    assert refusal(acme, "events.reverse", WHY, position=0) == (400, "invalid_inputs")


def test_what_moved_no_balance_cannot_be_taken_back(acme: Api) -> None:
    acme("customers.update", customer_id="acme", name="New")
    assert refusal(acme, "events.reverse", WHY, position=acme.head()) == (400, "invalid_request")


def test_another_ledgers_event_cannot_be_reached(acme: Api, ledgers: Ledgers) -> None:
    position = track(acme, 30)
    other = ledgers.sandbox()
    assert refusal(other, "events.reverse", WHY, position=position) == (404, "event_not_found")


def test_a_read_key_takes_nothing_back(acme: Api, ledgers: Ledgers) -> None:
    reader = ledgers.key(acme, Role.READ, "reader")
    assert refusal(reader, "events.reverse", WHY, position=track(acme, 1)) == (403, "insufficient_scope")


def test_taking_back_under_an_idempotency_key_happens_once(acme: Api) -> None:
    position = track(acme, 30)
    headers = {**WHY, "Idempotency_Key": "once"}
    first = acme("events.reverse", headers, position=position)
    assert acme("events.reverse", headers, position=position) == first
    assert left(acme) == 100


def test_uses_are_listed_newest_first_page_by_page(acme: Api) -> None:
    for value in range(1, 6):
        track(acme, value, properties={"number": value})
    first = acme("events.list", customer_id="acme", limit=2)
    second = acme("events.list", customer_id="acme", limit=2, start_cursor=first["next_cursor"])
    last = acme("events.list", customer_id="acme", limit=2, start_cursor=second["next_cursor"])
    found = [*first["list"], *second["list"], *last["list"]]
    assert [(each["value"], each["properties"]) for each in found] == [
        (value, {"number": value}) for value in range(5, 0, -1)
    ]
    assert last["next_cursor"] is None
    assert len({each["id"] for each in found}) == 5
    assert found[0]["deductions"] == [
        {**found[0]["deductions"][0], "feature_id": "messages", "plan_id": None, "reset": None, "value": 5}
    ]


def test_uses_are_kept_apart_by_customer_entity_feature_and_time(acme: Api) -> None:
    acme("entities.create", customer_id="acme", entity_id="e1", feature_id="seats")
    acme("customers.get_or_create", customer_id="other")
    acme("features.create", feature_id="bytes", name="Bytes", type="metered")
    track(acme, 1)
    track(acme, 2, entity_id="e1")
    acme("balances.track", customer_id="acme", feature_id="bytes", value=3)
    acme("balances.track", customer_id="other", feature_id="messages", value=4)

    def values(**asked: Any) -> list[Any]:
        return sorted(each["value"] for each in acme("events.list", **asked)["list"])

    assert values() == [1, 2, 3, 4]
    assert values(customer_id="acme") == [1, 2, 3]
    assert values(customer_id="acme", entity_id="e1") == [2]
    assert values(feature_id="bytes") == [3]
    assert values(feature_id=["bytes", "messages"], customer_id="acme") == [1, 2, 3]
    assert values(custom_range={"start": ms(0), "end": ms(1)}) == [1, 2, 3]
    assert values(range="24h") == [4]
    assert refusal(acme, "events.list", {}, customer_id="nobody") == (404, "customer_not_found")
    assert refusal(acme, "events.list", {}, customer_id="acme", entity_id="none") == (404, "entity_not_found")
    assert refusal(acme, "events.list", {}, start_cursor="guess") == (400, "invalid_cursor")


def test_use_from_a_closed_period_corrects_it_where_that_is_asked(acme: Api) -> None:
    acme("customers.get_or_create", acme.at(START.isoformat()), customer_id="b")
    month = {"interval": "month"}
    overage = {"amount": Decimal("0.5"), **month, "billing_method": "usage_based"}
    item = {"feature_id": "messages", "included": 5, "reset": month, "price": overage}
    acme("plans.create", plan_id="metered", name="Metered", price={"amount": 10, **month}, items=[item])
    acme("billing.attach", customer_id="b", plan_id="metered")
    acme("balances.track", customer_id="b", feature_id="messages", value=7)
    acme("customers.advance_test_clock", customer_id="b", frozen_time=ms(50))
    late = {"customer_id": "b", "feature_id": "messages", "value": 4, "timestamp": ms(10)}
    assert refusal(acme, "balances.track", {}, **late) == (400, "billing_period_closed")
    assert refusal(acme, "balances.track", {"Tallystick_Backdate": "yes"}, **late) == (400, "invalid_inputs")
    before = acme("customers.get", customer_id="b")["balances"]
    acme("balances.track", {"Tallystick_Backdate": "true"}, **late)
    assert acme("customers.get", customer_id="b")["balances"] == before
    assert [(each["value"], each["timestamp"]) for each in acme("events.list", customer_id="b")["list"]] == [
        (4, ms(10)), (7, ms(0)),
    ]  # fmt: skip
    acme("customers.advance_test_clock", customer_id="b", frozen_time=ms(60))
    invoices = acme("customers.get", customer_id="b", expand=["invoices"])["invoices"]
    assert next(each["total"] for each in invoices) == 12
