"""The crowd: 64 callers in one process, each command on one of 10,000 customers at random. It must not be slower."""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figure, Target
from benchmarks.harness import closed_loop
from benchmarks.ours import tracking, worked_ledger
from benchmarks.rivals import ALL
from benchmarks.scenarios.one_customer import CALLERS
from benchmarks.scenarios.one_customer import KEY as ONE_CUSTOMER

CUSTOMERS = 10_000
NO_SLOWER = 0.95  # two loops of the same work differ by this much from run to run
TARGET = Target(p99_ms=15, ratios={ONE_CUSTOMER: NO_SLOWER})


def run(bench: Bench) -> Iterator[Figure]:
    customers = bench.size(CUSTOMERS)
    with worked_ledger(bench, customers) as ours:
        result = closed_loop(bench.load(CALLERS, seconds=10), tracking(ours))
        caught_up = ours.seconds_until_projected()
    yield Figure(
        "many_customers",
        f"{CALLERS} callers, {customers:,} customers",
        result.per_second,
        "commands/s",
        result.p50_ms,
        result.p99_ms,
        TARGET,
        ALL,
        f"models caught up after {caught_up:.1f} s",
    )
