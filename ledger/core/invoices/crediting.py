"""Credit notes: part of a final invoice is taken back, of what is open first (reference: invoices.issue_credit_note).

What was paid goes to the customer's credit balance, back to the payer, or has been returned outside the ledger.
"""

from decimal import Decimal

from msgspec.structs import replace

from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import CreditNoteIssued, CreditTo, Line, PaymentRefunded
from ledger.core.invoices.documents import CreditedLine, IssueCreditNote
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.money import multiply, ratio, round_minor
from ledger.core.sealed import Sealed


def credit(draft: Draft, command: IssueCreditNote, invoice: Invoice) -> None:
    """Let a credit note be issued in a draft, or refuse it: never more than the invoice has left."""
    if invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.PAID):
        raise InvalidRequest(f"This invoice is {invoice.status.value}: a credit note is for one that is open or paid")
    lines = [_credited(invoice, each, index) for index, each in enumerate(command.lines)]
    amount = _amount(command, lines)
    if amount > invoice.creditable_minor:
        raise InvalidRequest(
            f"The credit note comes to {amount} minor units of {invoice.currency} and the invoice has "
            f"{invoice.creditable_minor} left: ask for at most that"
        )
    of_open = min(amount, invoice.due_minor)
    of_paid = amount - of_open
    _check_refund(command, invoice, of_paid)
    memo = None if command.memo is None else Sealed(command.memo)
    note_id = draft.customer.next_id()
    to = command.to if of_paid else CreditTo.INVOICE
    draft.happen(
        CreditNoteIssued(
            note_id, invoice.invoice_id, draft.now, to, of_open, of_paid, tuple(lines), command.cause, memo
        )
    )
    if to is CreditTo.REFUND:
        draft.happen(PaymentRefunded(invoice.invoice_id, of_paid, invoice.currency, draft.now))


def _check_refund(command: IssueCreditNote, invoice: Invoice, of_paid: int) -> None:
    """What was paid with credit is not money that could go back to the payer."""
    money = invoice.paid_minor - invoice.refunded_minor
    if command.to is CreditTo.REFUND and of_paid > money:
        raise InvalidRequest(
            f"{of_paid} minor units of {invoice.currency} would go back and {money} of what came in are left: send "
            "destination customer_balance"
        )


def _amount(command: IssueCreditNote, lines: list[Line]) -> int:
    if (command.amount_minor is None) == (not command.lines):
        raise InvalidRequest("A credit note is an amount or lines: send one of them")
    amount = -sum(line.amount_minor for line in lines) if command.amount_minor is None else command.amount_minor
    if amount <= 0:
        raise InvalidInput("A credit note takes something back: its amount must be above 0")
    return amount


def _credited(invoice: Invoice, wanted: CreditedLine, index: int) -> Line:
    """The part of a line that is taken back, with its share of the line's discounts."""
    where = f"lines.{index}"
    if not 0 <= wanted.line < len(invoice.lines):
        raise InvalidInput(f"{where} names a line that the invoice does not have")
    line = invoice.lines[wanted.line]
    before = line.before_discounts_minor
    part = _part(line, wanted, where)
    if before <= 0 or part > before:
        raise InvalidInput(f"{where} takes back more than its line: that comes to {before} minor units")
    amount = round_minor(ratio(Decimal(line.amount_minor), part, before))
    taken = tuple(replace(each, amount_minor=amount - part) for each in line.discounts[:1])
    units = line.quantity if wanted.quantity is None else wanted.quantity
    return replace(line, amount_minor=-amount, credit=True, discounts=taken, quantity=units)


def _part(line: Line, wanted: CreditedLine, where: str) -> int:
    if wanted.amount_minor is not None and wanted.quantity is not None:
        raise InvalidInput(f"{where} names an amount and a quantity: send one of them")
    if wanted.amount_minor is not None:
        return wanted.amount_minor
    if wanted.quantity is None:
        return line.before_discounts_minor
    if not 0 < wanted.quantity <= line.quantity:
        raise InvalidInput(f"{where}.quantity must be above 0 and at most the {line.quantity:f} of its line")
    return round_minor(_share_of(line, wanted.quantity))


def _share_of(line: Line, quantity: Decimal) -> Decimal:
    """The price of some of a line's units: quantities may have places, so both are brought to whole numbers."""
    places = max(0, -min(_exponent(quantity), _exponent(line.quantity)))
    scale = Decimal(10) ** places
    part, whole = int(multiply(quantity, scale)), int(multiply(line.quantity, scale))
    return ratio(Decimal(line.before_discounts_minor), part, whole)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent
