"""Folding one ledger: what is new is folded into all of its models, and the ledger's one position moves.

Rows and position are one transaction under the lock of the ledger's `projected` row, so that nothing is applied twice
or skipped, however many runners there are and wherever one dies. A model that fails is rolled back to where the batch
found it and stopped; the others and the ledger go on.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import Connection

from ledger.logging import logger
from ledger.store.sealing import OperatorKey
from projections.active import Active, active_models
from projections.folding.batch import Batch
from projections.folding.events import EventReader
from projections.folding.failures import ModelFailed
from projections.following.advancing import advance
from projections.following.generation import Generation
from projections.following.states import Room
from projections.projection import LONG_HISTORY, Model, named
from projections.statements import statement

log = logger(__name__)


class LedgerProjector:
    """Folds one ledger. Belongs to one thread."""

    def __init__(
        self, ledger_id: str, operator: OperatorKey, models: Sequence[Model], room: Room | None = None
    ) -> None:
        self.ledger_id, self._models, self._room = ledger_id, models, room or Room()
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
        self._room.tidy()
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
        active = active_models(conn, self.ledger_id)
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

    def _outlived(self, active: Mapping[str, Active]) -> bool:
        # A newer program has begun here: what this one folded would lack what the newer one keeps.
        known = {model.name: model.revision for model in self._models}
        return any(each.revision > known.get(name, 0) for name, each in active.items())

    def _running(self, active: Mapping[str, Active]) -> Iterator[Generation]:
        # Asked in every batch: a swap may have changed the generation, a failure may have been cured.
        for model in self._models:
            found, known = active[model.name], self._generations.get(model.name)
            if known is None or known.number != found.generation:
                self._generations[model.name] = known = Generation(self.ledger_id, model, found.generation, self._room)
            if found.failed_position is None:
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
