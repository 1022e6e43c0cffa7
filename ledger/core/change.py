"""Attaching a plan: which kind of switch it is, and what happens then (reference §2.2)."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from ledger.core.billing import Billing, Carry
from ledger.core.customising import Customize
from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.entitlement import Granting, check_quantities
from ledger.core.errors import InvalidRequest, PlanAlreadyAttached
from ledger.core.events import (
    Ended,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanScheduled,
    PlanUnscheduled,
    Quantity,
)
from ledger.core.invoicing import finish
from ledger.core.lines import charges, overage, refunds
from ledger.core.period import common_period, period_at
from ledger.core.pricing import monthly_price, only_consumption
from ledger.core.quote import Move, Planned
from ledger.core.state import Customer
from ledger.core.subscription import Subscription, main_plan, scheduled_plan
from ledger.core.terms import FreeTrial, Plan


class Schedule(StrEnum):
    """When a switch takes effect; without one, an upgrade is immediate and a downgrade waits."""

    IMMEDIATE = "immediate"
    END_OF_CYCLE = "end_of_cycle"


class Anchors(NamedTuple):
    """The instants that a plan's billing periods and its balances' resets are counted from."""

    billing: datetime
    resets: datetime


class Attach(Command, frozen=True):
    """Put a customer, or one of its entities, on a plan. Quantities are totals, included units counted.

    `free_trial` unset takes the plan's own trial, once; None skips it; a trial of the caller's own counts always.
    `anchor_now` begins the billing cycle anew, `anchor_at` at a later instant.
    """

    plan_id: str
    version: int | None = None
    entity_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    external_id: str | None = None
    schedule: Schedule | None = None
    customize: Customize | None = None
    free_trial: FreeTrial | UnsetType | None = UNSET
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    anchor_now: bool = False
    anchor_at: datetime | None = None
    carry_balances: Carry | None = None
    carry_usages: Carry | None = None
    remove_plan_ids: tuple[str, ...] = ()
    new_billing_subscription: bool | None = None
    billing: Billing = Billing()


def plan_attach(customer: Customer, command: Attach, context: Context) -> Planned:
    """Work out an attach, or refuse it."""
    draft = Draft(customer, context)
    attach(draft, command)
    return finish(draft, "update_plan", command.billing)


def attach(draft: Draft, command: Attach) -> None:
    """Let an attach happen in a draft, or refuse it."""
    customer, context = draft.customer, draft.context
    plan = context.catalog.plan(command.plan_id, command.version)
    if plan.archived:
        raise InvalidRequest(f"Plan {plan.plan_id} is archived and takes no new customers: choose another")
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    _check_external_id(customer, command.external_id)
    check_quantities(plan, command.quantities)
    if plan.add_on or plan.one_off:
        start(draft, command, plan)
        return
    current = main_plan(customer.subscriptions.values(), command.entity_id, plan.group)
    waiting = scheduled_plan(customer.subscriptions.values(), command.entity_id, plan.group)
    if any(each is not None and each.plan.plan_id == plan.plan_id for each in (current, waiting)):
        raise PlanAlreadyAttached(plan.plan_id)
    if current is None:
        start(draft, command, plan)
        return
    command = _with_kept_quantities(command, plan, current)
    if _immediate(current, plan, command.schedule):
        _switch(draft, command, plan, current, waiting)
    else:
        _schedule(draft, command, plan, current, waiting)


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
    draft: Draft,
    command: Attach,
    plan: Plan,
    *,
    replaces: str | None = None,
    default: bool = False,
    before: Customer | None = None,
) -> None:
    """Start a plan: billed from now, or from the cycle the customer already has.

    Seats pass on from `replaces`, as the customer was `before` that ended.
    """
    anchor, held = _first_anchor(draft.customer, plan, draft.context), before or draft.customer
    key = _begin(draft, command, plan, Anchors(anchor, anchor), held, replaces=replaces, default=default)
    zone = draft.context.settings.zone
    draft.charge(charges(draft.customer, draft.customer.subscriptions[key], draft.now, zone))
    draft.incoming.append(Move(plan, command.quantities))


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


def _begin(
    draft: Draft,
    command: Attach,
    plan: Plan,
    anchors: Anchors,
    before: Customer,
    *,
    replaces: str | None,
    default: bool = False,
) -> str:
    """Put the plan in force now; seats in use pass on from how the customer was `before`. Answers its id."""
    zone, key = draft.context.settings.zone, draft.customer.next_id()
    period = common_period(anchors.billing, plan.cycles, draft.now, zone)
    granting = Granting(before, key, plan, command.entity_id, zone, draft.version)
    draft.happen(
        PlanAttached(
            key,
            plan,
            draft.now,
            anchors.billing,
            period.start if period else None,
            period.end if period else None,
            granting.grants(command.quantities, anchors.resets, draft.now, replaces),
            command.entity_id,
            command.external_id,
            command.quantities,
            replaces,
            default,
        )
    )
    return key


def _switch(draft: Draft, command: Attach, plan: Plan, current: Subscription, waiting: Subscription | None) -> None:
    """End the current plan now and start the new one; old time is credited, new time and old overage charged."""
    before, zone = draft.customer, draft.context.settings.zone
    draft.charge(refunds(before, current, draft.now, zone))
    owed = overage(before, current)
    if waiting is not None:
        draft.happen(PlanUnscheduled(waiting.subscription_id))
    draft.happen(PlanExpired(current.subscription_id, draft.now, Ended.REPLACED, current.canceled_at))
    same_cycle = plan.cycle is not None and plan.cycle == current.plan.cycle
    anchors = Anchors(current.anchor if same_cycle else draft.now, _reset_anchor(before, current))
    key = _begin(draft, command, plan, anchors, before, replaces=current.subscription_id)
    draft.charge(charges(draft.customer, draft.customer.subscriptions[key], draft.now, zone))
    draft.charge(owed)
    draft.incoming.append(Move(plan, command.quantities))
    draft.outgoing.append(Move(current.plan, current.quantities, expires_at=draft.now))


def _reset_anchor(customer: Customer, current: Subscription) -> datetime:
    """The instant that resets are counted from: kept across every immediate switch (§2.2)."""
    anchors = [
        grant.terms.anchor
        for grant in customer.grants.values()
        if grant.terms.subscription_id == current.subscription_id and grant.terms.anchor is not None
    ]
    return anchors[0] if anchors else current.anchor


def _schedule(draft: Draft, command: Attach, plan: Plan, current: Subscription, waiting: Subscription | None) -> None:
    """Let the current plan run to the end of its cycle and the new one start there; nothing is charged now."""
    ends_at = cycle_end(draft, current)
    assert ends_at is not None
    if waiting is not None:
        draft.happen(PlanUnscheduled(waiting.subscription_id))
    if current.canceled_at is None:
        draft.happen(PlanCanceled(current.subscription_id, draft.now, ends_at))
    draft.happen(scheduled(draft, plan, current, ends_at, command=command))
    canceled_at = current.canceled_at or draft.now
    draft.incoming.append(Move(plan, command.quantities, effective_at=ends_at))
    draft.outgoing.append(Move(current.plan, current.quantities, canceled_at=canceled_at, expires_at=ends_at))


def cycle_end(draft: Draft, subscription: Subscription) -> datetime | None:
    """The end of the longest of a plan's intervals, or of its trial; None without a cycle (§2.4)."""
    if subscription.trial_ends_at is not None:
        return subscription.trial_ends_at
    if subscription.period_end is None or subscription.plan.cycle is None:
        return None
    return period_at(subscription.anchor, subscription.plan.cycle, draft.now, draft.context.settings.zone).end


def scheduled(
    draft: Draft,
    plan: Plan,
    current: Subscription,
    starts_at: datetime,
    *,
    command: Attach | None = None,
    default: bool = False,
) -> PlanScheduled:
    """The event that lets `plan` take over from `current` at `starts_at`."""
    return PlanScheduled(
        draft.customer.next_id(),
        plan,
        starts_at,
        current.anchor if plan.cycle in (None, current.plan.cycle) else starts_at,
        current.entity_id,
        command.external_id if command else None,
        command.quantities if command else (),
        current.subscription_id,
        default,
    )
