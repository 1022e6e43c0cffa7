"""Invoices that another system made: kept as they stand there, outside the ledger's numbers (invoices.insert)."""

from msgspec.structs import replace

from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import InvoiceCreated, Line, LineKind, Origin, PaymentRefunded, PaymentSucceeded
from ledger.core.invoices.closing import require, void, write_off
from ledger.core.invoices.documents import InsertInvoice
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.invoices.invoicing import currency_of


def insert(draft: Draft, command: InsertInvoice) -> None:
    """Keep it, or move the one of this id on to how it stands elsewhere now."""
    _check_inserted(command)
    known = next(
        (each for each in draft.customer.account.invoices.values() if each.stripe_id == command.stripe_id), None
    )
    if known is not None:
        _move_on(draft, command, known)
        return
    paid = command.status is InvoiceStatus.PAID
    currency = command.currency or currency_of(draft.customer, draft.context)
    line = Line(LineKind.CUSTOM, command.total_minor, description=f"Invoice {command.stripe_id}")
    plans = (replace(line, amount_minor=0, plan_id=each, plan_name=each) for each in command.plan_ids[1:])
    first = replace(line, plan_id=command.plan_ids[0], plan_name=command.plan_ids[0]) if command.plan_ids else line
    draft.happen(
        InvoiceCreated(
            draft.customer.next_id(),
            Origin.INSERTED,
            currency,
            command.created_at,
            (first, *plans),
            stripe_id=command.stripe_id,
            status=command.status,
            paid_minor=command.total_minor if paid and command.paid_minor is None else command.paid_minor or 0,
            refunded_minor=command.refunded_minor,
        )
    )


def _check_inserted(command: InsertInvoice) -> None:
    if not 0 <= (command.paid_minor or 0) <= command.total_minor:
        raise InvalidInput("amount_paid must lie between 0 and total")
    paid = command.total_minor if command.paid_minor is None else command.paid_minor
    if not 0 <= command.refunded_minor <= paid:
        raise InvalidInput("refunded_amount must lie between 0 and what was paid")
    if command.status is InvoiceStatus.VOID and command.paid_minor:
        raise InvalidInput("status was void and amount_paid above 0: an invoice that took money in is not void")


def _move_on(draft: Draft, command: InsertInvoice, known: Invoice) -> None:
    """What was inserted before may be closed or refunded since; everything else of it is for ever."""
    if known.origin is not Origin.INSERTED or command.total_minor != known.total_minor:
        raise InvalidRequest(f"stripe_id {command.stripe_id} is known with another total: an invoice does not change")
    if command.status is not known.status:
        require(known, f"made {command.status.value}", InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
        _close(draft, command, known)
    more = command.refunded_minor - known.refunded_minor
    if more > 0:
        draft.happen(PaymentRefunded(known.invoice_id, more, known.currency, draft.now))


def _close(draft: Draft, command: InsertInvoice, known: Invoice) -> None:
    match command.status:
        case InvoiceStatus.PAID:
            payment_id = draft.customer.next_id()
            draft.happen(PaymentSucceeded(payment_id, known.left_minor, known.currency, draft.now, known.invoice_id))
        case InvoiceStatus.VOID:
            void(draft, known)
        case InvoiceStatus.UNCOLLECTIBLE:
            write_off(draft, known)
        case _:
            raise InvalidRequest(
                f"An invoice that is {known.status.value} does not become {command.status.value} again"
            )
