"""What every scenario is given: where to put its data, how long to run, and how to say that it cannot."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.harness import Load


class Skipped(Exception):
    """The scenario cannot run here; the message says what is missing and how to get it."""


@dataclass(frozen=True)
class Bench:
    """`directory` is on the disk being measured and is emptied after the run. `quick` shrinks sizes and times.

    `crowd` is where the ledger with a crowd in it is kept between runs, and `customers` and `events` its size.
    """

    directory: Path
    quick: bool
    crowd: Path | None = None
    customers: int | None = None
    events: int | None = None

    def load(self, callers: int, seconds: float = 10.0) -> Load:
        if self.quick:
            return Load(callers, seconds=min(seconds, 2.0), warm_up_s=0.5)
        return Load(callers, seconds)

    def size(self, full: int) -> int:
        """A number of rows, customers or events: the whole one, or a twentieth in a quick run."""
        return max(1, full // 20) if self.quick else full


@dataclass(frozen=True)
class Scenario:
    """A named measurement. Its module is imported when it runs, so that one missing package stops one scenario."""

    name: str
    module: str
    summary: str

    def run(self, bench: Bench) -> Iterator[Figure]:
        """Yield the figures one by one, so that a long scenario shows as it goes."""
        yield from importlib.import_module(f"benchmarks.scenarios.{self.module}").run(bench)
