"""The worker: read models kept up to date, and what falls due made to happen. Any number of them may run at once.

tallystick worker          until SIGTERM
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from api.work.due import ROUND, DueWork, ledgers_due
from api.work.expiry import STEP, expire_keys
from api.work.meters import Meters
from ledger.clock import Deadline
from ledger.errors import OperatorError
from ledger.logging import logger
from ledger.settings import Settings
from ledger.store.ledger import Store, StoreUnavailable
from projections.runner import Runner

DUE_SECONDS: Final = 0.5  # how late a renewal may be made when nobody asks
EXPIRY_SECONDS: Final = 60.0
TROUBLE_SECONDS: Final = 1.0
STOP_SECONDS: Final = 10.0
LOST: Final = (StoreUnavailable, psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)

log = logger(__name__)


class Worker:
    """All of a worker's threads. `only` narrows what falls due to some ledgers; read models follow all of them."""

    def __init__(self, store: Store, settings: Settings, meters: Meters, only: Sequence[str] = ()) -> None:
        self._store, self._meters, self._only = store, meters, frozenset(only)
        self._stop = threading.Event()
        self._due: dict[str, DueWork] = {}
        self._runner = Runner(
            store.database_url, store.operator, limits=store.limits, batch_events=settings.projection_batch_events
        )
        self._threads = [
            threading.Thread(target=self._repeat, args=(self._due_rounds, DUE_SECONDS), name="due"),
            threading.Thread(target=self._repeat, args=(self._expire, EXPIRY_SECONDS), name="expiry"),
            threading.Thread(target=self._runner.run, name="projections"),
        ]

    def start(self) -> None:
        """Start its threads. Raises OperatorError when a ledger it is narrowed to does not exist."""
        if missing := self._only - {row.ledger_id for row in self._store.ledgers()}:
            raise OperatorError(f"There is no ledger {min(missing)}: `tallystick ledgers list` says which there are.")
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Finish what is under way and stop; whether it did in time."""
        self._stop.set()
        self._runner.stop()
        deadline = Deadline(STOP_SECONDS)
        for thread in self._threads:
            thread.join(deadline.remaining())
        return not any(each.is_alive() for each in self._threads)

    def _repeat(self, work: Callable[[], bool], pause_seconds: float) -> None:
        """Do the work again and again, at once where more of it waits; a lost database is waited for."""
        while not self._stop.is_set():
            try:
                pause = 0.0 if work() else pause_seconds
            except LOST:
                log.warning("the database does not answer", where=work.__name__)
                pause = TROUBLE_SECONDS
            except Exception:
                log.exception("the worker met a mistake of ours", where=work.__name__)
                pause = TROUBLE_SECONDS
            self._stop.wait(pause)

    def _mine(self, found: Iterable[str]) -> list[str]:
        return [ledger_id for ledger_id in found if not self._only or ledger_id in self._only]

    def _due_rounds(self) -> bool:
        more = False
        for ledger_id in self._mine(ledgers_due(self._store)):
            work = self._due.setdefault(ledger_id, DueWork(self._store, ledger_id))
            done = work.round()
            self._meters.caught_up(ledger_id, done)
            more = more or done >= ROUND
            if self._stop.is_set():
                return False
        for ledger_id, work in self._due.items():
            self._meters.set_aside(ledger_id, len(work.set_aside.now()))
        return more

    def _expire(self) -> bool:
        gone = {
            ledger_id: expire_keys(self._store, ledger_id)
            for ledger_id in self._mine(row.ledger_id for row in self._store.ledgers())
        }
        for ledger_id, count in gone.items():
            self._meters.expired(ledger_id, count)
        return max(gone.values(), default=0) >= STEP
