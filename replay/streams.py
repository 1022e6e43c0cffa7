"""Every stream folded from its first event, one after the other, beside the rows that were folded from it.

Claims, due instants, snapshots and milestones are pure folds of the events: each stream's own are compared as soon as
it ends. One stream's state is in memory at a time, so memory stays flat whatever the ledger's size.
"""

from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection, ServerCursor

from ledger.core.decider import Claim
from ledger.core.profile import EMAIL
from ledger.store.claim_keys import ClaimKey, claimed_key
from ledger.store.codec import Codec
from ledger.store.kinds import Kinds
from ledger.store.reading import SnapshotRow
from ledger.store.sealing import OperatorKey, SealBroken
from ledger.store.snapshots import SnapshotUnreadable, restore
from replay.merging import Rows
from replay.report import Check, Progress, Stage
from replay.statements import statement

ROWS_AT_ONCE: Final = 5_000
PERSONAL_KINDS: Final = frozenset({EMAIL})


class Tables(NamedTuple):
    """What is compared with the fold of each stream."""

    claims: Rows
    due: Rows
    snapshots: Rows
    milestones: Rows


class Folded:
    """A stream as its events leave it: its state, and the claims it holds."""

    def __init__(self, stream: bytes, kinds: Kinds) -> None:
        self.stream, self.stream_id = stream, UUID(bytes=stream)
        self.decider = kinds.of(self.stream_id)
        self.state: Any = self.decider.initial
        self.version = 0
        self.last_at: datetime | None = None
        self.claims: set[ClaimKey] = set()
        self.shared: dict[ClaimKey, int] = {}
        self.kept: deque[tuple[str, tuple[Any, ...]]] = deque()


