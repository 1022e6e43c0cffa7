"""The moment of the past that a read is about, as lists and folds need it: how far in the log, and how far in business.

Both grow within a stream, so what a row was then is its last version with a position and an instant inside both.
"""

from datetime import datetime
from typing import Any, NamedTuple


class When(NamedTuple):
    """What was known after `position` events, which was at `known_at`; of that, what was true at `at` or before.

    Without `at` it is the present of then: everything that was known.
    """

    position: int
    known_at: datetime
    at: datetime | None = None

    def parameters(self) -> dict[str, Any]:
        """As statements take it: `upto_position` and `upto_at`."""
        return {"upto_position": self.position, "upto_at": self.at}
