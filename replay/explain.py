"""Why a number is what it is: the events of a customer that made it, each with what it changed.

    with store.pool.connection() as conn:
        found = explain(conn, store.operator, "main", stream_id, upto=view.position)
    found.balances["3.0"]["remaining"]    # parts; their changes sum to what remains

Nothing is worked out here: the customer is folded event by event as everywhere else, and what a fold changed in a
number is the event's part of it. So the parts of a number always sum to it.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from psycopg import Connection

from ledger.core.balances.balance import Grant
from ledger.core.events import ChargeAccrued, Event, InvoiceCreated, InvoiceUpdated, Line
from ledger.core.folding import evolve
from ledger.core.invoices.invoice import Invoice
from ledger.core.money import ZERO, add, subtract
from ledger.core.state import Customer
from ledger.store.kinds import core_kinds
from ledger.store.log import reading_codec
from ledger.store.sealing import OperatorKey
from projections.projection import Recorded
from replay.statements import statement

MOST_PARTS: Final = 500
ROWS_AT_ONCE: Final = 2_000

Numbers = Mapping[str, Decimal]
T = TypeVar("T")


class Source(NamedTuple):
    """An event as the one that did something: where it is in the log, and who did it when and why."""

    position: int
    version: int
    type: str
    at: datetime
    actor: str
    on_behalf_of: str | None
    reason: str | None


class Part(NamedTuple):
    """What one event changed in a number. The earliest of very many stand together: `events` from first to last."""

    first: Source
    last: Source
    events: int
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        return subtract(self.after, self.before)


class Number:
    """The parts of one number, oldest first; of very many the last ones singly."""

    def __init__(self) -> None:
        self._parts: deque[Part] = deque()

    def move(self, source: Source, before: Decimal, after: Decimal) -> None:
        """An event changed the number."""
        self._parts.append(Part(source, source, 1, before, after))
        if len(self._parts) > MOST_PARTS:
            one, other = self._parts.popleft(), self._parts.popleft()
            self._parts.appendleft(Part(one.first, other.last, one.events + other.events, one.before, other.after))

    def change(self, source: Source, by: Decimal) -> None:
        """An event made the number what it is at once; nothing where that is zero."""
        if by:
            self.move(source, ZERO, by)

    @property
    def parts(self) -> Sequence[Part]:
        return list(self._parts)


class Waited(NamedTuple):
    """A line that was owed before there was an invoice for it, and the event that says so."""

    line: Line
    source: Source


@dataclass(slots=True)
class Written:
    """A line of an invoice: who wrote its amount and the discounts off it, and the events that it was charged for."""

    line: Line
    amount: Sequence[Part]
    discounts: Sequence[Part]
    sources: Sequence[Source] = ()
    first: Source | None = None
    last: Source | None = None
    events: int = 0


@dataclass(slots=True)
class Explained:
    """Parts of every number, by the id of a grant or an invoice and the number's name."""

    balances: dict[str, dict[str, Number]] = field(default_factory=dict)
    invoices: dict[str, dict[str, Number]] = field(default_factory=dict)
    lines: dict[str, list[Written]] = field(default_factory=dict)


def explain(
    conn: Connection[Any],
    operator: OperatorKey,
    ledger_id: str,
    stream_id: UUID,
    *,
    upto: int,
    ahead: Iterable[Recorded] = (),
) -> Explained:
    """Explain every balance and every invoice of a customer as of a position, ended ones as they last stood.

    `ahead` are events that follow from those and have not been recorded (`replay.past`).
    """
    codec = reading_codec(conn, ledger_id, core_kinds(), operator)
    explaining = Explaining()
    with conn.transaction(), conn.cursor(name=f"explain_{stream_id.hex}") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        parameters = {"ledger_id": ledger_id, "stream_id": stream_id, "upto": upto}
        for row in cursor.execute(statement("stream_sources"), parameters, binary=True):
            position, version, name, state, at, actor, on_behalf_of = row
            event = codec.decode(name, state, stream_id)
            reason = None if event.reason is None else event.reason.text()
            explaining.happen(Source(position, version, name, at, actor, on_behalf_of, reason), event)
    for recorded in ahead:
        told = (recorded.position, recorded.version, recorded.type, recorded.at, recorded.actor, None, None)
        explaining.happen(Source(*told), recorded.event)
    return explaining.explained()


