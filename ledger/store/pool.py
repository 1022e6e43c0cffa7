"""The connections that readers share, and how a reader comes to one that works after the database was away."""

import select
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.clock import Deadline
from ledger.store.connections import Limits, prepare_session, session

RETRY_SECONDS: Final = 0.5


class ReaderPool(ConnectionPool[Connection[Any]]):
    """Every connection it gives works, as far as one can tell: it has heard nothing since its last use, or answers.

    The library's own check pauses after each dead connection, longer every time: with a few of them in the pool, which
    is what a restart of the database leaves, a reader used up its patience although the database was back. And it asks
    for a new connection once a reader, so who came while the database was away waited for nothing. Here the dead are
    passed over at once, and whoever waits asks again and again.
    """

    def getconn(self, timeout: float | None = None) -> Connection[Any]:
        """A connection, to be given back with `putconn`. Raises `PoolTimeout` when there is none in time."""
        deadline = Deadline(self.timeout if timeout is None else timeout)
        while True:
            conn = self._next(deadline)
            if self._answers(conn):
                return conn
            self.putconn(conn)

    def _next(self, deadline: Deadline) -> Connection[Any]:
        while True:
            try:
                return super().getconn(min(RETRY_SECONDS, deadline.remaining()))
            except PoolTimeout:
                if deadline.passed():
                    raise

    def _answers(self, conn: Connection[Any]) -> bool:
        if _is_quiet(conn):
            return True
        try:
            self.check_connection(conn)
        except psycopg.Error:
            return False
        except BaseException:
            self.putconn(conn)
            raise
        return True


def _is_quiet(conn: Connection[Any]) -> bool:
    """Whether nothing has come since the last answer. A server that ends or dies closes its connections: that comes."""
    heard = select.poll()
    heard.register(conn.fileno(), select.POLLIN)
    return not heard.poll(0)


def open_pool(database_url: str, limits: Limits) -> ReaderPool:
    """A pool of connections for readers; it connects when first asked."""
    return ReaderPool(
        database_url,
        min_size=limits.pool_min,
        max_size=limits.pool_max,
        timeout=limits.connect_seconds,
        # Nobody waits for a connection that is tried for longer: who waits has it tried anew.
        reconnect_timeout=RETRY_SECONDS,
        kwargs=session(limits),
        configure=lambda conn: prepare_session(conn, limits),
        open=True,
    )
