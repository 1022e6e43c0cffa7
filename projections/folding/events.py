"""Stretches of a ledger's log, decoded, with the data keys that open what is sealed in them read in one question."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import Connection

from ledger.store.codec import SEALED, Codec
from ledger.store.kinds import core_kinds
from ledger.store.log import read_log, reading_codec
from ledger.store.sealing import OperatorKey
from projections.projection import Recorded
from projections.statements import statement

# How a sealed value begins in an event's JSON, where a quotation mark in a text has a backslash before it. Most uses
# seal nothing: to read and unwrap the keys of their customers would be for nothing.
SEALED_VALUE: Final = b'"%s":"' % SEALED.encode()


class EventReader:
    """Reads one ledger. Belongs to one thread; holds opened data keys, so drop it when a person is forgotten."""

    def __init__(self, ledger_id: str, operator: OperatorKey) -> None:
        self.ledger_id, self._operator = ledger_id, operator
        self._conn: Connection[Any] | None = None
        self._codec: Codec | None = None

    def read(self, conn: Connection[Any], after: int, limit: int) -> list[Recorded]:
        """At most `limit` events after a position, in order.

        Raises the codec's errors: an event that cannot be read stops whoever folds, never one model alone.
        """
        return self._decoded(conn, read_log(conn, self.ledger_id, after, limit))

    def read_some(self, conn: Connection[Any], after: int, upto: int, types: Sequence[str]) -> list[Recorded]:
        """Of a stretch of the log, in order, the events of some types, and every stream's first."""
        parameters = {"ledger_id": self.ledger_id, "after": after, "upto": upto, "types": list(types)}
        rows = conn.cursor(binary=True).execute(statement("select_some_events"), parameters, prepare=True).fetchall()
        return self._decoded(conn, rows)

    def _decoded(self, conn: Connection[Any], rows: Sequence[tuple[Any, ...]]) -> list[Recorded]:
        codec = self._codec_on(conn)
        codec.keys.load({row[1] for row in rows if SEALED_VALUE in row[4]})
        decode = codec.decode
        return [Recorded._make((*row[:4], decode(row[3], row[4], row[1]), *row[5:10])) for row in rows]

    def _codec_on(self, conn: Connection[Any]) -> Codec:
        if self._codec is None or self._conn is not conn:
            self._conn, self._codec = conn, reading_codec(conn, self.ledger_id, core_kinds(), self._operator)
        return self._codec
