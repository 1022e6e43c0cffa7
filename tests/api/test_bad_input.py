"""Whatever is asked of the ledger that cannot be, the answer names the fault, and nothing is written."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ledger.core.entity import MAX_ENTITIES
from tests.api.client import Api, Ledgers, Refused, catalog, refused


@pytest.mark.parametrize(
    ("operation", "body", "code", "word"),
    [
        ("customers.get", {"customer_id": "nobody"}, "customer_not_found", "nobody"),
        ("customers.get", {"customer_id": f"cus_{'0' * 32}"}, "customer_not_found", "cus_0"),
        ("customers.get", {"customer_id": f"cus_{'0' * 31}1"}, "customer_not_found", "cus_0"),
        ("customers.update", {"customer_id": "nobody", "name": "N"}, "customer_not_found", "nobody"),
        ("customers.delete", {"customer_id": "nobody"}, "customer_not_found", "nobody"),
        ("balances.check", {"customer_id": "nobody", "feature_id": "messages"}, "customer_not_found", "nobody"),
        ("balances.track", {"customer_id": "nobody", "feature_id": "messages"}, "customer_not_found", "nobody"),
        ("balances.check", {"customer_id": "acme", "feature_id": "nothing"}, "feature_not_found", "nothing"),
        ("balances.track", {"customer_id": "acme", "feature_id": "nothing"}, "feature_not_found", "nothing"),
        ("balances.track", {"customer_id": "acme", "event_name": "nothing"}, "feature_not_found", "nothing"),
        (
            "balances.create",
            {"customer_id": "acme", "feature_id": "nothing", "included_grant": 1},
            "feature_not_found",
            "nothing",
        ),
        ("features.get", {"feature_id": "nothing"}, "feature_not_found", "nothing"),
        ("features.update", {"feature_id": "nothing", "name": "N"}, "feature_not_found", "nothing"),
        ("plans.get", {"plan_id": "nothing"}, "product_not_found", "nothing"),
        ("plans.get", {"plan_id": "pro", "version": 7}, "product_not_found", "version 7"),
        ("billing.attach", {"customer_id": "acme", "plan_id": "nothing"}, "product_not_found", "nothing"),
        ("billing.preview_attach", {"customer_id": "acme", "plan_id": "nothing"}, "product_not_found", "nothing"),
        (
            "billing.update",
            {"customer_id": "acme", "plan_id": "pro", "cancel_action": "cancel_immediately"},
            "customer_product_not_found",
            "pro",
        ),
        ("entities.get", {"entity_id": "nobody", "customer_id": "acme"}, "entity_not_found", "nobody"),
        ("entities.get", {"entity_id": "nobody"}, "entity_not_found", "nobody"),
        ("entities.delete", {"entity_id": "nobody", "customer_id": "acme"}, "entity_not_found", "nobody"),
        (
            "balances.check",
            {"customer_id": "acme", "feature_id": "messages", "entity_id": "nobody"},
            "entity_not_found",
            "nobody",
        ),
        (
            "balances.track",
            {"customer_id": "acme", "feature_id": "messages", "entity_id": "nobody"},
            "entity_not_found",
            "nobody",
        ),
        (
            "billing.attach",
            {"customer_id": "acme", "plan_id": "pro", "entity_id": "nobody"},
            "entity_not_found",
            "nobody",
        ),
        (
            "balances.update",
            {"customer_id": "acme", "feature_id": "seats", "remaining": 1},
            "balance_not_found",
            "seats",
        ),
        ("balances.delete", {"customer_id": "acme", "balance_id": "none"}, "balance_not_found", "none"),
    ],
)
def test_what_does_not_exist_is_404_with_its_own_code(
    acme: Api, operation: str, body: dict[str, Any], code: str, word: str
) -> None:
    with refused(acme, 404, code, word):
        acme(operation, **body)


def test_a_lock_that_is_not_open_is_400_as_the_sdks_know_it(acme: Api) -> None:
    with refused(acme, 400, "invalid_request", "none"):
        acme("balances.finalize", lock_id="none", action="confirm")


@pytest.mark.parametrize(
    ("operation", "body", "words"),
    [
        ("balances.track", {"feature_id": "messages"}, ["customer_id", "was not sent"]),
        ("balances.track", {"customer_id": "acme"}, ["feature_id", "was not sent"]),
        ("balances.track", {"customer_id": "acme", "feature_id": "messages", "valeu": 1}, ["valeu", "value"]),
        ("balances.track", {"customer_id": "acme", "feature_id": "messages", "value": "5"}, ["value", '"5"']),
        ("balances.track", {"customer_id": 7, "feature_id": "messages"}, ["customer_id", "7"]),
        ("balances.track", {"customer_id": None, "feature_id": "messages"}, ["customer_id", "null"]),
        ("balances.track", {"customer_id": "", "feature_id": "messages"}, ["customer_id"]),
        ("balances.track", {"customer_id": "x" * 256, "feature_id": "messages"}, ["customer_id", "255"]),
        ("balances.track", {"customer_id": "a\nb", "feature_id": "messages"}, ["customer_id"]),
        ("customers.get_or_create", {"customer_id": None}, ["email"]),
        ("customers.get_or_create", {"customer_id": "new", "name": "n" * 256}, ["name", "255"]),
        ("customers.get_or_create", {"customer_id": "new", "email": "no address"}, ["email"]),
        ("customers.get_or_create", {"customer_id": "new", "metadata": {"a": "x" * 5001}}, ["metadata", "5000"]),
        (
            "customers.get_or_create",
            {"customer_id": "new", "metadata": {str(n): n for n in range(501)}},
            ["metadata", "500"],
        ),
        ("customers.get_or_create", {"customer_id": "new", "metadata": [1]}, ["metadata", "a list"]),
        ("plans.create", {"plan_id": "p", "name": "P", "price": {"amount": -1, "interval": "month"}}, ["amount"]),
        ("plans.create", {"plan_id": "p", "name": "P", "price": {"amount": 1, "interval": "day"}}, ["interval"]),
        ("features.create", {"feature_id": "f", "name": "F", "type": "magic"}, ["type", "magic"]),
        ("customers.advance_test_clock", {"customer_id": "acme", "frozen_time": 1.5}, ["frozen_time"]),
        ("customers.advance_test_clock", {"customer_id": "acme", "frozen_time": 10**15}, ["frozen_time"]),
    ],
)
def test_a_field_that_is_wrong_is_named(acme: Api, operation: str, body: dict[str, Any], words: list[str]) -> None:
    from decimal import Decimal

    exact = {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in body.items()}
    with refused(acme, 400, "invalid_inputs", *words):
        acme(operation, **exact)


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e99999999999999999999", "9" * 40, "1e15001", "1e-13"],
)
def test_a_number_that_cannot_be_an_amount_is_refused(acme: Api, number: str) -> None:
    body = f'{{"customer_id":"acme","feature_id":"messages","value":{number}}}'.encode()
    with refused(acme, 400, "invalid_inputs"):
        acme.raw("/v1/balances.track", body)


def test_fifty_threads_that_create_one_id_create_one_customer(acme: Api) -> None:
    before = acme.head()

    def create(_: int) -> str:
        client = Api(acme.app, acme.store, acme.ledger_id, acme.secret)
        response = client.app.test_client().post(
            "/v1/customers.get_or_create",
            json={"customer_id": "twin"},
            headers={"Authorization": f"Bearer {client.secret}"},
        )
        assert response.status_code == 200, response.data
        found: str = response.get_json()["internal_id"]
        return found

    with ThreadPoolExecutor(50) as pool:
        made = set(pool.map(create, range(50)))

    assert len(made) == 1
    assert acme.head() == before + 2, "created, and the default plan attached"


def test_a_customer_has_a_limit_of_entities(acme: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_ENTITIES == 10_000
    monkeypatch.setattr("ledger.core.entity.MAX_ENTITIES", 2)
    acme("entities.create", customer_id="acme", entity_id="seat_2", feature_id="seats")
    with refused(acme, 400, "feature_limit_reached", "2 entities"):
        acme("entities.create", customer_id="acme", entity_id="seat_3", feature_id="seats")


def test_a_customer_has_a_limit_of_loose_balances(acme: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.core.balances.loose.MAX_LOOSE_BALANCES", 1)
    acme("balances.create", customer_id="acme", feature_id="messages", included_grant=1)
    with refused(acme, 400, "feature_limit_reached", "1 loose balances"):
        acme("balances.create", customer_id="acme", feature_id="messages", included_grant=1)


def test_an_entity_id_is_taken_once_in_a_customer(acme: Api) -> None:
    with refused(acme, 409, "entity_already_exists", "seat_1"):
        acme("entities.create", customer_id="acme", entity_id="seat_1", feature_id="seats")
    with refused(acme, 400, "invalid_inputs", "consumable"):
        acme("entities.create", customer_id="acme", entity_id="seat_9", feature_id="messages")


def test_a_plan_that_is_held_is_not_attached_again(acme: Api) -> None:
    acme("billing.attach", customer_id="acme", plan_id="pro")
    with refused(acme, 409, "plan_already_attached", "pro"):
        acme("billing.attach", customer_id="acme", plan_id="pro")
    with refused(acme, 409, "plan_already_attached", "pro"):
        acme("billing.preview_attach", customer_id="acme", plan_id="pro")


def test_a_quantity_may_be_zero_and_not_below(acme: Api) -> None:
    fewer, none = ([{"feature_id": "seats", "quantity": quantity}] for quantity in (-1, 0))
    with refused(acme, 400, "invalid_inputs", "quantity"):
        acme("billing.attach", customer_id="acme", plan_id="pro", feature_quantities=fewer)
    acme("billing.attach", customer_id="acme", plan_id="pro", feature_quantities=none)
    with refused(acme, 400, "invalid_inputs", "quantity"):
        acme("billing.update", customer_id="acme", plan_id="pro", feature_quantities=fewer)


def test_a_quantity_is_sent_once_and_whole(acme: Api) -> None:
    with refused(acme, 400, "invalid_inputs", "feature_quantities.0.quantity"):
        acme("billing.attach", customer_id="acme", plan_id="pro", feature_quantities=[{"feature_id": "seats"}])
    twice = [{"feature_id": "seats", "quantity": 2}, {"feature_id": "seats", "quantity": 3}]
    with refused(acme, 400, "invalid_inputs", "twice"):
        acme("billing.attach", customer_id="acme", plan_id="pro", feature_quantities=twice)


def test_a_clock_never_moves_back(acme: Api) -> None:
    later, earlier = 4_102_444_800_000, 4_000_000_000_000
    acme("customers.advance_test_clock", customer_id="acme", frozen_time=later)
    with refused(acme, 400, "invalid_request", "forward"):
        acme("customers.advance_test_clock", customer_id="acme", frozen_time=earlier)
    with refused(acme, 400, "invalid_request", "forward"):
        acme("balances.track", {"Tallystick_Now": "2096-01-01T00:00:00Z"}, customer_id="acme", feature_id="messages")


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "9999-01-01T00:00:00Z", ""]
)
def test_a_business_time_must_be_an_instant(acme: Api, text: str) -> None:
    with refused(acme, 400, "invalid_inputs", "Tallystick-Now"):
        acme("balances.track", {"Tallystick_Now": text}, customer_id="acme", feature_id="messages")


def test_a_bad_row_of_a_batch_is_named_and_no_row_is_taken(acme: Api) -> None:
    good = {"customer_id": "acme", "feature_id": "messages"}
    with refused(acme, 400, "invalid_inputs", "2 of 3"):
        acme.send("balances.batch_track", [good, {**good, "feature_id": "nothing"}, {**good, "customer_id": "nobody"}])
    results = _results(acme)
    assert [(each["index"], each["status"], each["code"]) for each in results] == [
        (1, 404, "feature_not_found"),
        (2, 404, "customer_not_found"),
    ]
    with refused(acme, 400, "invalid_inputs", "1 of 2"):
        acme.send("balances.batch_track", [good, {**good, "value": "many"}])
    assert [(each["index"], each["status"]) for each in _results(acme)] == [(1, 400)]


def _results(api: Api) -> list[dict[str, Any]]:
    assert api.last is not None
    body = api.last.get_json()
    found: list[dict[str, Any]] = body["results"]
    return found


def test_a_batch_holds_at_most_a_thousand_rows(acme: Api) -> None:
    row = {"customer_id": "acme", "feature_id": "messages"}
    for rows in ([], [row] * 1_001):
        with refused(acme, 400, "invalid_inputs", "1000"):
            acme.send("balances.batch_track", rows)


def test_live_ledgers_have_no_clock_to_move(ledgers: Ledgers) -> None:
    live = ledgers.live()
    catalog(live)
    live("customers.get_or_create", customer_id="acme")
    before = live.head()
    with pytest.raises(Refused, match="400 invalid_request"):
        live("customers.advance_test_clock", customer_id="acme", frozen_time=4_102_444_800_000)
    with pytest.raises(Refused, match="400 invalid_request") as caught:
        live("balances.track", {"Tallystick_Now": "2096-01-01T00:00:00Z"}, customer_id="acme", feature_id="messages")
    assert caught.value.body["env"] == "live"
    assert live.head() == before


def test_a_read_has_no_business_time_of_its_own(acme: Api) -> None:
    then = {"Tallystick-Now": "2096-01-01T00:00:00Z"}
    with refused(acme, 400, "invalid_request", "Tallystick-Now"):
        acme("balances.check", then, customer_id="acme", feature_id="messages")
    with refused(acme, 400, "invalid_request", "Tallystick-Now"):
        acme("customers.get", then, customer_id="acme")
    with refused(acme, 400, "invalid_request", "Tallystick-Now"):
        acme.get("/v1/customers/acme", **then)
