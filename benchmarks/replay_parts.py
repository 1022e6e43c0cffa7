"""One part of replay, in a process of its own so that its memory is its own.

    python -m benchmarks.replay_parts fold DATABASE_URL LEDGER_ID

Prints {"events", "seconds"}. `chain` follows the hashes over the table, the time to read it counted. `fold` decodes
every event from its stored bytes and folds it into the state of its stream, all states kept, on one core; the time the
database takes to hand the rows over is not counted.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.server import MASTER_KEY_BYTES
from ledger.core.customer import CUSTOMER
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM, Decider
from ledger.core.events import REGISTRY
from ledger.core.offers.catalog import CATALOG
from ledger.core.settings import SETTINGS
from ledger.interpreter import collect_rarely
from ledger.store.codec import Codec
from ledger.store.keyring import KeyRing
from ledger.store.sealing import OperatorKey
from ledger.store.verifying import verify_chain

Row = tuple[UUID, str, bytes]
DECIDERS = {CATALOG_STREAM: CATALOG, SETTINGS_STREAM: SETTINGS}
ROWS_A_FETCH = 10_000
EVENTS = b"SELECT stream_id, type, state FROM events WHERE ledger_id = %s ORDER BY position"
KEYS = b"SELECT stream_id, wrapped_key FROM data_keys WHERE ledger_id = %s AND stream_id = ANY(%s)"


class _Stream:
    __slots__ = ("evolve", "state")

    def __init__(self, decider: Decider) -> None:
        self.evolve, self.state = decider.evolve, decider.initial


def fold(url: str, ledger_id: str) -> dict[str, float]:
    """Fold the whole log, in the order of its positions."""
    streams: dict[UUID, _Stream] = {}
    events, seconds = 0, 0.0
    with psycopg.connect(url) as connection:

        def fetch(stream_ids: Iterable[UUID]) -> Mapping[UUID, bytes | None]:
            return dict(connection.execute(KEYS, [ledger_id, list(stream_ids)]).fetchall())

        codec = Codec(REGISTRY, KeyRing(OperatorKey(MASTER_KEY_BYTES), ledger_id, fetch))
        for rows in _fetches(connection, ledger_id):
            begin = time.perf_counter()
            _fold(streams, codec, rows)
            seconds += time.perf_counter() - begin
            events += len(rows)
    return {"events": events, "seconds": seconds}


def _fold(streams: dict[UUID, _Stream], codec: Codec, rows: Sequence[Row]) -> None:
    codec.keys.load({stream_id for stream_id, _, _ in rows})
    decode = codec.decode
    for stream_id, name, stored in rows:
        stream = streams.get(stream_id)
        if stream is None:
            stream = streams[stream_id] = _Stream(DECIDERS.get(stream_id, CUSTOMER))
        stream.state = stream.evolve(stream.state, decode(name, stored, stream_id))


def _fetches(connection: "psycopg.Connection[Any]", ledger_id: str) -> Iterator[list[Row]]:
    with connection.cursor("events", binary=True) as cursor:
        cursor.execute(EVENTS, [ledger_id])
        while rows := cursor.fetchmany(ROWS_A_FETCH):
            yield rows


def chain(url: str, ledger_id: str) -> dict[str, float]:
    """Follow the chain of the whole log from the table."""
    with psycopg.connect(url, autocommit=True) as connection:
        begin = time.perf_counter()
        verified = verify_chain(connection, ledger_id)
        seconds = time.perf_counter() - begin
    if verified.broken is not None:
        raise RuntimeError(f"the chain is broken: {verified.broken}")
    return {"events": verified.position, "seconds": seconds}


PARTS = {"fold": fold, "chain": chain}

if __name__ == "__main__":
    collect_rarely()  # as every process of ours that folds
    json.dump(PARTS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
