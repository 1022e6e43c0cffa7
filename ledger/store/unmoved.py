"""What a reader can be told without the writer: of streams that have not moved since, and of which nothing is due.

The writer answers between its batches, and a batch may take a while. Yet most reads ask it for what it told the last
one: the catalog and the settings, and whether something is due for a customer. Both are known again by the last version
of a stream, and the rows of what is due say what real time brings. Whatever is not plain from these is the writer's.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg_pool import ConnectionPool

from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM, real_time
from ledger.core.profile import CUSTOMER_ID
from ledger.store.addresses import internal_stream
from ledger.store.recorder import UnknownLedger
from ledger.store.requests import Outcome, StepOutcome
from ledger.store.statements import statement

MOST_SETTLED: Final = 50_000
PINNED: Final = (CATALOG_STREAM, SETTINGS_STREAM)


class Unmoved:
    """Of one ledger. Safe to use from any number of threads."""

    def __init__(self, pool: ConnectionPool[Connection[Any]], ledger_id: str) -> None:
        self._pool, self._ledger_id = pool, ledger_id
        self._background: Outcome | None = None
        self._settled: dict[UUID, int] = {}

    def background(self) -> Outcome | None:
        """The catalog and the settings as of the head; None where they are not those that were kept.

        Raises `UnknownLedger`, and the database's errors.
        """
        kept = self._background
        if kept is None:
            return None
        pinned = {"catalog": CATALOG_STREAM, "settings": SETTINGS_STREAM}
        row = self._row("read_background", pinned)
        if row is None:
            raise UnknownLedger(self._ledger_id)
        position, now, *versions = row
        if versions != [kept.catalog.version, kept.settings.version]:
            return None
        return kept._replace(position=position, now=real_time(None, now))

    def keep_background(self, looked: Outcome) -> None:
        """Keep what the writer answered, for whoever asks next."""
        same = StepOutcome(CATALOG_STREAM, looked.catalog, looked.catalog, ())
        self._background = looked._replace(steps=(same,))

    def customer(self, customer_id: str) -> UUID | None:
        """The stream of a customer of which nothing is due, by its id or its internal id; None where that is not plain.

        Raises the database's errors.
        """
        internal = internal_stream(customer_id)
        asked = {"kind": CUSTOMER_ID, "value": customer_id, "internal": None if internal in PINNED else internal}
        row = self._row("find_unmoved", asked)
        if row is None:
            return None
        stream_id, version, due_at, now = row
        if due_at is None:
            # On a clock that stands still, or with nothing to come: it stays so until something happens to it.
            return stream_id if version is not None and self._settled.get(stream_id) == version else None
        return stream_id if due_at > now else None

    def keep_customer(self, stream_id: UUID, version: int) -> None:
        """Keep that nothing is due for a stream whose clock stands still, or for which nothing is to come."""
        if len(self._settled) >= MOST_SETTLED:
            self._settled.clear()
        self._settled[stream_id] = version

    def _row(self, name: str, asked: Mapping[str, UUID | str | datetime | None]) -> Any:
        with self._pool.connection() as conn:
            return conn.execute(statement(name), {"ledger_id": self._ledger_id, **asked}, prepare=True).fetchone()
