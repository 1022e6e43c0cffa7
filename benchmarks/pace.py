"""Writers at a steady pace: batches of uses over HTTP, so many events a second, beside what is measured.

A few connections take turns on one schedule. A batch that takes longer than the time to the next one holds up only its
own connection, so that the pace is kept until all of them wait for answers at once.
"""

import contextlib
import random
import threading
import time
from types import TracebackType
from typing import Self

from benchmarks.crowd import COHORT, FEATURES, WITH_A_PAST
from benchmarks.server import Client, Server

CONNECTIONS = 4
BATCH = 100
MOST_BEHIND_SECONDS = 1.0  # what is missed beyond this is not made up for


class Schedule:
    """Turns, so many seconds apart; any number of threads take them."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._next_at, self._lock = seconds, time.perf_counter(), threading.Lock()

    def turn(self) -> float:
        """Take the next turn; answers its instant on `time.perf_counter`, which may be over."""
        with self._lock:
            turn_at = max(self._next_at, time.perf_counter() - MOST_BEHIND_SECONDS)
            self._next_at = turn_at + self._seconds
            return turn_at


class Writers:
    """Writes while it is entered, to customers that live on real time. `per_second` is what it reached.

    The first error ends all writing and is raised where the writers are left.
    """

    def __init__(self, server: Server, events_a_second: int) -> None:
        self._server, self._seconds_a_batch = server, BATCH / events_a_second
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._written, self._begin = [0] * CONNECTIONS, 0.0
        self._errors: list[Exception] = []

    def __enter__(self) -> Self:
        self._begin, schedule = time.perf_counter(), Schedule(self._seconds_a_batch)
        for number in range(CONNECTIONS):
            self._threads.append(threading.Thread(target=self._write, args=(number, schedule), daemon=True))
            self._threads[-1].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._errors and error is None:
            raise self._errors[0]

    @property
    def per_second(self) -> float:
        return sum(self._written) / (time.perf_counter() - self._begin)

    def _write(self, number: int, schedule: Schedule) -> None:
        draw = random.Random()  # others each time: those of the run before are still in memory
        try:
            with contextlib.closing(Client(self._server)) as client:
                while not self._stop.wait(max(0.0, schedule.turn() - time.perf_counter())):
                    client.post("balances.batch_track", [self._use(draw) for _ in range(BATCH)])
                    self._written[number] += BATCH
        except Exception as error:  # noqa: BLE001  raised again where the writers are left
            self._errors.append(error)
            self._stop.set()

    def _use(self, draw: random.Random) -> dict[str, object]:
        cohort = draw.randrange(max(1, self._server.customers // COHORT // 10)) * 10 + draw.randint(WITH_A_PAST, 9)
        number = min(cohort * COHORT + draw.randrange(COHORT), self._server.customers - 1)
        return {"customer_id": f"c{number}", "feature_id": draw.choice(FEATURES), "value": 1}
