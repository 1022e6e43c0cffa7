"""Seats: held units that are sold as they are taken, so that each one is billed or credited when it is (§2.3).

Freed seats that are not credited (`on_decrease` none) stay paid until the renewal, and are taken again for nothing.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.core.balances.balance import Grant
from ledger.core.balances.deduction import overage_allowed
from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.events import ChangeAbandoned, Event, Origin, SeatsKept, UsageRecorded
from ledger.core.invoices.holding import check_held
from ledger.core.invoices.invoicing import finish
from ledger.core.invoices.midcycle import bill_difference, stays_paid
from ledger.core.invoices.payment import InvoicePaymentFailed, attempted
from ledger.core.invoices.pricing import cost
from ledger.core.money import ZERO, add, subtract
from ledger.core.state import Customer
from ledger.core.subscriptions.quote import Move
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import FeatureKind, PlanItem

SEATS: Final = "seats"
"""What a change is meant to do that takes or frees seats."""


def settled(
    customer: Customer,
    events: Sequence[Event],
    context: Context,
    asked: Command,
    *,
    paid_or_refused: bool = False,
) -> Sequence[Event]:
    """Events that move balances as was `asked`, with the invoice for the seats that they take or free.

    They come back as they are where no seat is sold. Where the payment for seats is declined they do not happen at
    all: the attempt does, and ends in `ChangeAbandoned` (case 116); or `InvoicePaymentFailed` is raised. Where it waits
    for its payer, so do they.
    """
    for event in events:
        if _may_move_seats(customer, event):
            break
    else:
        return events
    draft = Draft(customer, context, context.paid_for.asked_at if context.paid_for else None)
    draft.happen(*events)
    for before in customer.grants.values():
        after = draft.customer.grants.get(before.grant_id)
        if after is not None and _sold(before) and before.level != after.level:
            _settle(draft, before, after)
    if draft.lines:
        check_held(customer)
    waits_as = asked if asked.waits_as is not None and not paid_or_refused else None
    settled_by = finish(draft, SEATS, origin=Origin.USAGE, asked=waits_as).events
    if paid_or_refused and any(isinstance(each, ChangeAbandoned) and each.intent == SEATS for each in settled_by):
        raise InvoicePaymentFailed(attempted(settled_by), "nothing of the request was recorded")
    return settled_by


def _may_move_seats(customer: Customer, event: Event) -> bool:
    if type(event) is UsageRecorded:  # thousands of these a second: look at what was touched only
        for each in event.allocations:  # noqa: SIM110  a generator would cost a tenth of the use
            if _sold(customer.grants[each.grant_id]):
                return True
        return False
    return any(_sold(grant) for grant in customer.grants.values())


def _sold(grant: Grant) -> bool:
    return grant.terms.kind is FeatureKind.ALLOCATED and overage_allowed(grant)


def _settle(draft: Draft, before: Grant, after: Grant) -> None:
    """Bill the seats taken of one balance, or credit or keep those freed."""
    subscription = draft.customer.subscriptions.get(before.terms.subscription_id or "")
    item = None if subscription is None else _item(subscription, before)
    if subscription is None or item is None:
        return
    more = subtract(_beyond(after), _beyond(before))
    reused = min(max(more, ZERO), before.kept_seats)
    freed = max(ZERO, subtract(ZERO, more)) if stays_paid(item) and not subscription.trialing else ZERO
    kept = add(subtract(before.kept_seats, reused), freed)
    if kept != before.kept_seats:
        key = subscription.subscription_id
        draft.happen(SeatsKept(key, before.feature_id, before.grant_id, before.kept_seats, kept))
    units = add(subtract(more, reused), freed)
    bill_difference(
        draft, subscription, item, _price(item, before, before.kept_seats), _price(item, after, kept), units
    )
    draft.incoming.append(Move(subscription.plan, subscription.quantities))


def _item(subscription: Subscription, grant: Grant) -> PlanItem | None:
    return next(
        (
            item
            for item in subscription.plan.items
            if item.feature_id == grant.feature_id and item.price == grant.terms.price
        ),
        None,
    )


def _beyond(grant: Grant) -> Decimal:
    """Seats in use beyond the included ones."""
    return max(ZERO, subtract(grant.used, grant.granted))


def _price(item: PlanItem, grant: Grant, kept: Decimal) -> Decimal:
    """What a period of the seats in use, and of those that are kept, costs."""
    assert item.price is not None
    return cost(item.price, grant.granted, add(grant.granted, add(_beyond(grant), kept)))