class Streams:
    """Folds all streams of a ledger and compares what hangs on them. All of it reads one snapshot of `conn`."""

    def __init__(
        self, conn: Connection[Any], ledger_id: str, kinds: Kinds, operator: OperatorKey, codec: Codec
    ) -> None:
        self._conn, self._ledger_id = conn, ledger_id
        self._kinds, self._operator, self._codec = kinds, operator, codec
        self.events, self.claims = Check(Stage.STREAMS), Check(Stage.CLAIMS)
        self.due, self.snapshots = Check(Stage.DUE), Check(Stage.SNAPSHOTS)
        self._first_shared: dict[ClaimKey, tuple[int, UUID]] = {}
        self._shared_rows: dict[ClaimKey, UUID] = {}

    def compare(self, total: int, progress: Progress) -> list[Check]:
        """Fold and compare everything; `total` events are expected. Ends early at an event that cannot be folded."""
        with ExitStack() as opened:
            tables = Tables(
                self._rows(opened, "stream_claims"),
                self._rows(opened, "stream_due"),
                self._rows(opened, "stream_snapshots", code_version=self._kinds.code_version),
                self._rows(opened, "stream_milestones", code_version=self._kinds.code_version),
            )
            events = self._cursor(opened, "stream_events")
            if self._fold_all(events, tables, total, progress):
                self._leftovers(tables)
                if self.events.compared != total:
                    self.events.differs(f"{total} events are in the log and {self.events.compared} in its streams")
        return [self.events, self.claims, self.due, self.snapshots]

    def _fold_all(self, events: ServerCursor[Any], tables: Tables, total: int, progress: Progress) -> bool:
        folded: Folded | None = None
        while page := events.fetchmany(ROWS_AT_ONCE):
            self._codec.keys.load([UUID(bytes=stream) for stream in {row[0] for row in page}])
            for stream, position, version, name, state, at in page:
                if folded is None or folded.stream != stream:
                    if folded is not None:
                        self._finish(folded, tables)
                    folded = Folded(stream, self._kinds)
                    self._stray(tables, stream)
                    folded.kept = _kept(tables, stream)
                if not self._fold(folded, position, version, name, state, at):
                    return False
                while folded.kept and folded.kept[0][1][0] == version:
                    self._compare_kept(folded, *folded.kept.popleft())
            self.events.compared += len(page)
            progress(Stage.STREAMS, self.events.compared, total)
        if folded is not None:
            self._finish(folded, tables)
        return True

    def _fold(self, folded: Folded, position: int, version: int, name: str, state: bytes, at: datetime) -> bool:
        if version != folded.version + 1:
            self.events.differs(
                f"event {position} is version {version} of stream {folded.stream_id} and should be {folded.version + 1}"
            )
            return False
        if folded.last_at is not None and at < folded.last_at:
            self.events.differs(f"event {position} happens before the event before it in stream {folded.stream_id}")
        try:
            event = self._codec.decode(name, state, folded.stream_id)
            claims = folded.decider.claims(folded.state, event)
            folded.state = folded.decider.evolve(folded.state, event)
        except psycopg.Error:
            raise
        except Exception as error:  # noqa: BLE001  whatever an event does to a fold is a finding
            self.events.differs(f"event {position} ({name}) cannot be folded: {type(error).__name__}: {error}")
            return False
        if claims:
            self._claim(folded, claims, position)
        folded.version, folded.last_at = version, at
        return True

    def _claim(self, folded: Folded, claims: Iterable[Claim], position: int) -> None:
        for claim in claims:
            key = claimed_key(self._operator, self._ledger_id, claim, folded.stream_id)
            if claim.shared:
                folded.shared.setdefault(key, position)
            elif claim.held:
                folded.claims.add(key)
            else:
                folded.claims.discard(key)

    def _finish(self, folded: Folded, tables: Tables) -> None:
        self._compare_claims(folded, {(kind, value) for kind, value in tables.claims.of(folded.stream)})
        self._compare_due(folded, [due_at for (due_at,) in tables.due.of(folded.stream)])
        for kind, row in folded.kept:
            self.snapshots.differs(f"the {kind} of stream {folded.stream_id} at version {row[0]} is beyond its events")

    def _compare_claims(self, folded: Folded, found: set[ClaimKey]) -> None:
        for key, position in folded.shared.items():
            first = self._first_shared.get(key)
            if first is None or position < first[0]:
                self._first_shared[key] = position, folded.stream_id
            if key in found:
                self._shared_rows[key] = folded.stream_id
                found.discard(key)
        expected = folded.claims
        if self._codec.keys.to_open(folded.stream_id) is None:
            # A forgotten person's email cannot be hashed again; who never had personal data claims none.
            expected = {key for key in expected if key[0] not in PERSONAL_KINDS}
            found = {key for key in found if key[0] not in PERSONAL_KINDS}
        self.claims.compared += len(expected)
        for kind, value in sorted(expected ^ found):
            how = "is missing" if (kind, value) in expected else "should not be there"
            self.claims.differs(f"claim {kind} {value} of stream {folded.stream_id} {how}")

    def _compare_due(self, folded: Folded, found: list[datetime]) -> None:
        due_at = folded.decider.due_at(folded.state)
        expected = [] if due_at is None else [due_at]
        self.due.compared += len(expected)
        if expected != found:
            said = [at.isoformat() for at in found] or ["never"]
            should = [at.isoformat() for at in expected] or ["never"]
            self.due.differs(f"stream {folded.stream_id} is due {said[0]} and should be {should[0]}")

    def _compare_kept(self, folded: Folded, kind: str, row: tuple[Any, ...]) -> None:
        self.snapshots.compared += 1
        where = f"the {kind} of stream {folded.stream_id} at version {row[0]}"
        try:
            kept = restore(self._codec, folded.decider, SnapshotRow(folded.stream_id, *row))
        except (SnapshotUnreadable, SealBroken, KeyError, ValueError, AssertionError) as error:
            self.snapshots.differs(f"{where} cannot be read: {error}")
            return
        # What is sealed cannot be changed unseen; what is not is held to the byte.
        changed = not row[2] and bytes(row[3]) != self._codec.encode_state(folded.state)
        if changed or kept != folded.state:
            self.snapshots.differs(f"{where} is not what its events fold to")
        if row[1] != folded.last_at:
            self.snapshots.differs(f"{where} says another instant than its last event")

    def _stray(self, tables: Tables, stream: bytes | None = None) -> None:
        checks = (self.claims, self.due, self.snapshots, self.snapshots)
        for check, rows, what in zip(
            checks, tables, ("a claim", "a due instant", "a snapshot", "a milestone"), strict=True
        ):
            for stray in rows.strays(stream):
                check.differs(f"stream {UUID(bytes=stray)} has {what} and no such events")

    def _leftovers(self, tables: Tables) -> None:
        self._stray(tables)
        for key in sorted(self._first_shared):
            self.claims.compared += 1
            holder, expected = self._shared_rows.get(key), self._first_shared[key][1]
            if holder != expected:
                self.claims.differs(f"claim {key[0]} {key[1]} is held by {holder} and was first taken by {expected}")

    def _rows(self, opened: ExitStack, name: str, **parameters: Any) -> Rows:
        return Rows(iter(self._cursor(opened, name, **parameters)))

    def _cursor(self, opened: ExitStack, name: str, **parameters: Any) -> ServerCursor[Any]:
        cursor = opened.enter_context(self._conn.cursor(name=name))
        cursor.itersize = ROWS_AT_ONCE
        return cursor.execute(statement(name), {"ledger_id": self._ledger_id, **parameters}, binary=True)


def _kept(tables: Tables, stream: bytes) -> deque[tuple[str, tuple[Any, ...]]]:
    """The states that were kept of a stream, earliest first, each with what it is called."""
    found = [("snapshot", row) for row in tables.snapshots.of(stream)]
    found += [("milestone", row) for row in tables.milestones.of(stream)]
    return deque(sorted(found, key=lambda each: each[1][0]))
