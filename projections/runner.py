"""The runner: keeps the models of every ledger up to date, builds what an upgrade brings, and sweeps what is old.

As many of them as wanted may run at once: each ledger is folded by one at a time (`following/`), and generations beside
the one that is read are filled and deleted (`rebuilding/`) without getting in its way.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from psycopg import Connection

from ledger.clock import Deadline
from ledger.logging import logger
from ledger.store.connections import Limits, connect
from ledger.store.sealing import OperatorKey
from projections.folding.failures import PASSING
from projections.folding.garbage import rare_collections
from projections.following.projector import LedgerProjector
from projections.following.states import Room
from projections.following.wake import Wake
from projections.models import MODELS
from projections.projection import Model
from projections.rebuilding.building import Builder
from projections.rebuilding.sweeping import sweep_step
from projections.statements import statement

BATCH_EVENTS: Final = 5_000
RETRY_SECONDS: Final = 0.2
LONGEST_RETRY_SECONDS: Final = 5.0
SWEEP_SECONDS: Final = 1.0  # how often to look whether an old generation waits to be deleted
PUT_OFF_SECONDS: Final = 5.0  # until a ledger that cannot be folded is tried again

log = logger(__name__)


class Runner:
    """Follows all ledgers of a database until it is stopped; as many of them as wanted may run at once.

    `catch_up` does the same once, in the calling thread, for tests and tools.
    """

    def __init__(
        self,
        database_url: str,
        operator: OperatorKey,
        *,
        limits: Limits | None = None,
        batch_events: int = BATCH_EVENTS,
        models: Sequence[Model] = MODELS,
        connector: Callable[[str, Limits], Connection[Any]] = connect,
        room: Room | None = None,
    ) -> None:
        self._database_url, self._operator, self._limits = database_url, operator, limits or Limits()
        self._batch_events, self._models, self._connector = batch_events, models, connector
        self._room = room or Room()
        self._projectors: dict[str, LedgerProjector] = {}
        self._put_off: dict[str, Deadline] = {}
        self._stopping = threading.Event()
        self._builder = Builder(database_url, operator, limits=limits, models=models, stopping=self._stopping)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Follow in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="projections", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Finish the batch at hand and end. May be called from a signal handler's thread, and twice."""
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def run(self) -> None:
        """Follow in the calling thread until `stop`. Lost connections are made again; nothing else ends it."""
        building = threading.Thread(target=self._builder.run, name="building", daemon=True)
        building.start()
        try:
            self._follow_always()
        finally:
            building.join()

    def _follow_always(self) -> None:
        wait = RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                with rare_collections(), self._connected() as conn, Wake(self._database_url, self._limits) as wake:
                    wait = RETRY_SECONDS
                    self._follow(conn, wake)
            except Exception:
                log.exception("projections were interrupted and start again")
                self._forget()
                self._stopping.wait(wait)
                wait = min(wait * 2, LONGEST_RETRY_SECONDS)

    def catch_up(self) -> int:
        """Fold everything that is there now in every ledger, and build what is not built; answers how many events."""
        with rare_collections(), self._connected() as conn:
            total = 0
            while folded := self.round(conn):
                total += folded
            self._builder.round(conn)
            return total

    def sweep(self) -> None:
        """Delete every retired generation that no other sweeper is at; `run` does it between other work."""
        with self._connected() as conn:
            while sweep_step(conn):
                pass

    def round(self, conn: Connection[Any]) -> int:
        """One batch of every ledger that is behind; answers how many events."""
        behind = [row[0] for row in conn.execute(statement("select_ledgers_behind"), prepare=True).fetchall()]
        return sum(self._step(conn, ledger_id) for ledger_id in behind if self._turn_of(ledger_id))

    def _follow(self, conn: Connection[Any], wake: Wake) -> None:
        sweep_at = Deadline(0.0)
        while not self._stopping.is_set():
            folded = self.round(conn)
            if folded >= self._batch_events:
                continue  # a full batch: there is more
            if not sweep_at.remaining():
                sweep_at = Deadline(0.0 if sweep_step(conn) else SWEEP_SECONDS)
                continue
            wake.wait(self._stopping)

    def _turn_of(self, ledger_id: str) -> bool:
        put_off = self._put_off.get(ledger_id)
        return not self._stopping.is_set() and (put_off is None or put_off.passed())

    def _step(self, conn: Connection[Any], ledger_id: str) -> int:
        projector = self._projectors.get(ledger_id)
        if projector is None:
            projector = LedgerProjector(ledger_id, self._operator, self._models, self._room)
            self._projectors[ledger_id] = projector
        try:
            return projector.step(conn, self._batch_events)
        except PASSING:
            raise
        except Exception:
            log.exception("a ledger cannot be folded and is tried again a little later", ledger_id=ledger_id)
            self._put_off[ledger_id] = Deadline(PUT_OFF_SECONDS)
            return 0

    def _forget(self) -> None:
        for projector in self._projectors.values():
            projector.forget()

    @contextmanager
    def _connected(self) -> Iterator[Connection[Any]]:
        conn = self._connector(self._database_url, self._limits)
        try:
            yield conn
        finally:
            conn.close()
