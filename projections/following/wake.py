"""Waiting for news of the log: a writer's notice after its commit, or a reader's that has to wait.

Notices only make it quick. Whoever hears none (some poolers and engines refuse LISTEN) looks again by itself.
A reader who waits is served at once. Writers' notices are answered in turns: many events in one batch cost far less
than in many. A turn lasts a few times as long as the folding in it, so that where little is written hardly anything
waits, up to a limit: one that had as much to fold as that is followed by the next at once, so that nothing waits twice.
"""

import threading
from types import TracebackType
from typing import Any, Final, Self

import psycopg
from psycopg import Connection

from ledger.clock import Deadline, monotonic
from ledger.store.connections import Limits, connect

WRITTEN: Final = "tallystick_events"
WANTED: Final = "tallystick_wanted"
LISTENING_SECONDS: Final = 0.25
TURN_FOR_FOLDING: Final = 3.0  # how many times as long as its folding a turn lasts
LONGEST_TURN_SECONDS: Final = 0.05
DEAF_SECONDS: Final = 0.02


class Wake:
    """Listens on a connection of its own."""

    def __init__(self, database_url: str, limits: Limits) -> None:
        self._conn: Connection[Any] | None = connect(database_url, limits)
        self._began_at = monotonic()
        try:
            for channel in (WRITTEN, WANTED):
                self._conn.execute(f"LISTEN {channel}")
        except psycopg.DatabaseError:
            self.close()

    def wait(self, stopping: threading.Event) -> None:
        """Return when something was written and it is time, when a reader waits, or when it is time to look anyway."""
        if self._conn is None:
            stopping.wait(DEAF_SECONDS)
            return
        folding = monotonic() - self._began_at
        turn = Deadline(min(TURN_FOR_FOLDING * folding, LONGEST_TURN_SECONDS) - folding)
        if self._heard(self._conn, turn, stopping):
            self._began_at = monotonic()

    def _heard(self, conn: Connection[Any], turn: Deadline, stopping: threading.Event) -> bool:
        heard, until = False, Deadline(LISTENING_SECONDS)
        while not until.passed() and not stopping.is_set():
            for notice in conn.notifies(timeout=until.remaining(), stop_after=1):
                if notice.channel == WANTED:
                    return True
                heard, until = True, turn
        return heard

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
