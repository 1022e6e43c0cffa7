"""Replay at two sizes, 100,000 and 2,000,000 events: fold, chain, verify, rebuild; each in a process of its own.

Memory is that process's peak as the kernel counted it: it must not grow with the log. The worker keeps running beside
it, with nothing left to do. Rates leave out what a process needs to start (which `replay verify` and `rebuild`
include).
"""

import json
import sys
from collections.abc import Iterator

from benchmarks import child
from benchmarks.bench import Bench
from benchmarks.figures import Figure, Target
from benchmarks.ours import LEDGER_ID, Ours, fill, worked_ledger
from benchmarks.server import command, environment

SIZES = (100_000, 2_000_000)
CUSTOMERS = 10_000
MEMORY = Target(300, "under")
TARGETS = {"fold": Target(200_000), "chain": Target(250_000), "rebuild": Target(40_000)}


def run(bench: Bench) -> Iterator[Figure]:
    with worked_ledger(bench, bench.size(CUSTOMERS)) as ours:
        for size in SIZES:
            fill(ours, bench.size(size))
            ours.seconds_until_projected()
            events = ours.head()
            yield from _part(ours, events, "fold", "folding events to states, one core")
            yield from _part(ours, events, "chain", "verifying the chain from the table")
            yield from _rebuild(ours, events)
            yield from _verify(ours, events)


def _part(ours: Ours, events: int, part: str, title: str) -> Iterator[Figure]:
    finished = child.run([sys.executable, "-m", "benchmarks.replay_parts", part, ours.database.url, LEDGER_ID])
    measured = json.loads(finished.output)
    if measured["events"] != events:
        raise RuntimeError(f"{part} saw {measured['events']} of {events} events")
    yield from _figures(part, title, events, measured["seconds"], finished.peak_mib)


def _rebuild(ours: Ours, events: int) -> Iterator[Figure]:
    where = ["--database-url", ours.database.url, "--ledger", LEDGER_ID]
    finished = child.run(command(["replay", "rebuild", *where]), environment())
    yield from _figures("rebuild", "rebuilding all projections", events, finished.seconds, finished.peak_mib)


def _verify(ours: Ours, events: int) -> Iterator[Figure]:
    finished = child.run(
        command(["replay", "verify", "--database-url", ours.database.url, "--ledger", LEDGER_ID]), environment()
    )
    yield from _figures("verify", "replay verify, everything", events, finished.seconds, finished.peak_mib)


def _figures(part: str, title: str, events: int, seconds: float, peak_mib: float) -> Iterator[Figure]:
    at, key = f"at {events:,} events", f"replay.{part}.{events}"
    yield Figure(key, f"{title}, {at}", events / seconds, "events/s", target=TARGETS.get(part))
    yield Figure(f"{key}.memory", f"peak memory of the same, {at}", peak_mib, "MiB", target=MEMORY)
