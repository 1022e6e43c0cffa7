"""One request being decided: what it would do, kept apart until all of it is allowed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ledger.core.events import Event, InvoiceFinalized
from ledger.store.writer.journal import Author
from ledger.store.writer.warm import Warm


class Staged(NamedTuple):
    warm: Warm
    before: Any
    event: Event
    version: int
    at: datetime
    by: Author


class Stage:
    """States as this request has changed them so far, and its events in order."""

    __slots__ = ("_last_ats", "_states", "begun", "entries", "invoices")

    def __init__(self) -> None:
        # By the stream itself: hashing a UUID costs more than a look-up.
        self._last_ats: dict[Warm, datetime] = {}
        self._states: dict[Warm, Any] = {}
        self.entries: list[Staged] = []
        self.begun: list[UUID] = []
        self.invoices = 0  # how many it has finalized

    def state(self, warm: Warm) -> Any:
        """The stream as this request sees it."""
        return self._states.get(warm, warm.state)

    def last_at(self, warm: Warm) -> datetime | None:
        """The instant of the stream's last event as this request sees it."""
        return self._last_ats.get(warm, warm.last_at)

    def changes(self, warm: Warm) -> bool:
        """Whether this request has events of its own on the stream already."""
        return warm in self._states

    def add(self, warm: Warm, events: Sequence[Event], at: datetime, by: Author) -> Any:
        """Fold events in, each with its author's reason; answers the state after them."""
        state, evolve = self.state(warm), warm.decider.evolve
        for each in events:
            event = each if by.reason is None else msgspec.structs.replace(each, reason=by.reason)
            after = evolve(state, event)
            self.entries.append(Staged(warm, state, event, after.version, at, by))
            if type(event) is InvoiceFinalized:
                self.invoices += 1
            state = after
        self._states[warm] = state
        if events:
            self._last_ats[warm] = at
        return state

    def settle(self) -> None:
        """The request is allowed: its states are the streams' states now."""
        for warm, state in self._states.items():
            warm.state = state
