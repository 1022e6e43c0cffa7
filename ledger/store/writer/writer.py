"""Group commit: one thread per busy ledger takes all requests that wait, decides them in one transaction, wakes them.

Callers queue in memory; nothing is decided on a state that is not as of the locked head, so nothing is retried but
what a lost connection took with it.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import Connection

from ledger.clock import Deadline, monotonic
from ledger.store.connections import Limits, connect
from ledger.store.kinds import Kinds
from ledger.store.pipe import Call, Pipe
from ledger.store.recorder import LedgerRecorder
from ledger.store.requests import StoreUnavailable
from ledger.store.sealing import OperatorKey
from ledger.store.snapshots import LONG_TAIL
from ledger.store.writer.batch import MOST_EVENTS
from ledger.store.writer.memory import Memory
from ledger.store.writer.pending import Pending
from ledger.store.writer.transaction import Flight, Transaction, was_committed

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.1
TELL_SECONDS: Final = 0.02
LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Bounds of a writer: what one transaction takes, what memory keeps, from how many events on a cold start is not
    made twice, how long to look for a lost database and to keep thread and connection of a ledger that nobody asks.
    """

    batch_commands: int = 512
    batch_events: int = MOST_EVENTS
    warm_streams: int = 20_000
    long_tail: int = LONG_TAIL
    reconnect_seconds: float = 5.0
    idle_seconds: float = 300.0


class BatchDone(NamedTuple):
    """What one transaction did, for whoever measures."""

    ledger_id: str
    requests: Sequence[Pending]
    events: int
    seconds: float
    position: int


