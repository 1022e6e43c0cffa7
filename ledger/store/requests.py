"""What callers ask of a ledger and what they get."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ledger.core.decider import Command, Context
from ledger.core.errors import Refusal
from ledger.core.events import Event
from ledger.core.sealed import Sealed
from ledger.store.addresses import Address


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, for whom beside them, and why; all of it ends on the events."""

    actor: str
    on_behalf_of: str | None = None
    reason: Sealed | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key: within a ledger and a holder, the same request under it happens once in 30 days."""

    key: str
    holder: str
    verb: str
    request_hash: bytes


Expecting = Callable[[Any, Context], None]
"""What a caller makes sure of in the decision itself: it is given the stream as the command finds it and what deciding
looks at, under the head's lock, and what it raises refuses the command."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command on one stream. With a `once` of its own, a step whose key is known already counts once."""

    address: Address
    command: Command | None  # None only looks
    once: Once | None = None
    expecting: Expecting | None = None


class StepOutcome(NamedTuple):
    """The stream as the command found it (after what was due), as it left it, and the events it caused.

    `known` is true for a step that was left out because its own key had been used for the same request before.
    """

    stream_id: UUID
    before: Any
    after: Any
    events: Sequence[Event]
    known: bool = False


class Outcome(NamedTuple):
    """A request's answer as of `position`, the ledger's position when it was done; `now` is its business time."""

    position: int
    now: datetime
    steps: Sequence[StepOutcome]
    catalog: Any
    settings: Any
    replayed: bool = False
    pondered: Context | None = None

    @property
    def state(self) -> Any:
        """The first step's stream after the command."""
        return self.steps[0].after

    @property
    def context(self) -> Context:
        """What deciding the command would look at: only in the answer of `Ledger.ponder`."""
        assert self.pondered is not None, "only a command that was pondered has a context"
        return self.pondered

    @property
    def events(self) -> Sequence[Event]:
        """The events that the first step's command caused."""
        return self.steps[0].events


class DuplicateKey(Refusal):
    """An idempotency key came again with another request."""

    code = "duplicate_idempotency_key"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Idempotency key {key} was used for another request: send the same request again, or choose a new key"
        )


class StepsRefused(Refusal):
    """Some steps of an all-or-none request were refused: `refusals` by index; nothing was written.

    Code and sentence are those of the first.
    """

    def __init__(self, refusals: dict[int, Refusal]) -> None:
        first = refusals[min(refusals)]
        super().__init__(str(first))
        self.code = first.code
        self.refusals = refusals


class StoreUnavailable(Exception):
    """The database did not answer in time; try again after `retry_after_seconds`.

    `may_have_happened` is true when it could not be found out whether the command was recorded.
    """

    retry_after_seconds = 1

    def __init__(self, sentence: str, *, may_have_happened: bool = False) -> None:
        super().__init__(sentence)
        self.may_have_happened = may_have_happened
