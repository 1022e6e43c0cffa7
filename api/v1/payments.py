"""What had to be paid first and was not is 402: the attempt is on record, or what was asked waits for its invoice."""

from api.ids import INVOICE, shown_local
from ledger.core.balances.topup import TOP_UP
from ledger.core.events import ChangeAbandoned, ChangeHeld, PaymentFailed, PaymentNeedsAction
from ledger.core.invoices.payment import InvoicePaymentFailed, PaymentWaits, attempted
from ledger.store.requests import Outcome


def require_paid(outcome: Outcome, *, step: int = 0) -> None:
    """Raise `InvoicePaymentFailed` where a step's change was abandoned: at the first time of asking, and at every
    replay of it, for the events are the same. Units that were to be bought by themselves are not what was asked for.
    """
    events = outcome.steps[step].events
    if any(isinstance(each, ChangeAbandoned) and each.intent != TOP_UP for each in events):
        raise InvoicePaymentFailed(attempted(events), "plans and balances are as before")


def require_done(outcome: Outcome, *, step: int = 0) -> None:
    """Raise what `require_paid` does, and `PaymentWaits` where a step's change waits for its payer: for answers that
    have no room to say so.
    """
    require_paid(outcome, step=step)
    done = outcome.steps[step]
    held = next((each for each in done.events if isinstance(each, ChangeHeld)), None)
    if held is not None:
        raise PaymentWaits(attempted(done.events), shown_local(INVOICE, done.stream_id, held.invoice_id))


def require_collected(outcome: Outcome) -> None:
    """Raise `InvoicePaymentFailed` where an invoice was asked for and not paid."""
    failed = [each for each in outcome.events if isinstance(each, PaymentFailed | PaymentNeedsAction)]
    if not any(each.invoice_id is not None for each in failed):
        return
    called_off = any(isinstance(each, ChangeAbandoned) for each in outcome.events)
    so = "the change that waited for it is called off and its invoice is void" if called_off else None
    raise InvoicePaymentFailed(attempted(failed), so or "the invoice is still open")
