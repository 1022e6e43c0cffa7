"""A change that had to be paid first and was not: the attempt is on record, and the answer is 402."""

from ledger.core.balances.topup import TOP_UP
from ledger.core.events import ChangeAbandoned, PaymentFailed, PaymentNeedsAction
from ledger.core.invoices.payment import InvoicePaymentFailed, attempted
from ledger.store.requests import Outcome


def require_paid(outcome: Outcome, *, step: int = 0) -> None:
    """Raise `InvoicePaymentFailed` where a step's change was abandoned: at the first time of asking, and at every
    replay of it, for the events are the same. Units that were to be bought by themselves are not what was asked for.
    """
    events = outcome.steps[step].events
    if any(isinstance(each, ChangeAbandoned) and each.intent != TOP_UP for each in events):
        raise InvoicePaymentFailed(attempted(events), "plans and balances are as before")


def require_collected(outcome: Outcome) -> None:
    """Raise `InvoicePaymentFailed` where an invoice was asked for and not paid."""
    if any(isinstance(each, PaymentFailed | PaymentNeedsAction) for each in outcome.events):
        raise InvoicePaymentFailed(attempted(outcome.events), "the invoice is still open")
