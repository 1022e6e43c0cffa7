"""The projector of each ledger, a thread for each."""

import threading

from ledger.clock import Deadline
from ledger.settings import Settings
from ledger.store.ledger import Store


class Projecting:
    """One thread a ledger, started when the ledger is first seen."""

    def __init__(self, store: Store, settings: Settings, stop: threading.Event) -> None:
        self._store, self._settings, self._stop = store, settings, stop
        self._threads: dict[str, threading.Thread] = {}

    def ensure(self, ledger_id: str) -> None:
        """Start a ledger's projector where none runs."""
        thread = self._threads.get(ledger_id)
        if thread is None or not thread.is_alive():
            thread = threading.Thread(target=self._run, args=(ledger_id,), name=f"projector-{ledger_id}")
            self._threads[ledger_id] = thread
            thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for all of them after the stop was set; whether they ended."""
        deadline = Deadline(seconds)
        for thread in self._threads.values():
            thread.join(deadline.remaining())
        return not any(thread.is_alive() for thread in self._threads.values())

    def _run(self, ledger_id: str) -> None:
        self._stop.wait()
