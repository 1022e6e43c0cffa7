"""Ending a plan, now or at the end of its cycle, and taking that back (reference §2.4)."""

from enum import StrEnum

from ledger.core.billing import Billing
from ledger.core.change import Attach, cycle_end, scheduled, start
from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest, SubscriptionNotFound
from ledger.core.events import (
    Ended,
    PlanCanceled,
    PlanExpired,
    PlanUncanceled,
    PlanUnscheduled,
)
from ledger.core.invoicing import finish
from ledger.core.lines import refunds
from ledger.core.quote import Move, Planned
from ledger.core.state import Customer
from ledger.core.subscription import Subscription, scheduled_plan
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
    if not subscription.active:
        _drop(draft, subscription)
        return finish(draft, When.NOW, command.billing)
    if command.when is When.NOW:
        _cancel_now(draft, subscription)
    else:
        _cancel_at_end(draft, subscription)
    return finish(draft, command.when, command.billing)


def _drop(draft: Draft, waiting: Subscription) -> None:
    """Drop a scheduled plan; the plan it was to replace goes on."""
    draft.happen(PlanUnscheduled(waiting.subscription_id))
    current = draft.customer.subscriptions.get(waiting.replaces or "")
    if current is not None and current.canceling:
        draft.happen(PlanUncanceled(current.subscription_id, current.expires_at))
    draft.outgoing.append(Move(waiting.plan, waiting.quantities, canceled_at=draft.now, expires_at=draft.now))


def _cancel_now(draft: Draft, subscription: Subscription) -> None:
    """Unused time is credited, outstanding overage forgiven, and the group's default plan takes over."""
    before = draft.customer
    _unschedule(draft, subscription)
    canceled_at = subscription.canceled_at or draft.now
    draft.happen(PlanExpired(subscription.subscription_id, draft.now, Ended.CANCELED, canceled_at))
    draft.charge(refunds(before, subscription, draft.now, draft.context.settings.zone))
    default = _default(subscription, draft.context)
    if default is not None:
        start(
            draft, Attach(default.plan_id), default, replaces=subscription.subscription_id, default=True, before=before
        )
    draft.outgoing.append(
        Move(subscription.plan, subscription.quantities, canceled_at=canceled_at, expires_at=draft.now)
    )


def _cancel_at_end(draft: Draft, subscription: Subscription) -> None:
    ends_at = cycle_end(draft, subscription)
    if ends_at is None:
        raise InvalidRequest(
            f"Plan {subscription.plan.plan_id} has no billing cycle to end with: use cancel_action cancel_immediately"
        )
    waiting = _waiting(draft.customer, subscription)
    default = _default(subscription, draft.context)
    if subscription.canceling and (waiting is None or waiting.default):
        return
    _unschedule(draft, subscription)
    if not subscription.canceling:
        draft.happen(PlanCanceled(subscription.subscription_id, draft.now, ends_at))
    if default is not None:
        draft.happen(scheduled(draft, default, subscription, ends_at, default=True))
        draft.incoming.append(Move(default, effective_at=ends_at))
    draft.outgoing.append(Move(subscription.plan, subscription.quantities, canceled_at=draft.now, expires_at=ends_at))


def plan_uncancel(customer: Customer, command: Uncancel, context: Context) -> Planned:
    """Work out an uncancel: nothing on a plan that is not cancelling, refused on a scheduled one."""
    draft = Draft(customer, context)
    subscription = find(customer, command)
    if not subscription.active:
        raise InvalidRequest(f"Plan {subscription.plan.plan_id} is scheduled, not cancelling: cancel it instead")
    if subscription.canceling:
        draft.happen(PlanUncanceled(subscription.subscription_id, subscription.expires_at))
        _unschedule(draft, subscription)
        draft.incoming.append(Move(subscription.plan, subscription.quantities))
    return finish(draft, "uncancel")


def _waiting(customer: Customer, subscription: Subscription) -> Subscription | None:
    if not subscription.main:
        return None
    return scheduled_plan(customer.subscriptions.values(), subscription.entity_id, subscription.plan.group)


def _unschedule(draft: Draft, subscription: Subscription) -> None:
    waiting = _waiting(draft.customer, subscription)
    if waiting is not None:
        draft.happen(PlanUnscheduled(waiting.subscription_id))


def _default(subscription: Subscription, context: Context) -> Plan | None:
    """The plan that takes over when a customer's main plan ends: the default of its group, unless it is that one."""
    if not subscription.main or subscription.entity_id is not None:
        return None
    defaults = [
        plan for plan in context.catalog.defaults() if plan.group == subscription.plan.group and not plan.add_on
    ]
    return next((plan for plan in defaults if plan.plan_id != subscription.plan.plan_id), None)
