"""Ending a plan, now or at the end of its cycle, and taking that back (reference §2.4)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest, SubscriptionEnded, SubscriptionNotFound
from ledger.core.events import (
    Ended,
    Line,
    PlanCanceled,
    PlanExpired,
    PlanUncanceled,
    PlanUnscheduled,
)
from ledger.core.invoices.discounting import take_off
from ledger.core.invoices.invoicing import currency_of, finish
from ledger.core.invoices.lines import refunds
from ledger.core.invoices.refunding import pay_back
from ledger.core.state import Customer
from ledger.core.subscriptions.awaiting import call_off, check_pending
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.currency import in_currency
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.quote import Move, Planned
from ledger.core.subscriptions.starting import start
from ledger.core.subscriptions.subscription import Subscription, scheduled_plan
from ledger.core.subscriptions.switching import cycle_end, scheduled, unschedule
from ledger.core.terms import Plan


class When(StrEnum):
    """When a cancellation takes effect."""

    NOW = "cancel_immediately"
    END_OF_CYCLE = "cancel_end_of_cycle"


class Refund(StrEnum):
    """How much of the last payment goes back to the payer in place of a credit: what is left of the time, or all."""

    PRORATED = "prorated"
    FULL = "full"


class Which(Command, frozen=True):
    """Names one subscription: by its id (ours or the caller's), or by plan and entity."""

    plan_id: str | None = None
    subscription_id: str | None = None
    entity_id: str | None = None


class Cancel(Which, frozen=True):
    """End a plan. Now: unused time is credited and overage forgiven. At the end of the cycle: nothing is credited."""

    waits_as: ClassVar[str | None] = "cancel"

    when: When = When.END_OF_CYCLE
    refund: Refund | None = None
    billing: Billing = Billing()


class Uncancel(Which, frozen=True):
    """Let a plan that was told to end go on."""


def find(customer: Customer, which: Which) -> Subscription:
    """The subscription that a command names, an active one before a scheduled one, or `SubscriptionNotFound`."""
    found = [each for each in customer.subscriptions.values() if _matches(each, which)]
    if which.plan_id is None and which.subscription_id is None and len(found) > 1:
        raise InvalidRequest("This customer has several plans: name one with plan_id or subscription_id")
    if not found:
        raise SubscriptionNotFound(_described(which))
    return max(found, key=lambda each: (each.active, each.started_at))


def _matches(subscription: Subscription, which: Which) -> bool:
    if which.subscription_id is not None:
        named = which.subscription_id in (subscription.external_id, subscription.subscription_id)
        return named and which.plan_id in (None, subscription.plan.plan_id)
    return subscription.entity_id == which.entity_id and which.plan_id in (None, subscription.plan.plan_id)


def _described(which: Which) -> str:
    parts = [("subscription_id", which.subscription_id), ("plan_id", which.plan_id), ("entity_id", which.entity_id)]
    return ", ".join(f"{name} {value}" for name, value in parts if value) or "this customer"


def plan_cancel(customer: Customer, command: Cancel, context: Context) -> Planned:
    """Work out a cancellation, or refuse it."""
    draft = Draft(customer, context)
    subscription = find(customer, command)
    _check_refund(command, subscription)
    if subscription.awaits_payment:
        call_off(draft, subscription)
        return finish(draft, When.NOW, command.billing)
    check_pending(customer)
    if not subscription.active:
        _drop(draft, subscription)
        return finish(draft, When.NOW, command.billing, asked=command)
    if command.when is When.NOW:
        _cancel_now(draft, subscription, command)
    else:
        _cancel_at_end(draft, subscription)
    return finish(draft, command.when, command.billing, asked=command)


def _check_refund(command: Cancel, subscription: Subscription) -> None:
    """Money goes back only when a plan that was paid ends now, and only in one way (§2.3)."""
    if command.refund is None:
        return
    if command.billing.proration is not ProrationBehavior.PRORATE_IMMEDIATELY:
        raise InvalidInput("refund_last_payment takes the place of a credit: leave out proration_behavior")
    if command.when is not When.NOW or not subscription.active:
        raise InvalidRequest("refund_last_payment belongs to cancel_immediately of an active plan: leave it out")
    if command.billing.no_billing_changes:
        raise InvalidRequest("refund_last_payment moves money and no_billing_changes forbids it: leave out one of them")


def _drop(draft: Draft, waiting: Subscription) -> None:
    """Drop a scheduled plan, and what was to follow it; the plan it was to replace goes on."""
    draft.happen(PlanUnscheduled(waiting.subscription_id))
    current = draft.customer.subscriptions.get(waiting.replaces or "")
    if current is not None and current.active and (current.canceling or current.expires_at == waiting.started_at):
        draft.happen(PlanUncanceled(current.subscription_id, current.expires_at, current.agreed_end_at))
    draft.outgoing.append(Move(waiting.plan, waiting.quantities, canceled_at=draft.now, expires_at=draft.now))
    for following in list(draft.customer.subscriptions.values()):
        if following.replaces == waiting.subscription_id and not following.active:
            _drop(draft, following)


def _cancel_now(draft: Draft, subscription: Subscription, command: Cancel) -> None:
    """Unused time is credited or paid back, outstanding overage forgiven, and the group's default plan takes over."""
    before = draft.customer
    unschedule(draft, subscription)
    canceled_at = subscription.canceled_at or draft.now
    draft.happen(PlanExpired(subscription.subscription_id, draft.now, Ended.CANCELED, canceled_at))
    draft.outgoing.append(
        Move(subscription.plan, subscription.quantities, canceled_at=canceled_at, expires_at=draft.now)
    )
    unused = refunds(before, subscription, draft.now, draft.context.settings.zone)
    if command.refund is not None:
        pay_back(draft, subscription, None if command.refund is Refund.FULL else _discounted_minor(draft, unused))
    elif command.billing.proration is not ProrationBehavior.NONE and not command.billing.no_billing_changes:
        draft.charge(unused)
    default = default_after(draft, subscription)
    if default is not None:
        start(draft, Order(default, default=True), replaces=subscription.subscription_id, before=before)


def _discounted_minor(draft: Draft, credits_: Sequence[Line]) -> int:
    """What credits come to after the discounts that their charges had."""
    draft.charge(credits_)
    take_off(draft)
    credited_minor = -sum(line.amount_minor for line in draft.lines)
    draft.lines = []
    return credited_minor


def _cancel_at_end(draft: Draft, subscription: Subscription) -> None:
    ends_at = _end(draft, subscription)
    waiting = _waiting(draft.customer, subscription)
    if subscription.canceling and (waiting is None or waiting.default):
        return
    unschedule(draft, subscription)
    if not subscription.canceling or subscription.expires_at != ends_at:
        canceled_at = subscription.canceled_at or draft.now
        draft.happen(PlanCanceled(subscription.subscription_id, canceled_at, ends_at))
    default = default_after(draft, subscription)
    if default is not None:
        draft.happen(scheduled(draft, Order(default, default=True), subscription, ends_at))
        draft.incoming.append(Move(default, effective_at=ends_at))
    draft.outgoing.append(Move(subscription.plan, subscription.quantities, ends_at, draft.now, ends_at))


def _end(draft: Draft, subscription: Subscription) -> datetime:
    """The end of the longest interval, or an earlier one that was agreed; refused where there is no cycle (§2.4)."""
    ends_at = cycle_end(draft, subscription)
    if ends_at is None or not subscription.plan.priced or subscription.plan.one_off:
        raise InvalidRequest(
            f"Plan {subscription.plan.plan_id} has no billing cycle to end with: use cancel_action cancel_immediately"
        )
    agreed = None if subscription.canceling else subscription.expires_at
    return ends_at if agreed is None else min(agreed, ends_at)


def plan_uncancel(customer: Customer, command: Uncancel, context: Context) -> Planned:
    """Work out an uncancel: nothing on a plan that is not cancelling, refused on one that is scheduled or has ended."""
    draft = Draft(customer, context)
    subscription = _still_held(customer, command)
    if not subscription.active:
        raise InvalidRequest(f"Plan {subscription.plan.plan_id} is scheduled, not cancelling: cancel it instead")
    if subscription.canceling:
        agreed = subscription.agreed_end_at
        draft.happen(PlanUncanceled(subscription.subscription_id, subscription.expires_at, agreed))
        unschedule(draft, subscription)
        draft.incoming.append(Move(subscription.plan, subscription.quantities))
    return finish(draft, "uncancel")


def _still_held(customer: Customer, command: Uncancel) -> Subscription:
    try:
        return find(customer, command)
    except SubscriptionNotFound:
        ended = customer.ended_ids.get(command.subscription_id or "")
        if command.subscription_id is None and command.plan_id in customer.ended_plans:
            ended = command.plan_id
        if ended is not None and command.plan_id in (None, ended):
            raise SubscriptionEnded(ended) from None
        raise


def _waiting(customer: Customer, subscription: Subscription) -> Subscription | None:
    if not subscription.main:
        return None
    return scheduled_plan(customer.subscriptions.values(), subscription.entity_id, subscription.plan.group)


def default_after(draft: Draft, subscription: Subscription) -> Plan | None:
    """The plan that takes over when a customer's main plan ends: the default of its group, unless it is that one."""
    if not subscription.main or subscription.entity_id is not None:
        return None
    defaults = [
        plan for plan in draft.context.catalog.defaults() if plan.group == subscription.plan.group and not plan.add_on
    ]
    found = next((plan for plan in defaults if plan.plan_id != subscription.plan.plan_id), None)
    return None if found is None else in_currency(found, currency_of(draft.customer, draft.context))
