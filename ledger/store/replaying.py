"""The first answer again: folded from the log as of the positions its idempotency row names."""

from collections import deque
from typing import Any
from uuid import UUID

from psycopg import Connection

from ledger.core.decider import CATALOG_STREAM, CLOCK, SETTINGS_STREAM
from ledger.core.events import Event
from ledger.store import reading
from ledger.store.kinds import Kinds
from ledger.store.log import reading_codec
from ledger.store.reading import OnceRow, StoredRow
from ledger.store.requests import Outcome, StepOutcome
from ledger.store.sealing import OperatorKey
from ledger.store.snapshots import fold


class Replay:
    """Reads with a connection of its own, beside the writer."""

    def __init__(self, conn: Connection[Any], ledger_id: str, kinds: Kinds, operator: OperatorKey) -> None:
        self._conn, self._ledger_id, self._kinds = conn, ledger_id, kinds
        self._codec = reading_codec(conn, ledger_id, kinds, operator)

    def outcome(self, row: OnceRow) -> Outcome:
        """What the caller was told the first time."""
        streams = list(dict.fromkeys([*row.stream_ids, CATALOG_STREAM, SETTINGS_STREAM]))
        self._codec.keys.load(streams)
        states = {one: self.state_at(one, row.began_after) for one in streams}
        # Between the two positions lies what this request did and nothing else.
        happened = deque(reading.read_tail(self._conn, self._ledger_id, row.began_after, row.position))
        steps = [
            self._step(states, stream_id, count, happened)
            for stream_id, count in zip(row.stream_ids, row.event_counts, strict=True)
        ]
        return Outcome(
            row.position, row.business_now, steps, states[CATALOG_STREAM], states[SETTINGS_STREAM], replayed=True
        )

    def state_at(self, stream_id: UUID, position: int) -> Any:
        """A stream as of a position."""
        decider = self._kinds.of(stream_id)
        rows = reading.read_stream_upto(self._conn, self._ledger_id, stream_id, position)
        return fold(self._codec, decider, decider.initial, rows)

    def _step(self, states: dict[UUID, Any], stream_id: UUID, count: int, happened: deque[StoredRow]) -> StepOutcome:
        # What fell due because the request moved a clock comes before the step's own events.
        while happened and happened[0].actor == CLOCK and happened[0].stream_id == stream_id:
            self._fold(states, happened.popleft())
        before = states[stream_id]
        events = tuple(self._fold(states, happened.popleft()) for _ in range(count))
        return StepOutcome(stream_id, before, states[stream_id], events)

    def _fold(self, states: dict[UUID, Any], row: StoredRow) -> Event:
        decider = self._kinds.of(row.stream_id)
        states[row.stream_id] = fold(self._codec, decider, states[row.stream_id], [row])
        return self._codec.decode(row.type, row.state, row.stream_id)
