"""Folding a batch of events into a model's rows: load what may change, fold in memory, write what changed."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from typing import Final as Constant
from uuid import UUID

import psycopg
from psycopg import Connection

from ledger.store.binary import UuidArray
from ledger.store.chain import uuid_field
from projections.projection import Changes, Final, Model, Recorded
from projections.statements import statement
from projections.writing import write

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


class Generation:
    """One generation of a model of a ledger, and the batch being folded into it.

    `fold` and `write`, or both as `advance`, in the caller's transaction; `settle` when it has committed (or will have
    before anything is loaded that it wrote), `forget` when not.
    """

    def __init__(self, ledger_id: str, model: Model, number: int) -> None:
        self.ledger_id, self.model, self.number = ledger_id, model, number
        self.states = States()
        self._pending: dict[UUID, Any] = {}

    def advance(self, conn: Connection[Any], events: Sequence[Recorded]) -> None:
        """Fold a batch in and write what changed. Raises `ModelFailed`, or the database's error when it is gone."""
        self.write(conn, self.fold(conn, events), events[-1].position)

    def fold(self, conn: Connection[Any], events: Sequence[Recorded]) -> Changes:
        """What a batch changes. Raises `ModelFailed`."""
        mine = [each for each in events if type(each.event) in self.model.folds]
        begun = {each.stream_id for each in events if each.version == 1}
        before = self._load(conn, mine, begun)
        states, fold, finals = dict(before), self.model.fold, list[Final]()
        for recorded in mine:
            try:
                states[recorded.stream_id], final = fold(states[recorded.stream_id], recorded)
            except Exception as error:
                raise ModelFailed(self.model.name, recorded.position, error) from error
            finals.extend(final)
        self._pending = states
        return collect(self.model, before, states, finals)

    def write(self, conn: Connection[Any], changes: Changes, position: int) -> None:
        """Write what a batch that ends at `position` changed. Raises `ModelFailed`."""
        try:
            write(conn, self.ledger_id, self.number, self.model, changes)
        except PASSING:
            raise
        except Exception as error:
            raise ModelFailed(self.model.name, position, error) from error

    def settle(self) -> None:
        """The batch is committed."""
        self.states.keep(self._pending.items())
        self._pending = {}

    def forget(self) -> None:
        """The batch was not committed, or somebody else has moved on: load everything again."""
        self._pending = {}
        self.states.clear()

    def _load(self, conn: Connection[Any], events: Sequence[Recorded], begun: set[UUID]) -> dict[UUID, Any]:
        states = {each.stream_id: self.states.get(each.stream_id) for each in events}
        # A stream that begins in this batch has no rows yet.
        states |= {stream_id: self.model.restore(NO_ROWS) for stream_id in states.keys() & begun}
        missing = [stream_id for stream_id, state in states.items() if state is None]
        if missing:
            states |= load_states(conn, self.ledger_id, self.number, self.model, missing)
        return states


def collect(model: Model, before: dict[UUID, Any], after: dict[UUID, Any], finals: Sequence[Any]) -> Changes:
    """Everything a batch changed; a row that became final is written as such and not deleted."""
    found = Changes()
    final_keys: defaultdict[str, set[Any]] = defaultdict(set)
    for name, row in finals:
        found.put(name, row)
        table = model.table(name)
        if not table.grows_only:
            final_keys[name].add(table.key_of(row))
    for stream_id, state in after.items():
        if state is before[stream_id]:
            continue
        changed = model.changes(stream_id, before[stream_id], state)
        for name, rows in changed.rows.items():
            found.rows.setdefault(name, []).extend(rows)
        for name, keys in changed.gone.items():
            found.gone.setdefault(name, []).extend(key for key in keys if key not in final_keys[name])
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
        stream_id: {table.name: [] for table in model.tables if not table.grows_only} for stream_id in stream_ids
    }
    for table in model.tables:
        if table.grows_only:
            continue
        cursor = conn.cursor(binary=True)
        for row in cursor.execute(statement(f"load_{table.name}", model.package), parameters, prepare=True):
            found[row[0]][table.name].append(row[1:])
    return {stream_id: model.restore(rows) for stream_id, rows in found.items()}
