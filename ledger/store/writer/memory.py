"""What a writer remembers of its ledger: states as of a known position, keys, and who holds which claim."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM, Ask, Claim
from ledger.store import reading
from ledger.store.chain import GENESIS, Head
from ledger.store.claim_keys import ClaimKey, asked_key, claimed_key
from ledger.store.codec import Codec
from ledger.store.keyring import MOST_KEYS, KeyRing
from ledger.store.kinds import Kinds
from ledger.store.reading import ColdStream, StoredRow
from ledger.store.sealing import OperatorKey
from ledger.store.snapshots import fold, fold_tail, restore
from ledger.store.writer.warm import Warm, WarmStates

# Past this distance reading the streams again is cheaper than folding everything others wrote.
LONGEST_TAIL: Final = 20_000
NOWHERE: Final = Head(0, GENESIS, None)
PINNED: Final = (CATALOG_STREAM, SETTINGS_STREAM)


class Memory:
    """All of it is as of `head`; it belongs to one thread and may be dropped at any moment."""

    pinned = PINNED

    def __init__(self, ledger_id: str, kinds: Kinds, operator: OperatorKey, warm_streams: int, long_tail: int) -> None:
        self.ledger_id, self.kinds, self._operator, self._long_tail = ledger_id, kinds, operator, long_tail
        self.head = NOWHERE
        self.warm = WarmStates(warm_streams, PINNED)
        self.keys = KeyRing(operator, ledger_id, self._fetch_keys, max(MOST_KEYS, warm_streams))
        self.codec = Codec(kinds.registry, self.keys)
        self._conn: Connection[Any] | None = None

    def forget(self) -> None:
        """Drop everything: the next batch starts from what the log holds."""
        self.head = NOWHERE
        self.warm.clear()
        self.keys.clear()
        self._conn = None

    def meet(self, conn: Connection[Any], head: Head) -> None:
        """Come up to a head that was just read: fold in what other processes wrote since."""
        self._conn = conn
        if head.position != self.head.position:
            assert head.position > self.head.position, "a log never gets shorter"
            if head.position - self.head.position > LONGEST_TAIL:
                self.warm.clear()
            elif len(self.warm):
                self._fold_foreign(reading.read_tail(conn, self.ledger_id, self.head.position, head.position))
        self.head = head

    def claim_key(self, ask: Ask) -> ClaimKey:
        """A claim as its row says it: a personal value is a keyed hash."""
        return asked_key(self._operator, self.ledger_id, ask)

    def claimed_key(self, claim: Claim, stream_id: UUID) -> ClaimKey:
        """A claim of a stream as its row says it."""
        return claimed_key(self._operator, self.ledger_id, claim, stream_id)

    def load(self, stream_ids: Iterable[UUID]) -> None:
        """Warm up the streams that are cold, in one question."""
        assert self._conn is not None
        afters = {stream_id: 0 for stream_id in stream_ids if stream_id not in self.warm}
        if afters:
            self._warm_up(self._read_cold(afters))

    def stream(self, stream_id: UUID) -> Warm:
        """A stream's state as of the head; read when it is cold."""
        found = self.warm.get(stream_id)
        if found is None:
            self.load([stream_id])
            found = self.warm.get(stream_id)
            assert found is not None
        return found

    def begin(self, stream_id: UUID) -> Warm:
        """A stream that nobody can have written to yet."""
        decider = self.kinds.of(stream_id)
        warm = Warm(stream_id, decider, decider.initial)
        self.warm.put(warm)
        self.keys.starts(stream_id)
        return warm

    def _read_cold(self, afters: Mapping[UUID, int]) -> list[ColdStream]:
        assert self._conn is not None
        cold = reading.read_cold(self._conn, self.ledger_id, afters, self.kinds.code_version)
        self.keys.put(afters, {each.stream_id: each.wrapped_key for each in cold if each.has_key})
        return cold

    def _warm_up(self, cold: Sequence[ColdStream]) -> None:
        for each in cold:
            stream_id, snapshot = each.stream_id, each.snapshot
            decider = self.kinds.of(stream_id)
            if snapshot is None:
                state, version, last_at = decider.initial, 0, None
            else:
                state, version, last_at = restore(self.codec, decider, snapshot), snapshot.version, snapshot.last_at
            tail = each.tail
            while tail is not None:
                before = state.version
                state, last_at = fold_tail(self.codec, decider, state, stream_id, tail), tail.last_at
                is_whole = state.version - before < reading.TAIL_EVENTS
                tail = None if is_whole else self._read_cold({stream_id: state.version})[0].tail
            warm = Warm(stream_id, decider, state, last_at, version)
            warm.long_tail = state.version - version >= self._long_tail
            self.warm.put(warm)

    def _fold_foreign(self, rows: Sequence[StoredRow]) -> None:
        touched: dict[UUID, Warm] = {}
        for row in rows:
            warm = self.warm.get(row.stream_id)
            if warm is None:
                continue
            if row.stream_id not in touched:
                touched[row.stream_id] = warm
                self.warm.distrust(row.stream_id)
                self.keys.doubt(row.stream_id)
            warm.state = fold(self.codec, warm.decider, warm.state, [row])
            warm.last_at = row.at
        for warm in touched.values():
            warm.due_at = warm.decider.due_at(warm.state)

    def _fetch_keys(self, stream_ids: Iterable[UUID]) -> Mapping[UUID, bytes | None]:
        assert self._conn is not None
        return reading.read_keys(self._conn, self.ledger_id, stream_ids)
