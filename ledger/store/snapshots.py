"""Snapshots: a stream's state kept every so many events, so that a cold start folds a tail and not a life.

What a cold start had to fold a long tail for is kept with the next event of its stream, so that nobody folds it twice.
The newest is kept for the writer; milestones, further apart, stay for whoever looks into the past.
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from ledger.core.decider import Decider
from ledger.store.binary import BooleanArray, ByteaArray, InstantArray, IntegerArray, UuidArray
from ledger.store.chain import boolean_field, bytes_field, instant_field, integer_field, uuid_field
from ledger.store.codec import Codec
from ledger.store.reading import SnapshotRow, StoredRow, Tail

EVENTS_BETWEEN: Final = 500
# Keeping a state costs what folding a dozen events does, and a customer that is rarely seen is cold each time.
LONG_TAIL: Final = 16
MILESTONES_APART: Final = 4_000


def fold(codec: Codec, decider: Decider, state: Any, rows: Iterable[StoredRow]) -> Any:
    """Fold a stream's stored events, oldest first, onto a state. A missing or repeated version is an assertion."""
    evolve, decode = decider.evolve, codec.decode
    for row in rows:
        state = evolve(state, decode(row.type, row.state, row.stream_id))
        assert state.version == row.version, f"stream {row.stream_id} has version {row.version} out of turn"
    return state


def fold_tail(codec: Codec, decider: Decider, state: Any, stream_id: UUID, tail: Tail) -> Any:
    """As `fold`, for events that were read as one."""
    state = decider.fold(state, codec.decode_all(tail.states, stream_id))
    assert state.version == tail.version, f"stream {stream_id} has version {tail.version} out of turn"
    return state


def passes_milestone(before: int, version: int) -> bool:
    """Whether a state is to stay as a milestone: it is the first to be kept past a multiple of their distance."""
    return version // MILESTONES_APART > before // MILESTONES_APART


def keep(codec: Codec, stream_id: UUID, state: Any, last_at: datetime) -> SnapshotRow:
    """A stream's state as its row, sealed where the stream has personal data.

    What is sealed looks like noise to the database, so it is made small before: a row of more than 2 KB costs it twice.
    """
    data = codec.encode_state(state)
    key = codec.keys.at_hand(stream_id)
    kept = data if key is None else key.seal(zlib.compress(data, 1))
    return SnapshotRow(stream_id, state.version, last_at, key is not None, kept)


def kept_parameters(taken: Sequence[SnapshotRow], code_version: str) -> dict[str, Any]:
    """Kept states as `upsert_snapshots` and `upsert_milestones` take them."""
    return {
        "code_version": code_version,
        "stream_ids": UuidArray.of([uuid_field(row.stream_id) for row in taken], len(taken)),
        "versions": IntegerArray.of([integer_field(row.version) for row in taken], len(taken)),
        "last_ats": InstantArray.of([instant_field(row.last_at) for row in taken], len(taken)),
        "sealed": BooleanArray.of([boolean_field(row.sealed) for row in taken], len(taken)),
        "states": ByteaArray.of([bytes_field(row.state) for row in taken], len(taken)),
    }


def restore(codec: Codec, decider: Decider, row: SnapshotRow) -> Any:
    """The state that was kept. Raises `SnapshotUnreadable` when its key is gone."""
    data = row.state
    if row.sealed:
        key = codec.keys.to_open(row.stream_id)
        if key is None:
            raise SnapshotUnreadable(f"the key of stream {row.stream_id} is gone, and its snapshot should be too")
        data = zlib.decompress(key.open(data))
    state = codec.decode_state(data, decider.state_type)
    assert state.version == row.version, f"snapshot of stream {row.stream_id} says another version than its state"
    return state


class SnapshotUnreadable(Exception):
    """A snapshot cannot be opened; forgetting a person deletes it in the same transaction."""
