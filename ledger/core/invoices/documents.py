"""Invoices by hand: what can be asked for (reference: invoices.*). Instants are aware UTC."""

from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.core.decider import Command
from ledger.core.events import CreditTo
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.subscriptions.billing import CustomLine, DiscountRef, IssueMethod
from ledger.core.subscriptions.customising import Customize
from ledger.core.terms import Method


class DocumentCommand(Command, frozen=True):
    """What is asked about invoices by hand."""


class InvoicedQuantity(msgspec.Struct, frozen=True):
    """Billable units of a feature, beyond the included ones, at the plan's own price for them.

    A share of the price for a part of its period unless `prorate` is False; without a word, only units sold ahead.
    """

    feature_id: str
    method: Method
    quantity: Decimal
    prorate: bool | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None


class InvoicedPlan(msgspec.Struct, frozen=True):
    """A catalog plan whose prices make lines of an invoice; nothing about the customer's plans changes."""

    plan_id: str
    version: int | None = None
    entity_id: str | None = None
    customize: Customize | None = None
    quantities: tuple[InvoicedQuantity, ...] = ()
    discounts: tuple[DiscountRef, ...] = ()
    prorate: bool = True
    period_start: datetime | None = None
    period_end: datetime | None = None


class CreateInvoice(DocumentCommand, frozen=True):
    """Make an invoice of plans' prices and lines of one's own; it stays a draft, or is made final."""

    plans: tuple[InvoicedPlan, ...] = ()
    lines: tuple[CustomLine, ...] = ()
    entity_id: str | None = None
    discounts: tuple[DiscountRef, ...] = ()
    net_terms_days: int | None = None
    issue_at: datetime | None = None
    due_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    payment_method_types: tuple[str, ...] = ()
    issue: IssueMethod = IssueMethod.DRAFT


class InsertInvoice(DocumentCommand, frozen=True):
    """Keep an invoice that another system made, as it stands there; amounts are minor units."""

    stripe_id: str
    status: InvoiceStatus
    total_minor: int
    created_at: datetime
    plan_ids: tuple[str, ...] = ()
    paid_minor: int | None = None
    refunded_minor: int = 0
    currency: str | None = None


class FinalizeInvoice(DocumentCommand, frozen=True):
    """Make a draft final: it gets its number, and is owed."""

    invoice_id: str


class PayInvoice(DocumentCommand, frozen=True):
    """Ask for an open invoice's money again; with the manual gateway, record that it was paid."""

    invoice_id: str


class VoidInvoice(DocumentCommand, frozen=True):
    """Take an open invoice back."""

    invoice_id: str


class WriteOffInvoice(DocumentCommand, frozen=True):
    """Say that an open invoice will not be paid."""

    invoice_id: str


class UpdateInvoice(DocumentCommand, frozen=True):
    """Change how an invoice that is not closed may be paid; of a draft also its lines and when it is due."""

    invoice_id: str
    payment_method_types: tuple[str, ...] = ()
    lines: tuple[CustomLine, ...] | None = None
    due_at: datetime | None = None


class CreditedLine(msgspec.Struct, frozen=True):
    """How much of one line of an invoice is taken back: an amount, or a number of its units; else all of it."""

    line: int
    amount_minor: int | None = None
    quantity: Decimal | None = None


class IssueCreditNote(DocumentCommand, frozen=True):
    """Take part of a final invoice back: an amount, or amounts of lines; what was paid goes to `to`."""

    invoice_id: str
    amount_minor: int | None = None
    lines: tuple[CreditedLine, ...] = ()
    to: CreditTo = CreditTo.BALANCE
    cause: str | None = None
    memo: str | None = None
