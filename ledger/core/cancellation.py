"""Ending a plan, now or at the end of its cycle, and taking that back (reference §2.4)."""

from collections.abc import Sequence
from enum import StrEnum

from ledger.core.change import Attach, scheduled, start
from ledger.core.decider import Command, Context
from ledger.core.errors import InvalidRequest, SubscriptionNotFound
from ledger.core.events import (
    Ended,
    Event,
    PlanCanceled,
    PlanExpired,
    PlanUncanceled,
    PlanUnscheduled,
)
from ledger.core.quote import Move, Planned, refunds
from ledger.core.state import Customer
from ledger.core.subscription import Subscription, scheduled_plan
from ledger.core.terms import Plan


class When(StrEnum):
    """When a cancellation takes effect."""

    NOW = "cancel_immediately"
    END_OF_CYCLE = "cancel_end_of_cycle"


class Which(Command, frozen=True):
    """Names one subscription: by its id (ours or the caller's), or by plan and entity."""

    plan_id: str | None = None
    subscription_id: str | None = None
    entity_id: str | None = None


class Cancel(Which, frozen=True):
    """End a plan. Now: unused time is credited and overage forgiven. At the end of the cycle: nothing is credited."""

    when: When = When.END_OF_CYCLE


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
    subscription = find(customer, command)
    if not subscription.active:
        return _drop(customer, subscription, context)
    if command.when is When.NOW:
        return _cancel_now(customer, subscription, context)
    return _cancel_at_end(customer, subscription, context)


def _drop(customer: Customer, waiting: Subscription, context: Context) -> Planned:
    """Drop a scheduled plan; the plan it was to replace goes on."""
    events: list[Event] = [PlanUnscheduled(waiting.subscription_id)]
    current = customer.subscriptions.get(waiting.replaces or "")
    if current is not None and current.canceling:
        events.append(PlanUncanceled(current.subscription_id, current.expires_at))
    outgoing = [Move(waiting.plan, waiting.quantities, canceled_at=context.now, expires_at=context.now)]
    return Planned(events, outgoing=outgoing, intent="cancel_immediately")


def _cancel_now(customer: Customer, subscription: Subscription, context: Context) -> Planned:
    events = _unschedule(customer, subscription)
    canceled_at = subscription.canceled_at or context.now
    events.append(PlanExpired(subscription.subscription_id, context.now, Ended.CANCELED, canceled_at))
    lines = refunds(subscription, customer.grants.values(), context.now, context.settings.zone)
    default = _default(subscription, context)
    incoming = []
    if default is not None:
        events += _start_default(customer, default, subscription, context, len(events))
        incoming = [Move(default)]
    outgoing = [Move(subscription.plan, subscription.quantities, canceled_at=canceled_at, expires_at=context.now)]
    return Planned(events, lines, incoming, outgoing, intent="cancel_immediately")


def _start_default(
    customer: Customer, default: Plan, ended: Subscription, context: Context, event: int
) -> Sequence[Event]:
    command, replaces = Attach(default.plan_id), ended.subscription_id
    return start(customer, command, default, context, event=event, replaces=replaces, default=True).events


def _cancel_at_end(customer: Customer, subscription: Subscription, context: Context) -> Planned:
    period = subscription.period(context.now, context.settings.zone)
    if period is None:
        raise InvalidRequest(
            f"Plan {subscription.plan.plan_id} has no billing cycle to end with: use cancel_action cancel_immediately"
        )
    ends_at = period.end
    waiting = _waiting(customer, subscription)
    default = _default(subscription, context)
    if subscription.canceling and (waiting is None or waiting.default):
        return Planned([], intent="cancel_end_of_cycle")
    events = _unschedule(customer, subscription)
    if not subscription.canceling:
        events.append(PlanCanceled(subscription.subscription_id, context.now, ends_at))
    incoming = []
    if default is not None:
        events.append(scheduled(customer, default, subscription, ends_at, event=len(events), default=True))
        incoming = [Move(default, effective_at=ends_at)]
    outgoing = [Move(subscription.plan, subscription.quantities, canceled_at=context.now, expires_at=ends_at)]
    return Planned(events, (), incoming, outgoing, intent="cancel_end_of_cycle")


def plan_uncancel(customer: Customer, command: Uncancel) -> Planned:
    """Work out an uncancel: nothing on a plan that is not cancelling, refused on a scheduled one."""
    subscription = find(customer, command)
    if not subscription.active:
        raise InvalidRequest(f"Plan {subscription.plan.plan_id} is scheduled, not cancelling: cancel it instead")
    if not subscription.canceling:
        return Planned([], intent="uncancel")
    events: list[Event] = [PlanUncanceled(subscription.subscription_id, subscription.expires_at)]
    events += _unschedule(customer, subscription)
    return Planned(events, incoming=[Move(subscription.plan, subscription.quantities)], intent="uncancel")


def _waiting(customer: Customer, subscription: Subscription) -> Subscription | None:
    if not subscription.main:
        return None
    return scheduled_plan(customer.subscriptions.values(), subscription.entity_id, subscription.plan.group)


def _unschedule(customer: Customer, subscription: Subscription) -> list[Event]:
    waiting = _waiting(customer, subscription)
    return [PlanUnscheduled(waiting.subscription_id)] if waiting else []


def _default(subscription: Subscription, context: Context) -> Plan | None:
    """The plan that takes over when a customer's main plan ends: the default of its group, unless it is that one."""
    if not subscription.main or subscription.entity_id is not None:
        return None
    defaults = [
        plan for plan in context.catalog.defaults() if plan.group == subscription.plan.group and not plan.add_on
    ]
    return next((plan for plan in defaults if plan.plan_id != subscription.plan.plan_id), None)
