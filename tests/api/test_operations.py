"""What an operator sees: probes, metrics, logs, keys; and what clients see when something of ours is down."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from api.app import create_app
from api.keys import ensure_key, list_keys, revoke_key
from api.observe import Metrics
from api.schema import bring_up_to_date
from ledger.clock import Deadline
from ledger.core.settings import Role
from ledger.logging import set_up_logging
from ledger.settings import read_settings
from ledger.store.ledger import Limits, SettingsAddress, Store
from projections.runner import Runner
from tests.api.client import TESTER, Api, Ledgers, Refused, catalog
from tests.support.application import own_app as app
from tests.support.application import own_metrics as metrics
from tests.support.application import own_store as store

__all__ = ["app", "metrics", "store"]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The process's log as text, while a test runs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logging("info", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level


def test_probes_say_that_all_is_well(api: Api) -> None:
    client = api.app.test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["checks"]) == (
        200,
        {"database": "ok", "schema": "ok", "projections": "ok"},
    )


def test_a_server_is_not_ready_on_a_database_that_is_not_migrated(blank_database_url: str, tmp_path: Path) -> None:
    store = Store(blank_database_url, operator_key=bytes(32))
    try:
        ready = create_app(store, read_settings({}, data_dir=tmp_path)).test_client().get("/readyz")
    finally:
        store.close()
    assert (ready.status_code, ready.get_json()["checks"]) == (503, {"database": "ok", "schema": "not migrated"})


def test_a_read_model_that_stopped_is_said_by_every_answer_that_needs_it(unprojected: tuple[Flask, Store]) -> None:
    app, store = unprojected
    api = Ledgers(app, store).sandbox()
    Runner(store.database_url, store.operator).catch_up()
    api("customers.list")
    with store.pool.connection() as conn:
        conn.execute("UPDATE projections SET failed_position = 1, failure = 'x' WHERE model = 'balances'")

    with pytest.raises(Refused, match=r"503 projection_failed.*balances") as caught:
        api("customers.list")
    assert caught.value.headers["Retry-After"] == "30"
    assert api.get("/v1/timeline")["list"], "other models go on"
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.get_json()["checks"]["projections"]) == (503, f"stopped in {api.ledger_id}")
    assert f'tallystick_projections_failed{{ledger="{api.ledger_id}"}} 1.0' in app.test_client().get("/metrics").text


def test_metrics_count_requests_refusals_and_commits(api: Api, projector: Runner) -> None:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    with pytest.raises(Refused):
        api("customers.get", customer_id="nobody")
    api("customers.list")

    text = api.app.test_client().get("/metrics").get_data(as_text=True)

    for line in (
        'tallystick_requests_total{operation="customers.get_or_create",status="200"}',
        'tallystick_request_seconds_bucket{le="0.005",operation="customers.list"}',
        'tallystick_refusals_total{code="customer_not_found"}',
        "tallystick_batch_commands_count",
        "tallystick_batch_seconds_count",
        f'tallystick_head_position{{ledger="{api.ledger_id}"}} {float(api.head())}',
        f'tallystick_projection_lag_events{{ledger="{api.ledger_id}"}} 0.0',
    ):
        assert line in text


def test_every_request_is_one_line_without_personal_data_or_keys(api: Api, log: io.StringIO) -> None:
    api(
        "customers.get_or_create",
        {"X-Request-Id": "req-7", "Tallystick-Reason": "she asked", "Idempotency-Key": "once-only"},
        customer_id="ada@example.com",
        name="Ada Lovelace",
    )
    with pytest.raises(Refused):
        api("customers.get", customer_id="babbage@example.com")
    with pytest.raises(Refused):
        api.get("/v1/customers/babbage@example.com?search=x")

    text = log.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]

    assert len(lines) == 3
    assert (lines[0]["request_id"], lines[0]["actor"], lines[0]["ledger_id"]) == ("req-7", "test key", api.ledger_id)
    assert (lines[0]["route"], lines[0]["status"], lines[0]["code"]) == ("customers.get_or_create", 200, None)
    assert (lines[1]["route"], lines[1]["status"], lines[1]["code"]) == ("customers.get", 404, "customer_not_found")
    assert lines[2]["route"] == "reads.customer"
    for secret in ("ada@", "Ada", "babbage", "she asked", "once-only", api.secret):
        assert secret not in text


def test_a_request_id_that_is_not_sane_is_replaced(api: Api) -> None:
    for given in ("a b", "x" * 200, 'a"b', ""):
        api("features.list", {"X-Request-Id": given})
        assert api.last is not None
        assert api.last.headers["X-Request-Id"].startswith("req_")


def test_a_failure_of_ours_is_logged_once_and_tells_nothing(
    store: Store, metrics: Metrics, tmp_path: Path, log: io.StringIO
) -> None:
    app = create_app(store, read_settings({}, data_dir=tmp_path), metrics)

    def broken() -> str:
        raise RuntimeError("the secret is 4711")

    app.add_url_rule("/broken", "broken", broken, methods=["POST"])
    response = app.test_client().post("/broken")

    assert (response.status_code, response.get_json()["code"]) == (500, "internal_error")
    assert "4711" not in response.get_data(as_text=True) + log.getvalue()
    failures = [json.loads(line) for line in log.getvalue().splitlines() if "RuntimeError" in line]
    assert len(failures) == 1
    assert failures[0]["request_id"] == response.headers["X-Request-Id"]


def test_without_a_database_every_answer_is_a_503_that_may_be_retried(tmp_path: Path) -> None:
    limits = Limits(connect_seconds=0.2, pool_min=0)
    store = Store("postgresql://nobody@127.0.0.1:1/none", operator_key=bytes(32), limits=limits)
    app = create_app(store, read_settings({}, data_dir=tmp_path))
    try:
        headers = {"Authorization": "Bearer am_sk_test_x"}
        for response in (
            app.test_client().post("/v1/features.list", headers=headers),
            app.test_client().get("/v1/customers", headers=headers),
        ):
            assert (response.status_code, response.get_json()["code"]) == (503, "service_unavailable")
            assert response.headers["Retry-After"] == "1"
        assert app.test_client().get("/healthz").status_code == 200
        ready = app.test_client().get("/readyz")
        assert (ready.status_code, ready.get_json()["checks"]) == (503, {"database": "does not answer"})
    finally:
        store.close()


@pytest.fixture
def unprojected(database_url: str, tmp_path: Path) -> Iterator[tuple[Flask, Store]]:
    """An application whose read models nobody keeps up."""
    bring_up_to_date(database_url)
    store = Store(database_url, operator_key=bytes(32))
    yield create_app(store, read_settings({}, data_dir=tmp_path, projection_wait_seconds=0.05)), store
    store.close()


def test_a_list_is_never_an_old_answer_that_looks_new(unprojected: tuple[Flask, Store]) -> None:
    app, store = unprojected
    api = Ledgers(app, store).sandbox()
    api("customers.get_or_create", customer_id="acme")

    with pytest.raises(Refused, match="503 projection_behind") as caught:
        api("customers.list")
    assert caught.value.headers["Retry-After"] == "1"

    stale = app.test_client().post(
        "/v1/customers.list",
        headers={"Authorization": f"Bearer {api.secret}", "Ledger-Allow-Stale": "true"},
    )
    assert (stale.get_json()["list"], stale.headers["Ledger-Position"]) == ([], "0")
    Runner(store.database_url, store.operator).catch_up()
    assert [each["id"] for each in api("customers.list")["list"]] == ["acme"]


def test_a_revoked_key_is_out_within_a_second_in_another_process(api: Api, ledgers: Ledgers, tmp_path: Path) -> None:
    other = ledgers.key(api, Role.WRITE, "shared")
    second = Store(api.store.database_url, operator_key=bytes(range(32)))
    elsewhere = Api(create_app(second, read_settings({}, data_dir=tmp_path)), second, api.ledger_id, other.secret)
    try:
        elsewhere("features.list")
        _delete_as_another_process_would(api, "shared")
        with pytest.raises(Refused, match="401 invalid_secret_key"):
            _list_for(1.0, elsewhere)
    finally:
        second.close()


def _list_for(seconds: float, api: Api) -> None:
    deadline = Deadline(seconds)
    while not deadline.passed():
        api("features.list")


def _delete_as_another_process_would(api: Api, name: str) -> None:
    """Revoke without telling this process's own caches."""
    from api.keys import run
    from ledger.core.settings import RevokeKey

    key = next(key for key in list_keys(api.store, api.ledger_id, by=TESTER) if key.name == name)
    api.store.ledger(api.ledger_id).execute(SettingsAddress(), RevokeKey(key.key_id), by=TESTER)
    run(api.store, "delete_key_secret", {"ledger_id": api.ledger_id, "key_id": key.key_id})


