"""The log for those who fold it: whole rows in order, and a codec that opens what is sealed in them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from ledger.store import reading
from ledger.store.codec import Codec
from ledger.store.keyring import KeyRing
from ledger.store.kinds import Kinds
from ledger.store.sealing import OperatorKey
from ledger.store.statements import statement


class LogRow(NamedTuple):
    """An event with every column; `state` is its JSON, to be decoded by a `Codec`."""

    position: int
    stream_id: UUID
    version: int
    type: str
    state: bytes
    actor: str
    on_behalf_of: str | None
    request_id: str
    at: datetime
    recorded_at: datetime
    hash: bytes


def read_log(conn: Connection[Any], ledger_id: str, after: int, limit: int) -> list[LogRow]:
    """At most `limit` events after a position, in order. At position n, all below n have been seen."""
    cursor = conn.cursor(binary=True)
    cursor.execute(statement("select_log"), {"ledger_id": ledger_id, "after": after, "limit": limit}, prepare=True)
    return [LogRow(*row) for row in cursor.fetchall()]


def reading_codec(conn: Connection[Any], ledger_id: str, kinds: Kinds, operator: OperatorKey) -> Codec:
    """A codec for one thread that reads data keys over `conn` when they are first needed.

    `codec.keys.load(stream_ids)` reads those of a whole page in one question.
    """

    def fetch(stream_ids: Iterable[UUID]) -> dict[UUID, bytes | None]:
        return reading.read_keys(conn, ledger_id, stream_ids)

    return Codec(kinds.registry, KeyRing(operator, ledger_id, fetch))
