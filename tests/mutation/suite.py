"""The tests of the core, collected once: which line each of them runs, what each costs, and running some of them."""

import functools
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

Line = tuple[str, int]


@dataclass
class Suite:
    """What was collected, in pytest's order; tests are spoken of by their place in it."""

    items: list[pytest.Item]
    cost: list[float] = field(default_factory=list)
    """Seconds of processor time, by test."""
    reached: dict[Line, set[int]] = field(default_factory=dict)
    """The tests that run a line, by file and line."""
    caches: list[Callable[[], None]] = field(default_factory=list)

    def measure(self, package: str, folder: str) -> None:
        """Run everything twice: as it is, and watched."""
        self.caches = list(caches(package))
        for number in range(len(self.items)):
            began = time.process_time()
            assert self.passes(number), f"{self.items[number].nodeid} fails before anything is changed"
            self.cost.append(time.process_time() - began)
        for number in range(len(self.items)):
            with watching(folder) as lines:
                assert self.passes(number)
            for line in lines:
                self.reached.setdefault(line, set()).add(number)

    def passes(self, number: int, following: int | None = None) -> bool:
        """Run a test by itself; nothing is remembered from the one before."""
        for forget in self.caches:
            forget()
        item = self.items[number]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reports = runtestprotocol(item, log=False, nextitem=None if following is None else self.items[following])
        return not any(report.failed for report in reports)

    def notices(self, numbers: Sequence[int], too_long: Callable[[], None]) -> int | None:
        """The first of these tests that fails. One that takes far more processor time than it should is too long."""
        signal.signal(signal.SIGVTALRM, lambda *_: too_long())
        for number, following in zip(numbers, [*numbers[1:], None], strict=True):
            signal.setitimer(signal.ITIMER_VIRTUAL, 1 + 20 * self.cost[number])
            if not self.passes(number, following):
                return number
        return None


def caches(package: str) -> Iterator[Callable[[], None]]:
    """How to empty every cache of a package: what is remembered from an earlier test would hide a change."""
    for name, module in list(sys.modules.items()):
        if name.startswith(package):
            for found in vars(module).values():
                if isinstance(found, functools._lru_cache_wrapper):
                    yield found.cache_clear


@contextmanager
def watching(folder: str) -> Iterator[set[Line]]:
    """The lines of a folder's files that run meanwhile."""
    lines: set[Line] = set()

    def enter(frame: FrameType, _event: str, _arg: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if not name.startswith(folder):
            return None

        def step(frame: FrameType, _event: str, _arg: Any) -> Callable[..., Any]:
            lines.add((name, frame.f_lineno))
            return step

        lines.add((name, frame.f_lineno))
        return step

    sys.settrace(enter)
    try:
        yield lines
    finally:
        sys.settrace(None)


class Collecting:
    """Has pytest collect, and takes over where it would run."""

    def __init__(self, examples: int, run: Callable[[Suite], None]) -> None:
        self.examples, self.run = examples, run

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if isinstance(item, pytest.Function) and getattr(test := item.obj, "is_hypothesis_test", False):
                few = min(self.examples, test._hypothesis_internal_use_settings.max_examples)
                test._hypothesis_internal_use_settings = settings(
                    max_examples=few,
                    derandomize=True,
                    database=None,
                    deadline=None,
                    phases=(Phase.explicit, Phase.generate),
                    report_multiple_bugs=False,
                    suppress_health_check=list(settings.get_profile("suite").suppress_health_check),
                )

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.run(Suite(session.items))
        return True


def with_suite(tests: Sequence[str], examples: int, run: Callable[[Suite], None]) -> int:
    """Collect the tests of some folders, with at most so many examples a property, and hand them over."""
    lean = ["--assert=plain", "--tb=line", "-s", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:warnings"]
    return int(pytest.main([*tests, *lean], [Collecting(examples, run)]))
