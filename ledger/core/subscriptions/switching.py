"""From one main plan to another: at once, or when the running cycle or another instant has come (reference §2.2)."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from ledger.core.balances.entitlement import reset_anchor
from ledger.core.draft import Draft
from ledger.core.events import (
    Ended,
    Line,
    PlanCanceled,
    PlanExpired,
    PlanScheduled,
    PlanUnscheduled,
    Quantity,
    QuantityScheduled,
)
from ledger.core.invoices.invoicing import accrue
from ledger.core.invoices.lines import overage, refunds
from ledger.core.period import period_at
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import ProrationBehavior
from ledger.core.subscriptions.carrying import carries
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.quote import Move
from ledger.core.subscriptions.starting import Anchors, begin, first_anchor, price_of
from ledger.core.subscriptions.subscription import Subscription, scheduled_plans


def switch(draft: Draft, order: Order, current: Subscription) -> str:
    """End the current plan now and start the new one; old time is credited, new time and old overage charged.

    Answers the new subscription's id.
    """
    before = draft.customer
    owed = _owed(before, current, order)
    unschedule(draft, current)
    draft.happen(PlanExpired(current.subscription_id, draft.now, Ended.REPLACED, current.canceled_at))
    draft.outgoing.append(Move(current.plan, current.quantities, expires_at=draft.now))
    anchors = _anchors(draft, order, before, current)
    key = begin(draft, order, anchors, replaces=current.subscription_id, before=before)
    keep_waiting(draft, current, key, order.quantities)
    draft.charge(_difference(draft, order, before, current, key))
    _settle(draft, order, owed)
    return key


def keep_waiting(draft: Draft, old: Subscription, key: str, quantities: Sequence[Quantity]) -> None:
    """Quantities that wait for the renewal go on waiting, where what comes after `old` goes on with the held one."""
    for each in old.next_quantities:
        held = next((found.quantity for found in quantities if found.feature_id == each.feature_id), None)
        if held is not None and held == old.quantity(each.feature_id):
            draft.happen(QuantityScheduled(key, each.feature_id, held, each.quantity))


def _owed(before: Customer, current: Subscription, order: Order) -> list[Line]:
    """Old overage, in full, apart from features whose usage passes over to the new plan."""
    return [
        line
        for line in overage(before, current)
        if line.amount_minor and not carries(order.carry_usages, line.feature_id or "")
    ]


def _settle(draft: Draft, order: Order, owed: list[Line]) -> None:
    """Old overage is charged now; where nothing is to be charged now it waits for the next invoice."""
    if order.proration is not ProrationBehavior.NONE:
        draft.charge(owed)
        return
    for line in owed:
        accrue(draft, line)


def _difference(draft: Draft, order: Order, before: Customer, current: Subscription, key: str) -> list[Line]:
    """Credit for the old plan and charge for the new one, as the caller wants them prorated.

    `bill_difference` takes whole prices where that is more than the shares that are left.
    """
    zone = draft.context.settings.zone
    if order.proration is ProrationBehavior.NONE:
        return []
    shares = [*refunds(before, current, draft.now, zone), *price_of(draft, key, _prorated(order))]
    if order.proration is not ProrationBehavior.BILL_DIFFERENCE:
        return shares
    whole = [*refunds(before, current, draft.now, zone, whole=True), *price_of(draft, key, order)]
    return max(shares, whole, key=lambda lines: sum(line.amount_minor for line in lines))


def _prorated(order: Order) -> Order:
    return replace(order, proration=ProrationBehavior.PRORATE_IMMEDIATELY)


def _anchors(draft: Draft, order: Order, before: Customer, current: Subscription) -> Anchors:
    """The cycle goes on where its length is the same, else it joins another or starts now; resets go on.

    A trial that ends by the switch is no cycle to go on with (§2.5: the full price now).
    """
    if order.anchor is not None:
        return Anchors(order.anchor, order.anchor)
    if order.own_cycle or current.trialing:
        return Anchors(draft.now, draft.now)
    cycle = order.plan.cycle
    same = cycle is not None and cycle == current.plan.cycle
    return Anchors(current.anchor if same else first_anchor(draft, order), reset_anchor(before, current))


def remove(draft: Draft, removed: Subscription, order: Order) -> None:
    """End another plan together with an attach: credited and billed for its overage as on a switch."""
    before, zone = draft.customer, draft.context.settings.zone
    owed = [line for line in overage(before, removed) if line.amount_minor]
    unschedule(draft, removed)
    draft.happen(PlanExpired(removed.subscription_id, draft.now, Ended.REPLACED, removed.canceled_at))
    draft.outgoing.append(Move(removed.plan, removed.quantities, expires_at=draft.now))
    if order.proration is not ProrationBehavior.NONE:
        draft.charge(refunds(before, removed, draft.now, zone))
    _settle(draft, order, owed)


def schedule(
    draft: Draft, order: Order, current: Subscription | None, starts_at: datetime, *, ends_it: bool = True
) -> str:
    """Let the current plan run until `starts_at` and the new one start there; nothing is charged now.

    In a schedule the current one was told to end there already, and `ends_it` is False. Answers the new
    subscription's id.
    """
    if current is not None and ends_it:
        unschedule(draft, current)
        end_at(draft, current, starts_at)
    event = scheduled(draft, order, current, starts_at)
    draft.happen(event)
    draft.incoming.append(Move(order.plan, order.quantities, effective_at=starts_at, expires_at=order.expires_at))
    return event.subscription_id


def end_at(draft: Draft, current: Subscription, ends_at: datetime) -> None:
    """Tell a plan that it ends when another one takes its place."""
    canceled_at = current.canceled_at or draft.now
    if current.canceled_at is None or current.expires_at != ends_at:
        draft.happen(PlanCanceled(current.subscription_id, canceled_at, ends_at))
    draft.outgoing.append(Move(current.plan, current.quantities, ends_at, canceled_at, ends_at))


def unschedule(draft: Draft, current: Subscription) -> None:
    """Drop everything that waits to take the place of a main plan."""
    if not current.main:
        return
    for waiting in scheduled_plans(draft.customer.subscriptions.values(), current.entity_id, current.plan.group):
        draft.happen(PlanUnscheduled(waiting.subscription_id))


def reschedule(draft: Draft, waiting: Subscription, current: Subscription, starts_at: datetime) -> None:
    """Let a plan that waits take the place of `current` at an instant; what was to follow it follows it still.

    Where it starts at another instant than before, its cycle is counted from there or goes on with the current one.
    """
    key = draft.new_subscription_id(1)
    moved = current.anchor if waiting.plan.cycle in (None, current.plan.cycle) else starts_at
    draft.happen(
        PlanUnscheduled(waiting.subscription_id),
        PlanScheduled(
            key,
            waiting.plan,
            starts_at,
            waiting.anchor if starts_at == waiting.started_at else moved,
            waiting.entity_id,
            waiting.external_id,
            waiting.quantities,
            current.subscription_id,
            waiting.default,
            waiting.expires_at,
            waiting.discounts,
            waiting.prorated,
        ),
    )
    for each in list(draft.customer.subscriptions.values()):
        if each.replaces == waiting.subscription_id and not each.active:
            reschedule(draft, each, draft.customer.subscriptions[key], each.started_at)


def cycle_end(draft: Draft, subscription: Subscription) -> datetime | None:
    """The end of the longest of a plan's intervals, or of its trial; None without a cycle (§2.4)."""
    if subscription.trial_ends_at is not None:
        return subscription.trial_ends_at
    if subscription.period_end is None or subscription.plan.cycle is None:
        return None
    return period_at(subscription.anchor, subscription.plan.cycle, draft.now, draft.context.settings.zone).end


def scheduled(draft: Draft, order: Order, current: Subscription | None, starts_at: datetime) -> PlanScheduled:
    """The event that lets a plan start at `starts_at`, in the place of `current` if there is one.

    It goes on with the cycle of that one, where it has the same length.
    """
    goes_on = current is not None and order.plan.cycle in (None, current.plan.cycle) and not order.own_cycle
    return PlanScheduled(
        draft.new_subscription_id(),
        order.plan,
        starts_at,
        order.anchor or (current.anchor if current is not None and goes_on else starts_at),
        order.entity_id,
        order.external_id,
        order.quantities,
        None if current is None else current.subscription_id,
        order.default,
        order.expires_at,
        order.discounts,
        order.proration is not ProrationBehavior.NONE,
    )
