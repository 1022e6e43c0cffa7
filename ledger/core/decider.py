"""The shape every kind of stream has: a state, what changes it, and what it allows.

The store knows streams only through this: it folds with `evolve`, lets fall due with `advance`, asks
`decide`, and keeps what `claims` and `due_at` say. All of it is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple
from uuid import UUID

import msgspec

from ledger.core.errors import InvalidRequest
from ledger.core.events import Event

if TYPE_CHECKING:
    from ledger.core.offers.catalog import Catalog
    from ledger.core.settings import LedgerSettings
    from ledger.core.subscriptions.held import Held

CATALOG_STREAM: Final = UUID(int=1)
SETTINGS_STREAM: Final = UUID(int=2)

CLOCK: Final = "clock"
"""The actor of what happens by itself; nobody else may carry the name."""


class Ask(NamedTuple):
    """A claim that a command wants looked up, under the head lock, before it is decided."""

    kind: str
    value: str
    personal: bool = False


class Command(msgspec.Struct, frozen=True):
    """Something a caller wants to happen. Commands are never stored, but for those that may have to be paid first.

    Such a class has a name, `waits_as`, that it is kept by in `change.held` while it waits for its payer. It obeys the
    rule of events, and so does what it is made of: a field may be added with a default, never changed or removed.
    """

    waits_as: ClassVar[str | None] = None

    def asks(self) -> Sequence[Ask]:
        """The claims whose holders the decision depends on."""
        return ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that this stream takes (`held`) or gives back; unique in its ledger within its kind.

    A `shared` one may be taken by any number of streams: the first is remembered, and it is never given back.
    A `per_stream` one is unique only within its stream: it is kept with the stream's id behind the value
    (`<value>@<stream id>`), and several streams may hold the same value.
    """

    kind: str
    value: str
    held: bool = True
    personal: bool = False
    shared: bool = False
    per_stream: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at besides the state of its own stream.

    `moved_to` is the business instant that the caller asked for (`Tallystick-Now`, or a test clock moved);
    then `now` is that instant. `last_at` is the instant of the stream's last event, `reasoned` says whether
    the caller gave a reason, `claims` who holds what the command asked about. `next_invoice` is the number that the
    ledger's next final invoice gets: under the head lock, so that there are no gaps. `paid_for` is the change that is
    being decided where it waited for its payment: its invoice is made and paid.
    """

    now: datetime
    catalog: Catalog
    settings: LedgerSettings
    stream_id: UUID
    claims: Mapping[tuple[str, str], UUID] = field(default_factory=dict)
    moved_to: datetime | None = None
    last_at: datetime | None = None
    reasoned: bool = True
    next_invoice: int = 1
    paid_for: Held | None = None


@dataclass(frozen=True, slots=True)
class Decider:
    """One kind of stream.

    The order for every command: `admit` (refuses a stream or a clock that takes no such command, before anything
    happens), then `advance` until it answers None, then `decide`. `advance` answers the next thing that is due at
    or before `context.now`, as its instant and its events; the caller folds them and asks again. `due_at` is the
    instant at which somebody must ask next. `asks` names the claims that a command needs looked up, given the state.
    `business_now` is the instant a command happens at: the stream's standing test clock, else the given
    recording instant in whole milliseconds. A state's `version` is the number of events folded into it. `fold_quicker`
    is a quicker way to `fold` many events at once, where there is one.
    """

    name: str
    state_type: type[Any]
    initial: Any
    evolve: Callable[[Any, Event], Any]
    admit: Callable[[Any, Any, Context], None]
    decide: Callable[[Any, Any, Context], Sequence[Event]]
    advance: Callable[[Any, Context], tuple[datetime, Sequence[Event]] | None]
    due_at: Callable[[Any], datetime | None]
    claims: Callable[[Any, Event], Sequence[Claim]]
    business_now: Callable[[Any, datetime], datetime]
    asks: Callable[[Any, Any], Sequence[Ask]] = lambda _state, command: command.asks()
    fold_quicker: Callable[[Any, Iterable[Event]], Any] | None = None

    def fold(self, state: Any, events: Iterable[Event]) -> Any:
        """Fold events in order: what `evolve` answers for one after the other."""
        if self.fold_quicker is not None:
            return self.fold_quicker(state, events)
        return reduce(self.evolve, events, state)


def whole_milliseconds(instant: datetime) -> datetime:
    """Business instants are whole milliseconds, as on the wire.

    Cut, never rounded: a rounded instant could lie in the future of the one it came from.
    """
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def admit_all(_state: object, _command: object, context: Context) -> None:
    """`admit` of a kind of stream that is always there and always on real time."""
    if context.moved_to is not None:
        raise InvalidRequest("The catalog and a ledger's settings are always on real time: leave out Tallystick-Now")


def nothing_due(_state: object, _context: Context) -> None:
    """`advance` of a kind of stream on which nothing ever falls due."""
    return


def never(_state: object) -> None:
    """`due_at` of a kind of stream on which nothing ever falls due."""
    return


def no_claims(_state: object, _event: Event) -> Sequence[Claim]:
    """`claims` of a kind of stream that takes no names."""
    return ()


def real_time(_state: object, recorded_at: datetime) -> datetime:
    """`business_now` of a kind of stream that is always on real time."""
    return whole_milliseconds(recorded_at)
