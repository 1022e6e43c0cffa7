"""From an event to its entry: what it moves between the accounts (docs/books.md has the rules and where they are from).

Every entry balances: its amounts, debits above zero and credits below, sum to zero in its one currency.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.core.events import (
    CreditNoteIssued,
    CreditTo,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceVoided,
    InvoiceWrittenOff,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
)
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from projections.journal.chart import BAD_DEBT, CLEARING, CREDITS, RECEIVABLES, REFUNDS_PAYABLE, UNAPPLIED, cash_of
from projections.journal.holding import Held, Part, Posting, earn, in_proportion, matching, take, unused_first


class EntryKind(StrEnum):
    """What an entry is about. `recognition` is what becomes revenue with time."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    VOID = "void"
    WRITE_OFF = "write_off"
    INSERTED = "inserted"
    RECOGNITION = "recognition"


class Entry(NamedTuple):
    """What one event moves, at its natural instant. `after` is the invoice as the books hold it then."""

    kind: EntryKind
    at: datetime
    currency: str
    postings: Sequence[Posting]
    after: Held | None = None


def entry_of(event: Event, before: Held | None, invoice: Invoice | None) -> Entry | Held | None:
    """The entry of an event; of one that moves no money, the invoice as it is held now.

    `before` is the invoice that it is about as it was held, `invoice` as the core has it now.
    """
    if isinstance(event, PaymentSucceeded) and event.invoice_id is None:
        moved = [Posting(cash_of(None), event.amount_minor), Posting(UNAPPLIED, -event.amount_minor)]
        return Entry(EntryKind.PAYMENT, event.paid_at, event.currency, moved)
    if invoice is None:
        return None
    held = Held(invoice) if before is None else replace(before, invoice=invoice)
    if isinstance(event, PaymentRequested):
        return replace(held, gateway=event.gateway)
    making = MAKING.get(type(event))
    if making is None:
        return held
    made = making(event, held if before is None else before, held)
    return None if made is None else made._replace(postings=_whole(made.postings))


def _whole(postings: Sequence[Posting]) -> Sequence[Posting]:
    """Without what is nothing. What no account has a place for is money that is on no invoice."""
    over = -sum(posting.amount_minor for posting in postings)
    return [each for each in (*postings, Posting(UNAPPLIED, over)) if each.amount_minor]


def _cash(held: Held, amount_minor: int) -> Posting:
    return Posting(cash_of(held.gateway), amount_minor)


def _everything(held: Held) -> list[Part]:
    return [Part(item, held.left_of(item)) for item in range(len(held.invoice.lines))]


def _earned(held: Held, parts: Sequence[Part], now: datetime) -> list[Posting]:
    return [earn(held, part, now) for part in parts]


def _taken_back(held: Held, parts: Sequence[Part], now: datetime) -> list[Posting]:
    return [earn(held, part._replace(amount_minor=-part.amount_minor), now) for part in parts]


def _owed(invoice: Invoice) -> list[Posting]:
    """Where what is left of a final invoice stands."""
    match invoice.status:
        case InvoiceStatus.OPEN:
            return [Posting(RECEIVABLES, invoice.left_minor)]
        case InvoiceStatus.UNCOLLECTIBLE:
            return [Posting(BAD_DEBT, invoice.left_minor)]
    return []


def _opposite(postings: Sequence[Posting]) -> list[Posting]:
    return [posting._replace(amount_minor=-posting.amount_minor) for posting in postings]


def _created(event: InvoiceCreated, _before: Held, held: Held) -> Entry | None:
    """Drafts are nobody's money yet; what was inserted stands here as it stands elsewhere."""
    invoice, now = held.invoice, event.created_at
    money = event.paid_minor - event.refunded_minor
    if invoice.status is InvoiceStatus.DRAFT:
        return Entry(EntryKind.INSERTED, now, event.currency, [_cash(held, money)], held)
    if invoice.status is InvoiceStatus.VOID:
        return Entry(EntryKind.INSERTED, now, event.currency, [], held)
    back = in_proportion(held, event.refunded_minor)
    postings = [
        *_owed(invoice),
        _cash(held, money),
        Posting(CLEARING, invoice.credit_applied_minor),
        *_earned(held, _everything(held), now),
        *_taken_back(held, back, now),
    ]
    return Entry(EntryKind.INSERTED, now, event.currency, postings, take(held, back))


