"""What exports may hold of the database: a few connections of their own, each for one export and a limited time.

An export keeps its snapshot for as long as its reader takes, so it never uses the connections that answers share.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Lock
from typing import Any, Final

from psycopg import Connection

from ledger.clock import Deadline
from ledger.core.errors import Refusal
from ledger.store.connections import Limits, connect

RETRY_AFTER_SECONDS: Final = 5


class TooManyExports(Refusal):
    """As many exports as may run at once are running."""

    code = "too_many_exports"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = RETRY_AFTER_SECONDS

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} exports are running, and no more may run at once: try again in a few seconds")


@dataclass(frozen=True)
class Place:
    """An export's own connection, and until when it may use it. It is asked for a connection as a pool is."""

    conn: Connection[Any]
    deadline: Deadline

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """The one connection there is."""
        yield self.conn


class Places:
    """Room for `at_once` exports in this process, of `seconds` each.

    A place is free again when its time is up even if its holder still waits for a reader that does not read: what it
    held of the database is gone by then, because the database ends a transaction that idles for `stall_seconds`.
    """

    def __init__(
        self, database_url: str, limits: Limits, *, at_once: int, seconds: float, stall_seconds: float
    ) -> None:
        self._database_url, self._at_once, self._seconds = database_url, at_once, seconds
        self._limits = replace(limits, statement_seconds=seconds, idle_in_transaction_seconds=stall_seconds)
        self._taken: dict[object, Deadline] = {}
        self._lock = Lock()

    @contextmanager
    def take(self) -> Iterator[Place]:
        """A place until the end of the block. Raises `TooManyExports`, or psycopg's `OperationalError`."""
        holder, deadline = object(), Deadline(self._seconds)
        with self._lock:
            self._taken = {key: until for key, until in self._taken.items() if not until.passed()}
            if len(self._taken) >= self._at_once:
                raise TooManyExports(self._at_once)
            self._taken[holder] = deadline
        try:
            conn = connect(self._database_url, self._limits)
            try:
                yield Place(conn, deadline)
            finally:
                conn.close()
        finally:
            with self._lock:
                self._taken.pop(holder, None)

    @property
    def taken(self) -> int:
        """How many are held."""
        with self._lock:
            return sum(not until.passed() for until in self._taken.values())
