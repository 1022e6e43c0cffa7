"""The shape every kind of stream has: a state, what changes it, and what it allows.

The store knows streams only through this: it folds with `evolve`, lets fall due with `advance`, asks
`decide`, and keeps what `claims` and `due_at` say. All of it is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import msgspec

from ledger.core.events import Event

if TYPE_CHECKING:
    from ledger.core.catalog import Catalog
    from ledger.core.settings import LedgerSettings

CATALOG_STREAM: Final = UUID(int=1)
SETTINGS_STREAM: Final = UUID(int=2)


class Ask(NamedTuple):
    """A claim that a command wants looked up, under the head lock, before it is decided."""

    kind: str
    value: str
    personal: bool = False


class Command(msgspec.Struct, frozen=True):
    """Something a caller wants to happen. Commands are never stored."""

    def asks(self) -> Sequence[Ask]:
        """The claims whose holders the decision depends on."""
        return ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that this stream takes (`held`) or gives back; unique in its ledger within its kind.

    A `shared` one may be taken by any number of streams: the first is remembered, and it is never given back.
    """

    kind: str
    value: str
    held: bool = True
    personal: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at besides the state of its own stream."""

    now: datetime
    catalog: Catalog
    settings: LedgerSettings
    stream_id: UUID
    claims: Mapping[tuple[str, str], UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decider:
    """One kind of stream.

    `advance` answers the next thing that is due at or before `context.now`, as its instant and its events, or
    None; the caller folds them and asks again. `due_at` is the instant at which somebody must ask next.
    `business_now` is the instant a command happens at: the stream's standing test clock, else the given
    recording instant in whole milliseconds. A state's `version` is the number of events folded into it.
    """

    name: str
    state_type: type[Any]
    initial: Any
    evolve: Callable[[Any, Event], Any]
    decide: Callable[[Any, Any, Context], Sequence[Event]]
    advance: Callable[[Any, Context], tuple[datetime, Sequence[Event]] | None]
    due_at: Callable[[Any], datetime | None]
    claims: Callable[[Any, Event], Sequence[Claim]]
    business_now: Callable[[Any, datetime], datetime]


def whole_milliseconds(instant: datetime) -> datetime:
    """Business instants are whole milliseconds, as on the wire; the rest is cut off."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def nothing_due(state: object, context: Context) -> None:
    """`advance` of a kind of stream on which nothing ever falls due."""
    return None


def never(state: object) -> None:
    """`due_at` of a kind of stream on which nothing ever falls due."""
    return None


def real_time(state: object, recorded_at: datetime) -> datetime:
    """`business_now` of a kind of stream that is always on real time."""
    return whole_milliseconds(recorded_at)
