"""What a customer owes and has paid: its invoices, its credit balance, and charges that wait for the next invoice."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from ledger.core.events import (
    ChargeAccrued,
    CreditNoteIssued,
    CreditTo,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Line,
    Origin,
    PaymentRefunded,
    PaymentSucceeded,
)

MOVES: Final[frozenset[type[Event]]] = frozenset(
    {
        ChargeAccrued,
        CreditNoteIssued,
        InvoiceCreated,
        InvoiceFinalized,
        InvoiceUpdated,
        InvoiceVoided,
        InvoiceWrittenOff,
        PaymentRefunded,
        PaymentSucceeded,
    }
)
"""The events that move money: no other is asked."""


class InvoiceStatus(StrEnum):
    """Draft: may change. Open: owed. Paid, void and uncollectible: closed."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class Invoice(msgspec.Struct, frozen=True, gc=False):
    """One invoice, in minor units. A negative total is a credit note to the credit balance.

    `credited_minor` was taken back by credit notes while it was open, `returned_minor` after it was paid, to the credit
    balance or outside the ledger; what went back to the payer is in `refunded_minor` alone.
    """

    invoice_id: str
    origin: Origin
    currency: str
    created_at: datetime
    lines: tuple[Line, ...]
    status: InvoiceStatus = InvoiceStatus.DRAFT
    number: int | None = None
    entity_id: str | None = None
    net_terms_days: int | None = None
    due_at: datetime | None = None
    stripe_id: str | None = None
    payment_method_types: tuple[str, ...] = ()
    credit_applied_minor: int = 0
    paid_minor: int = 0
    refunded_minor: int = 0
    credited_minor: int = 0
    returned_minor: int = 0

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def due_minor(self) -> int:
        """What is still to be paid; zero once it is closed."""
        return self.left_minor if self.status in (InvoiceStatus.DRAFT, InvoiceStatus.OPEN) else 0

    @property
    def left_minor(self) -> int:
        """What was never paid, credited or taken back, closed or not."""
        return max(0, self.total_minor - self.credit_applied_minor - self.paid_minor - self.credited_minor)

    @property
    def creditable_minor(self) -> int:
        """The most that a credit note may still take back."""
        if self.status not in (InvoiceStatus.OPEN, InvoiceStatus.PAID):
            return 0
        return max(0, self.total_minor - self.credited_minor - self.returned_minor - self.refunded_minor)

    @property
    def plan_ids(self) -> Sequence[str]:
        """The plans its lines are for, in the order of the lines."""
        return list(dict.fromkeys(line.plan_id for line in self.lines if line.plan_id is not None))


class Accrued(msgspec.Struct, frozen=True, gc=False):
    """A charge that waits for an invoice; one is made for it at `bill_at`, if there was none before."""

    line: Line
    bill_at: datetime | None = None


class Account(msgspec.Struct, frozen=True, gc=False):
    """A customer's money: invoices by id, oldest first; `credit_minor` that later invoices may use up."""

    invoices: Mapping[str, Invoice] = {}
    accrued: Mapping[str, Accrued] = {}
    credit_minor: int = 0

    def open_invoices(self) -> list[Invoice]:
        return [each for each in self.invoices.values() if each.status is InvoiceStatus.OPEN]


def evolve(account: Account, event: Event) -> Account:
    """Fold one event of a customer into its account; events about other things leave it as it is."""
    match event:
        case ChargeAccrued():
            waiting = {**account.accrued, event.charge_id: Accrued(event.line, event.bill_at)}
            return msgspec.structs.replace(account, accrued=waiting)
        case InvoiceCreated():
            if event.charges:
                kept = {key: each for key, each in account.accrued.items() if key not in event.charges}
                account = msgspec.structs.replace(account, accrued=kept)
            return _with(account, _created(event))
        case InvoiceUpdated():
            return _with(account, _updated(account.invoices[event.invoice_id], event))
        case InvoiceFinalized():
            invoice = _settled(
                msgspec.structs.replace(
                    account.invoices[event.invoice_id],
                    status=InvoiceStatus.OPEN,
                    number=event.number,
                    due_at=event.due_at or account.invoices[event.invoice_id].due_at,
                    credit_applied_minor=event.credit_applied_minor,
                )
            )
            moved = event.credit_added_minor - event.credit_applied_minor
            return _with(msgspec.structs.replace(account, credit_minor=account.credit_minor + moved), invoice)
        case InvoiceVoided():
            invoice = msgspec.structs.replace(account.invoices[event.invoice_id], status=InvoiceStatus.VOID)
            credit = account.credit_minor + event.credit_returned_minor
            return _with(msgspec.structs.replace(account, credit_minor=credit), invoice)
        case InvoiceWrittenOff():
            found = account.invoices[event.invoice_id]
            return _with(account, msgspec.structs.replace(found, status=InvoiceStatus.UNCOLLECTIBLE))
        case PaymentSucceeded() if event.invoice_id is not None:
            found = account.invoices[event.invoice_id]
            paid = msgspec.structs.replace(found, paid_minor=found.paid_minor + event.amount_minor)
            return _with(account, _settled(paid))
        case PaymentRefunded():
            found = account.invoices[event.invoice_id]
            refunded = found.refunded_minor + event.amount_minor
            return _with(account, msgspec.structs.replace(found, refunded_minor=refunded))
        case CreditNoteIssued():
            return _credited(account, event)
    return account


def _with(account: Account, invoice: Invoice) -> Account:
    return msgspec.structs.replace(account, invoices={**account.invoices, invoice.invoice_id: invoice})


def _created(event: InvoiceCreated) -> Invoice:
    """A draft; an inserted one as it stands: what was settled elsewhere and not by money counts as credit."""
    status, total = InvoiceStatus(event.status), sum(line.amount_minor for line in event.lines)
    return Invoice(
        event.invoice_id,
        event.origin,
        event.currency,
        event.created_at,
        event.lines,
        entity_id=event.entity_id,
        net_terms_days=event.net_terms_days,
        due_at=event.due_at,
        stripe_id=event.stripe_id,
        status=status,
        paid_minor=event.paid_minor,
        refunded_minor=event.refunded_minor,
        credit_applied_minor=total - event.paid_minor if status is InvoiceStatus.PAID else 0,
    )


def _updated(invoice: Invoice, event: InvoiceUpdated) -> Invoice:
    return msgspec.structs.replace(
        invoice,
        lines=invoice.lines if event.lines is None else event.lines,
        due_at=event.due_at or invoice.due_at,
        payment_method_types=event.payment_method_types or invoice.payment_method_types,
    )


def _settled(invoice: Invoice) -> Invoice:
    """An open or uncollectible invoice on which nothing is left to pay is paid."""
    if invoice.status in (InvoiceStatus.VOID, InvoiceStatus.DRAFT):
        return invoice
    left = invoice.total_minor - invoice.credit_applied_minor - invoice.paid_minor - invoice.credited_minor
    return msgspec.structs.replace(invoice, status=InvoiceStatus.PAID) if left <= 0 else invoice


def _credited(account: Account, event: CreditNoteIssued) -> Account:
    found = account.invoices[event.invoice_id]
    noted = msgspec.structs.replace(
        found,
        credited_minor=found.credited_minor + event.invoice_minor,
        returned_minor=found.returned_minor + (0 if event.to is CreditTo.REFUND else event.paid_minor),
    )
    to_balance = event.paid_minor if event.to is CreditTo.BALANCE else 0
    return _with(msgspec.structs.replace(account, credit_minor=account.credit_minor + to_balance), _settled(noted))
