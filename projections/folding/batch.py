"""A batch of events, and a model's states moved by it."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from projections.folding.failures import ModelFailed
from projections.projection import Final, Model, Recorded


class Batch:
    """Events in the order of the log, each with the number of its stream: hashing a UUID costs more than a look-up."""

    def __init__(self, events: Sequence[Recorded]) -> None:
        numbers, self.stream_ids = dict[int, int](), list[UUID]()
        self.events = events
        self._numbered = list[tuple[int, Recorded]]()
        for each in events:
            number = numbers.setdefault(each.stream_id.int, len(numbers))
            if number == len(self.stream_ids):
                self.stream_ids.append(each.stream_id)
            self._numbered.append((number, each))
        self._types = {type(each.event) for each in events}
        self._begun = {number for number, each in self._numbered if each.version == 1}

    def concerns(self, model: Model) -> bool:
        """Whether there is anything that a model folds."""
        return not self._types.isdisjoint(model.folds)

    def of(self, model: Model) -> Sequence[tuple[int, Recorded]]:
        """What a model folds, each event behind the number of its stream."""
        folds = model.folds
        if self._types <= folds:
            return self._numbered
        return [each for each in self._numbered if type(each[1].event) in folds] if self.concerns(model) else []

    def begins(self, number: int) -> bool:
        """Whether a stream has no rows from before this batch."""
        return number in self._begun


def fold_events(model: Model, events: Iterable[tuple[int, Recorded]], states: dict[int, Any]) -> list[Final]:
    """Move states, by the numbers of their streams, by events; answers the rows that became final, in their order.

    Raises `ModelFailed`.
    """
    fold, finals = model.fold, list[Final]()
    for number, recorded in events:
        try:
            states[number], final = fold(states[number], recorded)
        except Exception as error:
            raise ModelFailed(model.name, recorded.position, error) from error
        finals.extend(final)
    return finals
