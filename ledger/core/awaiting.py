"""A plan that is invoiced now and starts when somebody pays (reference §2.2, invoice_mode)."""

from msgspec.structs import replace

from ledger.core.adjusting import adjust
from ledger.core.billing import Billing
from ledger.core.draft import Draft
from ledger.core.events import Line, PlanScheduled
from ledger.core.order import Order
from ledger.core.quote import Move
from ledger.core.starting import start
from ledger.core.subscription import Subscription
from ledger.core.switching import switch


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
