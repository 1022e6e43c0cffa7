"""Who tried to sign in under a name that nobody signs in with, and how often: such a name is made to wait as any other.

What is tried at a user's password is counted in its row. A name without one has no row, and were it never made to
wait, waiting would say which names there are. These are counted here, in the memory of one process and of the names
that were tried last; nothing depends on it but what a stranger is told.
"""

from collections import OrderedDict
from math import ceil
from threading import Lock
from typing import Final

from ledger.clock import Deadline

MOST_NAMES: Final = 10_000
NAME_CHARS: Final = 256  # of a name that was tried: no user has a longer one
WAIT_SECONDS: Final = 60
MOST_WAITS: Final = 60
"""Both as in `fail_password.sql`: a minute that doubles to an hour."""


class Guesses:
    """The names that were tried last, each with how often, and until when nobody may."""

    def __init__(self, most_failures: int) -> None:
        self._most, self._lock = most_failures, Lock()
        self._tried: OrderedDict[tuple[str, str], tuple[int, Deadline]] = OrderedDict()

    def locked_seconds(self, ledger_id: str, name: str) -> int:
        """For how long nobody may try; 0 where one may."""
        with self._lock:
            found = self._tried.get(_key(ledger_id, name))
        return 0 if found is None else ceil(found[1].remaining())

    def failed(self, ledger_id: str, name: str) -> None:
        """Somebody was wrong, as whoever tries such a name is."""
        key = _key(ledger_id, name)
        with self._lock:
            failures = self._tried.pop(key, (0, None))[0] + 1
            over = failures - self._most
            waits = min(MOST_WAITS, 2 ** min(over, MOST_WAITS)) if over >= 0 else 0
            self._tried[key] = failures, Deadline(WAIT_SECONDS * waits)
            if len(self._tried) > MOST_NAMES:
                self._tried.popitem(last=False)


def _key(ledger_id: str, name: str) -> tuple[str, str]:
    return ledger_id[:NAME_CHARS], name[:NAME_CHARS]
