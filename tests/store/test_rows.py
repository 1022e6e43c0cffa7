"""Rows that are no events: secrets, idempotency keys, what is due; and what an event costs."""

import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from api.keys import create_key, find_holders, revoke_key
from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.usage import Track
from ledger.core.errors import InvalidInput
from ledger.core.settings import Env, Role
from ledger.store.housekeeping import delete_expired_keys, due_streams
from ledger.store.ledger import (
    Caller,
    CustomerAddress,
    Ledger,
    Once,
    SettingsAddress,
    Step,
    Store,
    StreamAddress,
    Tuning,
    UnknownLedger,
)
from tests.store.conftest import ME, OPERATOR_KEY, open_customer, open_ledger


def test_a_key_is_found_by_its_secret_and_by_nothing_else(store: Store, ledger: Ledger) -> None:
    open_ledger(store, "other", Env.LIVE)
    keys = {
        ledger_id: create_key(store, ledger_id, "key", Role.ADMIN, by=ME, secret=f"secret of {ledger_id}").key
        for ledger_id in ("main", "other")
    }
    for ledger_id, key in keys.items():
        assert find_holders(store, f"secret of {ledger_id}") == [(ledger_id, key.key_id)]
    assert find_holders(store, "another secret") == []
    revoke_key(store, "main", keys["main"].key_id, by=ME)
    assert find_holders(store, "secret of main") == []
    assert find_holders(store, "secret of other") == [("other", keys["other"].key_id)]


def test_a_ledger_is_found_by_its_id_alone_and_what_can_be_no_id_is_nobodys(store: Store, ledger: Ledger) -> None:
    open_ledger(store, "other", Env.LIVE)
    assert [store.row("main"), store.row("other")] == store.ledgers()
    assert store.row("main").position == ledger.look(SettingsAddress(), by=ME).position
    for nobodys in ("mai", "main ", "MAIN", "", "a\0b", "m" * 64, "\ud800"):
        for door in (store.row, store.ledger):
            with pytest.raises(UnknownLedger):
                door(nobodys)


def test_keys_older_than_thirty_days_are_deleted_in_steps_and_count_no_more(store: Store, ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=100)
    for index in range(5):
        ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME, once=Once(str(index), "h", "v", b"b"))
    with store.pool.connection() as conn:
        conn.execute("UPDATE idempotency SET recorded_at = recorded_at - interval '31 days' WHERE key <> '4'")
    again = ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME, once=Once("0", "h", "v", b"other"))
    assert not again.replayed
    with store.pool.connection() as conn:
        assert [delete_expired_keys(conn, "main", 2) for _ in range(3)] == [2, 1, 0]
        assert conn.execute("SELECT count(*) FROM idempotency").fetchone() == (2,)


def due_instants(conn: psycopg.Connection[Any]) -> list[datetime]:
    """When each stream must be looked at next."""
    return [due_at for (due_at,) in conn.execute("SELECT due_at FROM due ORDER BY due_at").fetchall()]


def test_nothing_is_due_where_nothing_will_happen(store: Store, ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=100)
    with store.pool.connection() as conn:
        assert (due_streams(conn, "main", 10), due_instants(conn)) == ([], [])


def test_what_falls_due_is_in_its_table_until_it_has_happened(store: Store, ledger: Ledger) -> None:
    open_customer(ledger, "ann")
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    grant = GrantBalance("messages", included=Decimal(2), expires_at=soon)
    stream_id = ledger.execute(CustomerAddress("ann"), grant, by=ME).steps[0].stream_id
    with store.pool.connection() as conn:
        assert due_instants(conn) == [soon]
        assert due_streams(conn, "main", 10) == [] or datetime.now(UTC) > soon
        time.sleep(0.6)
        assert due_streams(conn, "main", 10) == [(stream_id, soon)]
        assert due_streams(conn, "main", 10, set_aside=[stream_id]) == []
        ledger.look(StreamAddress(stream_id), by=Caller("clock"))
        assert (due_streams(conn, "main", 10), due_instants(conn)) == ([], [])


def test_an_event_of_usage_costs_less_than_500_bytes_on_disk(store: Store, ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=1_000_000)
    by = Caller("production key", request_id="0123456789abcdef")
    steps = [Step(CustomerAddress("ann"), Track("messages"))] * 500
    for _ in range(12):
        ledger.execute_all(steps, by=by)
    with store.pool.connection() as conn:
        row = conn.execute("SELECT pg_total_relation_size('events')::float / count(*), count(*) FROM events").fetchone()
    assert row is not None
    assert row[1] >= 6_000
    assert row[0] < 500


def test_a_writer_that_rests_starts_again(store: Store, ledger: Ledger) -> None:
    quick = Store(store.database_url, operator_key=OPERATOR_KEY, tuning=Tuning(idle_seconds=0.05))
    try:
        for name in ("ann", "bob", "cleo"):
            open_customer(quick.ledger("main"), name)
            time.sleep(0.15)
            assert not [each for each in threading.enumerate() if each.name == "writer-main" and each.is_alive()][1:]
    finally:
        quick.close()


def test_nobody_is_called_as_the_clock(ledger: Ledger) -> None:
    open_customer(ledger, "ann")
    with pytest.raises(InvalidInput, match="clock"):
        ledger.execute(CustomerAddress("ann"), Track("messages"), by=Caller("clock"))
