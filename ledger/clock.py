"""The only place that reads a clock. What happens in the ledger takes its instants from here or from the database."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant as an aware UTC datetime, to the microsecond."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back, for measuring and for time limits; its zero means nothing."""
    return time.monotonic()


class Deadline:
    """A time limit that starts when it is made."""

    def __init__(self, seconds: float) -> None:
        self._until = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self._until - monotonic())

    def passed(self) -> bool:
        """Whether the time is up."""
        return monotonic() >= self._until
