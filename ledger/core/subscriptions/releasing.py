"""What becomes of a change that waits for its payment: it happens once its invoice is paid, or is called off (§2.2).

A change of plans happens as of the instant at which it was asked for: its periods are those on its invoice. A use, or
an entity, counts from when it is paid.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.usage import Consume, Track
from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.core.errors import InvalidRequest, Refusal
from ledger.core.events import ChangeReleased, Event, PaymentFailed
from ledger.core.invoices.holding import DECLINED, TAKEN_BACK, abandon
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.offers.catalog import Catalog
from ledger.core.state import Customer
from ledger.core.subscriptions.cancellation import Cancel
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.first import BeginFirst
from ledger.core.subscriptions.held import Held
from ledger.core.subscriptions.phases import CreateSchedule
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import Plan

Decide = Callable[[Customer, Command, Context], Sequence[Event]]

OF_PLANS: Final = (Attach, AttachMany, BeginFirst, CreateSchedule, Cancel, ChangeQuantities, Revise)
OF_BALANCES: Final = (Track, Consume, GrantBalance, UpdateBalance, CreateEntity, DeleteEntity)
WAITING: Final[Mapping[str, type[Command]]] = {
    each.waits_as: each for each in (*OF_PLANS, *OF_BALANCES) if each.waits_as is not None
}
"""Every command that can wait for its payment, by the name that it is kept by."""


def asked(held: Held) -> Command:
    """What the caller of a change that waits asked for."""
    return msgspec.convert(held.asked.value, WAITING[held.kind])


def settle(customer: Customer, events: Sequence[Event], context: Context, decide: Decide) -> Sequence[Event]:
    """Events about invoices, with what they mean for the change that waits for one of them.

    Refused where the invoice is closed and the change cannot be made any more.
    """
    if customer.held is None:
        return events
    draft = Draft(customer, context)
    draft.happen(*events)
    held = draft.customer.held
    assert held is not None
    status = draft.customer.account.invoices[held.invoice_id].status
    if status is InvoiceStatus.PAID:
        _release(draft, held, decide)
    elif status is not InvoiceStatus.OPEN:
        abandon(draft, held, TAKEN_BACK)
    elif any(isinstance(each, PaymentFailed) and each.invoice_id == held.invoice_id for each in events):
        abandon(draft, held, DECLINED)
    return draft.events


def _release(draft: Draft, held: Held, decide: Decide) -> None:
    """Let the change happen: decided again, on the customer as it is now and the catalog as it was then."""
    draft.happen(ChangeReleased(held.invoice_id, held.intent, held.plan_ids))
    command = asked(held)
    now = held.asked_at if isinstance(command, OF_PLANS) else draft.now
    catalog = _as_it_was(draft.context.catalog, held)
    context = replace(draft.context, now=now, catalog=catalog, moved_to=None, reasoned=True, paid_for=held)
    try:
        draft.happen(*decide(draft.customer, command, context))
    except Refusal as refusal:
        raise InvalidRequest(
            f"The change that this invoice is for cannot be made any more: {refusal} Take it back with invoices.void"
        ) from refusal


def _as_it_was(catalog: Catalog, held: Held) -> Catalog:
    """The catalog with the plans and discounts that a change names as they were when it was asked for."""
    plans: dict[str, tuple[Plan, ...]] = {}
    for plan in sorted(held.plans, key=lambda each: each.version):
        plans[plan.plan_id] = (*plans.get(plan.plan_id, ()), plan)
    discounts = {each.discount_id: each for each in held.discounts}
    return msgspec.structs.replace(
        catalog, plans={**catalog.plans, **plans}, discounts={**catalog.discounts, **discounts}
    )
