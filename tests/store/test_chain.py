"""Nothing in the log can be changed, dropped or moved unseen."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from ledger.store.chain import GENESIS
from ledger.store.ledger import Caller, CustomerAddress, Ledger, Store
from ledger.store.verifying import Broken, follow_chain, verify_chain
from tests.store.conftest import open_customer


@pytest.fixture
def conn(ledger: Ledger, store: Store) -> Iterator[psycopg.Connection[Any]]:
    for name in ("ann", "bob", "cleo"):
        open_customer(ledger, name, messages=10)
    with psycopg.connect(store.database_url, autocommit=True) as opened:
        yield opened


@contextmanager
def tampered(conn: psycopg.Connection[Any], change: str) -> Iterator[None]:
    """A superuser who switches the trigger off."""
    conn.execute("ALTER TABLE events DISABLE TRIGGER events_append_only")
    conn.execute(change)
    yield


def test_the_chain_ends_with_the_head(conn: psycopg.Connection[Any], store: Store) -> None:
    head = store.ledgers()[0]
    verified = verify_chain(conn, "main")
    assert (verified.broken, verified.position, verified.hash) == (None, head.position, head.hash)
    assert verified.position == 9


@pytest.mark.parametrize(
    "change",
    [
        "ledger_id = 'mean'",
        "stream_id = gen_random_uuid()",
        "version = version + 100",
        "type = 'customer.created.v2'",
        "state = state || ' '::bytea",
        "actor = 'somebody else'",
        "on_behalf_of = ''",
        "request_id = request_id || ' '",
        "at = at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "hash = sha256(hash)",
    ],
)
def test_a_change_of_any_single_column_is_found_where_it_is(conn: psycopg.Connection[Any], change: str) -> None:
    with tampered(conn, f"UPDATE events SET {change} WHERE position = 5"):
        broken = verify_chain(conn, "main").broken
    assert broken is not None
    assert broken.position == 5


def test_a_moved_position_is_found(conn: psycopg.Connection[Any]) -> None:
    with tampered(conn, "UPDATE events SET position = 100 WHERE position = 5"):
        assert verify_chain(conn, "main").broken == Broken(5, "is missing")


def test_a_dropped_event_is_found(conn: psycopg.Connection[Any]) -> None:
    with tampered(conn, "DELETE FROM events WHERE position = 4"):
        assert verify_chain(conn, "main").broken == Broken(4, "is missing")


def test_text_cannot_flow_from_one_column_into_the_next(conn: psycopg.Connection[Any]) -> None:
    change = "UPDATE events SET actor = left(actor, -1), request_id = right(actor, 1) || request_id WHERE position = 3"
    with tampered(conn, change):
        broken = verify_chain(conn, "main").broken
    assert broken is not None
    assert broken.position == 3


def test_sql_alone_says_the_same(conn: psycopg.Connection[Any]) -> None:
    rows = conn.execute("""
        SELECT sha256(lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY position) || event_body(e)) = hash
        FROM events AS e ORDER BY position
    """).fetchall()
    assert rows == [(True,)] * 9


def test_verification_goes_on_from_any_event_and_stops_where_it_is_told(conn: psycopg.Connection[Any]) -> None:
    half = verify_chain(conn, "main", upto=4)
    assert half.position == 4
    whole = verify_chain(conn, "main", from_position=5, previous_hash=half.hash)
    assert whole == verify_chain(conn, "main")


def test_an_empty_ledger_verifies(store: Store) -> None:
    store.create_ledger("empty", "live")
    with store.pool.connection() as conn:
        verified = verify_chain(conn, "empty")
    assert (verified.position, verified.hash, verified.broken) == (0, GENESIS, None)


def test_a_verification_left_in_the_middle_leaves_its_connection_usable(conn: psycopg.Connection[Any]) -> None:
    with tampered(conn, "UPDATE events SET actor = 'x' WHERE position = 1"):
        reports = list(follow_chain(conn, "main", 1, GENESIS))
    assert len(reports) == 1
    assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_verification_that_the_database_calls_off_says_so_and_leaves_its_connection_usable(
    conn: psycopg.Connection[Any], store: Store
) -> None:
    conn.execute("SET statement_timeout = 100")
    with psycopg.connect(store.database_url) as holder:
        holder.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.QueryCanceled):
            verify_chain(conn, "main")
    assert verify_chain(conn, "main").broken is None


def test_the_first_hash_can_be_worked_out_by_hand(conn: psycopg.Connection[Any]) -> None:
    row = conn.execute("SELECT event_body(e), hash FROM events AS e WHERE position = 1").fetchone()
    assert row is not None
    body, stored = row
    assert hashlib.sha256(bytes(32) + body).digest() == stored


def test_who_and_for_whom_are_hashed_apart(ledger: Ledger, conn: psycopg.Connection[Any]) -> None:
    ledger.look(CustomerAddress("ann"), by=Caller("key", on_behalf_of="someone"))
    assert verify_chain(conn, "main").broken is None
