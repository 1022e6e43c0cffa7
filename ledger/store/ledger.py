"""The door of the store: ask a ledger for something, get what it decided, durable, or the refusal.

ledger.execute(CustomerAddress("acme"), Track(...), by=Caller("billing-service"))
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.core.decider import CLOCK, Command
from ledger.core.errors import InvalidInput
from ledger.errors import OperatorError
from ledger.store.addresses import (
    Address,
    CatalogAddress,
    CustomerAddress,
    EntityAddress,
    LockAddress,
    OpeningAddress,
    SettingsAddress,
    StreamAddress,
)
from ledger.store.connections import Limits
from ledger.store.kinds import Kinds, core_kinds
from ledger.store.pool import open_pool
from ledger.store.reading import OnceRow
from ledger.store.recorder import LedgerRecorder, UnknownLedger
from ledger.store.replaying import Replay
from ledger.store.requests import (
    Caller,
    DuplicateKey,
    Expecting,
    Once,
    Outcome,
    Step,
    StepOutcome,
    StepsRefused,
    StoreUnavailable,
)
from ledger.store.sealing import OperatorKey
from ledger.store.statements import statement
from ledger.store.unmoved import Unmoved
from ledger.store.writer.pending import Pending
from ledger.store.writer.writer import BatchDone, Tuning, Writer

__all__ = [
    "Address",
    "BatchDone",
    "Caller",
    "CatalogAddress",
    "CustomerAddress",
    "DuplicateKey",
    "EntityAddress",
    "Ledger",
    "LedgerRow",
    "Limits",
    "LockAddress",
    "Once",
    "OpeningAddress",
    "Outcome",
    "SettingsAddress",
    "Step",
    "StepOutcome",
    "StepsRefused",
    "Store",
    "StoreUnavailable",
    "StreamAddress",
    "Tuning",
    "UnknownLedger",
]

LEDGER_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
ANSWER_SECONDS: Final = 30.0


class LedgerRow(NamedTuple):
    """A ledger as its row says it; `hash` and `recorded_at` are those of its last event."""

    ledger_id: str
    env: str
    name: str
    position: int
    hash: bytes
    recorded_at: datetime | None
    created_at: datetime


class Ledger:
    """One ledger. Safe to use from any number of threads; their commands share commits."""

    def __init__(
        self,
        ledger_id: str,
        writer: Writer,
        recorder: LedgerRecorder,
        unmoved: Unmoved,
        replay: Callable[[OnceRow], Outcome],
        executor: ThreadPoolExecutor,
    ) -> None:
        self.ledger_id, self.recorder = ledger_id, recorder
        self._writer, self._unmoved, self._replay, self._executor = writer, unmoved, replay, executor

    def execute(
        self,
        address: Address,
        command: Command,
        *,
        by: Caller,
        once: Once | None = None,
        business_now: datetime | None = None,
        expecting: Expecting | None = None,
    ) -> Outcome:
        """Decide a command and record what it causes; when this answers, it is on disk.

        `business_now` is the instant the caller asks for in place of the stream's own. `expecting` refuses a stream
        that is not as its caller thinks: it is asked in the decision, so nothing can happen between the two. Raises
        the `Refusal` that the rules or it gave, `DuplicateKey`, or `StoreUnavailable` when the database does not
        answer.
        """
        return self._ask(Pending((Step(address, command, expecting=expecting),), by, once, business_now))

    def execute_all(
        self, steps: Sequence[Step], *, by: Caller, once: Once | None = None, business_now: datetime | None = None
    ) -> Outcome:
        """Decide several commands in order, all of them or none. Raises `StepsRefused` with every refusal."""
        assert steps, "a request has at least one step"
        return self._ask(Pending(tuple(steps), by, once, business_now))

    def look(self, address: Address, *, by: Caller) -> Outcome:
        """The stream as of the ledger's head, after what was due has happened. Decides nothing."""
        return self._ask(Pending((Step(address, None),), by))

    def background(self, *, by: Caller) -> Outcome:
        """The catalog and the settings as of the ledger's head, as looking at the catalog answers them; at once where
        they are what they were. Raises `StoreUnavailable`.
        """
        with _answering():
            found = self._unmoved.background()
        if found is None:
            found = self.look(CatalogAddress(), by=by)
            self._unmoved.keep_background(found)
        return found

    def settle(self, customer_id: str, *, by: Caller) -> UUID:
        """The stream of a customer, after what was due has happened: as `look` without its state, and at once where
        nothing is due. Raises `CustomerNotFound`, `StoreUnavailable`.
        """
        with _answering():
            found = self._unmoved.customer(customer_id)
        if found is None:
            looked = self.look(CustomerAddress(customer_id), by=by).steps[0]
            found = looked.stream_id
            self._unmoved.keep_customer(found, looked.after.version)
        return found

    def catch_up(self, stream_ids: Sequence[UUID], *, by: Caller) -> None:
        """Let what is due for some streams happen, together in one transaction, or in a few where it is much."""
        assert stream_ids, "somebody is due"
        self._ask(Pending(tuple([Step(StreamAddress(each), None) for each in stream_ids]), by, due=True))

    def ponder(
        self, address: Address, command: Command, *, by: Caller, business_now: datetime | None = None
    ) -> Outcome:
        """The stream as a command would find it, and in `.context` what deciding it would look at: the claims it
        asks about, the next invoice's number, its instant. For previews: read only, without the lock.

        What is due happens first, as in `look`; what would fall due only because `business_now` moves the clock is
        in the answer's state and is not recorded. Refuses what the command's stream does not admit.
        """
        return self._ask(Pending((Step(address, command),), by, None, business_now, ponders=True))

    def submit(
        self,
        address: Address,
        command: Command,
        *,
        by: Caller,
        once: Once | None = None,
        business_now: datetime | None = None,
    ) -> Future[Outcome]:
        """As `execute`, without waiting."""
        future: Future[Outcome] = Future()
        # What is queued is decided: it cannot be cancelled.
        future.set_running_or_notify_cancel()
        self._put(
            Pending((Step(address, command),), by, once, business_now, lambda request: self._answer(future, request))
        )
        return future

    def _put(self, request: Pending) -> None:
        if request.by.actor == CLOCK and not request.is_look:
            raise InvalidInput("clock is the name of what falls due by itself: act under another name")
        self._writer.put(request)

    def _ask(self, request: Pending) -> Outcome:
        self._put(request)
        request.wait(ANSWER_SECONDS)
        if request.outcome is not None:
            return request.outcome
        if request.error is not None:
            raise request.error
        assert request.replay is not None, "a request is answered, refused or replayed"
        return self._replay(request.replay)

    def _answer(self, future: Future[Outcome], request: Pending) -> None:
        # Called by the writer, so it does no work of its own.
        if request.outcome is not None:
            future.set_result(request.outcome)
        elif request.error is not None:
            future.set_exception(request.error)
        else:
            assert request.replay is not None, "a request is answered, refused or replayed"
            self._executor.submit(self._replay_into, future, request.replay)

    def _replay_into(self, future: Future[Outcome], row: OnceRow) -> None:
        try:
            future.set_result(self._replay(row))
        except BaseException as error:  # noqa: BLE001  it is raised where the future is asked
            future.set_exception(error)


