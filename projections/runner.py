"""The runner: folds what is new in every ledger into all of its models, and moves the ledger's one position.

Rows and position are one transaction under the lock of the ledger's `projected` row, so that nothing is applied
twice or skipped, however many runners there are and wherever one dies. A model that fails is rolled back to where
the batch found it and stopped; the others and the ledger go on. What an upgrade brings is built beside it.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import Connection

from ledger.clock import Deadline
from ledger.logging import logger
from ledger.store.connections import Limits, connect
from ledger.store.sealing import OperatorKey
from projections.advancing import advance
from projections.building import Builder
from projections.collecting import rare_collections
from projections.events import EventReader
from projections.folding import PASSING, Batch, Generation, ModelFailed
from projections.models import MODELS
from projections.projection import LONG_HISTORY, Model, named
from projections.statements import statement
from projections.sweeping import sweep_step
from projections.wake import Wake

BATCH_EVENTS: Final = 5_000
RETRY_SECONDS: Final = 0.2
LONGEST_RETRY_SECONDS: Final = 5.0
SWEEP_SECONDS: Final = 1.0  # how often to look whether an old generation waits to be deleted

log = logger(__name__)


class LedgerProjector:
    """Folds one ledger. Belongs to one thread."""

    def __init__(self, ledger_id: str, operator: OperatorKey, models: Sequence[Model]) -> None:
        self.ledger_id, self._models = ledger_id, models
        self._reader = EventReader(ledger_id, operator)
        self._generations: dict[str, Generation] = {}
        self._position = -1
        self._begun = False

    def step(self, conn: Connection[Any], limit: int) -> int:
        """Fold at most `limit` events in one transaction; answers how many. Zero too while another runner does."""
        try:
            with conn.transaction():
                folded = self._step(conn, limit)
        except BaseException:
            self._begun = False  # what it began with may be gone too
            self.forget()
            raise
        for generation in self._generations.values():
            generation.settle()
        return folded

    def forget(self) -> None:
        """Drop what is in memory; the rows have it."""
        self._position = -1
        for generation in self._generations.values():
            generation.forget()

    def _step(self, conn: Connection[Any], limit: int) -> int:
        position = self._lock(conn)
        if position is None:
            return 0
        if position != self._position:
            self.forget()
        active = {row[0]: row for row in self._do(conn, "select_models").fetchall()}
        if self._outlived(active):
            return 0
        events = self._reader.read(conn, position, limit)
        if not events:
            self._position = position
            return 0
        batch = Batch(events)
        concerned = [each for each in self._running(active) if batch.concerns(each.model)]
        for failed in advance(conn, concerned, batch):
            self._stop(conn, failed)
        self._position = events[-1].position
        self._do(conn, "move_projected", position=self._position)
        conn.execute(statement("relax_commit"), prepare=True)
        return len(events)

    def _lock(self, conn: Connection[Any]) -> int | None:
        if not self._begun:
            self._do(conn, "begin_projecting", long_history=LONG_HISTORY)
        found = self._do(conn, "lock_projected").fetchone()
        if found is not None and not self._begun:
            self._do(conn, "begin_models", position=found[0], **named(self._models))
            self._begun = True
        return None if found is None else int(found[0])

    def _outlived(self, active: Mapping[str, Sequence[Any]]) -> bool:
        # A newer program has begun here: what this one folded would lack what the newer one keeps.
        known = {model.name: model.revision for model in self._models}
        return any(row[4] > known.get(name, 0) for name, row in active.items())

    def _running(self, active: Mapping[str, Sequence[Any]]) -> Iterator[Generation]:
        # Asked in every batch: a swap may have changed the generation, a failure may have been cured.
        for model in self._models:
            _, number, failed_position, *_ = active[model.name]
            known = self._generations.get(model.name)
            if known is None or known.number != number:
                self._generations[model.name] = known = Generation(self.ledger_id, model, number)
            if failed_position is None:
                yield known
            else:
                known.forget()

    def _stop(self, conn: Connection[Any], failed: ModelFailed) -> None:
        self._do(conn, "stop_model", model=failed.model, position=failed.position, failure=str(failed)[:2_000])
        log.error(
            "a projection failed and stands still until it is rebuilt",
            ledger_id=self.ledger_id,
            model=failed.model,
            position=failed.position,
            exc_info=failed,
        )

    def _do(self, conn: Connection[Any], name: str, **parameters: Any) -> psycopg.Cursor[Any]:
        return conn.execute(statement(name), {"ledger_id": self.ledger_id, **parameters}, prepare=True)


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
    ) -> None:
        self._database_url, self._operator, self._limits = database_url, operator, limits or Limits()
        self._batch_events, self._models, self._connector = batch_events, models, connector
        self._projectors: dict[str, LedgerProjector] = {}
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
        """Delete every retired generation now; `run` does it between other work."""
        with self._connected() as conn:
            while sweep_step(conn):
                pass

    def round(self, conn: Connection[Any]) -> int:
        """One batch of every ledger that is behind; answers how many events."""
        behind = [row[0] for row in conn.execute(statement("select_ledgers_behind"), prepare=True).fetchall()]
        return sum(self._step(conn, ledger_id) for ledger_id in behind if not self._stopping.is_set())

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

    def _step(self, conn: Connection[Any], ledger_id: str) -> int:
        projector = self._projectors.get(ledger_id)
        if projector is None:
            projector = self._projectors[ledger_id] = LedgerProjector(ledger_id, self._operator, self._models)
        try:
            return projector.step(conn, self._batch_events)
        except PASSING:
            raise
        except Exception:
            log.exception("the log of a ledger cannot be read", ledger_id=ledger_id)
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