class Explaining:
    """Folds a customer and notes what each event changed. Pure: events are given to it in order."""

    def __init__(self) -> None:
        self.customer = Customer()
        self._found = Explained()
        self._sources: list[Source] = []
        self._events: list[tuple[str | None, str | None]] = []
        self._accrued: dict[str, Waited] = {}

    def happen(self, source: Source, event: Event) -> None:
        """Fold one more event of the stream."""
        before, after = self.customer, evolve(self.customer, event)
        self.customer = after
        self._sources.append(source)
        self._events.append((getattr(event, "feature_id", None), getattr(event, "subscription_id", None)))
        for key, was, grant in _changed(before.grants, after.grants):
            self._note(self._found.balances, key, source, balance_numbers(was) if was else {}, balance_numbers(grant))
        for key, known, each in _changed(before.account.invoices, after.account.invoices):
            self._note(
                self._found.invoices, key, source, invoice_numbers(known) if known else {}, invoice_numbers(each)
            )
        self._write(source, event)

    def explained(self) -> Explained:
        """What has been noted, lines with the events that they were charged for."""
        for lines in self._found.lines.values():
            for written in lines:
                self._resolve(written)
        return self._found

    def _note(
        self, subjects: dict[str, dict[str, Number]], key: str, source: Source, before: Numbers, after: Numbers
    ) -> None:
        numbers = subjects.setdefault(key, {name: Number() for name in after})
        for name, value in after.items():
            was = before.get(name, ZERO)
            if value != was:
                numbers[name].move(source, was, value)

    def _write(self, source: Source, event: Event) -> None:
        match event:
            case ChargeAccrued():
                self._accrued[event.charge_id] = Waited(event.line, source)
            case InvoiceCreated():
                waited = [self._accrued.pop(key) for key in event.charges if key in self._accrued]
                self._found.lines[event.invoice_id] = [_written(source, line, waited) for line in event.lines]
            case InvoiceUpdated() if event.lines is not None:
                self._found.lines[event.invoice_id] = [_written(source, line, []) for line in event.lines]

    def _resolve(self, written: Written) -> None:
        line = written.line
        if line.first_version is None or line.last_version is None:
            return
        stretch = range(max(1, line.first_version), min(line.last_version, len(self._sources)) + 1)
        if not stretch:
            return
        found = [version for version in stretch if len(stretch) == 1 or self._about(version, line)]
        written.first, written.last = self._sources[stretch[0] - 1], self._sources[stretch[-1] - 1]
        written.events = len(found)
        written.sources = (*(self._sources[each - 1] for each in found[-MOST_PARTS:]), *written.sources)

    def _about(self, version: int, line: Line) -> bool:
        feature_id, subscription_id = self._events[version - 1]
        if line.feature_id is not None and feature_id is not None:
            return feature_id == line.feature_id
        return subscription_id is not None and subscription_id == line.subscription_id


def _written(source: Source, line: Line, waited: list[Waited]) -> Written:
    """A line and who wrote it; a charge that waited for the invoice is behind the line that it became."""
    amount, discounts = Number(), Number()
    amount.change(source, Decimal(line.before_discounts_minor))
    discounts.change(source, Decimal(line.amount_minor - line.before_discounts_minor))
    found = next((each for each in waited if each.line == line), None)
    if found is None:
        return Written(line, amount.parts, discounts.parts)
    waited.remove(found)
    return Written(line, amount.parts, discounts.parts, (found.source,))


def balance_numbers(grant: Grant) -> Numbers:
    """The numbers of a balance as people see them: what remains is never below zero."""
    return {
        "granted": grant.granted,
        "included_grant": grant.included,
        "prepaid_grant": grant.prepaid,
        "remaining": max(ZERO, grant.balance),
        "usage": grant.used,
    }


def invoice_numbers(invoice: Invoice) -> Numbers:
    """The numbers of an invoice, in minor units."""
    return {
        "total": Decimal(invoice.total_minor),
        "credit_applied": Decimal(invoice.credit_applied_minor),
        "amount_paid": Decimal(invoice.paid_minor),
        "credited": Decimal(invoice.credited_minor + invoice.returned_minor),
        "refunded_amount": Decimal(invoice.refunded_minor),
        "due": Decimal(invoice.due_minor),
    }


def total(parts: Sequence[Part]) -> Decimal:
    """The sum of the changes: the number itself."""
    found = ZERO
    for part in parts:
        found = add(found, part.change)
    return found


def _changed(before: Mapping[str, T], after: Mapping[str, T]) -> Iterator[tuple[str, T | None, T]]:
    if after is before:
        return
    for key, each in after.items():
        was = before.get(key)
        if was is not each:
            yield key, was, each
