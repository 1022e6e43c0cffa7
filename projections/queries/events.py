"""The log itself, straight from its table: for exports and for anyone who wants to check the chain.

Read in stretches by position, never held open: a slow reader keeps no transaction and no memory.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection

from ledger.store.log import LogRow, read_log
from projections.statements import statement
from projections.view import Pool

STRETCH: Final = 1_000
EVERYWHERE: Final = 2**63 - 1


def events(
    pool: Pool, ledger_id: str, *, after: int = 0, upto: int | None = None, stream_id: UUID | None = None
) -> Iterator[LogRow]:
    """The events after a position, up to another one, in order; of one stream when it is given."""
    last = EVERYWHERE if upto is None else upto
    while True:
        with pool.connection() as conn:
            rows = _read(conn, ledger_id, stream_id, after)
        yield from (row for row in rows if row.position <= last)
        if len(rows) < STRETCH or rows[-1].position >= last:
            return
        after = rows[-1].position


def _read(conn: Connection[Any], ledger_id: str, stream_id: UUID | None, after: int) -> list[LogRow]:
    if stream_id is None:
        return read_log(conn, ledger_id, after, STRETCH)
    parameters = {"ledger_id": ledger_id, "stream_id": stream_id, "after": after, "limit": STRETCH}
    cursor = conn.cursor(binary=True)
    return [LogRow(*row) for row in cursor.execute(statement("select_stream_log"), parameters, prepare=True)]


def ndjson(row: LogRow) -> bytes:
    """One line: every column, `state` as the JSON that it is, the hash in hexadecimal."""
    fields = row._asdict() | {"state": msgspec.Raw(row.state), "hash": row.hash.hex()}
    return msgspec.json.encode(fields) + b"\n"
