"""Two servers on one database: what it costs that a `check` at one is never behind a `track` answered by the other.

First, one caller tracks at one server and checks at the other, over and over: every check must show the track before
it. Then checks are loaded with wrk at one server, alone and while the other one writes.
"""

import time
from collections.abc import Iterator
from decimal import Decimal

from benchmarks import load
from benchmarks.bench import Bench
from benchmarks.database import throw_away
from benchmarks.figures import Figure
from benchmarks.harness import summarise
from benchmarks.server import Client, Server, prepare, serving

CUSTOMERS = 1_000
ROUNDS = 2_000
CHECKING = 28
TRACKING = 4


def run(bench: Bench) -> Iterator[Figure]:
    customers = bench.size(CUSTOMERS)
    with throw_away(bench.directory) as database, serving(database, customers) as writer:
        prepare(writer)
        with serving(database, customers, "--no-worker") as reader:
            yield _in_turn(writer, reader, bench.size(ROUNDS))
            yield from _side_by_side(bench, writer, reader)


def _in_turn(writing: Server, reading: Server, rounds: int) -> Figure:
    latencies = []
    writer, reader = Client(writing), Client(reading)
    for _ in range(rounds):
        tracked = writer.post("balances.track", {"customer_id": "c1", "feature_id": "messages", "value": 1})
        asked_at = time.perf_counter()
        checked = reader.post("balances.check", {"customer_id": "c1", "feature_id": "messages"})
        latencies.append(time.perf_counter() - asked_at)
        if _remaining(checked) != _remaining(tracked):
            raise RuntimeError(f"a check answered {_remaining(checked)} after a track answered {_remaining(tracked)}")
    result = summarise(latencies, sum(latencies))
    title = "check right after a track at the other server, 1 caller"
    note = f"none of {rounds:,} was behind"
    return Figure(
        "two_servers.in_turn", title, result.per_second, "requests/s", result.p50_ms, result.p99_ms, note=note
    )


def _remaining(answer: dict[str, dict[str, object]]) -> Decimal:
    return Decimal(str(answer["balance"]["remaining"]))


def _side_by_side(bench: Bench, writer: Server, reader: Server) -> Iterator[Figure]:
    seconds = bench.load(CHECKING, seconds=8).seconds
    load.finish(load.start(reader, "check", CHECKING, 1))
    alone = load.finish(load.start(reader, "check", CHECKING, seconds))
    title = f"check, {CHECKING} connections, the other server idle"
    yield Figure("two_servers.idle", title, alone.per_second, "requests/s", alone.p50_ms, alone.p99_ms)
    tracking = load.start(writer, "track", TRACKING, seconds + 1)
    beside = load.finish(load.start(reader, "check", CHECKING, seconds))
    tracked = load.finish(tracking)
    title = f"check, {CHECKING} connections, the other server writing"
    note = f"beside {tracked.per_second:,.0f} track/s at p99 {tracked.p99_ms:.1f} ms"
    speed = (beside.per_second, "requests/s", beside.p50_ms, beside.p99_ms)
    yield Figure("two_servers.writing", title, *speed, rivals=("two_servers.idle",), note=note)
