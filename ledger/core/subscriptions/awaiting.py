"""A plan that is invoiced now and starts when somebody pays (reference §2.2, invoice_mode)."""

from typing import Final

from msgspec.structs import replace

from ledger.core.draft import Draft
from ledger.core.errors import ChangePending
from ledger.core.events import InvoiceVoided, Line, PlanScheduled, PlanUnscheduled
from ledger.core.invoices.adjusting import adjust
from ledger.core.invoices.closing import void
from ledger.core.invoices.holding import check_held
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.quote import Move
from ledger.core.subscriptions.starting import start
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.subscriptions.switching import switch

CLOSED: Final = (InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE)


def check_pending(customer: Customer) -> None:
    """Refuse a change of plans while an earlier one waits for its payment (docs/api.md, "Payments and 402")."""
    check_held(customer)
    for each in customer.subscriptions.values():
        if each.awaits_payment:
            raise ChangePending(each.plan.plan_id)


def awaited_invoice(customer: Customer, waiting: Subscription) -> Invoice | None:
    """The invoice whose payment a plan waits for."""
    invoices, key = customer.account.invoices.values(), waiting.subscription_id
    return next((each for each in invoices if any(line.subscription_id == key for line in each.lines)), None)


def call_off(draft: Draft, waiting: Subscription) -> None:
    """Drop a plan that waits to be paid, and take its invoice back: nobody is to pay for what never starts."""
    invoice = awaited_invoice(draft.customer, waiting)
    if invoice is not None and invoice.status is InvoiceStatus.DRAFT:
        draft.happen(InvoiceVoided(invoice.invoice_id, draft.now))
    elif invoice is not None and invoice.status not in CLOSED:
        void(draft, invoice)
    draft.happen(PlanUnscheduled(waiting.subscription_id))
    draft.outgoing.append(Move(waiting.plan, waiting.quantities, canceled_at=draft.now, expires_at=draft.now))


def await_payment(draft: Draft, order: Order, current: Subscription | None, billing: Billing) -> str | None:
    """Schedule a plan for the payment of its invoice, and charge what it would cost if it started now.

    Answers its id; None where nothing is to be paid, so that there is nothing to wait for.
    """
    imagined = Draft(draft.customer, draft.context, draft.now)
    begun_as = start(imagined, order) if current is None else switch(imagined, order, current)
    lines, begun = list(imagined.lines), imagined.customer.subscriptions[begun_as]
    adjust(imagined, billing)
    if sum(line.amount_minor for line in imagined.lines) <= 0:
        return None
    key = draft.customer.next_id()
    draft.happen(
        PlanScheduled(
            key,
            begun.plan,
            draft.now,
            begun.anchor,
            begun.entity_id,
            begun.external_id,
            begun.quantities,
            begun.replaces,
            expires_at=begun.expires_at,
            discounts=begun.discounts,
            awaits_payment=True,
        )
    )
    draft.charge([_of(draft, line, begun_as, key) for line in lines])
    draft.incoming.append(Move(begun.plan, begun.quantities, expires_at=begun.expires_at))
    if current is not None:
        draft.outgoing.append(Move(current.plan, current.quantities))
    return key


def _of(draft: Draft, line: Line, begun_as: str, key: str) -> Line:
    """A line of the plan as it was imagined, as one of the plan that waits."""
    if line.subscription_id != begun_as:
        return line
    return replace(line, subscription_id=key, first_version=draft.customer.version, last_version=draft.customer.version)
