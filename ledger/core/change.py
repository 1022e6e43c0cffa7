"""Attaching a plan: which kind of switch it is, and the events it takes (reference §2.2)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ledger.core.decider import Command, Context
from ledger.core.entitlement import Granting, check_quantities
from ledger.core.errors import InvalidRequest, PlanAlreadyAttached
from ledger.core.events import (
    Ended,
    Event,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanScheduled,
    PlanUnscheduled,
    Quantity,
)
from ledger.core.period import period_at
from ledger.core.pricing import monthly_price, only_consumption
from ledger.core.quote import Move, Planned, charges, overage, refunds
from ledger.core.state import Customer
from ledger.core.subscription import Subscription, main_plan, scheduled_plan
from ledger.core.terms import Plan


class Schedule(StrEnum):
    """When a switch takes effect; without one, an upgrade is immediate and a downgrade waits."""

    IMMEDIATE = "immediate"
    END_OF_CYCLE = "end_of_cycle"


class Anchors(NamedTuple):
    """The instants that a plan's billing periods and its balances' resets are counted from."""

    billing: datetime
    resets: datetime


class Attach(Command, frozen=True):
    """Put a customer, or one of its entities, on a plan. Quantities are totals, included units counted."""

    plan_id: str
    version: int | None = None
    entity_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    external_id: str | None = None
    schedule: Schedule | None = None


def plan_attach(customer: Customer, command: Attach, context: Context) -> Planned:
    """Work out an attach, or refuse it."""
    plan = context.catalog.plan(command.plan_id, command.version)
    if plan.archived:
        raise InvalidRequest(f"Plan {plan.plan_id} is archived and takes no new customers: choose another")
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    _check_external_id(customer, command.external_id)
    check_quantities(plan, command.quantities)
    if plan.add_on or plan.one_off:
        return start(customer, command, plan, context)
    current = main_plan(customer.subscriptions.values(), command.entity_id, plan.group)
    waiting = scheduled_plan(customer.subscriptions.values(), command.entity_id, plan.group)
    if any(each is not None and each.plan.plan_id == plan.plan_id for each in (current, waiting)):
        raise PlanAlreadyAttached(plan.plan_id)
    if current is None:
        return start(customer, command, plan, context)
    command = _with_kept_quantities(command, plan, current)
    if _immediate(current, plan, command.schedule):
        return _switch(customer, command, plan, current, waiting, context)
    return _schedule(command, plan, current, waiting, customer, context)


def _check_external_id(customer: Customer, external_id: str | None) -> None:
    if external_id and any(each.external_id == external_id for each in customer.subscriptions.values()):
        raise InvalidRequest(f"subscription_id {external_id} is in use by this customer: choose another")


def _with_kept_quantities(command: Attach, plan: Plan, current: Subscription) -> Attach:
    """Units bought ahead of a feature that both plans sell ahead stay bought unless the command says how many."""
    said = {each.feature_id for each in command.quantities}
    sold = {item.feature_id for item in plan.items if item.prepaid}
    kept = tuple(each for each in current.quantities if each.feature_id in sold - said)
    check_quantities(plan, kept)
    return msgspec.structs.replace(command, quantities=(*command.quantities, *kept)) if kept else command


def is_upgrade(old: Plan, new: Plan) -> bool:
    """True when a switch is an upgrade: the rows of §2.2 in their order; an equal price is one."""
    if not (old.priced and new.priced):
        return new.priced or not old.priced
    if only_consumption(old) and only_consumption(new):
        return True
    if old.cycle and new.cycle and new.cycle.rank > old.cycle.rank:
        return True
    return monthly_price(old) <= monthly_price(new)


def _immediate(current: Subscription, plan: Plan, schedule: Schedule | None) -> bool:
    if schedule is Schedule.END_OF_CYCLE and current.period_end is None:
        raise InvalidRequest(f"Plan {current.plan.plan_id} has no billing cycle to wait for: leave out plan_schedule")
    if schedule is not None:
        return schedule is Schedule.IMMEDIATE
    return current.period_end is None or is_upgrade(current.plan, plan)


def start(
    customer: Customer,
    command: Attach,
    plan: Plan,
    context: Context,
    *,
    event: int = 0,
    replaces: str | None = None,
    default: bool = False,
) -> Planned:
    """Start a plan: billed from now, or from the cycle the customer already has; seats pass on from `replaces`."""
    anchor = _first_anchor(customer, plan, context)
    attached = _attached(
        customer, command, plan, context, Anchors(anchor, anchor), event=event, replaces=replaces, default=default
    )
    lines = charges(plan, attached.grants, anchor, context.now, context.settings.zone)
    return Planned([attached], lines, incoming=[Move(plan, command.quantities)], intent="update_plan")


def _first_anchor(customer: Customer, plan: Plan, context: Context) -> datetime:
    for other in customer.subscriptions.values():
        if other.active and plan.cycle is not None and other.plan.cycle == plan.cycle and other.period_end:
            return other.anchor
    if plan.anchor_to_month_start:
        return month_start(context)
    return context.now


def month_start(context: Context) -> datetime:
    """The first instant of the month of `now`, in the ledger's time zone."""
    local = context.now.astimezone(context.settings.zone)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return first.astimezone(context.now.tzinfo)


