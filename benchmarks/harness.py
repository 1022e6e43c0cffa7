"""Closed-loop load: N callers in threads, each asking again the moment it has been answered.

Wall time is `time.perf_counter`. The warm-up is run by the same threads and left out of the figures. A call counts
when it was answered inside the measured window, whenever it was asked.
"""

import threading
import time
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

Call = Callable[[], object]


@dataclass(frozen=True)
class Load:
    """How hard and how long: `warm_up_s` seconds unmeasured, then `seconds` measured."""

    callers: int
    seconds: float
    warm_up_s: float = 2.0


@dataclass(frozen=True)
class Measured:
    """What a closed loop did: calls answered in the window and how long each took, in milliseconds."""

    calls: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.calls / self.seconds


@dataclass
class _Record:
    answered_at: "array[float]"
    took_s: "array[float]"


def closed_loop(load: Load, make_call: Callable[[int], Call]) -> Measured:
    """Run `load.callers` threads, the i-th calling `make_call(i)` in a loop; the first error stops all and is raised.

    Answers the window's figures.
    """
    return summarise(*closed_loop_latencies(load, make_call))


def closed_loop_latencies(load: Load, make_call: Callable[[int], Call]) -> tuple[list[float], float]:
    """As `closed_loop`, with every latency of the window in seconds, and the window's length."""
    records = [_Record(array("d"), array("d")) for _ in range(load.callers)]
    stop = threading.Event()
    errors: list[BaseException] = []

    def run(index: int) -> None:
        try:
            _loop(make_call(index), records[index], stop)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            errors.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(load.callers)]
    for thread in threads:
        thread.start()
    stop.wait(load.warm_up_s)
    begin = time.perf_counter()
    stop.wait(load.seconds)
    end = time.perf_counter()
    stop.set()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return _between(records, begin, end), end - begin


def counted_loop(callers: int, calls: int, make_call: Callable[[int], Call]) -> Measured:
    """As `closed_loop`, but until `calls` calls in all were answered; nothing is left out."""
    records = [_Record(array("d"), array("d")) for _ in range(callers)]
    begin = time.perf_counter()
    with ThreadPoolExecutor(callers) as threads:
        shares = [calls // callers + (index < calls % callers) for index in range(callers)]
        runs = [threads.submit(_repeat, make_call(i), records[i], share) for i, share in enumerate(shares)]
        for run in runs:
            run.result()
    end = time.perf_counter()
    return summarise(_between(records, begin, end + 1), end - begin)


def _repeat(call: Call, record: _Record, times: int) -> None:
    for _ in range(times):
        asked_at = time.perf_counter()
        call()
        now = time.perf_counter()
        record.answered_at.append(now)
        record.took_s.append(now - asked_at)


def _loop(call: Call, record: _Record, stop: threading.Event) -> None:
    clock, answered, took = time.perf_counter, record.answered_at.append, record.took_s.append
    while not stop.is_set():
        asked_at = clock()
        call()
        now = clock()
        answered(now)
        took(now - asked_at)


def _between(records: Sequence[_Record], begin: float, end: float) -> list[float]:
    """Latencies in seconds of the calls answered from `begin` to `end`."""
    return [
        took
        for record in records
        for answered_at, took in zip(record.answered_at, record.took_s, strict=True)
        if begin <= answered_at < end
    ]


def summarise(latencies_s: Sequence[float], seconds: float) -> Measured:
    ordered = sorted(latencies_s)
    if not ordered:
        raise RuntimeError("no call was answered inside the measured window")
    return Measured(
        len(ordered),
        seconds,
        percentile(ordered, 50) * 1000,
        percentile(ordered, 99) * 1000,
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the ascending values do not exceed (nearest rank)."""
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]
