"""The server as users meet it: `tallystick serve`, 32 connections of wrk, 1,000 customers, every write durable.

wrk runs on the same machine and takes its share of the processor. After each writing load the events table must have
grown by at least what was answered.
"""

from collections.abc import Iterator

import psycopg

from benchmarks import load
from benchmarks.bench import Bench
from benchmarks.database import Database, throw_away
from benchmarks.figures import Figure, Target
from benchmarks.server import Server, prepare, serving

CONNECTIONS = 32
CUSTOMERS = 1_000
EVENTS_A_REQUEST = {"track": 1, "track_once": 1, "check": 0, "batch_track": load.BATCH}
OPERATIONS = (
    ("track", "balances.track", "requests/s", Target(2_000, p99_ms=60)),
    ("track_once", "balances.track with Idempotency-Key", "requests/s", None),
    ("check", "balances.check", "requests/s", Target(3_000)),
    ("batch_track", f"balances.batch_track of {load.BATCH}", "events/s", Target(10_000)),
)


def run(bench: Bench) -> Iterator[Figure]:
    with throw_away(bench.directory) as database, serving(database, bench.size(CUSTOMERS)) as server:
        prepare(server)
        for operation, name, unit, target in OPERATIONS:
            answered = _load(bench, database, server, operation)
            rate = answered.per_second * max(1, EVENTS_A_REQUEST[operation])
            title = f"HTTP {CONNECTIONS} connections, {name}"
            yield Figure(f"http.{operation}", title, rate, unit, answered.p50_ms, answered.p99_ms, target)


def _load(bench: Bench, database: Database, server: Server, operation: str) -> load.Answered:
    planned = bench.load(CONNECTIONS, seconds=10)
    load.finish(load.start(server, operation, CONNECTIONS, planned.warm_up_s))
    before = events(database)
    answered = load.finish(load.start(server, operation, CONNECTIONS, planned.seconds))
    promised = answered.requests * EVENTS_A_REQUEST[operation]
    if events(database) - before < promised:
        raise RuntimeError(f"{promised} events were answered for, {events(database) - before} are in the table")
    return answered


def events(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    assert row is not None
    return int(row[0])
