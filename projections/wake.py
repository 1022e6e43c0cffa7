"""Waiting for news of the log: looking again at short intervals, and at once when a reader asks for it.

Writers give no notice: notices make commits wait for one another. Readers do, and only when they have to wait.
"""

import threading
from types import TracebackType
from typing import Any, Final, Self

import psycopg
from psycopg import Connection

from ledger.store.connections import Limits, connect

CHANNEL: Final = "tallystick_wanted"
POLL_SECONDS: Final = 0.02


class Wake:
    """Listens on a connection of its own. Without LISTEN (some poolers and engines refuse it) it only looks again."""

    def __init__(self, database_url: str, limits: Limits) -> None:
        self._conn: Connection[Any] | None = connect(database_url, limits)
        try:
            self._conn.execute(f"LISTEN {CHANNEL}")
        except psycopg.DatabaseError:
            self.close()

    def wait(self, stopping: threading.Event) -> None:
        """Return when a reader waits, when it is time to look anyway, or when stopping."""
        if self._conn is None:
            stopping.wait(POLL_SECONDS)
            return
        for _ in self._conn.notifies(timeout=POLL_SECONDS, stop_after=1):
            return

    def close(self) -> None:
        """Stop listening."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
