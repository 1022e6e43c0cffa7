"""A generation of some models, filled from event 1 beside the ones that are read, while writes go on."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import psycopg
from psycopg import Connection

from ledger.core.events import stored_names
from ledger.store.connections import Limits, connect
from ledger.store.recorder import UnknownLedger
from ledger.store.sealing import OperatorKey
from projections.active import active_models
from projections.folding.batch import Batch
from projections.folding.events import EventReader
from projections.folding.garbage import rare_collections
from projections.folding.writing import Write
from projections.models import MODELS
from projections.projection import LONG_HISTORY, Model, named
from projections.rebuilding.deferred import DeferredGeneration
from projections.statements import statement

CHUNK_EVENTS: Final = 5_000

Progress = Callable[[int, int], None]


class FillingEnded(Exception):
    """The generation was taken away while it was being filled: somebody retired it."""


class Chunk(NamedTuple):
    """What a stretch of the log, up to a position, writes in every model."""

    writes: Sequence[Sequence[Write]]
    position: int


class Filling:
    """The next generation of each of `models` of one ledger. Folds a chunk while the chunk before it is written.

    What it has filled when it is dropped is retired, for a runner to sweep. Two at once make two generations.
    """

    def __init__(
        self,
        database_url: str,
        operator: OperatorKey,
        ledger_id: str,
        models: Sequence[Model],
        *,
        limits: Limits | None = None,
        chunk_events: int = CHUNK_EVENTS,
    ) -> None:
        self.ledger_id, self.models, self._chunk_events = ledger_id, models, chunk_events
        with ExitStack() as opening:
            self._reading = opening.enter_context(connect(database_url, limits or Limits()))
            self.conn = opening.enter_context(connect(database_url, limits or Limits()))
            self._writer = opening.enter_context(ThreadPoolExecutor(1, thread_name_prefix="filling"))
            opening.enter_context(rare_collections())
            self._open = opening.pop_all()
        self._reader = EventReader(ledger_id, operator)
        self._types = stored_names(frozenset().union(*(model.folds for model in models)))
        self.generations: Sequence[DeferredGeneration] = ()
        self.position = 0
        self._writing: Future[None] | None = None

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self.conn.closed:
                self._settle_quietly()
                self._discard()
        finally:
            self._open.close()

    def fill(self, progress: Progress | None = None) -> None:
        """Fold from event 1 until what is left is one chunk or less, with the runner at work."""
        while (target := self.projected(self._reading)) - self.position > self._chunk_events:
            while self.position < target:
                self._overlap(self._fold(self._reading, min(self.position + self._chunk_events, target)))
                if progress is not None:
                    progress(self.position, target)
        self._settle()

    def finish(self, conn: Connection[Any], position: int) -> None:
        """Fold and write up to a position in the transaction that the caller has open on `conn`."""
        self._settle()
        while self.position < position:
            chunk = self._fold(conn, min(self.position + self._chunk_events, position))
            self._write(conn, chunk)
        self._write(conn, Chunk([generation.flush() for generation in self.generations], position))

    def swap(self) -> int:
        """Let these generations be read from now on, and retire the ones before them; answers the position."""
        with self.conn.transaction():
            position = self._wait_for_turn()
            self.finish(self.conn, position)
            active = active_models(self.conn, self.ledger_id)
            for each in self.generations:
                name, place = each.model.name, {"model": each.model.name, "generation": each.number}
                self.do(self.conn, "swap_generation", revision=each.model.revision, **place)
                self.do(self.conn, "delete_generation", **place)
                self.do(self.conn, "retire_generation", model=name, generation=active[name].generation)
        self.generations = ()
        return position

    def projected(self, conn: Connection[Any]) -> int:
        """How far the ledger is folded."""
        row = self.do(conn, "read_projected").fetchone()
        return 0 if row is None else int(row[0])

    def do(self, conn: Connection[Any], name: str, **parameters: Any) -> psycopg.Cursor[Any]:
        """Run one of our statements on this ledger."""
        return conn.execute(statement(name), {"ledger_id": self.ledger_id, **parameters})

    def _begin(self) -> None:
        with self.conn.transaction():
            self.do(self.conn, "begin_projecting", long_history=LONG_HISTORY)
            self.do(self.conn, "begin_models", position=self._wait_for_turn(), **named(MODELS))
            self.do(self.conn, "retire_abandoned")
            self.generations = [DeferredGeneration(self.ledger_id, model, self._number(model)) for model in self.models]

    def _wait_for_turn(self) -> int:
        """How far the ledger is folded, which nobody changes until the end of the transaction."""
        row = self.do(self.conn, "wait_for_projected").fetchone()
        if row is None:
            raise UnknownLedger(self.ledger_id)
        return int(row[0])

    def _number(self, model: Model) -> int:
        row = self.do(self.conn, "begin_generation", model=model.name).fetchone()
        assert row is not None
        return int(row[0])

    def _fold(self, conn: Connection[Any], upto: int) -> Chunk:
        events = self._reader.read_some(conn, self.position, upto, self._types)
        batch = Batch(events)
        writes = [generation.fold(conn, batch) for generation in self.generations]
        self.position = upto
        return Chunk(writes, upto)

    def _overlap(self, chunk: Chunk) -> None:
        # The chunk before has to be down before the next is sent; what both touched is still in memory.
        self._settle()
        self._writing = self._writer.submit(self._commit, chunk)

    def _commit(self, chunk: Chunk) -> None:
        with self.conn.transaction():
            self._write(self.conn, chunk)

    def _write(self, conn: Connection[Any], chunk: Chunk) -> None:
        for generation, writes in zip(self.generations, chunk.writes, strict=True):
            for write in writes:
                write.send(conn)
            place = {"model": generation.model.name, "generation": generation.number}
            if self.do(conn, "move_generation", position=chunk.position, **place).rowcount != 1:
                raise FillingEnded(f"generation {generation.number} of {generation.model.name} was retired meanwhile")

    def _settle(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _settle_quietly(self) -> None:
        if self._writing is not None:
            self._writing.exception()
            self._writing = None

    def _discard(self) -> None:
        for each in self.generations:
            self.do(self.conn, "retire_generation", model=each.model.name, generation=each.number)
