"""Folding a batch of events into a model's rows: ask for what may change, fold in memory, write what changed."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple
from typing import Final as Constant
from uuid import UUID

import psycopg
from psycopg import Connection

from ledger.store.binary import UuidArray
from ledger.store.chain import uuid_field
from projections.projection import Changes, Final, Key, Model, Recorded
from projections.statements import statement
from projections.writing import prepare

MOST_STREAMS: Constant = 20_000  # of all models together some 5 KB each

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


class Moved(NamedTuple):
    """A stream of a batch: its state before, and after."""

    stream_id: UUID
    before: Any
    after: Any


class States:
    """States of the streams of one generation of a model, as of the position it is folded to; bounded.

    What a batch takes out is given back when the batch has committed.
    """

    def __init__(self, limit: int = MOST_STREAMS) -> None:
        self._limit = limit
        self._states: OrderedDict[UUID, Any] = OrderedDict()

    def take(self, stream_id: UUID) -> Any:
        """The state of a stream, or None when it must be loaded."""
        return self._states.pop(stream_id, None)

    def keep(self, moved: Iterable[Moved]) -> None:
        """Remember what a committed batch left behind."""
        for stream_id, _, state in moved:
            self._states[stream_id] = state
        while len(self._states) > self._limit:
            self._states.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: it will be loaded from the rows."""
        self._states.clear()


class Batch:
    """Events in the order of the log, each with the number of its stream: hashing a UUID costs more than a look-up."""

    def __init__(self, events: Sequence[Recorded]) -> None:
        numbers: dict[UUID, int] = {}
        self.events = events
        self._numbered = [(numbers.setdefault(each.stream_id, len(numbers)), each) for each in events]
        self._types = {type(each.event) for each in events}
        self._begun = {number for number, each in self._numbered if each.version == 1}
        self.stream_ids = list(numbers)

    def concerns(self, model: Model) -> bool:
        """Whether there is anything that a model folds."""
        return not self._types.isdisjoint(model.folds)

    def of(self, model: Model) -> Sequence[tuple[int, Recorded]]:
        """What a model folds, each event behind the number of its stream."""
        folds = model.folds
        if self._types <= folds:
            return self._numbered
        return [each for each in self._numbered if type(each[1].event) in folds] if self.concerns(model) else []

    def begins(self, number: int) -> bool:
        """Whether a stream has no rows from before this batch."""
        return number in self._begun


def fold_events(model: Model, events: Iterable[tuple[int, Recorded]], states: dict[int, Any]) -> list[Final]:
    """Move states, by the numbers of their streams, by events; answers the rows that became final, in their order.

    Raises `ModelFailed`.
    """
    fold, finals = model.fold, list[Final]()
    for number, recorded in events:
        try:
            states[number], final = fold(states[number], recorded)
        except Exception as error:
            raise ModelFailed(model.name, recorded.position, error) from error
        finals.extend(final)
    return finals


class Loading:
    """The rows that the states of some streams are made from, asked for with one question a table.

    In a pipeline the questions are on their way when this is made, and are waited for where states are needed.
    """

    def __init__(
        self, conn: Connection[Any], ledger_id: str, generation: int, model: Model, stream_ids: Sequence[UUID]
    ) -> None:
        self._model, self._stream_ids = model, stream_ids
        parameters = {
            "ledger_id": ledger_id,
            "generation": generation,
            "stream_ids": UuidArray.of([uuid_field(each) for each in stream_ids], len(stream_ids)),
        }
        self._asked = [(table.name, conn.cursor(binary=True)) for table in model.tables if table.loads]
        for name, cursor in self._asked:
            cursor.execute(statement(f"load_{name}", model.package), parameters, prepare=True)

    def states(self) -> list[Any]:
        """The states of the streams as their rows have them, in the order in which they were asked for."""
        found: dict[UUID, dict[str, list[Any]]] = {
            stream_id: {name: [] for name, _ in self._asked} for stream_id in self._stream_ids
        }
        for name, cursor in self._asked:
            for row in cursor.fetchall():
                found[row[0]][name].append(row[1:])
        return [self._model.restore(rows) for rows in found.values()]


class Asked(NamedTuple):
    """A batch for which a generation has asked the database; `waits` says whether answers are still to come.

    `advance` folds the batch in and writes what changed, once, on the connection that was asked. It raises
    `ModelFailed` where the batch cannot be folded, and the database's errors.
    """

    waits: bool
    advance: Callable[[], None]


class Generation:
    """One generation of a model of a ledger, advanced batch by batch in the caller's transactions.

    `settle` when a transaction has committed, `forget` when not.
    """

    def __init__(self, ledger_id: str, model: Model, number: int) -> None:
        self.ledger_id, self.model, self.number = ledger_id, model, number
        self._states = States()
        self._pending: Sequence[Moved] = ()

    def ask(self, conn: Connection[Any], batch: Batch) -> Asked:
        """Take the states of a batch's streams out of memory, and ask the database for those that are not there."""
        states, missing = self._held(batch)
        stream_ids = [batch.stream_ids[number] for number in missing]
        loading = Loading(conn, self.ledger_id, self.number, self.model, stream_ids) if missing else None

        def advance() -> None:
            if loading is not None:
                states.update(zip(missing, loading.states(), strict=True))
            self._advance(conn, batch, states)

        return Asked(loading is not None, advance)

    def settle(self) -> None:
        """What was advanced is committed."""
        if self.model.remembers:
            self._states.keep(self._pending)
        self._pending = ()

    def forget(self) -> None:
        """What was advanced is not committed, or somebody else has moved on: load everything again."""
        self._pending = ()
        self._states.clear()

    def _advance(self, conn: Connection[Any], batch: Batch, before: Mapping[int, Any]) -> None:
        after = dict(before)
        finals = fold_events(self.model, batch.of(self.model), after)
        self._pending = [Moved(batch.stream_ids[number], state, after[number]) for number, state in before.items()]
        changes = collect(self.model, self._pending, finals)
        for write in prepare(self.ledger_id, self.number, self.model, changes):
            write.send(conn)

    def _held(self, batch: Batch) -> tuple[dict[int, Any], list[int]]:
        """The states of a batch's streams by their numbers, in order, and the numbers of those to be loaded."""
        numbers = dict.fromkeys(number for number, _ in batch.of(self.model))
        if not self.model.remembers:
            return dict.fromkeys(numbers, self.model.restore(NO_ROWS)), []
        stream_ids, take = batch.stream_ids, self._states.take
        states = {number: take(stream_ids[number]) for number in numbers}
        missing: list[int] = []
        for number in [number for number, state in states.items() if state is None]:
            if batch.begins(number):
                states[number] = self.model.restore(NO_ROWS)
            else:
                missing.append(number)
        return states, missing


def collect(model: Model, moved: Iterable[Moved], finals: Iterable[Final], ended: Ended = NOTHING) -> Changes:
    """Everything a batch changed. A row that became final is written as such and never deleted.

    `ended` are keys of rows that became final earlier, while the states before still have them.
    """
    found, final_keys = Changes(), set[tuple[str, Key]]()
    changing = {table.name: table for table in model.tables if table.changes}
    for name, row in finals:
        found.rows[name].append(row)
        if name in changing:
            final_keys.add((name, changing[name].key_of(row)))
    for stream_id, before, after in moved:
        if after is before:
            continue
        changed = model.changes(stream_id, before, after)
        for name, rows in changed.rows.items():
            found.rows[name].extend(rows)
        for name, keys in changed.gone.items():
            gone = [key for key in keys if (name, key) not in final_keys and (name, key) not in ended]
            if gone:
                found.gone[name].extend(gone)
    return found
