"""Try one change after the other, some at a time, each in a process of its own."""

import argparse
import gc
import os
import random
import resource
import signal
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests.mutation import results
from tests.mutation.changes import Change, changes
from tests.mutation.suite import Suite, with_suite

CORE: Final = Path("ledger/core")
TESTS: Final = ("tests/core", "tests/golden")
"""Those that ask the core alone."""
LEFT_OUT: Final = {"__init__.py", "errors.py"}
"""Errors are sentences and their numbers."""
NOTICED, TOO_LONG, BROKEN = 1, 2, 3
MOST_SECONDS: Final = 60
MOST_BYTES: Final = 4 << 30


def run(asked: argparse.Namespace) -> int:
    """Try what has no result yet; `__main__` says what may be asked."""
    return with_suite(TESTS, asked.examples, lambda suite: Run(suite, asked).go())


class Run:
    """Tries one change after the other, some at a time."""

    def __init__(self, suite: Suite, asked: argparse.Namespace) -> None:
        self.suite, self.asked = suite, asked
        self.killers: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=4))
        self.running: dict[int, tuple[Change, int]] = {}

    def go(self) -> None:
        """Everything that has no result yet. A result that is written is never lost."""
        self.suite.measure("ledger.core", str(CORE.resolve()))
        gc.collect()
        gc.freeze()
        todo = list(self.todo())
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("stopped: the next run goes on from here"))
        print(f"{len(todo)} changes; the tests take {sum(self.suite.cost):.1f} s", flush=True)  # noqa: T201
        try:
            for change in todo:
                self.start(change)
                while len(self.running) >= self.asked.children:
                    self.finish()
            while self.running:
                self.finish()
        finally:
            for child in self.running:
                os.kill(child, signal.SIGKILL)

    def todo(self) -> Iterator[Change]:
        """One of each module, then another of each: whenever a run stops, it has seen a little of everything."""
        by_module = []
        for path in sorted(CORE.rglob("*.py")):
            module = ".".join(path.with_suffix("").parts)
            if path.name not in LEFT_OUT and results.within(module, self.asked.modules):
                by_module.append(list(dict.fromkeys(changes(path, module))))
                random.Random(module).shuffle(by_module[-1])
        known = {change.key for some in by_module for change in some}
        before = results.forget(self.asked.results, lambda each: results.within(each, self.asked.modules), known)
        for each in (each for some in zip_longest(*by_module) for each in some if each):
            outcome = before.get(each.key, {}).get("outcome")
            if outcome is None if not self.asked.again else outcome not in {None, "killed", "timed out"}:
                yield each

    def start(self, change: Change) -> None:
        numbers = self.order(change)
        if not numbers:
            self.write(change, "not reached")
            return
        reading, writing = os.pipe()
        if child := os.fork():
            os.close(writing)
            self.running[child] = change, reading
        else:
            self.attempt(change, numbers, writing)

    def order(self, change: Change) -> list[int]:
        """The tests that run a changed line: first those that noticed the last changes nearby, then the cheap ones."""
        name = str(Path(*change.module.split(".")).with_suffix(".py").resolve())
        numbers = set().union(*(self.suite.reached.get((name, line), ()) for line in change.lines))
        first = [number for number in dict.fromkeys(self.killers[change.place]) if number in numbers]
        return first + sorted(numbers - set(first), key=lambda number: self.suite.cost[number])

    def attempt(self, change: Change, numbers: Sequence[int], writing: int) -> NoReturn:
        """In the child: make the change, run the tests, and say how it ended by the exit code."""
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = BROKEN
        try:
            change.make()
            noticed = self.suite.notices(numbers, lambda: os._exit(TOO_LONG))
            code = 0 if noticed is None else NOTICED
            os.write(writing, str(noticed).encode())
        finally:
            os._exit(code)

    def finish(self) -> None:
        """Wait for one child and write down what became of its change."""
        child, status = os.wait()
        change, reading = self.running.pop(child)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        code = os.waitstatus_to_exitcode(status)
        if code == NOTICED:
            self.killers[change.place].appendleft(int(said))
            self.write(change, "killed", self.suite.items[int(said)].nodeid)
        else:
            self.write(change, {0: "survived", BROKEN: "broken"}.get(code, "timed out"))

    def write(self, change: Change, outcome: str, by: str | None = None) -> None:
        results.write(
            self.asked.results,
            key=change.key,
            module=change.module,
            place=change.place,
            lines=[change.lines[0], change.lines[-1]],
            change=change.difference(),
            outcome=outcome,
            by=by,
        )
