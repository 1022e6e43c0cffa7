"""What a batch will write: events in order, and the rows that follow from them."""

from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from ledger.core.decider import CLOCK
from ledger.core.events import Event, stored_name
from ledger.core.sealed import Sealed
from ledger.store.chain import NULL, Draft, bytes_field, instant_field, integer_field, text_field
from ledger.store.codec import Codec
from ledger.store.reading import SnapshotRow
from ledger.store.requests import Caller
from ledger.store.writer.warm import Warm


class Author(NamedTuple):
    """Who an event is by, as it is hashed, and the reason it carries."""

    actor: bytes
    on_behalf_of: bytes
    request_id: bytes
    reason: Sealed | None


THE_CLOCK: Final = Author(text_field(CLOCK), NULL, text_field(""), None)


@lru_cache(10_000)
def _actor_field(actor: str) -> bytes:
    return text_field(actor)


def author(caller: Caller) -> Author:
    """The caller as its events say it."""
    on_behalf_of = NULL if caller.on_behalf_of is None else text_field(caller.on_behalf_of)
    return Author(_actor_field(caller.actor), on_behalf_of, text_field(caller.request_id), caller.reason)


class Journal:
    """Grows as requests are decided; written in one transaction."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._types: dict[type[Event], bytes] = {}
        self._instants: dict[datetime, bytes] = {}
        self.drafts: list[Draft] = []
        self.touched: dict[Warm, None] = {}
        self.due: list[tuple[UUID, datetime | None]] = []
        self.snapshots: list[SnapshotRow] = []
        self.milestones: list[SnapshotRow] = []

    def write(self, warm: Warm, version: int, event: Event, at: datetime, by: Author) -> None:
        """Add an event of a stream at its version."""
        state = self._codec.encode(event, warm.stream_id)
        self.drafts.append(
            Draft(
                warm.field,
                integer_field(version),
                self._type_field(event),
                bytes_field(state),
                by.actor,
                by.on_behalf_of,
                by.request_id,
                self._instant_field(at),
            )
        )
        warm.last_at = at
        self.touched[warm] = None

    def _type_field(self, event: Event) -> bytes:
        field = self._types.get(type(event))
        if field is None:
            field = self._types[type(event)] = text_field(stored_name(event))
        return field

    def _instant_field(self, at: datetime) -> bytes:
        field = self._instants.get(at)
        if field is None:
            field = self._instants[at] = instant_field(at)
        return field
