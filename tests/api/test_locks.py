"""Units set aside by a check and closed later, uses that credits pay for, and leftovers of past periods."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Api, Refused, catalog

START = "2026-01-01T00:00:00Z"
DAY = 86_400_000
FIRST = 1_767_225_600_000
"""START in milliseconds."""


@pytest.fixture
def acme(api: Api) -> Api:
    """A client of a ledger with a catalog and one customer, acme, whose clock stands; it holds 100 actions."""
    catalog(api)
    api("plans.update", plan_id="free", auto_enable=False)
    api("features.create", feature_id="actions", name="Actions", type="metered")
    api("features.create", feature_id="credits", name="Credits", type="credit_system",
        credit_schema=[{"metered_feature_id": "actions", "credit_cost": Decimal("0.2")}])  # fmt: skip
    api("customers.get_or_create", api.at(START), customer_id="acme")
    api("balances.create", customer_id="acme", feature_id="actions", included_grant=100)
    return api


def lock(api: Api, value: Decimal | int, lock_id: str = "job", feature_id: str = "actions", **fields: Any) -> Any:
    asked = {"customer_id": "acme", "feature_id": feature_id, "required_balance": value}
    return api("balances.check", **asked, lock={"lock_id": lock_id, **fields})


def finalize(api: Api, action: str = "confirm", lock_id: str = "job", **fields: Any) -> None:
    assert api("balances.finalize", lock_id=lock_id, action=action, **fields) == {"success": True}


def left(api: Api, feature_id: str = "actions") -> Any:
    return api("customers.get", customer_id="acme")["balances"][feature_id]["remaining"]


def values(api: Api) -> list[Any]:
    return [each["value"] for each in api("events.list", customer_id="acme")["list"]]


def test_a_lock_sets_units_aside_until_it_is_confirmed_for_fewer(acme: Api) -> None:
    answer = lock(acme, Decimal("27.89"))
    assert (answer["allowed"], answer["balance"]["remaining"]) == (True, Decimal("72.11"))
    finalize(acme, override_value=Decimal("12.45"))
    assert left(acme) == Decimal("87.55")
    assert values(acme) == [Decimal("-15.44"), Decimal("27.89")]


def test_a_lock_is_confirmed_for_more_or_released(acme: Api) -> None:
    lock(acme, 30)
    finalize(acme, override_value=45)
    assert left(acme) == 55
    lock(acme, 30, "other")
    finalize(acme, "release", "other")
    assert left(acme) == 55


def test_a_lock_takes_its_units_once_where_an_event_is_asked_for_too(acme: Api) -> None:
    asked = {"customer_id": "acme", "feature_id": "actions", "required_balance": 30, "send_event": True}
    assert acme("balances.check", **asked, lock={"lock_id": "job"})["balance"]["remaining"] == 70
    finalize(acme)
    assert (left(acme), values(acme)) == (70, [30])


def test_what_is_not_allowed_is_not_set_aside(acme: Api) -> None:
    answer = lock(acme, 101)
    assert (answer["allowed"], answer["balance"]["remaining"]) == (False, 100)
    over = lock(acme, 101, overage_behavior="overflow")
    assert (over["allowed"], over["balance"]["usage"]) == (True, 101)


def test_a_lock_that_nobody_closes_expires(acme: Api) -> None:
    lock(acme, 8, expires_at=FIRST + DAY // 24)
    acme("customers.advance_test_clock", customer_id="acme", frozen_time=FIRST + DAY // 12)
    assert left(acme) == 100
    assert values(acme) == [-8, 8]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lock": {"lock_id": "job"}}, 409, "lock_already_exists"),
        ({"lock": {"lock_id": "x" * 257}}, 400, "invalid_request"),
        ({"lock": {"lock_id": "new", "expires_at": FIRST + 2 * DAY}}, 400, "invalid_request"),
        ({"lock": {"lock_id": "new", "expires_at": FIRST}}, 400, "invalid_request"),
        ({"lock": {"lock_id": "new", "enabled": False}}, 400, "invalid_inputs"),
        ({"lock": {"lock_id": "new"}, "feature_id": "seats"}, 400, "invalid_request"),
        ({"lock": {"lock_id": "new"}, "feature_id": "sso"}, 400, "invalid_request"),
        ({"lock": {"lock_id": "new"}, "required_balance": 0}, 400, "invalid_inputs"),
        ({"lock": {}}, 400, "invalid_inputs"),
    ],
)
def test_a_lock_that_cannot_be_is_refused(acme: Api, body: dict[str, Any], status: int, code: str) -> None:
    lock(acme, 1)
    before = acme.head()
    with pytest.raises(Refused) as caught:
        acme("balances.check", **{"customer_id": "acme", "feature_id": "actions", **body})
    assert (caught.value.status, caught.value.code) == (status, code)
    assert acme.head() == before


def test_a_lock_ends_once(acme: Api) -> None:
    lock(acme, 1)
    finalize(acme)
    with pytest.raises(Refused) as caught:
        finalize(acme)
    assert (caught.value.status, caught.value.code) == (400, "invalid_request")
    lock(acme, 1)
    with pytest.raises(Refused) as caught:
        acme("balances.finalize", lock_id="job", action="release", override_value=1)
    assert caught.value.code == "invalid_inputs"


def test_credits_pay_for_what_the_direct_balance_does_not(acme: Api) -> None:
    acme("balances.create", customer_id="acme", feature_id="credits", included_grant=200)
    track = {"customer_id": "acme", "feature_id": "actions", "async": False}
    acme("balances.track", **track, value=Decimal("40.5"))
    answer = acme("balances.track", **track, value=80)
    assert answer["balance"]["remaining"] == 0
    assert answer["balances"]["credits"]["remaining"] == Decimal("195.9")
    assert [(each["feature_id"], each["value"]) for each in answer["deductions"]] == [
        ("actions", Decimal("59.5")), ("credits", Decimal("4.1")),
    ]  # fmt: skip
    checked = acme("balances.check", customer_id="acme", feature_id="actions", required_balance=979)
    assert (checked["allowed"], checked["balances"]["credits"]["remaining"]) == (True, Decimal("195.9"))
    assert not acme("balances.check", customer_id="acme", feature_id="actions", required_balance=980)["allowed"]
    listed = acme("events.list", customer_id="acme")["list"][0]
    assert [each["feature_id"] for each in listed["deductions"]] == ["actions", "credits"]


def test_a_feature_without_a_balance_of_its_own_shows_the_credits_that_pay_for_it(acme: Api) -> None:
    acme("customers.get_or_create", customer_id="b")
    acme("balances.create", customer_id="b", feature_id="credits", included_grant=10)
    checked = acme("balances.check", customer_id="b", feature_id="actions", required_balance=50)
    assert (checked["allowed"], checked["balance"]["feature_id"]) == (True, "credits")
    assert checked["balances"]["actions"] is None


def test_what_a_check_required_is_told_in_units_of_the_balance_beside_it(acme: Api) -> None:
    def told(required: int, **sent: Any) -> tuple[Any, Any, Any]:
        answer = acme("balances.check", customer_id=who, feature_id="actions", required_balance=required, **sent)
        return answer["balance"]["feature_id"], answer["required_balance"], answer["balance"]["remaining"]

    for who in ("acme", "b"):
        acme("customers.get_or_create", customer_id=who)
        acme("balances.create", customer_id=who, feature_id="credits", included_grant=10)
    assert told(50) == ("credits", 10, 10)
    assert told(51) == ("credits", Decimal("10.2"), 10)
    assert told(20, send_event=True) == ("credits", 4, 6)
    assert told(20, lock={"lock_id": "job"}) == ("credits", 4, 2)
    who = "acme"
    assert told(150) == ("actions", 150, 100)


def test_leftovers_are_beside_the_balance_they_come_from(acme: Api) -> None:
    acme(
        "balances.create", customer_id="acme", feature_id="messages", included_grant=100,
        reset={"interval": "month"}, rollover={"length": 1, "max": 50}, balance_id="gift",
    )  # fmt: skip
    use = {"customer_id": "acme", "feature_id": "messages", "async": False}
    acme("balances.track", **use, value=70)
    acme("customers.advance_test_clock", customer_id="acme", frozen_time=FIRST + 31 * DAY)
    shown = acme("balances.track", **use, value=10)["balance"]
    assert (shown["granted"], shown["remaining"], shown["usage"]) == (130, 120, 10)
    assert [each["id"] for each in shown["breakdown"]] == ["gift"]
    leftovers = [{"granted": 30, "balance": 20, "expires_at": FIRST + 59 * DAY}]
    assert shown["rollovers"] == leftovers
    rows = acme("balances.list", customer_id="acme", feature_id="messages")["list"]
    assert [(each["id"], each["remaining"], each["rollovers"]) for each in rows] == [("gift", 100, leftovers)]


def test_leftovers_that_never_expire_show_the_last_instant_there_is(acme: Api) -> None:
    acme(
        "balances.create", customer_id="acme", feature_id="messages", included_grant=100,
        reset={"interval": "day"}, rollover={"length": 0, "duration": "forever"},
    )  # fmt: skip
    acme("balances.track", customer_id="acme", feature_id="messages", value=70)
    acme("customers.advance_test_clock", customer_id="acme", frozen_time=FIRST + DAY)
    shown = acme("customers.get", customer_id="acme")["balances"]["messages"]
    assert [(each["granted"], each["expires_at"] > FIRST + 400 * 365 * DAY) for each in shown["rollovers"]] == [
        (30, True)
    ]


def test_what_was_used_of_a_deleted_balance_passes_to_the_others(acme: Api) -> None:
    grant = {"customer_id": "acme", "feature_id": "messages"}
    acme("balances.create", **grant, included_grant=50, balance_id="first", expires_at=FIRST + DAY)
    acme("balances.create", **grant, included_grant=100, balance_id="second", expires_at=FIRST + 2 * DAY)
    acme("balances.track", customer_id="acme", feature_id="messages", value=20)
    acme("balances.delete", customer_id="acme", balance_id="first", recalculate_balances=True)
    assert left(acme, "messages") == 80


def test_debts_of_one_balance_are_paid_from_another(acme: Api) -> None:
    grant = {"customer_id": "acme", "feature_id": "messages"}
    acme("balances.create", **grant, included_grant=100, balance_id="a", expires_at=FIRST + DAY)
    acme("balances.create", **grant, included_grant=200, balance_id="b", expires_at=FIRST + 2 * DAY)
    acme("balances.update", **grant, balance_id="a", usage=130)
    assert left(acme, "messages") == 200
    shown = acme("balances.recalculate", **grant)["balances"]["messages"]
    assert (shown["remaining"], shown["usage"]) == (170, 130)
    head = acme.head()
    acme("balances.recalculate", **grant)
    assert acme.head() == head


@pytest.mark.parametrize(
    "body",
    [
        {"included_grant": 5, "rollover": {"length": 1}},
        {"included_grant": 5, "next_reset_at": FIRST + DAY},
        {"included_grant": 5, "reset": {"interval": "month"}, "next_reset_at": FIRST},
    ],
)
def test_a_reset_that_cannot_be_is_refused(acme: Api, body: dict[str, Any]) -> None:
    before = acme.head()
    with pytest.raises(Refused) as caught:
        acme("balances.create", customer_id="acme", feature_id="messages", **body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_request")
    assert acme.head() == before


def test_seats_that_are_not_paid_for_are_not_taken(acme: Api) -> None:
    month = {"interval": "month"}
    price = {"amount": 10, **month, "billing_method": "usage_based"}
    acme("plans.create", plan_id="seated", name="Seated", price={"amount": 20, **month},
         items=[{"feature_id": "seats", "included": 1, "price": price}])  # fmt: skip
    acme("billing.attach", customer_id="acme", plan_id="seated")
    acme("customers.update", customer_id="acme", metadata={"payment_method": "pm_declined"})
    acme("entities.create", customer_id="acme", entity_id="e1", feature_id="seats")
    for operation, body in (
        ("balances.track", {"feature_id": "seats", "value": 3}),
        ("balances.check", {"feature_id": "seats", "required_balance": 3, "send_event": True}),
        ("entities.create", {"feature_id": "seats", "entity_id": "e2"}),
    ):
        with pytest.raises(Refused) as caught:
            acme(operation, customer_id="acme", **body)
        assert (caught.value.status, caught.value.code) == (402, "invoice_payment_failed")
    shown = acme("customers.get", customer_id="acme", expand=["entities", "invoices"])
    assert (shown["balances"]["seats"]["usage"], [each["id"] for each in shown["entities"]]) == (1, ["e1"])
    assert len(shown["invoices"]) == 1
