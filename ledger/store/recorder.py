"""One ledger's log as the `eventsourcing` library knows a log: the only code that appends to it.

Positions are gapless and in commit order because an append holds the row lock of the ledger's head.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    Notification,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
)
from psycopg import Connection, Cursor
from psycopg.pq.abc import PGresult
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.store.binary import ByteaArray, InstantArray, IntegerArray, TextArray, UuidArray
from ledger.store.chain import (
    Draft,
    Head,
    bytes_field,
    extend_chain,
    instant_field,
    integer_field,
    text_field,
    uuid_field,
)
from ledger.store.numbering import count_in_types
from ledger.store.pipe import Call, Pipe, bigint_of, bytes_of, instant_of
from ledger.store.statements import statement
from ledger.store.subscription import PollingSubscription

FOREVER: Final = 2**31 - 1
EVERYWHERE: Final = 2**63 - 1
RECORDER_ACTOR: Final = "recorder"


class UnknownLedger(Exception):
    """There is no ledger of this id in the database."""

    def __init__(self, ledger_id: str) -> None:
        super().__init__(f"there is no ledger {ledger_id!r} in this database")
        self.ledger_id = ledger_id


def locked_head(result: PGresult, ledger_id: str) -> tuple[Head, datetime]:
    """The head in an answer to `lock_head` or `read_head`, and the recording instant for what is appended now: the
    database's clock, never below the head's.
    """
    if not result.ntuples:
        raise UnknownLedger(ledger_id)
    last, now = instant_of(result, 0, 2), instant_of(result, 0, 3)
    assert now is not None
    head = Head(bigint_of(result, 0, 0), bytes_of(result, 0, 1), last, bigint_of(result, 0, 4))
    return head, now if last is None else max(now, last)


class LedgerRecorder(ProcessRecorder):
    """Inserts and selects the events of one ledger, and tracks how far it has followed others."""

    def __init__(self, pool: ConnectionPool[Connection[Any]], ledger_id: str) -> None:
        self._pool = pool
        self.ledger_id = ledger_id

    def append(self, head: Head, drafts: Sequence[Draft], recorded_at: datetime) -> tuple[Head, list[Call]]:
        """What appends to the locked head within the caller's transaction, and the head as it will be."""
        chained = extend_chain(self.ledger_id, head, drafts, recorded_at)
        columns, count = list(zip(*drafts, strict=True)), len(drafts)
        events = {
            "ledger_id": self.ledger_id,
            "after": head.position,
            "recorded_at": recorded_at,
            "stream_ids": UuidArray.of(columns[0], count),
            "versions": IntegerArray.of(columns[1], count),
            "types": TextArray.of(columns[2], count),
            "states": ByteaArray.of(columns[3], count),
            "actors": TextArray.of(columns[4], count),
            "on_behalf_of": TextArray.of(columns[5], count),
            "request_ids": TextArray.of(columns[6], count),
            "ats": InstantArray.of(columns[7], count),
            "hashes": ByteaArray.of(map(bytes_field, chained.hashes), count),
        }
        after = chained.head._replace(invoices=head.invoices + count_in_types(columns[2]))
        moved = {
            "ledger_id": self.ledger_id,
            "position": after.position,
            "hash": after.hash,
            "recorded_at": recorded_at,
            "invoices": after.invoices,
        }
        # No NOTIFY in here: its lock would make the commits of all ledgers wait for one another.
        return after, [Call("append_events", events), Call("move_head", moved)]

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append what the library's application recorded, in a transaction of its own; answers the positions."""
        tracking: Tracking | None = kwargs.get("tracking")
        with self._transaction() as cursor:
            pipe = Pipe(cursor.connection)
            (locked,) = pipe.run([Call("lock_head", {"ledger_id": self.ledger_id})])
            head, recorded_at = locked_head(locked, self.ledger_id)
            if tracking is not None:
                self._move_tracking(cursor, tracking)
            if not stored_events:
                return None
            at = instant_field(recorded_at)
            after, calls = self.append(head, [_draft(event, at) for event in stored_events], recorded_at)
            pipe.run(calls)
        return list(range(head.position + 1, after.position + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """A stream's events after version `gt` up to `lte`."""
        found = self._select(
            "select_stream_backwards" if desc else "select_stream",
            stream_id=originator_id,
            gt=-1 if gt is None else gt,
            lte=FOREVER if lte is None else lte,
            limit=FOREVER if limit is None else limit,
        )
        return [StoredEvent(*row) for row in found]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The ledger's events from position `start` to `stop`, in order, of all types or of `topics`."""
        first = 1 if start is None else start if inclusive_of_start else start + 1
        found = self._select(
            "select_notifications",
            start=first,
            stop=EVERYWHERE if stop is None else stop,
            types=list(topics),
            limit=limit,
        )
        return [Notification(stream, version, name, state, id=at) for at, stream, version, name, state in found]

    def max_notification_id(self) -> int | None:
        """The position of the last event, or None before the first."""
        rows = self._select("read_head")
        if not rows:
            raise UnknownLedger(self.ledger_id)
        return rows[0][0] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Any]:
        """The ledger's events after position `gt`, waiting for those to come."""
        return PollingSubscription(self, gt, topics)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Remember how far another application's log was followed; going back is an `IntegrityError`."""
        with self._transaction() as cursor:
            self._move_tracking(cursor, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """How far another application's log was followed, or None."""
        rows = self._select("select_tracking", application_name=application_name)
        return rows[0][0] if rows else None

    def _move_tracking(self, cursor: Cursor[Any], tracking: Tracking) -> None:
        cursor.execute(
            statement("move_tracking"),
            {
                "ledger_id": self.ledger_id,
                "application_name": tracking.application_name,
                "position": tracking.notification_id,
            },
        )
        if cursor.rowcount == 0:
            raise IntegrityError(f"{tracking.application_name} was followed to {tracking.notification_id} already")

    def _select(self, name: str, **parameters: Any) -> list[Any]:
        with _library_errors(), self._pool.connection() as conn:
            cursor = conn.execute(
                statement(name), {"ledger_id": self.ledger_id, **parameters}, prepare=True, binary=True
            )
            return cursor.fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[Cursor[Any]]:
        with _library_errors(), self._pool.connection() as conn, conn.transaction(), conn.cursor() as cursor:
            yield cursor


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.IntegrityError as error:
        raise IntegrityError(str(error)) from error
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise OperationalError(str(error)) from error
    except psycopg.DatabaseError as error:
        raise DatabaseError(str(error)) from error


def _draft(event: StoredEvent, at: bytes) -> Draft:
    stream_id = event.originator_id if isinstance(event.originator_id, UUID) else UUID(event.originator_id)
    return Draft(
        stream_id=uuid_field(stream_id),
        version=integer_field(event.originator_version),
        type=text_field(event.topic),
        state=bytes_field(event.state),
        actor=text_field(RECORDER_ACTOR),
        on_behalf_of=text_field(None),
        request_id=text_field(""),
        at=at,
    )
