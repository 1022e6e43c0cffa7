"""Whatever is sent, the answer names the fault, and nothing is written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from api.keys import revoke_key
from api.wire import limits
from ledger.core.entity import MAX_ENTITIES
from ledger.core.settings import Role
from tests.api.client import TESTER, Api, Ledgers, Refused, catalog


@pytest.fixture
def acme(api: Api) -> Api:
    """A client of a ledger with a catalog and one customer, acme, on the free plan, with entity seat_1."""
    catalog(api)
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("entities.create", customer_id="acme", entity_id="seat_1", feature_id="seats")
    return api


@contextmanager
def refused(api: Api, status: int, code: str, *words: str) -> Iterator[None]:
    """What is sent inside is refused so, in a sentence with these words, and the ledger stays as it was."""
    before = api.head()
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.status, caught.value.code) == (status, code), caught.value
    for word in words:
        assert word in caught.value.message
    assert caught.value.body["env"] == "sandbox"
    assert api.head() == before


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


@pytest.mark.parametrize("operation", ["balances.track", "customers.get_or_create", "plans.create"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_inputs"),
        (b"[]", 400, "invalid_inputs"),
        (b"null", 400, "invalid_inputs"),
        (b'"text"', 400, "invalid_inputs"),
        (b"{}{}", 400, "invalid_inputs"),
        (b'{"customer_id":"a","customer_id":"b"}', 400, "invalid_inputs"),
        (b'{"customer_id":"\xff\xfe"}', 400, "invalid_inputs"),
        (b'{"customer_id":"a\\u0000b"}', 400, "invalid_inputs"),
        (b'{"customer_id":"a\x00b"}', 400, "invalid_inputs"),
        (b'{"customer_id":"\\ud800"}', 400, "invalid_inputs"),
        (b'{"metadata":' * 40 + b"1" + b"}" * 40, 400, "invalid_inputs"),
        (b"[" * 100_000, 400, "invalid_inputs"),
        (b'{"metadata":{"a":"' + b"x" * limits.BODY_BYTES + b'"}}', 413, "body_too_large"),
        (b" " * 5_000_000, 413, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(acme: Api, operation: str, body: bytes, status: int, code: str) -> None:
    with refused(acme, status, code):
        acme.raw(f"/v1/{operation}", body)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", None, "multipart/form-data"]
)
def test_a_body_must_say_that_it_is_json(acme: Api, content_type: str | None) -> None:
    body = b'{"customer_id":"acme","feature_id":"messages"}'
    with refused(acme, 415, "unsupported_media_type", "application/json"):
        acme.raw("/v1/balances.track", body, content_type=content_type)


def test_an_empty_body_needs_no_content_type(acme: Api) -> None:
    assert len(acme.raw("/v1/features.list", b"", content_type=None)["list"]) == 3


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_wrong_verb_is_told_the_right_one(acme: Api, method: str) -> None:
    with refused(acme, 405, "method_not_allowed", "POST"):
        acme.raw("/v1/balances.track", b"", method=method)
    assert acme.last is not None
    assert acme.last.headers["Allow"] == "POST"


def test_paths_of_the_sdks_that_are_not_offered_say_so(acme: Api) -> None:
    with refused(acme, 404, "not_supported"):
        acme("rewards.redeem")
    with refused(acme, 404, "not_found"):
        acme("balances.guess")


def test_fields_of_the_sdks_that_are_not_offered_say_so(acme: Api) -> None:
    with refused(acme, 400, "not_supported", "with_preview"):
        acme("balances.check", customer_id="acme", feature_id="messages", with_preview=True)
    with refused(acme, 400, "not_supported", "tax_rate_id"):
        acme("billing.attach", customer_id="acme", plan_id="pro", tax_rate_id="txr_1")


def test_a_key_must_be_sent_known_and_not_revoked(acme: Api, ledgers: Ledgers) -> None:
    with refused(acme, 401, "invalid_secret_key"):
        acme("features.list", {"Authorization": "Bearer am_sk_test_unknown"})
    with refused(acme, 401, "no_secret_key"):
        acme("features.list", {"Authorization": "Basic abc"})
    with refused(acme, 401, "no_secret_key"):
        acme("features.list", {"Authorization": "Bearer "})
    response = acme.app.test_client().post("/v1/features.list")
    assert (response.status_code, response.json["code"]) == (401, "no_auth_header") if response.json else False

    other = ledgers.key(acme, Role.WRITE, "short-lived")
    other("features.list")
    key_id = next(key.key_id for key in _keys(acme) if key.name == "short-lived")
    revoke_key(acme.store, acme.ledger_id, key_id, by=TESTER)
    with refused(other, 401, "invalid_secret_key"):
        other("features.list")


def _keys(api: Api) -> Any:
    from api.keys import list_keys

    return list_keys(api.store, api.ledger_id, by=TESTER)


def test_a_read_key_reads_and_does_not_write(acme: Api, ledgers: Ledgers) -> None:
    reader = ledgers.key(acme, Role.READ, "reader")

    assert reader("customers.get", customer_id="acme")["id"] == "acme"
    assert reader("balances.check", customer_id="acme", feature_id="messages")["allowed"] is True
    with refused(reader, 403, "insufficient_scope", "write"):
        reader("balances.track", customer_id="acme", feature_id="messages")
    with refused(reader, 403, "insufficient_scope", "write"):
        reader("balances.check", customer_id="acme", feature_id="messages", send_event=True)
    with refused(reader, 403, "insufficient_scope", "write"):
        reader("customers.get_or_create", customer_id="new")


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


@pytest.mark.parametrize("quantity", [-1, 0])
def test_a_quantity_must_be_above_zero(acme: Api, quantity: int) -> None:
    wanted = [{"feature_id": "seats", "quantity": quantity}]
    with refused(acme, 400, "invalid_inputs", "quantity"):
        acme("billing.attach", customer_id="acme", plan_id="pro", feature_quantities=wanted)
    acme("billing.attach", customer_id="acme", plan_id="pro")
    with refused(acme, 400, "invalid_inputs", "quantity"):
        acme("billing.update", customer_id="acme", plan_id="pro", feature_quantities=wanted)


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


@pytest.mark.parametrize("version", ["1.2", "2.2.9", "2.6.0", "3", "latest", "2.5.0; drop", "2.5.0.1", ""])
def test_an_unknown_api_version_is_refused(acme: Api, version: str) -> None:
    with refused(acme, 400, "invalid_api_version", "2.5.0"):
        acme("features.list", {"x-api-version": version})


@pytest.mark.parametrize("version", ["2.3.0", "2.4.0", "2.5.0", "2.5"])
def test_the_versions_of_the_sdks_are_accepted(acme: Api, version: str) -> None:
    assert acme("features.list", {"x-api-version": version})["list"]


@pytest.mark.parametrize("header", ["Tallystick-Actor", "Tallystick-Reason", "Idempotency-Key"])
def test_a_header_that_is_too_long_or_not_text_is_refused(acme: Api, header: str) -> None:
    for value in ("x" * 2_001, "", "\xff\xfe", "a\tb"):
        with refused(acme, 400, "invalid_inputs", header):
            acme("balances.track", {header: value}, customer_id="acme", feature_id="messages")


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
