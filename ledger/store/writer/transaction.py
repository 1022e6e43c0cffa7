"""A batch's way through the database: read under the lock, decide, write, commit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from ledger.store import reading
from ledger.store.addresses import CustomerAddress, EntityAddress, StreamAddress, asks_of, internal_stream
from ledger.store.chain import Head
from ledger.store.claim_keys import ClaimKey
from ledger.store.pipe import Call, Pipe
from ledger.store.reading import OnceRow
from ledger.store.recorder import LedgerRecorder, UnknownLedger, locked_head
from ledger.store.requests import Once
from ledger.store.statements import statement
from ledger.store.writer.batch import Batch, BatchFull, MustWrite
from ledger.store.writer.claims import BatchClaims
from ledger.store.writer.deciding import serve
from ledger.store.writer.idempotency import BatchOnces
from ledger.store.writer.memory import Memory
from ledger.store.writer.pending import Pending
from ledger.store.writer.rows import write

BEGIN: Final = Call("begin", {})
COMMIT: Final = Call("commit", {})


class CommitFailed(Exception):
    """The database answered a commit with something else."""


@dataclass(slots=True)
class Flight:
    """A batch whose commit was sent: enough to find it in the log if the answer never comes."""

    head: Head
    has_events: bool
    once: Once | None
    recorded_at: datetime


class Needs(NamedTuple):
    """What the requests of a batch are sure to ask for."""

    claims: list[ClaimKey]
    onces: list[Once]
    streams: list[UUID]
    entities: list[str]


def needs_of(memory: Memory, requests: Iterable[Pending]) -> Needs:
    """What to read ahead. What is missed here is read when it is asked for."""
    needs = Needs([], [], [], [])
    asked: dict[ClaimKey, None] = {}
    for request in requests:
        if request.once is not None:
            needs.onces.append(request.once)
        for step in request.steps:
            if step.once is not None:
                needs.onces.append(step.once)
            match step.address:
                case StreamAddress(stream_id):
                    needs.streams.append(stream_id)
                case CustomerAddress(customer_id) if (internal := internal_stream(customer_id)) is not None:
                    needs.streams.append(internal)
                case EntityAddress(entity_id):
                    needs.entities.append(entity_id)
            for ask in (*asks_of(step.address), *(() if step.command is None else step.command.asks())):
                key = memory.claim_key(ask)
                if memory.warm.holder(key) is None:
                    asked[key] = None
    needs.claims.extend(asked)
    return needs


class Transaction:
    """Runs a batch of one ledger on a connection.

    `sent` says whether its commit was sent; `flight` is there from then until the commit is answered.
    """

    def __init__(
        self,
        conn: Connection[Any],
        memory: Memory,
        recorder: LedgerRecorder,
        most_events: int,
        more_wait: Callable[[], bool],
    ) -> None:
        """`more_wait` says, when a commit is sent, whether the next batch is to be begun along with it."""
        self._conn, self._memory, self._recorder, self._most_events = conn, memory, recorder, most_events
        self._more_wait = more_wait
        self._pipe = Pipe.of(conn)
        self.flight: Flight | None = None
        self.sent = False
        self.events = 0

    def run(self, requests: Sequence[Pending]) -> list[Pending]:
        """Decide and commit; answers the requests that did not fit. The others have their outcome or their error."""
        batch = self._begin(requests)
        waiting = _serve_all(batch, requests)
        batch.close()
        self._commit(batch)
        return waiting

    def look(self, requests: Sequence[Pending]) -> list[Pending]:
        """Answer looks without the lock; answers those that found something due and must take it."""
        needs = needs_of(self._memory, requests)
        batch = self._glance(needs) or self._snapshot(needs)
        waiting: list[Pending] = []
        for request in requests:
            try:
                serve(batch, request)
            except MustWrite:
                waiting.append(request)
        if self._conn.info.transaction_status:
            self._conn.execute(statement("commit"))
        batch.claims.settle()
        self._memory.warm.trim()
        return waiting

    def _begin(self, requests: Sequence[Pending]) -> Batch:
        conn, ledger_id = self._conn, self._memory.ledger_id
        needs = needs_of(self._memory, requests)
        _, locked = self._pipe.take_ahead() if self._pipe.is_ahead else self._pipe.run(self._beginning())
        head, recorded_at = locked_head(locked, ledger_id)
        found, known = reading.read_ahead(conn, ledger_id, recorded_at, needs.claims, needs.onces)
        return self._batch(head, recorded_at, needs, found, known)

    def _beginning(self) -> list[Call]:
        return [BEGIN, Call("lock_head", {"ledger_id": self._memory.ledger_id})]

    def _glance(self, needs: Needs) -> Batch | None:
        # The common look: everything is warm and nobody else has written, so the head alone is read.
        memory = self._memory
        is_cold = not memory.head.position or any(stream not in memory.warm for stream in needs.streams)
        if is_cold or needs.claims or needs.entities:
            return None
        head, now = self._read_head()
        if head.position != memory.head.position:
            return None
        return self._batch(head, now, needs, {}, {}, locked=False)

    def _snapshot(self, needs: Needs) -> Batch:
        # Otherwise everything is read as of one moment, which is the head's.
        conn = self._conn
        conn.execute(statement("begin_look"))
        head, now = self._read_head()
        found, _ = reading.read_ahead(conn, self._memory.ledger_id, now, needs.claims, [])
        return self._batch(head, now, needs, found, {}, locked=False)

    def _read_head(self) -> tuple[Head, datetime]:
        (read,) = self._pipe.run([Call("read_head", {"ledger_id": self._memory.ledger_id})])
        return locked_head(read, self._memory.ledger_id)

    def _batch(
        self,
        head: Head,
        recorded_at: datetime,
        needs: Needs,
        found: dict[ClaimKey, UUID],
        known: dict[tuple[str, str], OnceRow],
        *,
        locked: bool = True,
    ) -> Batch:
        conn, memory = self._conn, self._memory
        memory.meet(conn, head)
        claims = BatchClaims(
            memory.warm,
            lambda keys: reading.read_claims(conn, memory.ledger_id, keys),
            lambda entity_id: reading.read_entity_holders(conn, memory.ledger_id, entity_id),
        )
        claims.prefetched(needs.claims, found)
        memory.load([*memory.pinned, *needs.streams, *found.values()])
        return Batch(memory, recorded_at, claims, BatchOnces(known), locked=locked, most_events=self._most_events)

    def _commit(self, batch: Batch) -> None:
        memory, uses = self._memory, batch.onces.uses
        self.events = len(batch.journal.drafts)
        head, calls = write(self._recorder, batch)
        self.flight = Flight(head, self.events > 0, uses[0].once if uses else None, batch.recorded_at)
        self.sent = True
        ahead = self._beginning() if self._more_wait() else []
        done = self._pipe.run([*calls, COMMIT], ahead)[-1].command_status
        if done != b"COMMIT":
            raise CommitFailed(f"the database answered a commit with {done!r}")
        self.flight = None
        memory.head = head
        memory.keys.made.clear()
        batch.claims.settle()
        memory.warm.trim()


def _serve_all(batch: Batch, requests: Sequence[Pending]) -> list[Pending]:
    for index, request in enumerate(requests):
        if batch.is_full:
            return list(requests[index:])
        try:
            serve(batch, request)
        except BatchFull:
            return list(requests[index:])
    return []


def was_committed(conn: Connection[Any], ledger_id: str, flight: Flight) -> bool:
    """Whether a batch whose commit was never answered is in the log.

    Taking the head's lock waits for the lost connection's transaction to end, one way or the other.
    """
    with conn.transaction(), conn.cursor(binary=True) as cursor:
        cursor.execute(statement("lock_head"), {"ledger_id": ledger_id})
        if cursor.fetchone() is None:
            raise UnknownLedger(ledger_id)
        if flight.has_events:
            cursor.execute(
                statement("find_event"),
                {"ledger_id": ledger_id, "position": flight.head.position, "hash": flight.head.hash},
            )
        elif flight.once is not None:
            cursor.execute(
                statement("find_idempotency"),
                {
                    "ledger_id": ledger_id,
                    "holder": flight.once.holder,
                    "key": flight.once.key,
                    "recorded_at": flight.recorded_at,
                },
            )
        else:
            return True
        return cursor.fetchone() is not None
