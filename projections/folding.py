"""Folding a batch of events into a model's rows: load what may change, fold in memory, write what changed."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from typing import Final as Constant
from uuid import UUID

import psycopg
from psycopg import Connection

from ledger.store.binary import UuidArray
from ledger.store.chain import uuid_field
from projections.projection import Changes, Final, Key, Model, Recorded
from projections.statements import statement
from projections.writing import Write, prepare

Ended = AbstractSet[tuple[str, Key]]
NOTHING: Constant[Ended] = frozenset()
NO_ROWS: Constant[defaultdict[str, list[Any]]] = defaultdict(list)
# What ends with the database or the network is nobody's fault here, and goes away by itself.
PASSING: Constant = (psycopg.OperationalError, psycopg.InterfaceError, MemoryError)


class ModelFailed(Exception):
    """A model could not fold an event, or its rows could not be written."""

    def __init__(self, model: str, position: int, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.model, self.position = model, position


class States:
    """States of the streams of one generation of a model, as of the position it is folded to; bounded."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._states: OrderedDict[UUID, Any] = OrderedDict()

    def get(self, stream_id: UUID) -> Any:
        """The state of a stream, or None when it must be loaded."""
        found = self._states.get(stream_id)
        if found is not None:
            self._states.move_to_end(stream_id)
        return found

    def keep(self, states: Iterable[tuple[UUID, Any]]) -> None:
        """Remember what a committed batch left behind."""
        for stream_id, state in states:
            self._states[stream_id] = state
            self._states.move_to_end(stream_id)
        while len(self._states) > self._limit:
            self._states.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: it will be loaded from the rows."""
        self._states.clear()


class Batch:
    """Events in order, and by stream; which streams begin in it."""

    def __init__(self, events: Sequence[Recorded]) -> None:
        self.events = events
        self.streams: dict[UUID, list[Recorded]] = {}
        for recorded in events:
            self.streams.setdefault(recorded.stream_id, []).append(recorded)

    def of(self, model: Model) -> dict[UUID, list[Recorded]]:
        """The events that a model folds, by stream."""
        folds = model.folds
        found = ((key, [each for each in events if type(each.event) in folds]) for key, events in self.streams.items())
        return {key: events for key, events in found if events}

    def begins(self, stream_id: UUID) -> bool:
        """Whether a stream has no rows from before this batch."""
        return self.streams[stream_id][0].version == 1


def fold_stream(model: Model, state: Any, events: Sequence[Recorded], finals: list[Final]) -> Any:
    """A stream's state after its events; rows that became final are added to `finals`. Raises `ModelFailed`."""
    fold = model.fold
    for recorded in events:
        try:
            state, final = fold(state, recorded)
        except Exception as error:
            raise ModelFailed(model.name, recorded.position, error) from error
        finals.extend(final)
    return state


class Generation:
    """One generation of a model of a ledger, and the batch being folded into it.

    `advance` in the caller's transaction; `settle` when it has committed, `forget` when not.
    """

    def __init__(self, ledger_id: str, model: Model, number: int) -> None:
        self.ledger_id, self.model, self.number = ledger_id, model, number
        self.states = States()
        self._pending: dict[UUID, Any] = {}

    def advance(self, conn: Connection[Any], batch: Batch) -> None:
        """Fold a batch in and write what changed. Raises `ModelFailed`, or the database's error when it is gone."""
        try:
            for write in self._fold(conn, batch):
                write.send(conn)
        except (ModelFailed, *PASSING):
            raise
        except Exception as error:
            raise ModelFailed(self.model.name, batch.events[-1].position, error) from error

    def _fold(self, conn: Connection[Any], batch: Batch) -> list[Write]:
        streams, finals = batch.of(self.model), list[Final]()
        before = self._load(conn, batch, streams)
        after = {key: fold_stream(self.model, before[key], events, finals) for key, events in streams.items()}
        self._pending = after
        return prepare(self.ledger_id, self.number, self.model, collect(self.model, before, after, finals))

    def settle(self) -> None:
        """The batch is committed."""
        self.states.keep(self._pending.items())
        self._pending = {}

    def forget(self) -> None:
        """The batch was not committed, or somebody else has moved on: load everything again."""
        self._pending = {}
        self.states.clear()

    def _load(self, conn: Connection[Any], batch: Batch, streams: Iterable[UUID]) -> dict[UUID, Any]:
        states = {stream_id: self.states.get(stream_id) for stream_id in streams}
        absent = [stream_id for stream_id, state in states.items() if state is None]
        states |= {stream_id: self.model.restore(NO_ROWS) for stream_id in absent if batch.begins(stream_id)}
        missing = [stream_id for stream_id in absent if not batch.begins(stream_id)]
        if missing:
            states |= load_states(conn, self.ledger_id, self.number, self.model, missing)
        return states


def collect(
    model: Model, before: Mapping[UUID, Any], after: Mapping[UUID, Any], finals: Sequence[Final], ended: Ended = NOTHING
) -> Changes:
    """Everything a batch changed. A row that became final is written as such and never deleted.

    `ended` are keys of rows that became final earlier, while `before` still has them.
    """
    found = Changes()
    changing = {table.name: table for table in model.tables if table.changes}
    final_keys = {(name, changing[name].key_of(row)) for name, row in finals if name in changing}
    for name, row in finals:
        found.put(name, row)
    for stream_id, state in after.items():
        if state is before[stream_id]:
            continue
        changed = model.changes(stream_id, before[stream_id], state)
        for name, rows in changed.rows.items():
            found.rows.setdefault(name, []).extend(rows)
        for name, keys in changed.gone.items():
            gone = [key for key in keys if (name, key) not in final_keys and (name, key) not in ended]
            if gone:
                found.gone.setdefault(name, []).extend(gone)
    return found


def load_states(
    conn: Connection[Any], ledger_id: str, generation: int, model: Model, stream_ids: Sequence[UUID]
) -> dict[UUID, Any]:
    """The states of streams as their rows have them; one question a table."""
    parameters = {
        "ledger_id": ledger_id,
        "generation": generation,
        "stream_ids": UuidArray.of([uuid_field(each) for each in stream_ids], len(stream_ids)),
    }
    found: dict[UUID, dict[str, list[Any]]] = {
        stream_id: {table.name: [] for table in model.tables if table.changes} for stream_id in stream_ids
    }
    for table in model.tables:
        if not table.changes:
            continue
        cursor = conn.cursor(binary=True)
        for row in cursor.execute(statement(f"load_{table.name}", model.package), parameters, prepare=True):
            found[row[0]][table.name].append(row[1:])
    return {stream_id: model.restore(rows) for stream_id, rows in found.items()}
