"""States of streams that stay in memory between batches: who is met again need not be loaded again.

All models of all ledgers that a runner follows share one room, which goes with the machine's memory. Where it is full,
those go that were not used for longest, of the model and ledger that has most.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID
from weakref import WeakSet

from ledger.embedded.sizing import memory_at_hand
from projections.folding.changes import Moved
from projections.projection import Model

KILOBYTE: Final = 1024
PART_OF_MEMORY: Final = 48
LEAST_KILOBYTES: Final = 128 * KILOBYTE  # some twenty thousand customers with two balances each


class States:
    """States of the streams of one generation of a model, as of the position it is folded to.

    What a batch takes out is given back when the batch has committed. `kilobytes` is about what they take in memory.
    """

    def __init__(self, model: Model) -> None:
        self._size, self.kilobytes = model.size, 0
        self._states: OrderedDict[int, Any] = OrderedDict()  # hashing a UUID costs more than a look-up

    def take(self, stream_id: UUID) -> Any:
        """The state of a stream, or None when it must be loaded."""
        state = self._states.pop(stream_id.int, None)
        if state is not None:
            self.kilobytes -= self._size(state)
        return state

    def keep(self, moved: Iterable[Moved]) -> None:
        """Remember what a committed batch left behind."""
        for stream_id, _, state in moved:
            self._states[stream_id.int] = state
            self.kilobytes += self._size(state)

    def drop(self, kilobytes: int) -> None:
        """Forget the oldest of them, until that much is free or nothing is left."""
        least = self.kilobytes - kilobytes
        while self.kilobytes > least and self._states:
            self.kilobytes -= self._size(self._states.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget everything: it will be loaded from the rows."""
        self._states.clear()
        self.kilobytes = 0


class Room:
    """How many `kilobytes` the states of a runner may take in memory together. Belongs to one thread."""

    def __init__(self, kilobytes: int | None = None) -> None:
        self.kilobytes = _by_memory() if kilobytes is None else kilobytes
        self._holders: WeakSet[States] = WeakSet()

    def states(self, model: Model) -> States:
        """None yet, of a generation of a model."""
        states = States(model)
        self._holders.add(states)
        return states

    def tidy(self) -> None:
        """Forget what there is no room for."""
        over = sum(each.kilobytes for each in self._holders) - self.kilobytes
        while over > 0:
            largest = max(self._holders, key=lambda each: each.kilobytes)
            before = largest.kilobytes
            largest.drop(over)
            over -= before - largest.kilobytes


def _by_memory() -> int:
    return max(LEAST_KILOBYTES, memory_at_hand() // KILOBYTE // PART_OF_MEMORY)
