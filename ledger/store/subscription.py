"""Following a ledger's log: catch up, then look again at short intervals. Polling alone carries the promise."""

from collections.abc import Sequence
from threading import Event
from typing import Any, Final

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

POLL_SECONDS: Final = 0.02
PAGE: Final = 500


class PollingSubscription(Subscription[ApplicationRecorder]):
    """Yields every event after a position, in order and once, until it is stopped."""

    def __init__(self, recorder: ApplicationRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._page: list[Notification] = []
        self._stopped = Event()

    def stop(self) -> None:
        """End the iteration, also one that waits."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._page:
                return self._page.pop()
            self._page = self._next_page()
            if not self._page:
                self._stopped.wait(POLL_SECONDS)
        raise StopIteration

    def _next_page(self) -> list[Notification]:
        page: list[Any] = list(
            self._recorder.select_notifications(
                start=self._last_notification_id or 0, limit=PAGE, topics=self._topics, inclusive_of_start=False
            )
        )
        if page:
            self._last_notification_id = page[-1].id
        page.reverse()
        return page
