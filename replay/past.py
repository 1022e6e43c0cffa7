"""One customer as it stood at a moment, folded from the log: what every read of the past is made of.

    with store.pool.connection() as conn:
        past = Past(conn, store.operator, "main")
        stood = past.customer(past.find("acme", when), when)
    stood.customer, stood.now     # to be shown as the present is

Of the customer's events those count that were recorded by `when.position` and happened by `when.at`. With `when.at`
what had fallen due by then has happened too, whether or not somebody has looked since.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection

from ledger.core.customer import CUSTOMER
from ledger.core.decider import CATALOG_STREAM, CLOCK, SETTINGS_STREAM, Context
from ledger.core.errors import CustomerNotFound, InvalidRequest
from ledger.core.events import stored_name
from ledger.core.offers.catalog import Catalog
from ledger.core.settings import LedgerSettings
from ledger.core.state import Customer
from ledger.store.addresses import internal_stream
from ledger.store.kinds import core_kinds
from ledger.store.log import reading_codec
from ledger.store.milestones import keep_milestones, read_milestone
from ledger.store.reading import SnapshotRow
from ledger.store.sealing import OperatorKey, SealBroken
from ledger.store.snapshots import SnapshotUnreadable, keep, passes_milestone, restore
from projections.projection import Recorded
from projections.when import When
from replay.statements import statement

ROWS_AT_ONCE: Final = 2_000


class Reached(NamedTuple):
    """How far a stream had come: its last event inside a moment, and whether more had been recorded by then."""

    version: int
    position: int
    at: datetime | None
    more: bool


NOWHERE: Final = Reached(0, 0, None, more=False)


@dataclass(frozen=True)
class Stood:
    """A customer at a moment. `recorded` is as its events had left it, after `version` of them, the last at `position`;
    `ahead` is what had fallen due since, in order, and `customer` is with that. `now` is the business time it stood at.
    """

    when: When
    stream_id: UUID
    recorded: Customer
    customer: Customer
    version: int
    position: int
    now: datetime
    ahead: Sequence[Recorded] = ()

    @property
    def numbered(self) -> frozenset[str]:
        """The invoices that had a number: what fell due since gets one when somebody looks."""
        invoices = self.recorded.account.invoices.values()
        return frozenset(each.invoice_id for each in invoices if each.number is not None)


class Past:
    """Looks into the past of one ledger. `conn` is in no transaction: states that are worth it are kept over it."""

    def __init__(self, conn: Connection[Any], operator: OperatorKey, ledger_id: str) -> None:
        self._conn, self._ledger_id, self._kinds = conn, ledger_id, core_kinds()
        self._codec = reading_codec(conn, ledger_id, self._kinds, operator)

    def find(self, customer_id: str, when: When) -> UUID:
        """The stream of the customer that had an id then, or that has it as its internal id. Raises `CustomerNotFound`.

        Needs the model customers to have reached the moment.
        """
        found = self.holder(customer_id, when) or internal_stream(customer_id)
        if found is None or found in (CATALOG_STREAM, SETTINGS_STREAM):
            raise CustomerNotFound(customer_id, then=True)
        return found

    def holder(self, customer_id: str, when: When) -> UUID | None:
        """The customer that had an id of its own then, as far as the model customers has come."""
        parameters = {"ledger_id": self._ledger_id, "customer_id": customer_id, **when.parameters()}
        row = self._conn.execute(statement("find_then"), parameters).fetchone()
        return None if row is None else row[0]

    def customer(self, stream_id: UUID, when: When, settings: LedgerSettings) -> Stood:
        """A customer at a moment, also one that had been deleted or was not there yet; `settings` are those of then.

        Raises `InvalidRequest` where `when.at` is still to come for it: a sandbox customer's own clock may go ahead of
        real time, and nothing is known beyond where it stands.
        """
        reached = self.reached(stream_id, when)
        recorded: Customer = self._fold(stream_id, reached)
        business_now = CUSTOMER.business_now(recorded, when.known_at)
        if when.at is not None and not reached.more and when.at > max(when.known_at, business_now):
            raise still_to_come(when.at, business_now if recorded.clock else None)
        if when.at is None:
            now = recorded.clock or min(when.known_at, recorded.due_at or when.known_at)
            return Stood(when, stream_id, recorded, recorded, reached.version, reached.position, now)
        # Its own clock may stand before the instant; what comes after that in the log moved it past.
        now = when.at if reached.more else min(when.at, business_now)
        ahead, customer = self._fallen_due(recorded, Context(now, Catalog(), settings, stream_id), reached, when)
        return Stood(when, stream_id, recorded, customer, reached.version, reached.position, now, ahead)

    def settings(self, when: When, present: LedgerSettings) -> LedgerSettings:
        """The ledger's settings as they were known; `present` are those of now, of which they mostly are."""
        found: LedgerSettings = self._whole(SETTINGS_STREAM, when, present)
        return found

    def catalog(self, when: When, present: Catalog) -> Catalog:
        """The catalog as it was known."""
        found: Catalog = self._whole(CATALOG_STREAM, when, present)
        return found

    def reached(self, stream_id: UUID, when: When) -> Reached:
        """How far a stream had come at a moment."""
        parameters = {"ledger_id": self._ledger_id, "stream_id": stream_id, **when.parameters()}
        row = self._conn.execute(statement("find_version"), parameters, prepare=True).fetchone()
        if row is None:
            return NOWHERE
        version, position, at, more = row
        return Reached(version or 0, position or 0, at, bool(more))

    def _whole(self, stream_id: UUID, when: When, present: Any) -> Any:
        # The catalog and the settings are on real time: what was known of them is what was true.
        reached = self.reached(stream_id, when._replace(at=None))
        return present if present.version == reached.version else self._fold(stream_id, reached)

    def _fold(self, stream_id: UUID, reached: Reached) -> Any:
        decider, code_version = self._kinds.of(stream_id), self._kinds.code_version
        state, kept = decider.initial, list[SnapshotRow]()
        milestone = read_milestone(self._conn, self._ledger_id, stream_id, reached.version, code_version)
        if milestone is not None:
            # Forgotten between the two: then there is nothing to open, and the life is folded without its names.
            with suppress(SnapshotUnreadable, SealBroken):
                state = restore(self._codec, decider, milestone)
        evolve, decode = decider.evolve, self._codec.decode
        parameters = {"ledger_id": self._ledger_id, "stream_id": stream_id, "upto": reached.version}
        with self._conn.transaction(), self._conn.cursor(name=f"tail_{stream_id.hex}") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(statement("stream_tail"), {**parameters, "after": state.version}, binary=True)
            for version, name, data, at in cursor:
                state = evolve(state, decode(name, data, stream_id))
                if passes_milestone(version - 1, version):
                    kept.append(keep(self._codec, stream_id, state, at))
        if kept:
            # A convenience for who comes next: where nothing can be written, nothing is.
            with suppress(psycopg.Error):
                keep_milestones(self._conn, self._ledger_id, stream_id, kept, code_version)
        return state

    def _fallen_due(
        self, customer: Customer, context: Context, reached: Reached, when: When
    ) -> tuple[list[Recorded], Customer]:
        found: list[Recorded] = []
        while (due := CUSTOMER.advance(customer, context)) is not None:
            at, events = due
            for event in events:
                customer = CUSTOMER.evolve(customer, event)
                place = (reached.position, context.stream_id, customer.version)
                found.append(Recorded(*place, stored_name(event), event, CLOCK, None, "", at, when.known_at))
        return found, customer


def still_to_come(at: datetime, clock: datetime | None) -> InvalidRequest:
    """The refusal of a business instant that has not come."""
    bound = "" if clock is None else f": the customer's own clock stands at {clock.isoformat()}"
    return InvalidRequest(f"at was {at.isoformat()}, which is still to come{bound}")
