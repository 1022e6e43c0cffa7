"""What PostgreSQL knows of how many rows there are, where autovacuum has not found out yet.

Autovacuum looks at tables that changed, once a minute. In that minute a young database has rows and no statistics, and
a generation that was just built has a number that no statistics tell of: reads of either are planned as if there were
nothing to read, and take seconds. So what is built is looked at before it is read, and a table that has become several
times as large as PostgreSQL knows is looked at within seconds. Everything else is autovacuum's: where that runs, a
table outgrows its statistics here once or twice in its first minutes, and never again. It is done gently: a table at a
time, with autovacuum's rests in between, each within its own time, and by the runner not while a generation is filled
or readers wait.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from ledger.logging import logger
from ledger.store.connections import Limits, connect
from ledger.store.roles import OWNER
from projections.projection import Model
from projections.statements import statement

FEW_ROWS: Final = 1_000  # of which no plan goes wrong
GROWTH: Final = 3
FAR_BEHIND_EVENTS: Final = 5_000
TABLE_SECONDS: Final = 10.0
BUILT_TABLE_SECONDS: Final = 60.0  # nobody reads it yet, and whoever will waits for good plans
LOCK_SECONDS: Final = 1.0
UNFINISHED: Final = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)

log = logger(__name__)


def analyze(database_url: str, limits: Limits, models: Iterable[Model]) -> None:
    """Look at the tables of some models now, as their owner. Where that cannot be, autovacuum will."""
    _look(database_url, limits, _tables(models), BUILT_TABLE_SECONDS)


class Statistics:
    """Has those tables of the models looked at that grew much. Belongs to one thread: looking takes a moment."""

    def __init__(self, models: Sequence[Model]) -> None:
        self._tables = _tables(models)
        self._put_off: list[str] = []

    def refresh(self, conn: Connection[Any], database_url: str, limits: Limits) -> list[str]:
        """Look at what has outgrown its statistics, unless there is more urgent work; answers the tables it looked at.

        `conn` asks; looking has a connection of its own, as the tables' owner.
        """
        parameters = {"tables": self._tables, "few": FEW_ROWS, "growth": GROWTH}
        outgrown = [row[0] for row in conn.execute(statement("select_outgrown"), parameters).fetchall()]
        if outgrown and _pressed(conn):
            if outgrown != self._put_off:
                log.info("tables of the read models are analyzed later: others wait for the database", tables=outgrown)
            self._put_off = outgrown
            return []
        self._put_off = []
        return _look(database_url, limits, outgrown, TABLE_SECONDS) if outgrown else []


def _tables(models: Iterable[Model]) -> list[str]:
    return [table.name for table in chain.from_iterable(model.tables for model in models)]


def _pressed(conn: Connection[Any]) -> bool:
    row = conn.execute(statement("read_pressure"), {"far": FAR_BEHIND_EVENTS}).fetchone()
    assert row is not None
    return bool(row[0])


def _look(database_url: str, limits: Limits, tables: Sequence[str], seconds: float) -> list[str]:
    seen: list[str] = []
    left: list[str] = []
    try:
        with connect(database_url, limits, OWNER) as conn:
            for table in tables:
                (seen if _look_at(conn, table, seconds) else left).append(table)
    except psycopg.Error:
        log.warning("the tables of the read models could not be analyzed", exc_info=True)
    if left:
        log.warning("some tables took too long to analyze and are left to autovacuum", tables=left)
    return seen


def _look_at(conn: Connection[Any], table: str, seconds: float) -> bool:
    """Whether it was possible within its time."""
    limits = {"milliseconds": str(round(seconds * 1_000)), "lock_milliseconds": str(round(LOCK_SECONDS * 1_000))}
    try:
        with conn.transaction():
            conn.execute(statement("slow_down"), limits)
            conn.execute(SQL("ANALYZE {}").format(Identifier(table)))
    except UNFINISHED:
        return False
    return True
