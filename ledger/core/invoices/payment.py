"""Asking for money: a gateway is asked, and answers by a later event (docs/api.md, "Payments and 402").

The simulated gateway's answer follows from the customer's recorded payment method, so both are decided in one batch.
A manual one never answers by itself: somebody records the payment.
"""

from collections.abc import Iterable
from typing import Final

from ledger.core.draft import Draft
from ledger.core.errors import Refusal
from ledger.core.events import Event, PaymentFailed, PaymentNeedsAction, PaymentRequested, PaymentSucceeded
from ledger.core.money import to_major
from ledger.core.settings import Gateway
from ledger.core.state import Customer

PAYMENT_METHOD: Final = "payment_method"
"""The key of a customer's metadata that names its payment method."""
DECLINED: Final = "pm_declined"
NEEDS_ACTION: Final = "pm_needs_action"


class InvoicePaymentFailed(Refusal):
    """What had to be paid was not."""

    code = "invoice_payment_failed"

    def __init__(self, what: str, so: str) -> None:
        super().__init__(f"{what}, so {so}: give the customer a payment method that works, and try again")


class PaymentWaits(InvoicePaymentFailed):
    """What had to be paid waits for its payer, and what was asked with it."""

    def __init__(self, what: str, invoice_id: str) -> None:
        Refusal.__init__(
            self,
            f"{what}, so this waits for invoice {invoice_id}: it happens when that is paid with invoices.pay, and is "
            "called off with invoices.void",
        )


def attempted(events: Iterable[Event]) -> str:
    """How a payment that did not come went, as a clause."""
    for event in events:
        match event:
            case PaymentFailed():
                amount = to_major(event.amount_minor, event.currency)
                return f"The payment of {amount:f} {event.currency} was declined ({event.cause})"
            case PaymentNeedsAction():
                amount = to_major(event.amount_minor, event.currency)
                return f"The payment of {amount:f} {event.currency} waits for its payer ({event.code})"
    return "The payment was not made"


def method_of(customer: Customer) -> str | None:
    """The payment method that is recorded for a customer."""
    found = customer.metadata.get(PAYMENT_METHOD)
    return found if isinstance(found, str) else None


def would_decline(customer: Customer, gateway: Gateway) -> bool:
    """Whether a charge to this customer fails at once."""
    return gateway is Gateway.SIMULATED and method_of(customer) in (DECLINED, NEEDS_ACTION)


def waits_for_payer(customer: Customer, gateway: Gateway) -> bool:
    """Whether a charge to this customer waits for what its payer must do."""
    return gateway is Gateway.SIMULATED and method_of(customer) == NEEDS_ACTION


def has_declined(customer: Customer, gateway: Gateway) -> bool:
    """Whether it is known of a customer's payment method that it does not work."""
    return gateway is Gateway.SIMULATED and method_of(customer) == DECLINED


def collect(draft: Draft, amount_minor: int, currency: str, invoice_id: str | None) -> None:
    """Ask the ledger's gateway for an amount, and record what it answers."""
    gateway = draft.context.settings.collects
    if gateway is Gateway.MANUAL:
        return
    payment_id, method = draft.customer.next_id(), method_of(draft.customer)
    draft.happen(PaymentRequested(payment_id, gateway, amount_minor, currency, invoice_id, method))
    if method == DECLINED:
        draft.happen(PaymentFailed(payment_id, amount_minor, currency, "card_declined", invoice_id))
    elif method == NEEDS_ACTION:
        draft.happen(PaymentNeedsAction(payment_id, amount_minor, currency, "3ds_required", invoice_id))
    else:
        draft.happen(PaymentSucceeded(payment_id, amount_minor, currency, draft.now, invoice_id))
