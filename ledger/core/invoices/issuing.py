"""Deciding about invoices by hand: drafts become final and are paid, taken back, given up, credited."""

from collections.abc import Sequence

from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest
from ledger.core.events import Event, InvoiceUpdated, PaymentRequested, PaymentSucceeded
from ledger.core.invoices.closing import find_invoice, require, void, write_off
from ledger.core.invoices.composing import create, custom_line
from ledger.core.invoices.crediting import credit
from ledger.core.invoices.documents import (
    CreateInvoice,
    DocumentCommand,
    FinalizeInvoice,
    InsertInvoice,
    IssueCreditNote,
    PayInvoice,
    UpdateInvoice,
    VoidInvoice,
    WriteOffInvoice,
)
from ledger.core.invoices.inserting import insert
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.invoices.invoicing import finalize
from ledger.core.invoices.payment import collect
from ledger.core.settings import Gateway
from ledger.core.state import Customer
from ledger.core.time.calendar import pay_up


def decide_document(customer: Customer, command: DocumentCommand, context: Context) -> Sequence[Event]:
    """Answer a command about an invoice with its events, or refuse it."""
    draft = Draft(customer, context)
    match command:
        case CreateInvoice():
            create(draft, command)
        case InsertInvoice():
            insert(draft, command)
        case FinalizeInvoice():
            _finalize(draft, find_invoice(draft, command.invoice_id))
        case PayInvoice():
            _pay(draft, find_invoice(draft, command.invoice_id))
        case VoidInvoice():
            void(draft, find_invoice(draft, command.invoice_id))
        case WriteOffInvoice():
            write_off(draft, find_invoice(draft, command.invoice_id))
        case UpdateInvoice():
            _update(draft, command, find_invoice(draft, command.invoice_id))
        case IssueCreditNote():
            credit(draft, command, find_invoice(draft, command.invoice_id))
        case _:
            raise AssertionError(f"{type(command).__name__} is not about invoices")
    pay_up(draft)
    return draft.events


def _finalize(draft: Draft, invoice: Invoice) -> None:
    require(invoice, "finalized", InvoiceStatus.DRAFT)
    finalize(draft, invoice.invoice_id, charge=False)


def _pay(draft: Draft, invoice: Invoice) -> None:
    """Ask for the money again; with the manual gateway somebody has it already, and that is recorded."""
    require(invoice, "paid", InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
    left = invoice.left_minor
    if draft.context.settings.collects is not Gateway.MANUAL:
        collect(draft, left, invoice.currency, invoice.invoice_id)
        return
    payment_id = draft.customer.next_id()
    draft.happen(PaymentRequested(payment_id, Gateway.MANUAL, left, invoice.currency, invoice.invoice_id))
    draft.happen(PaymentSucceeded(payment_id, left, invoice.currency, draft.now, invoice.invoice_id))


def _update(draft: Draft, command: UpdateInvoice, invoice: Invoice) -> None:
    require(invoice, "updated", InvoiceStatus.DRAFT, InvoiceStatus.OPEN)
    lines = None
    if command.lines is not None or command.due_at is not None:
        require(invoice, "given other lines or another due date", InvoiceStatus.DRAFT)
        if command.due_at is not None and command.due_at <= draft.now:
            raise InvalidRequest("due_date must be in the future")
        lines = None if command.lines is None else tuple(custom_line(draft, each) for each in command.lines)
    if lines is None and command.due_at is None and command.payment_method_types in ((), invoice.payment_method_types):
        return
    draft.happen(InvoiceUpdated(invoice.invoice_id, lines, command.due_at, command.payment_method_types or None))
