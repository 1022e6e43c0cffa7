"""Time travel: one customer's account as it stood at a moment, folded from the log."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection

from ledger.core.customer import CUSTOMER
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM, Context
from ledger.core.errors import CustomerNotFound, InvalidRequest
from ledger.core.offers.catalog import Catalog
from ledger.core.profile import CUSTOMER_ID
from ledger.core.settings import SETTINGS, LedgerSettings
from ledger.core.state import Customer
from ledger.store import reading
from ledger.store.addresses import internal_stream
from ledger.store.codec import Codec
from ledger.store.connections import Limits, connect
from ledger.store.kinds import core_kinds
from ledger.store.log import reading_codec
from ledger.store.recorder import UnknownLedger
from ledger.store.sealing import OperatorKey
from replay.account import Account, balances_of, invoices_of, plans_of
from replay.moment import BusinessTime, Moment, Position, RecordedTime, parse_moment
from replay.statements import statement

ROWS_AT_ONCE: Final = 2_000


class Row(NamedTuple):
    """An event of a stream with both of its instants."""

    position: int
    version: int
    type: str
    state: bytes
    at: datetime
    recorded_at: datetime


def at(
    database_url: str,
    operator: OperatorKey,
    ledger_id: str,
    customer_id: str,
    moment: str,
    *,
    recorded: bool = False,
    limits: Limits | None = None,
) -> Account:
    """A customer as it stood at a moment: an instant or a day of business, or with `recorded` of what we knew, or
    `position:N`. A customer is named by its id, also one it had when it was deleted, or by its internal id.

    Business time counts every event up to the instant and what fell due by then, whether or not somebody has looked
    since. Raises `CustomerNotFound`, `InvalidInput` for what is no moment, `InvalidRequest` for one that is still to
    come, `UnknownLedger`.
    """
    with connect(database_url, limits or Limits()) as conn:
        conn.isolation_level, conn.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        with conn.transaction():
            return _Past(conn, operator, ledger_id).account(customer_id, moment, recorded=recorded)


class _Past:
    def __init__(self, conn: Connection[Any], operator: OperatorKey, ledger_id: str) -> None:
        self._conn, self._ledger_id = conn, ledger_id
        self._codec: Codec = reading_codec(conn, ledger_id, core_kinds(), operator)
        self._settings: LedgerSettings = self._whole(SETTINGS_STREAM, SETTINGS.evolve, SETTINGS.initial)

    def account(self, customer_id: str, text: str, *, recorded: bool) -> Account:
        zone = self._settings.zone
        moment, (head, clock) = parse_moment(text, zone, recorded=recorded), self._present()
        stream_id = self._find(customer_id)
        customer, last, later = self._fold(stream_id, moment)
        if not later:
            _check_past(moment, head, clock, CUSTOMER.business_now(customer, clock))
        now, numbered = self._now(customer, moment, last, clock), customer.account.invoices
        if isinstance(moment, BusinessTime):
            customer = self._caught_up(customer, stream_id, min(now, CUSTOMER.business_now(customer, clock)))
        return Account(
            self._ledger_id,
            text,
            stream_id,
            last.position if last else 0,
            last.version if last else 0,
            now,
            customer,
            plans_of(customer, now, zone),
            balances_of(customer, now, zone),
            invoices_of(customer, numbered),
        )

    def _now(self, customer: Customer, moment: Moment, last: Row | None, clock: datetime) -> datetime:
        match moment:
            case BusinessTime(instant):
                return instant
            case RecordedTime(instant):
                return CUSTOMER.business_now(customer, instant)
            case Position():
                return CUSTOMER.business_now(customer, last.recorded_at if last else clock)

    def _fold(self, stream_id: UUID, moment: Moment) -> tuple[Customer, Row | None, bool]:
        customer, last = CUSTOMER.initial, None
        for row in self._history(stream_id):
            if _beyond(row, moment):
                return customer, last, True
            customer = CUSTOMER.evolve(customer, self._codec.decode(row.type, row.state, stream_id))
            last = row
        return customer, last, False

    def _caught_up(self, customer: Customer, stream_id: UUID, now: datetime) -> Customer:
        # Nobody may have looked since: what fell due has happened all the same (architecture.md, "Time").
        context = Context(now, Catalog(), self._settings, stream_id)
        while (step := CUSTOMER.advance(customer, context)) is not None:
            customer = reduce(CUSTOMER.evolve, step[1], customer)
        return customer

    def _find(self, customer_id: str) -> UUID:
        key = (CUSTOMER_ID, customer_id)
        found = reading.read_claims(self._conn, self._ledger_id, [key]).get(key)
        found = found or internal_stream(customer_id) or self._former(customer_id)
        if found in (None, CATALOG_STREAM, SETTINGS_STREAM) or next(self._history(found), None) is None:
            raise CustomerNotFound(customer_id)
        return found

    def _former(self, customer_id: str) -> UUID | None:
        parameters = {"ledger_id": self._ledger_id, "customer_id": customer_id}
        row = self._conn.execute(statement("find_former"), parameters).fetchone()
        return None if row is None else row[0]

    def _present(self) -> tuple[int, datetime]:
        row = self._conn.execute(statement("read_present"), {"ledger_id": self._ledger_id}).fetchone()
        if row is None:
            raise UnknownLedger(self._ledger_id)
        return row[0], row[1]

    def _whole(self, stream_id: UUID, evolve: Any, state: Any) -> Any:
        for row in self._history(stream_id):
            state = evolve(state, self._codec.decode(row.type, row.state, stream_id))
        return state

    def _history(self, stream_id: UUID) -> Iterator[Row]:
        with self._conn.cursor(name=f"history_{stream_id.hex}") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            parameters = {"ledger_id": self._ledger_id, "stream_id": stream_id}
            for row in cursor.execute(statement("stream_history"), parameters, binary=True):
                yield Row(*row)


def _check_past(moment: Moment, head: int, clock: datetime, business_now: datetime) -> None:
    match moment:
        case Position(number) if number > head:
            raise InvalidRequest(f"position:{number} is still to come: the ledger's last event is at position {head}")
        case BusinessTime(instant) if instant > max(clock, business_now):
            raise InvalidRequest(f"{instant.isoformat()} is still to come")
        case RecordedTime(instant) if instant > clock:
            raise InvalidRequest(f"{instant.isoformat()} is still to come")


def _beyond(row: Row, moment: Moment) -> bool:
    match moment:
        case BusinessTime(instant):
            return row.at > instant
        case RecordedTime(instant):
            return row.recorded_at > instant
        case Position(number):
            return row.position > number


__all__ = ["Account", "at", "parse_moment"]