def _attached(
    customer: Customer,
    command: Attach,
    plan: Plan,
    context: Context,
    anchors: Anchors,
    *,
    event: int,
    replaces: str | None,
    default: bool = False,
) -> PlanAttached:
    zone = context.settings.zone
    subscription_id = customer.next_id(event)
    period = period_at(anchors.billing, plan.cycle, context.now, zone) if plan.cycle else None
    granting = Granting(customer, subscription_id, plan, command.entity_id, zone, event)
    return PlanAttached(
        subscription_id,
        plan,
        context.now,
        anchors.billing,
        period.start if period else None,
        period.end if period else None,
        granting.grants(command.quantities, anchors.resets, context.now, replaces),
        command.entity_id,
        command.external_id,
        command.quantities,
        replaces,
        default,
    )


def _switch(
    customer: Customer,
    command: Attach,
    plan: Plan,
    current: Subscription,
    waiting: Subscription | None,
    context: Context,
) -> Planned:
    """End the current plan now and start the new one; old time is credited, new time and old overage charged."""
    events: list[Event] = [PlanUnscheduled(waiting.subscription_id)] if waiting else []
    events.append(PlanExpired(current.subscription_id, context.now, Ended.REPLACED, current.canceled_at))
    same_cycle = plan.cycle is not None and plan.cycle == current.plan.cycle
    anchor = current.anchor if same_cycle else context.now
    attached = _attached(
        customer,
        command,
        plan,
        context,
        Anchors(anchor, _reset_anchor(customer, current)),
        event=len(events),
        replaces=current.subscription_id,
    )
    zone = context.settings.zone
    lines = refunds(current, customer.grants.values(), context.now, zone)
    lines += charges(plan, attached.grants, anchor, context.now, zone)
    lines += overage(current, customer.grants.values())
    return Planned(
        [*events, attached],
        lines,
        incoming=[Move(plan, command.quantities)],
        outgoing=[Move(current.plan, current.quantities, expires_at=context.now)],
        intent="update_plan",
    )


def _reset_anchor(customer: Customer, current: Subscription) -> datetime:
    """The instant that resets are counted from: kept across every immediate switch (§2.2)."""
    anchors = [
        grant.terms.anchor
        for grant in customer.grants.values()
        if grant.terms.subscription_id == current.subscription_id and grant.terms.anchor is not None
    ]
    return anchors[0] if anchors else current.anchor


def _schedule(
    command: Attach,
    plan: Plan,
    current: Subscription,
    waiting: Subscription | None,
    customer: Customer,
    context: Context,
) -> Planned:
    """Let the current plan run to the end of its cycle and the new one start there; nothing is charged now."""
    period = current.period(context.now, context.settings.zone)
    assert period is not None
    ends_at = period.end
    events: list[Event] = [PlanUnscheduled(waiting.subscription_id)] if waiting else []
    if current.canceled_at is None:
        events.append(PlanCanceled(current.subscription_id, context.now, ends_at))
    events.append(scheduled(customer, plan, current, ends_at, event=len(events), command=command))
    canceled_at = current.canceled_at or context.now
    return Planned(
        events,
        incoming=[Move(plan, command.quantities, effective_at=ends_at)],
        outgoing=[Move(current.plan, current.quantities, canceled_at=canceled_at, expires_at=ends_at)],
        intent="update_plan",
    )


def scheduled(
    customer: Customer,
    plan: Plan,
    current: Subscription,
    starts_at: datetime,
    *,
    event: int,
    command: Attach | None = None,
    default: bool = False,
) -> PlanScheduled:
    """The event that lets `plan` take over from `current` at `starts_at`."""
    quantities: Sequence[Quantity] = command.quantities if command else ()
    return PlanScheduled(
        customer.next_id(event),
        plan,
        starts_at,
        current.anchor if plan.cycle in (None, current.plan.cycle) else starts_at,
        current.entity_id,
        command.external_id if command else None,
        tuple(quantities),
        current.subscription_id,
        default,
    )
