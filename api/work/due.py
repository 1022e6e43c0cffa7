"""What fell due: each customer whose time has come catches up through the ledger's door, as if somebody had asked.

So a renewal is decided in one place only, and several workers at once do no harm: the second finds nothing due.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from api.statements import statement
from ledger.clock import monotonic
from ledger.logging import logger
from ledger.store.housekeeping import due_streams
from ledger.store.ledger import Caller, Store, StoreUnavailable

CLOCK: Final = Caller("clock")
ROUND: Final = 256  # customers of one ledger before the next ledger has its turn
TOGETHER: Final = 32  # share a commit, and hold up the writers of a serving process no longer than that takes
SET_ASIDE_SECONDS: Final = 60.0

log = logger(__name__)


def ledgers_due(store: Store) -> list[str]:
    """The ledgers in which somebody is due."""
    with store.pool.connection() as conn:
        return [row[0] for row in conn.execute(statement("select_ledgers_due")).fetchall()]


class SetAside:
    """Streams that were looked at and are still due: tried again after a while, and not at once for ever."""

    def __init__(self) -> None:
        self._until: dict[UUID, float] = {}

    def add(self, stream_id: UUID) -> None:
        """Leave this one alone for a while."""
        self._until[stream_id] = monotonic() + SET_ASIDE_SECONDS

    def now(self) -> list[UUID]:
        """Those that are still left alone."""
        present = monotonic()
        self._until = {stream_id: until for stream_id, until in self._until.items() if until > present}
        return list(self._until)


class DueWork:
    """The due customers of one ledger. Used by one thread."""

    def __init__(self, store: Store, ledger_id: str) -> None:
        self._store, self._ledger_id = store, ledger_id
        self._tried: dict[UUID, datetime] = {}
        self.set_aside = SetAside()

    def round(self) -> int:
        """Let up to a round's worth of customers catch up; how many did. Raises `StoreUnavailable`."""
        rows = self._due()
        fresh = [(stream_id, due_at) for stream_id, due_at in rows if self._tried.get(stream_id) != due_at]
        for stream_id, due_at in rows:
            if self._tried.get(stream_id) == due_at:
                log.error("a customer is due and cannot catch up", ledger_id=self._ledger_id, stream_id=str(stream_id))
                self.set_aside.add(stream_id)
        self._tried = dict(fresh)
        stream_ids = [stream_id for stream_id, _ in fresh]
        return sum(self._catch_up(stream_ids[at : at + TOGETHER]) for at in range(0, len(stream_ids), TOGETHER))

    def _due(self) -> list[tuple[UUID, datetime]]:
        with self._store.pool.connection() as conn:
            return due_streams(conn, self._ledger_id, ROUND, self.set_aside.now())

    def _catch_up(self, stream_ids: Sequence[UUID]) -> int:
        try:
            self._store.ledger(self._ledger_id).catch_up(stream_ids, by=CLOCK)
        except StoreUnavailable:
            raise
        except Exception:
            # One of them cannot: the others must not wait for it.
            if len(stream_ids) > 1:
                return sum(self._catch_up([stream_id]) for stream_id in stream_ids)
            log.exception("catching up failed", ledger_id=self._ledger_id, stream_id=str(stream_ids[0]))
            self.set_aside.add(stream_ids[0])
            return 0
        return len(stream_ids)
