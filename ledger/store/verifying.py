"""Verifying a chain from the table: rows stream from the server in the very bytes that were hashed.

One slice and one SHA-256 per event; memory stays flat whatever the ledger's size.
"""

import hashlib
import select
from collections.abc import Generator, Iterator
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from ledger.store.chain import GENESIS
from ledger.store.statements import statement

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COLUMNS: Final = (12).to_bytes(2)
FRAME: Final = len(COLUMNS)
HASH_FIELD: Final = 4 + 32
# Where the position stands in a row depends only on the length of the ledger's id before it.
BEFORE_POSITION: Final = 4
EVENTS_BETWEEN_REPORTS: Final = 50_000


class Broken(NamedTuple):
    """The first event that is not what was recorded: its place, and in which way."""

    position: int
    why: str


class Verified(NamedTuple):
    """How far the chain was followed and what it ended with; `broken` is None when it is whole so far."""

    position: int
    hash: bytes
    broken: Broken | None


def verify_chain(
    conn: Connection[Any],
    ledger_id: str,
    from_position: int = 1,
    previous_hash: bytes = GENESIS,
    upto: int | None = None,
) -> Verified:
    """Follow the chain from an event to another (the end when not given), stopping at the first that is wrong.

    `previous_hash` is the hash of the event before `from_position`. Reads one statement's snapshot: what is
    appended meanwhile is not seen. The connection must be in autocommit and is used alone meanwhile.
    """
    *_, last = follow_chain(conn, ledger_id, from_position, previous_hash, upto)
    return last


def follow_chain(
    conn: Connection[Any], ledger_id: str, from_position: int, previous_hash: bytes, upto: int | None = None
) -> Iterator[Verified]:
    """As `verify_chain`, with a report every so many events; the last one is the result."""
    position, latest = from_position - 1, previous_hash
    first = BEFORE_POSITION + len(ledger_id.encode())
    sha256, from_bytes = hashlib.sha256, int.from_bytes
    rows = _copy_rows(conn, ledger_id, from_position, upto)
    try:
        for row in rows:
            position += 1
            if from_bytes(row[FRAME + first + 4 : FRAME + first + 12]) != position:
                yield Verified(position - 1, latest, Broken(position, "is missing"))
                return
            following = row[-32:]
            if sha256(latest + row[FRAME:-HASH_FIELD]).digest() != following:
                yield Verified(position - 1, latest, Broken(position, "does not match its hash"))
                return
            latest = following
            if not position % EVENTS_BETWEEN_REPORTS:
                yield Verified(position, latest, None)
    finally:
        rows.close()
    yield Verified(position, latest, None)


def _copy_rows(
    conn: Connection[Any], ledger_id: str, from_position: int, upto: int | None
) -> Generator[bytes, None, None]:
    # A COPY takes no parameters, so they travel as settings of its transaction. Rows are taken from libpq directly:
    # psycopg's own iteration costs several times the hash.
    with conn.transaction():
        conn.execute(
            statement("prepare_copy"),
            {"ledger_id": ledger_id, "first": str(from_position), "last": "" if upto is None else str(upto)},
        )
        pg = conn.pgconn
        pg.send_query(statement("copy_events").encode())
        pg.flush()
        begun = pg.get_result()
        if begun is not None and begun.status != ExecStatus.COPY_OUT:
            _end(pg, begun)
        finished = False
        try:
            yield from _copied(pg)
            finished = True
        finally:
            if not finished:
                _cancel(conn)
        _end(pg)


def _copied(pg: PGconn) -> Iterator[bytes]:
    """The rows of a COPY that has begun, without the signature before the first and the mark after the last."""
    poll = select.poll()
    poll.register(pg.socket, select.POLLIN)
    skip = len(SIGNATURE)
    while True:
        length, data = pg.get_copy_data(1)
        if length == 0:
            poll.poll()
            pg.consume_input()
            continue
        if length < 0:
            return
        row, skip = bytes(data)[skip:], 0
        if len(row) > FRAME:
            yield row


def _end(pg: PGconn, *results: PGresult) -> None:
    """Take the rest of a statement's answers. Raises psycopg's error where it failed."""
    for result in (*results, *iter(pg.get_result, None)):
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result, encoding="utf-8")


def _cancel(conn: Connection[Any]) -> None:
    # Stopped in the middle: let the server stop too, and take what is still under way.
    conn.cancel()
    pg = conn.pgconn
    while pg.get_copy_data(0)[0] > 0:
        continue
    while pg.get_result() is not None:
        continue
