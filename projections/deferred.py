"""Folding a generation that nobody reads yet: rows that may still change wait in memory until they must be written."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Any
from typing import Final as Constant
from uuid import UUID

from psycopg import Connection

from projections.folding import NO_ROWS, Batch, collect, fold_stream, load_states
from projections.projection import Changes, Final, Key, Model
from projections.writing import Write, prepare

MOST_STREAMS: Constant = 20_000


class DeferredGeneration:
    """One generation being filled. What is final is written with its batch, a stream when it leaves memory.

    The writes of one batch must be sent before those of the next, and before the batch after the next is folded.
    """

    def __init__(self, ledger_id: str, model: Model, number: int, most_streams: int = MOST_STREAMS) -> None:
        self.ledger_id, self.model, self.number, self._most = ledger_id, model, number, most_streams
        self._now: OrderedDict[UUID, Any] = OrderedDict()
        self._written: dict[UUID, Any] = {}
        self._leaving: dict[UUID, Any] = {}
        self._ended: defaultdict[UUID, set[tuple[str, Key]]] = defaultdict(set)

    def fold(self, conn: Connection[Any], batch: Batch) -> list[Write]:
        """What a batch writes. Raises `ModelFailed`."""
        streams, finals, now = batch.of(self.model), list[Final](), self._now
        self._admit(conn, batch, streams)
        for stream_id, events in streams.items():
            now[stream_id] = fold_stream(self.model, now[stream_id], events, finals)
        self._remember(finals)
        return self._write(list(now)[: max(0, len(now) - self._most)], finals)

    def flush(self) -> list[Write]:
        """What writes everything that is still only in memory."""
        return self._write(list(self._now), [])

    def _admit(self, conn: Connection[Any], batch: Batch, streams: Iterable[UUID]) -> None:
        absent = [each for each in streams if each not in self._now]
        missing = [each for each in absent if each not in self._leaving and not batch.begins(each)]
        loaded = load_states(conn, self.ledger_id, self.number, self.model, missing) if missing else {}
        loaded = self._leaving | loaded
        for stream_id in absent:
            state = loaded[stream_id] if stream_id in loaded else self.model.restore(NO_ROWS)
            self._now[stream_id] = self._written[stream_id] = state
        for stream_id in streams:
            self._now.move_to_end(stream_id)

    def _remember(self, finals: Iterable[Final]) -> None:
        for name, row in finals:
            table = self.model.table(name)
            if table.changes:
                self._ended[row[0]].add((name, table.key_of(row)))

    def _write(self, leaving: Iterable[UUID], finals: list[Final]) -> list[Write]:
        after = {stream_id: self._now.pop(stream_id) for stream_id in leaving}
        before = {stream_id: self._written.pop(stream_id) for stream_id in after}
        ended = {key for stream_id in after for key in self._ended.pop(stream_id, ())}
        self._leaving = after
        changes: Changes = collect(self.model, before, after, finals, ended)
        return prepare(self.ledger_id, self.number, self.model, changes)
