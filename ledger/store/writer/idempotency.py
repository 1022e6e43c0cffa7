"""Idempotency within a batch: keys known from the log, keys used a moment ago by a request before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.store.reading import OnceRow
from ledger.store.requests import DuplicateKey, Once, Outcome
from ledger.store.writer.pending import Pending

Place = tuple[str, str]


class OnceUse(NamedTuple):
    """An idempotency row to be written."""

    once: Once
    began_after: int
    position: int
    business_now: datetime
    stream_ids: Sequence[UUID]
    event_counts: Sequence[int]


class _Fresh(NamedTuple):
    once: Once
    outcome: Outcome | None


class BatchOnces:
    """The same request under a key gets the first answer; another request under it is refused.

    A refused request leaves no key behind; a success without events does. A step's own row only says that the step
    counts already: its answer is its request's.
    """

    def __init__(self, known: Mapping[Place, OnceRow]) -> None:
        self._known = known
        self._fresh: dict[Place, _Fresh] = {}
        self._steps: dict[Place, Once] = {}
        self.uses: list[OnceUse] = []

    def answers(self, request: Pending, once: Once) -> bool:
        """Whether the key was used before for this very request, which then has its answer or its replay row."""
        place = (once.holder, once.key)
        fresh = self._fresh.get(place)
        if fresh is not None:
            if fresh.outcome is None or not _same(fresh.once, once):
                raise DuplicateKey(once.key)
            request.outcome = fresh.outcome._replace(replayed=True)
            return True
        row = self._known.get(place)
        if row is None:
            return False
        if not _same(row, once):
            raise DuplicateKey(once.key)
        request.replay = row
        return True

    def step_is_known(self, once: Once) -> bool:
        """Whether a step's own key was used for the same step before, which then counts once."""
        place = (once.holder, once.key)
        first = self._steps.get(place)
        if first is None and place in self._fresh:
            first = self._fresh[place].once
        if first is not None:
            if not _same(first, once):
                raise DuplicateKey(once.key)
            return True
        row = self._known.get(place)
        if row is not None and not _same(row, once):
            raise DuplicateKey(once.key)
        return row is not None

    def step_uses(self, once: Once) -> None:
        """A step was decided under its own key; it stands if its request does."""
        self._steps[once.holder, once.key] = once

    def undo_steps(self) -> None:
        """The request of the steps was refused."""
        self._steps.clear()

    def use(self, request: Pending, outcome: Outcome, began_after: int) -> None:
        """Write down the keys of a request that was allowed."""
        if request.once is not None:
            streams = [step.stream_id for step in outcome.steps]
            counts = [len(step.events) for step in outcome.steps]
            self._write(request.once, outcome, began_after, streams, counts)
            self._fresh[request.once.holder, request.once.key] = _Fresh(request.once, outcome)
        for once in self._steps.values():
            self._write(once, outcome, began_after, (), ())
            self._fresh[once.holder, once.key] = _Fresh(once, None)
        self._steps.clear()

    def _write(
        self, once: Once, outcome: Outcome, began_after: int, streams: Sequence[UUID], counts: Sequence[int]
    ) -> None:
        self.uses.append(OnceUse(once, began_after, outcome.position, outcome.now, streams, counts))


def _same(first: Once | OnceRow, once: Once) -> bool:
    return (first.verb, first.request_hash) == (once.verb, once.request_hash)