class Store:
    """All ledgers of a database. `database_url` is a PostgreSQL URL whose login may act as the server's role."""

    def __init__(
        self,
        database_url: str,
        *,
        operator_key: bytes,
        kinds: Kinds | None = None,
        limits: Limits | None = None,
        tuning: Tuning | None = None,
        observe: Callable[[BatchDone], None] | None = None,
    ) -> None:
        self.database_url, self.operator = database_url, OperatorKey(operator_key)
        self.kinds = core_kinds() if kinds is None else kinds
        self.limits = Limits() if limits is None else limits
        self._tuning = Tuning() if tuning is None else tuning
        self._observe = observe
        self._pool: ConnectionPool[Connection[Any]] | None = None
        self._executor = ThreadPoolExecutor(2, thread_name_prefix="replay")
        self._ledgers: dict[str, tuple[Ledger, Writer]] = {}
        self._opening = Lock()

    @property
    def pool(self) -> ConnectionPool[Connection[Any]]:
        """Connections for readers, as the server's role."""
        with self._opening:
            if self._pool is None:
                self._pool = open_pool(self.database_url, self.limits)
            return self._pool

    def ledger(self, ledger_id: str) -> Ledger:
        """The ledger of this id. Raises `UnknownLedger`, or `StoreUnavailable`."""
        found = self._ledgers.get(ledger_id)
        if found is not None:
            return found[0]
        self.row(ledger_id)
        pool = self.pool
        with self._opening:
            if ledger_id not in self._ledgers:
                self._ledgers[ledger_id] = self._open(ledger_id, pool)
            return self._ledgers[ledger_id][0]

    def ledgers(self) -> list[LedgerRow]:
        """Every ledger of the database, by id. Raises `StoreUnavailable`."""
        return [LedgerRow(*row) for row in self._run("select_ledgers", {})]

    def row(self, ledger_id: str) -> LedgerRow:
        """One ledger as its row says it now. Raises `UnknownLedger`, or `StoreUnavailable`."""
        # What cannot name a ledger may hold what PostgreSQL cannot be asked for.
        found = self._run("select_ledger", {"ledger_id": ledger_id}) if LEDGER_ID.fullmatch(ledger_id) else []
        if not found:
            raise UnknownLedger(ledger_id)
        return LedgerRow(*found[0])

    def create_ledger(self, ledger_id: str, env: str, name: str = "") -> bool:
        """Make an empty ledger; `env` is sandbox or live. Answers False when it exists already.

        Its settings stream is begun by a command, as everything that happens in it.
        """
        if not LEDGER_ID.fullmatch(ledger_id):
            raise InvalidInput(
                f"{ledger_id!r} cannot name a ledger: it must be 1 to 63 lowercase letters, digits, - and _, "
                "and begin with a letter or a digit"
            )
        made = self._run("insert_ledger", {"ledger_id": ledger_id, "env": env, "name": name})
        return bool(made)

    def close(self, seconds: float = 10.0) -> None:
        """Serve what is queued, then let go of every connection."""
        for _, writer in list(self._ledgers.values()):
            writer.close(seconds)
        self._executor.shutdown()
        if self._pool is not None:
            self._pool.close()

    def _open(self, ledger_id: str, pool: ConnectionPool[Connection[Any]]) -> tuple[Ledger, Writer]:
        recorder = LedgerRecorder(pool, ledger_id)
        writer = Writer(
            self.database_url, self.limits, recorder, self.kinds, self.operator, self._tuning, self._observe
        )
        unmoved = Unmoved(pool, ledger_id)
        ledger = Ledger(ledger_id, writer, recorder, unmoved, lambda row: self._replay(ledger_id, row), self._executor)
        return ledger, writer

    def _replay(self, ledger_id: str, row: OnceRow) -> Outcome:
        with _answering(), self.pool.connection() as conn:
            return Replay(conn, ledger_id, self.kinds, self.operator).outcome(row)

    def _run(self, name: str, parameters: dict[str, Any]) -> list[Any]:
        try:
            with self.pool.connection() as conn:
                return conn.execute(statement(name), parameters).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise OperatorError("the database has no ledgers yet: run the migrations first") from error
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreUnavailable(f"the database cannot be reached: {str(error).strip().split(chr(10))[0]}") from error


@contextmanager
def _answering() -> Iterator[None]:
    """Raises `StoreUnavailable` where the database does not answer."""
    try:
        yield
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise StoreUnavailable("the database did not answer in time; send the request again") from error
