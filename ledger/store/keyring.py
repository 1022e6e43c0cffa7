"""The data keys of one ledger at hand in one thread: read when first needed, made when first needed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

from ledger.store.sealing import DataKey, OperatorKey

MOST_KEYS: Final = 20_000

# From stream ids to their wrapped keys; None for a forgotten one, no entry where there never was one.
FetchKeys = Callable[[Iterable[UUID]], Mapping[UUID, bytes | None]]


class StreamForgotten(Exception):
    """Personal data of a forgotten stream cannot be sealed: its key was destroyed."""


class KeyRing:
    """Opened data keys, bounded; new ones wait in `made` until their transaction writes them."""

    def __init__(self, operator: OperatorKey, ledger_id: str, fetch: FetchKeys, most: int = MOST_KEYS) -> None:
        self._operator, self._ledger_id, self._fetch, self._most = operator, ledger_id, fetch, most
        self._keys: dict[UUID, DataKey | None] = {}
        self._without: set[UUID] = set()
        self.made: dict[UUID, bytes] = {}

    def put(self, asked: Iterable[UUID], wrapped_keys: Mapping[UUID, bytes | None]) -> None:
        """Keep keys that were read together with something else; the streams asked for and not found have none."""
        if not self.made and len(self._keys) + len(self._without) > self._most:
            self._keys.clear()
            self._without.clear()
        self._without.update(stream_id for stream_id in asked if stream_id not in wrapped_keys)
        for stream_id, wrapped in wrapped_keys.items():
            self._keys[stream_id] = (
                None if wrapped is None else self._operator.unwrap(self._ledger_id, stream_id, wrapped)
            )

    def load(self, stream_ids: Iterable[UUID]) -> None:
        """Read the keys that are not at hand, in one question."""
        missing = [one for one in stream_ids if one not in self._keys and one not in self._without]
        if missing:
            self.put(missing, self._fetch(missing))

    def to_open(self, stream_id: UUID) -> DataKey | None:
        """The key that opens a stream's personal data, or None when it is forgotten."""
        if stream_id not in self._keys:
            # A follower may have asked before the first personal data of this stream was written.
            self._without.discard(stream_id)
            self.load([stream_id])
        return self._keys.get(stream_id)

    def at_hand(self, stream_id: UUID) -> DataKey | None:
        """As `to_open`, for whoever would know of a first key that another process made."""
        self.load([stream_id])
        return self._keys.get(stream_id)

    def is_forgotten(self, stream_id: UUID) -> bool:
        """Whether a stream has had personal data that nobody can read again, as far as the keys at hand say."""
        self.load([stream_id])
        return stream_id in self._keys and self._keys[stream_id] is None

    def to_seal(self, stream_id: UUID) -> DataKey:
        """The key for new personal data of a stream, made when there is none. Raises `StreamForgotten`."""
        if stream_id not in self._keys and stream_id not in self._without:
            self.load([stream_id])
        if stream_id not in self._keys:
            self._without.discard(stream_id)
            self._keys[stream_id], self.made[stream_id] = self._operator.new_data_key(self._ledger_id, stream_id)
        key = self._keys[stream_id]
        if key is None:
            raise StreamForgotten(f"stream {stream_id} was forgotten")
        return key

    def starts(self, stream_id: UUID) -> None:
        """A stream is new: it has no key yet, and nobody needs to be asked."""
        self._without.add(stream_id)

    def doubt(self, stream_id: UUID) -> None:
        """Another process wrote to this stream: it may have given it its first key."""
        self._without.discard(stream_id)

    def clear(self) -> None:
        """Forget everything at hand, also keys that were made and not written."""
        self._keys.clear()
        self._without.clear()
        self.made.clear()
