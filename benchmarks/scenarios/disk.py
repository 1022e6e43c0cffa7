"""What one tracked event costs on disk: tables, their indexes and TOAST, without the write-ahead log.

Every command is one event; half of the run carries an idempotency key, whose row is reported apart. The sizes before
the first command are taken off, so the catalog, the customers and empty indexes are not counted.
"""

from collections.abc import Iterator, Mapping

import psycopg

from benchmarks.bench import Bench
from benchmarks.figures import Figure, Target
from benchmarks.harness import counted_loop
from benchmarks.ours import IDEMPOTENCY_TABLES, STORE_TABLES, Ours, tracking, tracking_once, worked_ledger

COMMANDS = 200_000
CUSTOMERS = 1_000
SIZES = """
SELECT namespace.nspname || '.' || class.relname, pg_total_relation_size(class.oid)
FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'r' AND namespace.nspname NOT IN ('pg_catalog', 'information_schema')
"""


def run(bench: Bench) -> Iterator[Figure]:
    half = bench.size(COMMANDS) // 2
    with worked_ledger(bench, bench.size(CUSTOMERS)) as ours:
        before = _sizes(ours)
        counted_loop(64, half, tracking(ours))
        counted_loop(64, half, tracking_once(ours))
        ours.seconds_until_projected()
        grown = {table: size - before.get(table, 0) for table, size in _sizes(ours).items()}
    store = _per_event(grown, STORE_TABLES, 2 * half)
    idempotency = _per_event(grown, IDEMPOTENCY_TABLES, half)
    everything = sum(grown.values()) / (2 * half) - idempotency / 2
    largest = sorted(grown.items(), key=lambda item: -item[1])[:6]
    note = ", ".join(f"{table} {size / (2 * half):.0f}" for table, size in largest)
    yield Figure("disk.store", "disk, store with indexes", store, "bytes/event", target=Target(500, "under"), note=note)
    yield Figure("disk.idempotency", "disk, idempotency row", idempotency, "bytes/key")
    yield Figure("disk.all", "disk, store and all projections", everything, "bytes/event")


def _sizes(ours: Ours) -> dict[str, int]:
    with psycopg.connect(ours.database.url, autocommit=True) as connection:
        return dict(connection.execute(SIZES).fetchall())


def _per_event(grown: Mapping[str, int], tables: frozenset[str], events: int) -> float:
    return sum(size for table, size in grown.items() if table.split(".")[-1] in tables) / events