class Writer:
    """The one writer of a ledger in this process."""

    def __init__(
        self,
        database_url: str,
        limits: Limits,
        recorder: LedgerRecorder,
        kinds: Kinds,
        operator: OperatorKey,
        tuning: Tuning,
        observe: Callable[[BatchDone], None] | None = None,
    ) -> None:
        self._database_url, self._limits, self._recorder, self._tuning = database_url, limits, recorder, tuning
        self._memory = Memory(recorder.ledger_id, kinds, operator, tuning.warm_streams, tuning.long_tail)
        self._observe = observe
        self._queue: deque[Pending] = deque()
        self._wakeup, self._idle = Lock(), False
        self._starting, self._closing = Lock(), False
        self._thread: Thread | None = None
        self._pause = Event()
        self._told_at = 0.0
        self._conn: Connection[Any] | None = None
        self._wakeup.acquire()

    def put(self, request: Pending) -> None:
        """Queue a request; it is woken when it is decided and durable. Raises `StoreUnavailable` once closed."""
        if self._closing:
            raise StoreUnavailable("the server is shutting down")
        self._queue.append(request)
        if self._thread is None:
            self._start()
        if self._idle:
            self._wake()

    def close(self, seconds: float) -> None:
        """Serve what is queued, then stop; answers after `seconds` at the latest."""
        self._closing = True
        self._pause.set()
        thread = self._thread
        if thread is not None:
            self._wake()
            thread.join(seconds)
        while self._queue:
            self._queue.popleft().fail(StoreUnavailable("the server is shutting down"))

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = Thread(target=self._run, name=f"writer-{self._recorder.ledger_id}", daemon=True)
                self._thread = thread
                thread.start()

    def _wake(self) -> None:
        self._idle = False
        try:
            self._wakeup.release()
        except RuntimeError:
            # Another caller has just done it.
            return

    def _run(self) -> None:
        while True:
            requests = self._take()
            if not requests:
                if self._rests():
                    return
                continue
            try:
                self._serve(requests)
            except BaseException as error:
                log.exception("writer failed", extra={"ledger_id": self._recorder.ledger_id})
                self._lose()
                for request in requests:
                    request.fail(error)

    def _take(self) -> list[Pending]:
        queue = self._queue
        if not queue and not self._closing:
            self._idle = True
            if not queue:
                self._wakeup.acquire(timeout=self._tuning.idle_seconds)
            self._idle = False
        return [queue.popleft() for _ in range(min(len(queue), self._tuning.batch_commands))]

    def _rests(self) -> bool:
        # Nobody has asked for a while, or the store is closing. Whoever queues from here on starts a new thread, which
        # begins when this one has let go of everything; who queued just before is seen here.
        with self._starting:
            thread, self._thread = self._thread, None
            if self._queue:
                self._thread = thread
                return False
            self._lose()
        return True

    def _serve(self, requests: Sequence[Pending]) -> None:
        waiting = requests
        if not self._is_ahead and all(request.is_look and not request.due for request in requests):
            waiting = self._attempt(requests, Transaction.look)
        while waiting:
            waiting = self._attempt(waiting, Transaction.run)

    def _attempt(
        self, requests: Sequence[Pending], work: Callable[[Transaction, Sequence[Pending]], list[Pending]]
    ) -> list[Pending]:
        started, transaction = monotonic(), None
        try:
            most = self._tuning.batch_events
            transaction = Transaction(self._connection(), self._memory, self._recorder, most, self._more_wait)
            waiting = work(transaction, requests)
        except LOST as error:
            return self._lost(requests, transaction, error)
        except Exception as error:
            if transaction is None or (transaction.sent and not isinstance(error, psycopg.Error)):
                raise
            return self._alone(requests, error)
        left = set(waiting)
        self._finish([each for each in requests if each not in left], transaction.events, started)
        return waiting

    def _finish(self, requests: Sequence[Pending], events: int, started: float) -> None:
        for request in requests:
            request.wake()
        if events:
            self._tell()
        if self._observe is not None:
            done = BatchDone(
                self._recorder.ledger_id, requests, events, monotonic() - started, self._memory.head.position
            )
            try:
                self._observe(done)
            except Exception:
                log.exception("an observer failed", extra={"ledger_id": self._recorder.ledger_id})

    @property
    def _is_ahead(self) -> bool:
        return self._conn is not None and Pipe.of(self._conn).is_ahead

    def _more_wait(self) -> bool:
        # Then the next batch's lock is asked for with this one's commit: a round trip less. Not when followers are
        # due to be told, which takes the connection for itself.
        return bool(self._queue) and not self._closing and not self._tells()

    def _tells(self) -> bool:
        return monotonic() - self._told_at >= TELL_SECONDS

    def _tell(self) -> None:
        # After the commit and after its callers; under load only now and then, as followers take all there is.
        if self._conn is None or self._is_ahead or (self._queue and not self._tells()):
            return
        self._told_at = monotonic()
        try:
            Pipe.of(self._conn).run([Call("notify_append", {"ledger_id": self._recorder.ledger_id})])
        except psycopg.Error:
            self._lose()

    def _connection(self) -> Connection[Any]:
        if self._conn is None:
            self._conn = self._connect(Deadline(self._tuning.reconnect_seconds))
        return self._conn

    def _connect(self, deadline: Deadline) -> Connection[Any]:
        while True:
            try:
                return connect(self._database_url, self._limits, also="prepare_writer")
            except psycopg.OperationalError:
                if deadline.passed() or self._closing:
                    raise
                self._pause.wait(RETRY_SECONDS)

    def _lose(self) -> None:
        conn, self._conn = self._conn, None
        self._memory.forget()
        if conn is not None:
            conn.close()

    def _lost(
        self, requests: Sequence[Pending], transaction: Transaction | None, error: psycopg.Error
    ) -> list[Pending]:
        # The states may hold what was never written, and a commit may or may not have happened: ask the log.
        flight = None if transaction is None else transaction.flight
        broken = self._conn is None or self._conn.broken or self._conn.closed
        self._lose()
        if flight is not None:
            return self._resolve(requests, flight)
        if transaction is not None and broken and not any(request.retried for request in requests):
            for request in requests:
                request.retry()
            return list(requests)
        log.warning("database unavailable: %s", str(error).strip().split("\n")[0])
        for request in requests:
            request.fail(StoreUnavailable("the database did not answer in time; send the request again"))
        return []

    def _resolve(self, requests: Sequence[Pending], flight: Flight) -> list[Pending]:
        try:
            self._conn = self._connect(Deadline(self._tuning.reconnect_seconds))
            committed = was_committed(self._conn, self._recorder.ledger_id, flight)
        except psycopg.Error:
            self._lose()
            unknown = StoreUnavailable(
                "the connection to the database was lost while the request was being recorded; send it again with the "
                "same idempotency key",
                may_have_happened=True,
            )
            for request in requests:
                request.fail(unknown)
            return []
        return self._resolved(requests, committed=committed)

    def _resolved(self, requests: Sequence[Pending], *, committed: bool) -> list[Pending]:
        served = [request for request in requests if request.is_answered]
        if committed:
            self._finish(served, 0, monotonic())
            return [request for request in requests if request not in served]
        for request in requests:
            request.retry()
        return list(requests)

    def _alone(self, requests: Sequence[Pending], error: Exception) -> list[Pending]:
        # The database refused the batch for what one request brought, or a stream of one cannot be read: each goes
        # alone, so that only that one fails.
        self._lose()
        if len(requests) == 1:
            log.warning("a request failed alone", exc_info=error, extra={"ledger_id": self._recorder.ledger_id})
            requests[0].fail(error)
            return []
        for request in requests:
            request.retry()
            waiting: Sequence[Pending] = [request]
            while waiting:
                waiting = self._attempt(waiting, Transaction.run)
        return []
