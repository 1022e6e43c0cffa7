"""Waiting for news of the log: a writer's notice after its commit, or a reader's that has to wait.

Notices only make it quick. Whoever hears none (some poolers and engines refuse LISTEN) looks again by itself.
"""

import threading
from types import TracebackType
from typing import Any, Final, Self

import psycopg
from psycopg import Connection

from ledger.store.connections import Limits, connect

CHANNELS: Final = ("tallystick_events", "tallystick_wanted")
LISTENING_SECONDS: Final = 0.25
DEAF_SECONDS: Final = 0.02


class Wake:
    """Listens on a connection of its own."""

    def __init__(self, database_url: str, limits: Limits) -> None:
        self._conn: Connection[Any] | None = connect(database_url, limits)
        try:
            for channel in CHANNELS:
                self._conn.execute(f"LISTEN {channel}")
        except psycopg.DatabaseError:
            self.close()

    def wait(self, stopping: threading.Event) -> None:
        """Return when something was written, when a reader waits, when it is time to look anyway, or when stopping."""
        if self._conn is None:
            stopping.wait(DEAF_SECONDS)
            return
        for _ in self._conn.notifies(timeout=LISTENING_SECONDS, stop_after=1):
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
