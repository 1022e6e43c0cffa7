"""The hot customer: 64 callers in one process, one balance. Each command is durable, freshly decided and chained."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figure, Target
from benchmarks.harness import closed_loop
from benchmarks.ours import tracking, worked_ledger
from benchmarks.rivals import ALL, STOCK, UMADB

CALLERS = 64
KEY = "one_customer"
TARGET = Target(12_000, p99_ms=15, ratios={STOCK: 20, UMADB: 1})


def run(bench: Bench) -> Iterator[Figure]:
    with worked_ledger(bench, customers=1) as ours:
        result = closed_loop(bench.load(CALLERS, seconds=10), tracking(ours))
        caught_up = ours.seconds_until_projected()
    yield Figure(
        KEY,
        f"{CALLERS} callers, 1 customer",
        result.per_second,
        "commands/s",
        result.p50_ms,
        result.p99_ms,
        TARGET,
        ALL,
        f"models caught up after {caught_up:.1f} s",
    )
