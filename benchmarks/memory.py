"""The most memory that a process of a server holds while something runs, by sampling."""

import threading
from types import TracebackType
from typing import Self

import psutil

SAMPLE_SECONDS = 0.05


class Watched:
    """Samples while it is entered. `peak_mib` is of the largest single process that may have done the work: not of the
    database, and not of the worker, which keeps what it follows in memory whatever is asked.
    """

    def __init__(self, pid: int) -> None:
        self._pid, self._stop = pid, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_mib = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            process = psutil.Process(self._pid)
            for each in (process, *process.children(recursive=True)):
                try:
                    if each.name().startswith("postgres") or "worker" in each.cmdline():
                        continue
                    self.peak_mib = max(self.peak_mib, each.memory_info().rss / 2**20)
                except psutil.NoSuchProcess:
                    continue