def test_the_bootstrap_secret_is_made_an_admin_key_once(api: Api) -> None:
    ensure_key(api.store, api.ledger_id, "whatever the operator chose", by=TESTER)
    key = ensure_key(api.store, api.ledger_id, "whatever the operator chose", by=TESTER)
    named = [each for each in list_keys(api.store, api.ledger_id, by=TESTER) if each.name.startswith("bootstrap")]
    client = Api(api.app, api.store, api.ledger_id, "whatever the operator chose")

    assert (len(named), key.role) == (1, Role.ADMIN)
    assert client("features.list")["list"] == []
    assert ensure_key(api.store, api.ledger_id, "another secret of his", by=TESTER).key_id != key.key_id
    revoke_key(api.store, api.ledger_id, key.key_id, by=TESTER)
    with pytest.raises(Refused, match="invalid_secret_key"):
        client("features.list")


def test_secrets_are_nowhere_in_the_database(api: Api) -> None:
    with api.store.pool.connection() as conn:
        hashed = conn.execute("SELECT secret_hash FROM key_secrets").fetchall()
        events = conn.execute("SELECT state FROM events WHERE ledger_id = %s", [api.ledger_id]).fetchall()
    assert hashed
    for (value,) in [*hashed, *events]:
        assert api.secret.encode() not in bytes(value)


def test_a_key_opens_its_own_ledger_only(api: Api, ledgers: Ledgers) -> None:
    other = ledgers.sandbox()
    api("features.create", feature_id="mine", name="Mine", type="boolean")
    assert other("features.list")["list"] == []
    with pytest.raises(Refused, match="404 feature_not_found"):
        other("features.get", feature_id="mine")


def test_live_keys_are_told_from_sandbox_keys(ledgers: Ledgers, store: Store) -> None:
    assert ledgers.sandbox().secret.startswith("am_sk_test_")
    live = ledgers.live()
    assert live.secret.startswith("am_sk_live_")
    assert live("features.create", feature_id="f", name="F", type="boolean")["id"] == "f"