def _finalized(event: InvoiceFinalized, _before: Held, held: Held) -> Entry:
    now, back = event.finalized_at, in_proportion(held, held.invoice.refunded_minor)
    postings = [
        *_owed(held.invoice),
        Posting(CREDITS, event.credit_applied_minor - event.credit_added_minor),
        *_earned(held, _everything(held), now),
        *_taken_back(held, back, now),
    ]
    return Entry(EntryKind.INVOICE, now, held.invoice.currency, postings, take(held, back))


def _voided(event: InvoiceVoided, before: Held, held: Held) -> Entry:
    parts = _everything(before)
    postings = [
        *_taken_back(before, parts, event.voided_at),
        *_opposite(_owed(before.invoice)),
        Posting(CREDITS, -event.credit_returned_minor),
    ]
    return Entry(EntryKind.VOID, event.voided_at, held.invoice.currency, postings, take(held, parts))


def _written_off(event: InvoiceWrittenOff, before: Held, held: Held) -> Entry:
    postings = [*_owed(held.invoice), *_opposite(_owed(before.invoice))]
    return Entry(EntryKind.WRITE_OFF, event.written_off_at, held.invoice.currency, postings, held)


def _paid(event: PaymentSucceeded, before: Held, held: Held) -> Entry:
    owed = _owed(before.invoice)
    settled = min(event.amount_minor, sum(posting.amount_minor for posting in owed))
    postings = [_cash(held, event.amount_minor), *(Posting(posting.account, -settled) for posting in owed)]
    return Entry(EntryKind.PAYMENT, event.paid_at, event.currency, postings, held)


def _refunded(event: PaymentRefunded, before: Held, held: Held) -> Entry:
    """What a note promised is paid; the rest goes back without one, in place of a credit."""
    promised = min(before.payable_minor, event.amount_minor)
    draft = held.invoice.status is InvoiceStatus.DRAFT
    parts = [] if draft else unused_first(held, event.amount_minor - promised, event.refunded_at)
    postings = [
        Posting(REFUNDS_PAYABLE, promised),
        *_taken_back(held, parts, event.refunded_at),
        _cash(held, -event.amount_minor),
    ]
    after = replace(take(held, parts), payable_minor=before.payable_minor - promised)
    return Entry(EntryKind.REFUND, event.refunded_at, event.currency, postings, after)


_RETURNED_TO: Final[Mapping[CreditTo, str]] = {
    CreditTo.BALANCE: CREDITS,
    CreditTo.REFUND: REFUNDS_PAYABLE,
    CreditTo.OUT_OF_BAND: CLEARING,
}


def _noted(event: CreditNoteIssued, before: Held, held: Held) -> Entry:
    amount = event.invoice_minor + event.paid_minor
    parts = matching(held, event.lines) if event.lines else in_proportion(held, amount)
    postings = [*_taken_back(held, parts, event.issued_at), Posting(RECEIVABLES, -event.invoice_minor)]
    if event.paid_minor:
        postings.append(Posting(_RETURNED_TO[event.to], -event.paid_minor))
    promised = event.paid_minor if event.to is CreditTo.REFUND else 0
    after = replace(take(held, parts), payable_minor=before.payable_minor + promised)
    return Entry(EntryKind.CREDIT_NOTE, event.issued_at, held.invoice.currency, postings, after)


MAKING: Final[Mapping[type[Event], Callable[[Any, Held, Held], Entry | None]]] = {
    InvoiceCreated: _created,
    InvoiceFinalized: _finalized,
    InvoiceVoided: _voided,
    InvoiceWrittenOff: _written_off,
    PaymentSucceeded: _paid,
    PaymentRefunded: _refunded,
    CreditNoteIssued: _noted,
}
