"""Who follows a timeline in this process: each holds a thread of the server, so there is room for a few."""

from http import HTTPStatus
from threading import Lock
from typing import Final

from ledger.clock import Deadline
from ledger.core.errors import Refusal
from projections.reads import Reads

POLL_SECONDS: Final = 0.1
RETRY_AFTER_SECONDS: Final = 5
ONE_OF: Final = 4  # of so many threads of the server, one may follow: the others answer


def places_of(threads: int) -> int:
    """How many may follow in a process with so many threads: one thread is always left to answer with."""
    return min(threads - 1, max(1, threads // ONE_OF))


class TooManyFollowers(Refusal):
    """As many clients as may follow at once do."""

    code = "too_many_followers"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = RETRY_AFTER_SECONDS

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} clients follow a timeline here, and no more may at once: try again in a few seconds, or read its "
            "pages"
        )


class Followers:
    """Who follows in this process: at most `most`. They look at the database together, however many they are."""

    def __init__(self, reads: Reads, most: int) -> None:
        self._reads, self._most, self._lock, self._now = reads, most, Lock(), 0
        self._seen: dict[str, tuple[int, Deadline]] = {}

    def enter(self) -> None:
        """Take a place. Raises `TooManyFollowers`."""
        self._enter(self._most)

    def enter_page(self) -> None:
        """Take a place for a page of the dashboard, which can do without: it leaves some to those who cannot.

        Raises `TooManyFollowers`.
        """
        self._enter(self._most - self._most // ONE_OF)

    def _enter(self, most: int) -> None:
        with self._lock:
            if self._now >= most:
                raise TooManyFollowers(most)
            self._now += 1

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self._now -= 1

    def projected(self, ledger_id: str) -> int:
        """How far a ledger is folded, as of a moment ago. Raises what the database does."""
        position, until = self._seen.get(ledger_id, (0, None))
        if until is None or until.passed():
            # Others go on with what was seen before, for as long as one of them looks.
            self._seen[ledger_id] = position, Deadline(POLL_SECONDS)
            position = self._reads.projected(ledger_id)
            self._seen[ledger_id] = position, Deadline(POLL_SECONDS)
        return position
