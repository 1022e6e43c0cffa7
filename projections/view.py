"""A consistent look at a ledger's projections: as of its head or later, all models in one snapshot.

What is read is folded up to the last event that can change it (`projections/awaiting.py`), and so as of the head.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple, Protocol
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.sql import Composed
from psycopg_pool import ConnectionPool

from ledger.clock import Deadline
from ledger.store.recorder import UnknownLedger
from projections.active import Active
from projections.awaiting import Interest
from projections.errors import ProjectionBehind, ProjectionUnbuilt, stands_still
from projections.projection import Model
from projections.reading_ahead import read_ahead
from projections.statements import statement

Pool = ConnectionPool[Connection[Any]]


class Connections(Protocol):
    """Where a view gets its connection: a pool, or the one connection of an export."""

    def connection(self) -> AbstractContextManager[Connection[Any]]: ...


WAIT_SECONDS: Final = 5.0
FIRST_POLL_SECONDS: Final = 0.001
LONGEST_POLL_SECONDS: Final = 0.01
FIRST_GENERATION: Final = 1
ROWS_AT_ONCE: Final = 2_000


class Standing(NamedTuple):
    """Where a ledger stands: its head, how far it is folded, the database's clock, and its models.

    `earliest_due_at` is when the next thing falls due that nobody has let happen yet.
    """

    head: int
    projected: int
    clock: datetime
    earliest_due_at: datetime | None
    models: Mapping[str, Active]

    @property
    def due(self) -> datetime:
        """Up to when due work is done."""
        return self.clock if self.earliest_due_at is None else min(self.clock, self.earliest_due_at)

    def generation(self, model: str) -> int:
        """The generation of a model that is read. Raises `ProjectionUnavailable` when it stands still."""
        # In a ledger with a history, a model that nobody has begun yet has to be built first.
        unknown = Active(FIRST_GENERATION, 0 if self.projected else None, 0)
        found = self.models.get(model, unknown)
        if found.failed_position is not None:
            raise stands_still(model, found.failed_position)
        return found.generation

    def require(self, model: Model) -> None:
        """What is asked of a model only its present revision has. Raises `ProjectionUnbuilt` until that is built."""
        made = self.models.get(model.name)
        if made is not None and made.revision < model.revision:
            raise ProjectionUnbuilt(model.name)


class View:
    """One snapshot of a ledger's projections; `Ledger-Position` and `Ledger-Due` of an answer come from here."""

    def __init__(self, conn: Connection[Any], ledger_id: str, standing: Standing, position: int | None = None) -> None:
        """`position` is further than the models are folded where what is missing there changes no row that is read."""
        self._conn, self.ledger_id, self.standing = conn, ledger_id, standing
        self.position: int = max(standing.projected, position or 0)
        """The position that everything read here is as of."""
        self._streams: list[Generator[Any, None, None]] = []

    @property
    def due(self) -> datetime:
        """Up to when what falls due has happened in what is read here."""
        return self.standing.due

    def rows(self, name: str | Composed, models: Sequence[str], **parameters: Any) -> list[Any]:
        """The rows a statement answers, by its name or put together; `<model>_generation` is filled in for `models`."""
        cursor = self._conn.cursor(binary=True)
        # Not prepared: which index serves depends on the filters that were given.
        cursor.execute(_whole(name), self._parameters(models, parameters), prepare=False)
        return cursor.fetchall()

    def stream(self, name: str | Composed, models: Sequence[str], **parameters: Any) -> Iterator[Any]:
        """The same rows a few at a time, in constant memory: for exports. Ends with the view, at the latest."""
        cursor_name = f"stream_{name if isinstance(name, str) else 'composed'}"
        streamed = self._streamed(cursor_name, _whole(name), self._parameters(models, parameters))
        self._streams.append(streamed)
        return streamed

    def close(self) -> None:
        """End what streams from here and has not been read to its end."""
        for streamed in self._streams:
            streamed.close()

    def _streamed(
        self, cursor_name: str, query: LiteralString | Composed, parameters: dict[str, Any]
    ) -> Generator[Any, None, None]:
        with self._conn.cursor(name=cursor_name) as cursor:
            cursor.execute(query, parameters, binary=True)
            for rows in read_ahead(cursor, ROWS_AT_ONCE):
                yield from rows

    def within(self, milliseconds: int, read: Callable[[], list[Any] | None]) -> list[Any] | None:
        """What `read` answers; None too where one of its statements takes longer. The view goes on in either case."""
        found: list[Any] | None = None
        with suppress(psycopg.errors.QueryCanceled), self._conn.transaction(force_rollback=True):
            self._conn.execute(statement("limit_time"), {"milliseconds": str(milliseconds)}, prepare=True)
            found = read()
        return found

    def _parameters(self, models: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
        generations = {f"{model}_generation": self.standing.generation(model) for model in models}
        return {"ledger_id": self.ledger_id, **generations, **given}


class Views:
    """Opens views of the ledgers of a database. Safe to use from any number of threads."""

    def __init__(self, pool: Connections, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._pool, self._wait_seconds = pool, wait_seconds

    def on(self, connections: Connections) -> "Views":
        """The same on other connections: on the one of an export, say."""
        return Views(connections, wait_seconds=self._wait_seconds)

    def prepare(self) -> None:
        """What comes before a view is opened: nothing, where a runner is at work anyway."""

    @contextmanager
    def open(
        self,
        ledger_id: str,
        *,
        models: Sequence[str],
        stream_id: UUID | None = None,
        upto: int | None = None,
        allow_stale: bool = False,
    ) -> Iterator[View]:
        """A view in which these models have everything that the log held when this was asked, as far as it matters.

        With `stream_id` only rows of that stream may be read, with `upto` only what was known at that position.
        Waits a little for the runner where something that matters is missing. Raises `ProjectionBehind` past the time
        limit, `ProjectionFailed` when one of the models stands still, `ProjectionUnbuilt` when one has no rows yet,
        `UnknownLedger`; with `allow_stale` it takes what is there.
        """
        self.prepare()
        interest = Interest(tuple(models), stream_id, upto)
        position = 0
        needed: int | None = None
        deadline, pause = Deadline(self._wait_seconds), FIRST_POLL_SECONDS
        while True:
            with self._pool.connection() as conn, _snapshot(conn, ledger_id) as row:
                standing = _standing(ledger_id, row, models)
                first = needed is None
                if needed is None and not allow_stale:
                    position = interest.as_of(standing.head)
                    needed = interest.last_awaited(conn, ledger_id, standing.projected, position)
                if needed is None or needed <= standing.projected:
                    with closing(View(conn, ledger_id, standing, position)) as view:
                        yield view
                    return
            # The connection is given back meanwhile: those who wait must not use them up.
            if first:
                self._want(ledger_id)
            if not deadline.remaining():
                raise ProjectionBehind(needed, standing.projected)
            _pause(min(pause, deadline.remaining()))
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)

    def projected(self, ledger_id: str) -> int:
        """How far a ledger is folded now: a quick look, and no view."""
        with self._pool.connection() as conn:
            row = conn.execute(statement("read_projected"), {"ledger_id": ledger_id}, prepare=True).fetchone()
        return 0 if row is None else int(row[0])

    def _want(self, ledger_id: str) -> None:
        # A replica takes no notice, and some engines none at all: the runner looks again soon anyway.
        with suppress(psycopg.DatabaseError), self._pool.connection() as conn:
            conn.execute(statement("want"), {"ledger_id": ledger_id}, prepare=True)


def _standing(ledger_id: str, row: Sequence[Any] | None, models: Sequence[str]) -> Standing:
    if row is None:
        raise UnknownLedger(ledger_id)
    head, projected, clock, due_at, found = row
    standing = Standing(head, projected, clock, due_at, {name: Active(*each) for name, each in found.items()})
    for model in models:
        standing.generation(model)
    return standing


def _whole(name: str | Composed) -> LiteralString | Composed:
    return statement(name) if isinstance(name, str) else name


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


@contextmanager
def _snapshot(conn: Connection[Any], ledger_id: str) -> Iterator[Sequence[Any] | None]:
    """A transaction that sees one moment, and where the ledger stands in it, in one round trip."""
    try:
        with conn.pipeline():
            conn.execute(statement("begin_view"))
            standing = conn.execute(statement("read_standing"), {"ledger_id": ledger_id}, prepare=True)
        yield standing.fetchone()
    except BaseException:
        with suppress(psycopg.Error):
            conn.rollback()
        raise
    conn.commit()
