"""Finding an invoice, and closing it without money: taken back, or given up."""

from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest, InvoiceNotFound
from ledger.core.events import InvoiceVoided, InvoiceWrittenOff
from ledger.core.invoices.invoice import Invoice, InvoiceStatus


def find_invoice(draft: Draft, invoice_id: str) -> Invoice:
    """The customer's invoice of this id, or `InvoiceNotFound`."""
    found = draft.customer.account.invoices.get(invoice_id)
    if found is None:
        raise InvoiceNotFound(invoice_id)
    return found


def require(invoice: Invoice, what: str, *statuses: InvoiceStatus) -> None:
    """Refuse what is not asked of an invoice in one of these states."""
    if invoice.status not in statuses:
        needed = " or ".join(statuses)
        raise InvalidRequest(f"This invoice is {invoice.status.value} and cannot be {what}: it must be {needed}")


def void(draft: Draft, invoice: Invoice) -> None:
    """Take an invoice back; the credit that was applied to it is given back."""
    require(invoice, "voided", InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
    if invoice.paid_minor:
        raise InvalidRequest("Part of this invoice is paid: take the rest back with invoices.issue_credit_note")
    draft.happen(InvoiceVoided(invoice.invoice_id, draft.now, invoice.credit_applied_minor))


def write_off(draft: Draft, invoice: Invoice) -> None:
    """Give an invoice up; one that a change waits for is taken back instead, so that nobody pays it for nothing."""
    require(invoice, "written off", InvoiceStatus.OPEN)
    held = draft.customer.held
    if held is not None and held.invoice_id == invoice.invoice_id:
        raise InvalidRequest("A change waits for this invoice to be paid: call it off with invoices.void")
    draft.happen(InvoiceWrittenOff(invoice.invoice_id, draft.now))
