"""The generation of a model that is read, advanced batch by batch: ask for states, fold, write what changed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from projections.folding.batch import Batch, fold_events
from projections.folding.changes import Moved, collect
from projections.folding.loading import NO_ROWS, Loading
from projections.folding.writing import prepare
from projections.following.states import Room
from projections.projection import Model


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

    def __init__(self, ledger_id: str, model: Model, number: int, room: Room) -> None:
        self.ledger_id, self.model, self.number = ledger_id, model, number
        self._states = room.states(model)
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
