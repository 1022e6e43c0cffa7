"""States kept in memory between batches, the least recently used dropped first."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from ledger.core.decider import Decider
from ledger.store.chain import uuid_field
from ledger.store.claim_keys import ClaimKey


class Warm:
    """One stream's state as of the ledger's known position, and what its rows say of it.

    `long_tail` says that folding it took so many events that nobody should have to do it again.
    """

    __slots__ = (
        "claims",
        "decider",
        "due_at",
        "field",
        "last_at",
        "long_tail",
        "snapshot_version",
        "state",
        "stream_id",
    )

    def __init__(
        self, stream_id: UUID, decider: Decider, state: Any, last_at: datetime | None = None, snapshot_version: int = 0
    ) -> None:
        self.stream_id, self.decider, self.state, self.last_at = stream_id, decider, state, last_at
        self.snapshot_version, self.long_tail = snapshot_version, False
        self.due_at: datetime | None = decider.due_at(state)
        self.field = uuid_field(stream_id)
        self.claims: set[ClaimKey] = set()


class WarmStates:
    """Bounded. Also knows which claims led to these streams: only their own holder can make such an entry wrong."""

    def __init__(self, limit: int, pinned: Iterable[UUID]) -> None:
        self._limit, self._pinned = limit, frozenset(pinned)
        self._states: OrderedDict[UUID, Warm] = OrderedDict()
        self._holders: dict[ClaimKey, UUID] = {}

    def __contains__(self, stream_id: UUID) -> bool:
        return stream_id in self._states

    def __len__(self) -> int:
        return len(self._states)

    def get(self, stream_id: UUID) -> Warm | None:
        """The stream if it is warm, which keeps it so for longer."""
        found = self._states.get(stream_id)
        if found is not None:
            self._states.move_to_end(stream_id)
        return found

    def put(self, warm: Warm) -> None:
        """Keep a stream that was read or begun."""
        self._states[warm.stream_id] = warm

    def holder(self, key: ClaimKey) -> UUID | None:
        """The warm stream that holds a claim, if that is known."""
        return self._holders.get(key)

    def holds(self, key: ClaimKey, stream_id: UUID) -> None:
        """Remember who holds a claim, for as long as the holder is warm."""
        warm = self._states.get(stream_id)
        if warm is not None:
            self._holders[key] = stream_id
            warm.claims.add(key)

    def released(self, key: ClaimKey) -> None:
        """A claim is free again."""
        holder = self._holders.pop(key, None)
        if holder is not None and holder in self._states:
            self._states[holder].claims.discard(key)

    def distrust(self, stream_id: UUID) -> None:
        """Another process wrote to this stream: what claims it holds must be asked again."""
        warm = self._states.get(stream_id)
        if warm is not None:
            for key in warm.claims:
                self._holders.pop(key, None)
            warm.claims.clear()

    def discard(self, stream_id: UUID) -> None:
        """Drop a stream that was never written."""
        self.distrust(stream_id)
        self._states.pop(stream_id, None)

    def trim(self) -> None:
        """Drop what has not been used for longest, between batches only."""
        excess = len(self._states) - self._limit
        if excess <= 0:
            return
        oldest = islice(self._states, excess + len(self._pinned))
        for stream_id in [one for one in oldest if one not in self._pinned][:excess]:
            self.discard(stream_id)

    def clear(self) -> None:
        """Drop everything."""
        self._states.clear()
        self._holders.clear()
