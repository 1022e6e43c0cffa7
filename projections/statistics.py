"""What PostgreSQL knows of how many rows there are. Autovacuum finds out, up to a minute later; until then a read of a
young or newly built model may be planned as if its tables were empty, and take seconds.
"""

import threading
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import psycopg
from psycopg.sql import SQL, Identifier

from ledger.logging import logger
from ledger.store.connections import Limits, connect
from ledger.store.roles import OWNER
from projections.projection import Model

FIRST_LOOK_EVENTS: Final = 1_000
LAST_LOOK_EVENTS: Final = 1_000_000  # from here on a minute changes little
GROWTH: Final = 10

log = logger(__name__)


def analyze(database_url: str, limits: Limits, models: Iterable[Model]) -> None:
    """Look at the tables of some models now, as their owner. Where that cannot be, autovacuum will."""
    names = [Identifier(table.name) for table in chain.from_iterable(model.tables for model in models)]
    try:
        with connect(database_url, limits, OWNER) as conn:
            conn.execute(SQL("ANALYZE {}").format(SQL(", ").join(names)))
    except psycopg.Error:
        log.warning("the tables of the read models could not be analyzed", exc_info=True)


class Statistics:
    """Has the tables of the models looked at again whenever ten times as much was folded as the last time.

    One thread counts, another one looks: looking takes a moment, and no fold waits for it.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        self._models, self._lock = models, threading.Lock()
        self._folded, self._next = 0, FIRST_LOOK_EVENTS

    def count(self, events: int) -> None:
        """So many events more are folded."""
        with self._lock:
            self._folded += events

    def refresh(self, database_url: str, limits: Limits) -> bool:
        """Look, if it is time; answers whether it was."""
        with self._lock:
            if self._next > min(self._folded, LAST_LOOK_EVENTS):
                return False
            while self._next <= self._folded:
                self._next *= GROWTH
        analyze(database_url, limits, self._models)
        return True
