"""Money that goes back to the payer when a plan ends at once, in place of a credit (§2.3, refund_last_payment)."""

from collections.abc import Iterator

from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest
from ledger.core.events import Line, PaymentRefunded
from ledger.core.invoices.invoice import Invoice
from ledger.core.subscriptions.subscription import Subscription


def pay_back(draft: Draft, subscription: Subscription, wanted_minor: int | None) -> None:
    """Pay back what is `wanted_minor` of what was paid for the running period, or without it the whole last payment.

    Never more than was paid and has not gone back yet, and nothing of what the invoice charges for other plans.
    Refused where nothing was ever paid for the plan.
    """
    paid = list(_paid(draft, subscription))
    if not paid:
        raise InvalidRequest(
            f"Nothing was paid for plan {subscription.plan.plan_id} that could go back: leave out refund_last_payment"
        )
    left = refundable_minor(paid[0], subscription) if wanted_minor is None else wanted_minor
    draft.refund_minor = 0
    for invoice in paid:
        part = min(left, refundable_minor(invoice, subscription))
        if part > 0 and (wanted_minor is None or _running(draft, invoice, subscription)):
            draft.happen(PaymentRefunded(invoice.invoice_id, part, invoice.currency, draft.now))
            draft.refund_minor, left = draft.refund_minor + part, left - part


def refundable_minor(invoice: Invoice, subscription: Subscription) -> int:
    """The most that may go back of an invoice for one subscription."""
    charged = sum(line.amount_minor for line in _lines_of(invoice, subscription) if line.amount_minor > 0)
    kept = invoice.paid_minor - invoice.refunded_minor - invoice.returned_minor
    return max(0, min(charged, kept))


def _paid(draft: Draft, subscription: Subscription) -> Iterator[Invoice]:
    """The invoices of a subscription that money came in for, the last one first."""
    for invoice in reversed(list(draft.customer.account.invoices.values())):
        if invoice.paid_minor and _lines_of(invoice, subscription):
            yield invoice


def _lines_of(invoice: Invoice, subscription: Subscription) -> list[Line]:
    return [line for line in invoice.lines if line.subscription_id == subscription.subscription_id]


def _running(draft: Draft, invoice: Invoice, subscription: Subscription) -> bool:
    """Whether an invoice paid for time that is still to come."""
    ends = [line.period_end for line in _lines_of(invoice, subscription) if line.period_end is not None]
    return any(end > draft.now for end in ends)
