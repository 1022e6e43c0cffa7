"""Writers at a steady pace: batches of uses over HTTP, so many events a second, beside what is measured."""

import contextlib
import random
import threading
import time
from types import TracebackType
from typing import Self

from benchmarks.crowd import COHORT, FEATURES, WITH_A_PAST
from benchmarks.server import Client, Server

BATCHES_A_SECOND = 10


class Writers:
    """Writes while it is entered, to customers that live on real time. `per_second` is what it reached."""

    def __init__(self, server: Server, events_a_second: int) -> None:
        self._server, self._batch = server, events_a_second // BATCHES_A_SECOND
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._written, self._begin = 0, 0.0
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        self._begin = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    @property
    def per_second(self) -> float:
        return self._written / (time.perf_counter() - self._begin)

    def _write(self) -> None:
        draw, next_at = random.Random(1), time.perf_counter()
        with contextlib.closing(Client(self._server)) as client:
            while not self._stop.is_set():
                try:
                    client.post("balances.batch_track", [self._use(draw) for _ in range(self._batch)])
                except Exception as error:  # noqa: BLE001  raised again where the writers are left
                    self._error = error
                    return
                self._written += self._batch
                next_at = max(next_at + 1 / BATCHES_A_SECOND, time.perf_counter() - 1)
                self._stop.wait(max(0.0, next_at - time.perf_counter()))

    def _use(self, draw: random.Random) -> dict[str, object]:
        cohort = draw.randrange(max(1, self._server.customers // COHORT // 10)) * 10 + draw.randint(WITH_A_PAST, 9)
        number = min(cohort * COHORT + draw.randrange(COHORT), self._server.customers - 1)
        return {"customer_id": f"c{number}", "feature_id": draw.choice(FEATURES), "value": 1}
