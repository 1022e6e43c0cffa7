"""Does it slow down? The same load, 64 callers on 10,000 customers, until the events table holds 2 million rows.

Every row is a real command, decided and chained, one event each; a slice is 250,000 of them. The last slice must be
as fast as the first, within what two loops of the same work differ by.
"""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.figures import Figure, Target
from benchmarks.harness import closed_loop, counted_loop
from benchmarks.ours import tracking, worked_ledger

CALLERS = 64
CUSTOMERS = 10_000
ROWS = 2_000_000
SLICES = 8
STEADY = Target(0.9)


def run(bench: Bench) -> Iterator[Figure]:
    rows = bench.size(ROWS)
    with worked_ledger(bench, bench.size(CUSTOMERS)) as ours:
        closed_loop(bench.load(CALLERS, seconds=1), tracking(ours))
        figures = []
        for number in range(1, SLICES + 1):
            result = counted_loop(CALLERS, rows // SLICES, tracking(ours))
            title = f"growth, to {rows * number // SLICES:,} commands"
            speed = (result.per_second, "commands/s", result.p50_ms, result.p99_ms)
            figures.append(Figure(f"growth.{number}", title, *speed, note=f"head {ours.head():,}"))
            yield figures[-1]
        caught_up = ours.seconds_until_projected()
    steady = figures[-1].value / figures[0].value
    note = f"models caught up after {caught_up:.1f} s"
    yield Figure("growth", "growth, last slice over first", steady, "x", target=STEADY, note=note)
