"""What the write side reads: heads, tails, cold streams, claims and idempotency rows, many in one question each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor

from ledger.core.entity import ENTITY
from ledger.store.binary import IntegerArray, TextArray, UuidArray
from ledger.store.chain import integer_field, text_field, uuid_field
from ledger.store.claim_keys import BEYOND_SEPARATOR, SEPARATOR, STREAM_SUFFIX, ClaimKey
from ledger.store.requests import Once
from ledger.store.statements import statement

TAIL_EVENTS: Final = 10_000
"""At most so many events of one stream are read at once, however long it is."""


class StoredRow(NamedTuple):
    """An event as it lies in the table, without its place in the chain."""

    position: int
    stream_id: UUID
    version: int
    type: str
    state: bytes
    actor: str
    at: datetime


class SnapshotRow(NamedTuple):
    stream_id: UUID
    version: int
    last_at: datetime
    sealed: bool
    state: bytes


class OnceRow(NamedTuple):
    """What an idempotency key was used for, and between which positions its events lie."""

    holder: str
    key: str
    verb: str
    request_hash: bytes
    began_after: int
    position: int
    business_now: datetime
    stream_ids: Sequence[UUID]
    event_counts: Sequence[int]


class Tail(NamedTuple):
    """Some events of a stream in order: the JSON of each, with commas between; `version` and `last_at` of the last."""

    version: int
    last_at: datetime
    states: bytes


class ColdStream(NamedTuple):
    """Everything needed to fold a stream: the newest kept state, what came after it, the wrapped data key.

    A longer tail than `TAIL_EVENTS` goes on in another question.
    """

    stream_id: UUID
    snapshot: SnapshotRow | None
    has_key: bool
    wrapped_key: bytes | None
    tail: Tail | None


def read_cold(conn: Connection[Any], ledger_id: str, afters: Mapping[UUID, int], code_version: str) -> list[ColdStream]:
    """Read what folds the given streams to the present, from the versions they have reached already."""
    parameters = {
        "ledger_id": ledger_id,
        "stream_ids": _uuids(afters),
        "afters": IntegerArray.of(map(integer_field, afters.values()), len(afters)),
        "code_version": code_version,
        "most": TAIL_EVENTS,
    }
    return [
        ColdStream(
            stream_id,
            None if version is None else SnapshotRow(stream_id, version, last_at, sealed, state),
            has_key,
            wrapped_key,
            None if tail[0] is None else Tail(*tail),
        )
        for stream_id, version, last_at, sealed, state, has_key, wrapped_key, *tail in _ask(
            conn, "select_cold", parameters
        ).fetchall()
    ]


def read_tail(conn: Connection[Any], ledger_id: str, after: int, upto: int) -> list[StoredRow]:
    """The events after one position up to another, in order."""
    rows = _ask(conn, "select_tail", {"ledger_id": ledger_id, "after": after, "upto": upto}).fetchall()
    return [StoredRow(*row) for row in rows]


def read_stream_upto(conn: Connection[Any], ledger_id: str, stream_id: UUID, position: int) -> list[StoredRow]:
    """A stream's events up to a position, in order."""
    parameters = {"ledger_id": ledger_id, "stream_id": stream_id, "upto": position}
    return [StoredRow(*row) for row in _ask(conn, "select_stream_upto", parameters).fetchall()]


def read_keys(conn: Connection[Any], ledger_id: str, stream_ids: Iterable[UUID]) -> dict[UUID, bytes | None]:
    """Wrapped data keys; None for a forgotten one, no entry where there never was one."""
    parameters = {"ledger_id": ledger_id, "stream_ids": _uuids(list(stream_ids))}
    return dict(_ask(conn, "select_data_keys", parameters).fetchall())


def read_claims(conn: Connection[Any], ledger_id: str, keys: Sequence[ClaimKey]) -> dict[ClaimKey, UUID]:
    """Who holds the given claims; no entry for what is free."""
    return _claims_of(_ask_claims(conn, ledger_id, keys))


def read_ahead(
    conn: Connection[Any], ledger_id: str, now: datetime, keys: Sequence[ClaimKey], onces: Sequence[Once]
) -> tuple[dict[ClaimKey, UUID], dict[tuple[str, str], OnceRow]]:
    """Who holds claims, and what idempotency keys were used for (by holder and key), in one round trip or none.

    Keys count for 30 days before `now`, the instant by which a batch writes them: none is unknown and still in the way.
    """
    if not keys and not onces:
        return {}, {}
    with conn.pipeline():
        claims = _ask_claims(conn, ledger_id, keys) if keys else None
        used = _ask_onces(conn, ledger_id, now, onces) if onces else None
    known = [] if used is None else used.fetchall()
    return {} if claims is None else _claims_of(claims), {(row[0], row[1]): OnceRow(*row) for row in known}


def _ask_claims(conn: Connection[Any], ledger_id: str, keys: Sequence[ClaimKey]) -> Cursor[Any]:
    parameters = {
        "ledger_id": ledger_id,
        "kinds": TextArray.of([text_field(kind) for kind, _ in keys], len(keys)),
        "values": TextArray.of([text_field(value) for _, value in keys], len(keys)),
    }
    return _ask(conn, "select_claims", parameters)


def _claims_of(cursor: Cursor[Any]) -> dict[ClaimKey, UUID]:
    return {(kind, value): stream_id for kind, value, stream_id in cursor.fetchall()}


def _ask_onces(conn: Connection[Any], ledger_id: str, now: datetime, onces: Sequence[Once]) -> Cursor[Any]:
    parameters = {
        "ledger_id": ledger_id,
        "now": now,
        "holders": TextArray.of([text_field(once.holder) for once in onces], len(onces)),
        "keys": TextArray.of([text_field(once.key) for once in onces], len(onces)),
    }
    return _ask(conn, "select_idempotency", parameters)


def read_entity_holders(conn: Connection[Any], ledger_id: str, entity_id: str) -> dict[ClaimKey, UUID]:
    """The claims of all entities of this id, one for each customer that has one."""
    parameters = {
        "ledger_id": ledger_id,
        "kind": ENTITY,
        "first": entity_id + SEPARATOR,
        "beyond": entity_id + BEYOND_SEPARATOR,
        "length": len(entity_id) + STREAM_SUFFIX,
    }
    rows = _ask(conn, "select_claims_between", parameters).fetchall()
    return {(ENTITY, value): stream_id for value, stream_id in rows}


def _uuids(stream_ids: Collection[UUID]) -> UuidArray:
    return UuidArray.of([uuid_field(stream_id) for stream_id in stream_ids], len(stream_ids))


def _ask(conn: Connection[Any], name: str, parameters: Mapping[str, Any]) -> Cursor[Any]:
    cursor = conn.cursor(binary=True)
    return cursor.execute(statement(name), parameters, prepare=True)
