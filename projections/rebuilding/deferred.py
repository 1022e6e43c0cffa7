"""Folding a generation that nobody reads yet: rows that may still change wait in memory until they must be written."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import Any
from typing import Final as Constant
from uuid import UUID

from psycopg import Connection

from projections.folding.batch import Batch, fold_events
from projections.folding.changes import Moved, collect
from projections.folding.loading import NO_ROWS, Loading
from projections.folding.writing import Write, prepare
from projections.projection import Changes, Final, Key, Model

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
        events, stream_ids, now = batch.of(self.model), batch.stream_ids, self._now
        numbers = dict.fromkeys(number for number, _ in events)
        self._admit(conn, batch, numbers)
        states = {number: now.pop(stream_ids[number]) for number in numbers}
        finals = fold_events(self.model, events, states)
        now.update((stream_ids[number], state) for number, state in states.items())
        self._remember(finals)
        return self._write(list(islice(now, max(0, len(now) - self._most))), finals)

    def flush(self) -> list[Write]:
        """What writes everything that is still only in memory."""
        return self._write(list(self._now), [])

    def _admit(self, conn: Connection[Any], batch: Batch, numbers: Iterable[int]) -> None:
        named = ((number, batch.stream_ids[number]) for number in numbers)
        absent = [(number, stream_id) for number, stream_id in named if stream_id not in self._now]
        missing = [each for number, each in absent if each not in self._leaving and not batch.begins(number)]
        loaded = Loading(conn, self.ledger_id, self.number, self.model, missing).states() if missing else []
        known = self._leaving | dict(zip(missing, loaded, strict=True))
        for _, stream_id in absent:
            state = known[stream_id] if stream_id in known else self.model.restore(NO_ROWS)
            self._now[stream_id] = self._written[stream_id] = state

    def _remember(self, finals: Iterable[Final]) -> None:
        for name, row in finals:
            table = self.model.table(name)
            if table.changes:
                self._ended[row[0]].add((name, table.key_of(row)))

    def _write(self, leaving: Iterable[UUID], finals: Iterable[Final]) -> list[Write]:
        moved = [Moved(each, self._written.pop(each), self._now.pop(each)) for each in leaving]
        ended = {key for each in moved for key in self._ended.pop(each.stream_id, ())}
        self._leaving = {each.stream_id: each.after for each in moved}
        changes: Changes = collect(self.model, moved, finals, ended)
        return prepare(self.ledger_id, self.number, self.model, changes)
