"""The same request under the same key happens once, and gets the first answer again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ledger.core.settings import Role
from tests.api.client import Api, Ledgers, Refused, catalog

ONCE = {"Idempotency-Key": "key-1"}


@pytest.fixture
def acme(api: Api) -> Api:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    api("balances.create", customer_id="acme", feature_id="messages", included_grant=1000)
    return api


def test_a_repeated_track_is_counted_once_and_answered_as_the_first_time(acme: Api) -> None:
    use: dict[str, Any] = {"customer_id": "acme", "feature_id": "messages", "value": 5}
    first = acme("balances.track", ONCE, **use)
    position = acme.last.headers["Ledger-Position"] if acme.last else None
    acme("balances.track", **use)

    response = _raw(acme, "balances.track", use)

    assert response.headers["Idempotency-Replayed"] == "true"
    assert response.headers["Ledger-Position"] == position
    assert response.get_json() == _as_json(first)
    assert acme("balances.check", customer_id="acme", feature_id="messages")["balance"]["usage"] == 10


def _raw(api: Api, operation: str, body: Any, **headers: str) -> Any:
    named = {"Authorization": f"Bearer {api.secret}", **ONCE, **headers}
    return api.app.test_client().post(f"/v1/{operation}", json=body, headers=named)


def _as_json(answer: Any) -> Any:
    import json

    from api.wire.json import render

    return json.loads(render(answer))


def test_spelling_does_not_make_another_request(acme: Api) -> None:
    acme.raw("/v1/balances.track", b'{"customer_id":"acme","feature_id":"messages","value":5}', **ONCE)
    before = acme.head()
    response = acme.app.test_client().post(
        "/v1/balances.track",
        data=b'{ "value": 5.0, "feature_id": "messages", "customer_id": "acme" }',
        headers={"Authorization": f"Bearer {acme.secret}", "Content-Type": "application/json", **ONCE},
    )
    assert (response.status_code, response.headers["Idempotency-Replayed"]) == (200, "true")
    assert acme.head() == before


def test_another_request_under_the_same_key_is_refused(acme: Api) -> None:
    acme("balances.track", ONCE, customer_id="acme", feature_id="messages")
    before = acme.head()
    with pytest.raises(Refused, match="409 duplicate_idempotency_key"):
        acme("balances.track", ONCE, customer_id="acme", feature_id="messages", value=2)
    with pytest.raises(Refused, match="409 duplicate_idempotency_key"):
        acme("customers.get_or_create", ONCE, customer_id="beta")
    assert acme.head() == before


def test_a_refusal_keeps_no_key(acme: Api) -> None:
    with pytest.raises(Refused, match="customer_not_found"):
        acme("balances.track", ONCE, customer_id="beta", feature_id="messages")
    acme("customers.get_or_create", customer_id="beta")
    assert acme("balances.track", ONCE, customer_id="beta", feature_id="messages")["value"] == 1


def test_two_keys_of_a_ledger_do_not_share_idempotency_keys(acme: Api, ledgers: Ledgers) -> None:
    other = ledgers.key(acme, Role.WRITE, "other")
    acme("balances.track", ONCE, customer_id="acme", feature_id="messages")
    other("balances.track", ONCE, customer_id="acme", feature_id="messages", value=2)
    assert acme("balances.check", customer_id="acme", feature_id="messages")["balance"]["usage"] == 3


def test_the_same_key_from_many_threads_at_once_is_decided_once(acme: Api) -> None:
    use = {"customer_id": "acme", "feature_id": "messages", "value": 5}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: _raw(acme, "balances.track", use), range(16)))

    assert {each.status_code for each in answers} == {200}
    assert sum("Idempotency-Replayed" not in each.headers for each in answers) == 1
    assert len({each.data for each in answers}) == 1
    assert acme("balances.check", customer_id="acme", feature_id="messages")["balance"]["usage"] == 5


def test_a_success_without_events_keeps_its_key_too(acme: Api) -> None:
    acme("customers.get_or_create", ONCE, customer_id="acme")
    response = _raw(acme, "customers.get_or_create", {"customer_id": "acme"})
    assert response.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("customers.get_or_create", {"customer_id": "beta", "name": "Beta"}),
        ("entities.create", {"customer_id": "acme", "entity_id": "e1", "feature_id": "seats"}),
        ("entities.create", {"customer_id": "new", "entity_id": "e1", "feature_id": "seats", "customer_data": {}}),
        ("billing.attach", {"customer_id": "acme", "plan_id": "pro"}),
        ("balances.create", {"customer_id": "acme", "feature_id": "messages", "included_grant": 7}),
        (
            "balances.update",
            {"customer_id": "acme", "feature_id": "messages", "add_to_balance": -7},
        ),
        ("balances.check", {"customer_id": "acme", "feature_id": "messages", "send_event": True}),
        ("features.create", {"feature_id": "f", "name": "F", "type": "boolean"}),
        ("plans.create", {"plan_id": "p", "name": "P"}),
    ],
)
def test_every_write_can_be_repeated_safely(acme: Api, operation: str, body: dict[str, Any]) -> None:
    first = _raw(acme, operation, body)
    before = acme.head()
    again = _raw(acme, operation, body)

    assert (first.status_code, again.status_code) == (200, 200), first.data
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert acme.head() == before


def test_a_batch_row_with_a_known_key_counts_once(acme: Api) -> None:
    row = {"customer_id": "acme", "feature_id": "messages", "value": 2, "idempotency_key": "row-1"}
    acme.send("balances.batch_track", [row, {**row, "idempotency_key": "row-2"}])
    acme.send("balances.batch_track", [row, {**row, "idempotency_key": "row-3"}])
    assert acme("balances.check", customer_id="acme", feature_id="messages")["balance"]["usage"] == 6

    before = acme.head()
    with pytest.raises(Refused) as caught:
        acme.send("balances.batch_track", [{**row, "idempotency_key": "row-4"}, {**row, "value": 3}])
    assert [(each["index"], each["status"], each["code"]) for each in caught.value.body["results"]] == [
        (1, 409, "duplicate_idempotency_key")
    ]
    assert acme.head() == before
