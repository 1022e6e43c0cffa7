"""What is owed and what is paid. Amounts are minor units of the document's currency."""

from datetime import datetime
from enum import StrEnum

from ledger.core.events.base import Event
from ledger.core.events.values import Counted, Line
from ledger.core.sealed import Sealed


class Origin(StrEnum):
    """What made an invoice: a change of plans, usage that is billed at once, the calendar, a person, another system."""

    CHANGE = "change"
    USAGE = "usage"
    CYCLE = "cycle"
    MANUAL = "manual"
    INSERTED = "inserted"


class ChargeAccrued(Event, frozen=True, tag="charge.accrued.v1"):
    """A line that is owed and not yet on an invoice: it goes on the next one, made at `bill_at` at the latest."""

    charge_id: str
    line: Line
    bill_at: datetime | None = None


class InvoiceCreated(Event, frozen=True, tag="invoice.created.v1"):
    """A draft: its total is the sum of its lines. Below zero it is a credit note to the customer's credit balance.

    `charges` are the accrued charges whose lines it took up. One that was inserted has the `stripe_id`, the status and
    the payments of the system that it comes from.
    """

    invoice_id: str
    origin: Origin
    currency: str
    created_at: datetime
    lines: tuple[Line, ...] = ()
    charges: tuple[str, ...] = ()
    entity_id: str | None = None
    net_terms_days: int | None = None
    due_at: datetime | None = None
    stripe_id: str | None = None
    memo: Sealed | None = None
    status: str = "draft"
    paid_minor: int = 0
    refunded_minor: int = 0


class InvoiceUpdated(Event, frozen=True, tag="invoice.updated.v1"):
    """A draft has other lines or another due date now; None leaves what it was."""

    invoice_id: str
    lines: tuple[Line, ...] | None = None
    due_at: datetime | None = None
    payment_method_types: tuple[str, ...] | None = None


class InvoiceFinalized(Event, frozen=True, tag="invoice.finalized.v1"):
    """A draft became final and got the ledger's next number: from here on it is owed.

    `credit_applied_minor` of the customer's credit balance was used for it; a negative total went the other way,
    as `credit_added_minor`.
    """

    invoice_id: str
    number: int
    finalized_at: datetime
    credit_applied_minor: int = 0
    credit_added_minor: int = 0
    due_at: datetime | None = None


class InvoiceVoided(Event, frozen=True, tag="invoice.voided.v1"):
    """The invoice is not owed any more and keeps its number; the credit that was applied to it is given back."""

    invoice_id: str
    voided_at: datetime
    credit_returned_minor: int = 0


class InvoiceWrittenOff(Event, frozen=True, tag="invoice.written_off.v1"):
    """Nobody expects the invoice to be paid any more: it is uncollectible."""

    invoice_id: str
    written_off_at: datetime


class CreditTo(StrEnum):
    """Where a credit note's amount goes."""

    INVOICE = "invoice"
    BALANCE = "customer_balance"
    REFUND = "refund"
    OUT_OF_BAND = "out_of_band"


class CreditNoteIssued(Event, frozen=True, tag="credit_note.issued.v1"):
    """Part of an invoice is taken back: `invoice_minor` of what is still open, the rest `paid_minor` to `to`."""

    note_id: str
    invoice_id: str
    issued_at: datetime
    to: CreditTo
    invoice_minor: int = 0
    paid_minor: int = 0
    lines: tuple[Line, ...] = ()
    cause: str | None = None
    memo: Sealed | None = None


class PaymentRequested(Event, frozen=True, tag="payment.requested.v1"):
    """A gateway was asked for money: for an invoice, or for a change that must be paid first."""

    payment_id: str
    gateway: str
    amount_minor: int
    currency: str
    invoice_id: str | None = None
    method: str | None = None


class PaymentSucceeded(Event, frozen=True, tag="payment.succeeded.v1"):
    """Money came in. Several payments may add up to one invoice."""

    payment_id: str
    amount_minor: int
    currency: str
    paid_at: datetime
    invoice_id: str | None = None


class PaymentFailed(Event, frozen=True, tag="payment.failed.v1"):
    """A gateway said no; `cause` is its word for why, such as `card_declined`."""

    payment_id: str
    amount_minor: int
    currency: str
    cause: str
    invoice_id: str | None = None


class PaymentNeedsAction(Event, frozen=True, tag="payment.needs_action.v1"):
    """A gateway waits for the payer; `code` is one of the wire's required actions."""

    payment_id: str
    amount_minor: int
    currency: str
    code: str
    invoice_id: str | None = None


class PaymentRefunded(Event, frozen=True, tag="payment.refunded.v1"):
    """Money that was paid for an invoice went back to the payer."""

    invoice_id: str
    amount_minor: int
    currency: str
    refunded_at: datetime


class ChangeAbandoned(Event, frozen=True, tag="change.abandoned.v1"):
    """A change that had to be paid first was not: plans and balances are as before.

    `counted` is the time during which it is not tried again by itself.
    """

    payment_id: str
    intent: str
    plan_ids: tuple[str, ...] = ()
    cause: str = "payment_failed"
    counted: tuple[Counted, ...] = ()
