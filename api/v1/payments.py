"""A change that had to be paid first and was not: the attempt is on record, and the answer is 402."""

from collections.abc import Sequence

from ledger.core.errors import Refusal
from ledger.core.events import ChangeAbandoned, Event, PaymentFailed, PaymentNeedsAction
from ledger.core.money import to_major
from ledger.store.requests import Outcome


class InvoicePaymentFailed(Refusal):
    code = "invoice_payment_failed"

    def __init__(self, what: str, so: str) -> None:
        super().__init__(f"{what}, so {so}: give the customer a payment method that works, and try again")


def require_paid(outcome: Outcome, *, step: int = 0) -> None:
    """Raise `InvoicePaymentFailed` where a step's change was abandoned: at the first time of asking, and at every
    replay of it, for the events are the same.
    """
    events = outcome.steps[step].events
    if any(isinstance(each, ChangeAbandoned) for each in events):
        raise InvoicePaymentFailed(_what(events), "plans and balances are as before")


def require_collected(outcome: Outcome) -> None:
    """Raise `InvoicePaymentFailed` where an invoice was asked for and not paid."""
    if any(isinstance(each, PaymentFailed | PaymentNeedsAction) for each in outcome.events):
        raise InvoicePaymentFailed(_what(outcome.events), "the invoice is still open")


def _what(events: Sequence[Event]) -> str:
    for event in events:
        match event:
            case PaymentFailed():
                amount = to_major(event.amount_minor, event.currency)
                return f"The payment of {amount:f} {event.currency} was declined ({event.cause})"
            case PaymentNeedsAction():
                amount = to_major(event.amount_minor, event.currency)
                return f"The payment of {amount:f} {event.currency} waits for its payer ({event.code})"
    return "The payment was not made"
