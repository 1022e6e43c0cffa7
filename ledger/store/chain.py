"""The hash chain: SHA-256 over the hash before and an unambiguous encoding of every other column.

A column is its length in four bytes (FFFFFFFF for null) and its PostgreSQL binary form, in the table's order. That
is the row of a binary COPY without its frame: the same bytes are hashed, sent to the server as arrays, and read back
by verification without being parsed. `event_body` says the same in SQL.
"""

import hashlib
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

GENESIS: Final = bytes(32)
NULL: Final = b"\xff\xff\xff\xff"
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

_POSITION: Final = struct.Struct("!iq")
_VERSION: Final = struct.Struct("!ii")
_LENGTH: Final = struct.Struct("!i")


class Draft(NamedTuple):
    """An event ready to be appended: each column as it is hashed, all but what its place in the log decides."""

    stream_id: bytes
    version: bytes
    type: bytes
    state: bytes
    actor: bytes
    on_behalf_of: bytes
    request_id: bytes
    at: bytes


class Head(NamedTuple):
    """Where a ledger's log ends: the last event's position, hash and recording instant; how many invoices are final."""

    position: int
    hash: bytes
    recorded_at: datetime | None
    invoices: int = 0


class Chained(NamedTuple):
    """What a batch of drafts became: the hash of each and the head after them."""

    hashes: Sequence[bytes]
    head: Head


def text_field(value: str | None) -> bytes:
    """A text column as it is hashed."""
    return NULL if value is None else bytes_field(value.encode())


def bytes_field(value: bytes) -> bytes:
    """A bytea column as it is hashed."""
    return _LENGTH.pack(len(value)) + value


def boolean_field(value: bool) -> bytes:  # noqa: FBT001  it is the value itself
    """A boolean as an array element."""
    return b"\x00\x00\x00\x01\x01" if value else b"\x00\x00\x00\x01\x00"


def uuid_field(value: UUID) -> bytes:
    """A uuid column as it is hashed."""
    return b"\x00\x00\x00\x10" + value.bytes


def integer_field(value: int) -> bytes:
    """An integer column (four bytes) as it is hashed."""
    return _VERSION.pack(4, value)


def bigint_field(value: int) -> bytes:
    """A bigint column as it is hashed."""
    return _POSITION.pack(8, value)


def instant_field(value: datetime) -> bytes:
    """A timestamptz column as it is hashed: microseconds since 2000-01-01 UTC."""
    return _POSITION.pack(8, (value - EPOCH) // MICROSECOND)


def extend_chain(ledger_id: str, head: Head, drafts: Sequence[Draft], recorded_at: datetime) -> Chained:
    """Give each draft the next position and the hash that follows from all before it."""
    ledger, recorded = text_field(ledger_id), instant_field(recorded_at)
    position, latest, hashes = head.position, head.hash, []
    sha256, pack, join = hashlib.sha256, _POSITION.pack, b"".join
    for draft in drafts:
        position += 1
        latest = sha256(join((latest, ledger, pack(8, position), *draft, recorded))).digest()
        hashes.append(latest)
    return Chained(hashes, Head(position, latest, recorded_at, head.invoices))
