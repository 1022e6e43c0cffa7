"""What customers owe and have paid: the core's fold of invoices, each with its lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final as Constant
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.core.events import (
    CreditNoteIssued,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Line,
    PaymentRefunded,
    PaymentSucceeded,
)
from ledger.core.invoices import invoice as invoicing
from ledger.core.invoices.invoice import Account, Invoice, InvoiceStatus
from projections.jsonb import plain_json, state_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table

UNFINISHED: Constant = (InvoiceStatus.DRAFT, InvoiceStatus.OPEN)

FACTS: Constant = {
    "status": Kind.TEXT,
    "entity_id": Kind.TEXT,
    "stripe_id": Kind.TEXT,
    "created_at": Kind.INSTANT,
    "finalized_at": Kind.INSTANT,
    "closed_at": Kind.INSTANT,
    "lines": Kind.JSON,
    "state": Kind.JSON,
    "number": Kind.BIGINT,
    "origin": Kind.TEXT,
    "currency": Kind.TEXT,
    "plan_ids": Kind.JSON,
    "total_minor": Kind.BIGINT,
    "credit_applied_minor": Kind.BIGINT,
    "paid_minor": Kind.BIGINT,
    "due_minor": Kind.BIGINT,
    "credited_minor": Kind.BIGINT,
    "returned_minor": Kind.BIGINT,
    "refunded_minor": Kind.BIGINT,
    "due_at": Kind.INSTANT,
}
"""What is stored of an invoice, as it is and as it was."""

INVOICES: Constant = Table("invoices", key=2, columns={"stream_id": Kind.UUID, "invoice_id": Kind.TEXT, **FACTS})

PAST: Constant = Table(
    "invoices_past",
    key=3,
    columns={
        "stream_id": Kind.UUID,
        "invoice_id": Kind.TEXT,
        "position": Kind.BIGINT,
        "at": Kind.INSTANT,
        "first": Kind.BOOLEAN,
        **FACTS,
    },
    grows_only=True,
)


class Kept(NamedTuple):
    """An invoice, when it became final, and when it was paid, voided or given up."""

    invoice: Invoice
    finalized_at: datetime | None = None
    closed_at: datetime | None = None


State = Mapping[str, Kept]
_lines = msgspec.json.Decoder(tuple[Line, ...])
_invoice = msgspec.json.Decoder(Invoice)


def restore(rows: Mapping[str, Sequence[tuple[datetime | None, datetime | None, str, str]]]) -> State:
    """The invoices of a stream, from `finalized_at`, `closed_at`, `lines` and `state` of their rows."""
    kept = (Kept(to_invoice(state, lines), final, closed) for final, closed, lines, state in rows["invoices"])
    return {each.invoice.invoice_id: each for each in kept}


def to_invoice(state: str, lines: str) -> Invoice:
    """The invoice of a row."""
    return msgspec.structs.replace(_invoice.decode(state), lines=_lines.decode(lines))


def fold(state: State, recorded: Recorded) -> tuple[State, Sequence[Final]]:
    """Move the invoices of a stream by one event. None is ever final (what is paid can be refunded), but what each was
    before.
    """
    before = {key: kept.invoice for key, kept in state.items()}
    after = invoicing.evolve(Account(before), recorded.event).invoices
    folded = {key: _kept(state.get(key), each, recorded) for key, each in after.items()}
    changed = ((state.get(key), each) for key, each in folded.items() if state.get(key) is not each)
    return folded, [Final(PAST.name, past_row(recorded, was, each)) for was, each in changed]


def _kept(before: Kept | None, after: Invoice, recorded: Recorded) -> Kept:
    if before is not None and before.invoice is after:
        return before
    event, finalized_at = recorded.event, None if before is None else before.finalized_at
    if isinstance(event, InvoiceFinalized):
        finalized_at = event.finalized_at
    if after.status in UNFINISHED:
        return Kept(after, finalized_at)
    if before is not None and before.invoice.status is after.status:
        return Kept(after, finalized_at, before.closed_at)
    return Kept(after, finalized_at, recorded.at)


def changes(stream_id: UUID, before: State, after: State) -> Changes:
    """The rows of a stream that are different now. Invoices are never deleted."""
    found = Changes()
    for key, kept in after.items():
        if before.get(key) is not kept:
            found.put(INVOICES.name, row(stream_id, kept))
    return found


def row(stream_id: UUID, kept: Kept) -> Row:
    """An invoice as it is stored."""
    return stream_id, kept.invoice.invoice_id, *_facts(kept, kept.invoice.lines)


def past_row(recorded: Recorded, before: Kept | None, kept: Kept) -> Row:
    """What an invoice was after an event, as it is stored; its lines only where the event changed them."""
    lines = kept.invoice.lines
    changed = before is None or before.invoice.lines is not lines
    place = (recorded.stream_id, kept.invoice.invoice_id, recorded.position, recorded.at, before is None)
    return *place, *_facts(kept, lines if changed else None)


def _facts(kept: Kept, lines: Sequence[Line] | None) -> Row:
    each = kept.invoice
    return (
        each.status.value,
        each.entity_id,
        each.stripe_id,
        each.created_at,
        kept.finalized_at,
        kept.closed_at,
        None if lines is None else state_json(lines),
        state_json(msgspec.structs.replace(each, lines=())),
        each.number,
        each.origin.value,
        each.currency,
        plain_json(each.plan_ids),
        each.total_minor,
        each.credit_applied_minor,
        each.paid_minor,
        each.due_minor,
        each.credited_minor,
        each.returned_minor,
        each.refunded_minor,
        each.due_at,
    )


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {
        InvoiceCreated,
        InvoiceUpdated,
        InvoiceFinalized,
        InvoiceVoided,
        InvoiceWrittenOff,
        PaymentSucceeded,
        PaymentRefunded,
        CreditNoteIssued,
    }
)

MODEL: Constant = Model(
    "invoices", "projections.invoices.sql", (INVOICES, PAST), FOLDS, restore, fold, changes, revision=3
)
