"""Stretches of a ledger's log, decoded, with the data keys of their streams read in one question."""

from typing import Any

from psycopg import Connection

from ledger.store.codec import Codec
from ledger.store.kinds import core_kinds
from ledger.store.log import read_log, reading_codec
from ledger.store.sealing import OperatorKey
from projections.projection import Recorded


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
        rows = read_log(conn, self.ledger_id, after, limit)
        codec = self._codec_on(conn)
        codec.keys.load({row.stream_id for row in rows})
        decode = codec.decode
        return [Recorded._make((*row[:4], decode(row[3], row[4], row[1]), *row[5:10])) for row in rows]

    def _codec_on(self, conn: Connection[Any]) -> Codec:
        if self._codec is None or self._conn is not conn:
            self._conn, self._codec = conn, reading_codec(conn, self.ledger_id, core_kinds(), self._operator)
        return self._codec
