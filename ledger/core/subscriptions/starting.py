"""Putting a plan in force: which cycle it joins, what it grants, and what it costs to the end of its periods."""

from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from ledger.core.balances.entitlement import Granting
from ledger.core.draft import Draft
from ledger.core.events import GrantTerms, Line, LineKind, PlanAttached, Promise
from ledger.core.invoices.lines import charges
from ledger.core.period import Period, boundary, common_period
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import ProrationBehavior
from ledger.core.subscriptions.carrying import carried_balances, carried_usages
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.quote import Move
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import FreeTrial, OnTrialEnd, Plan


class Anchors(NamedTuple):
    """The instants that a plan's billing periods and its balances' resets are counted from."""

    billing: datetime
    resets: datetime


def start(draft: Draft, order: Order, *, replaces: str | None = None, before: Customer | None = None) -> str:
    """Start a plan: billed from now, or from the cycle the customer already has. Answers its id.

    Seats pass on from `replaces`, as the customer was `before` that ended.
    """
    anchor = first_anchor(draft, order)
    key = begin(draft, order, Anchors(anchor, anchor), replaces=replaces, before=before)
    draft.charge(price_of(draft, key, order))
    return key


def first_anchor(draft: Draft, order: Order) -> datetime:
    """What the cycle of a plan is counted from when it takes the place of none: the cycle that is there, or now."""
    if order.anchor is not None or order.backdated_to is not None:
        return order.anchor or order.backdated_to or draft.now
    if not order.own_cycle:
        shared = shared_cycle(draft.customer, order.plan)
        if shared is not None:
            return shared.anchor
    return month_start(draft) if order.plan.anchor_to_month_start else draft.now


def shared_cycle(customer: Customer, plan: Plan) -> Subscription | None:
    """A paid plan of the customer, or of an entity of it, whose cycle a plan joins (§2.2, entity)."""
    return next(
        (
            other
            for other in customer.subscriptions.values()
            if other.active and not other.trialing and plan.cycle is not None and other.plan.cycle == plan.cycle
            if other.period_end is not None
        ),
        None,
    )


def month_start(draft: Draft) -> datetime:
    """The first instant of the month of `now`, in the ledger's time zone."""
    local = draft.now.astimezone(draft.context.settings.zone)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return first.astimezone(draft.now.tzinfo)


def begin(
    draft: Draft,
    order: Order,
    anchors: Anchors,
    *,
    replaces: str | None = None,
    before: Customer | None = None,
) -> str:
    """Put a plan in force now, uncharged; what passes on is read from how the customer was `before`. Answers its id.

    A trial's end is what both the cycle and the resets are counted from (§2.5).
    """
    key, plan, ends_at = draft.new_subscription_id(), with_trial(order), _trial_end(draft, order)
    if ends_at is not None:
        anchors = Anchors(ends_at, ends_at)
    period = _first_period(draft, plan, anchors, ends_at)
    draft.happen(
        PlanAttached(
            key,
            plan,
            order.backdated_to or draft.now,
            anchors.billing,
            period.start if period else None,
            period.end if period else None,
            _grants(draft, order, key, anchors.resets, before or draft.customer, replaces),
            order.entity_id,
            order.external_id,
            order.quantities,
            replaces,
            order.default,
            ends_at,
            order.expires_at,
            order.discounts,
            _promise(order.trial, before or draft.customer, replaces),
        )
    )
    draft.incoming.append(Move(plan, order.quantities, expires_at=order.expires_at))
    return key


def _trial_end(draft: Draft, order: Order) -> datetime | None:
    return None if order.trial is None else boundary(draft.now, order.trial.length, 1, draft.context.settings.zone)


def _first_period(draft: Draft, plan: Plan, anchors: Anchors, trial_ends_at: datetime | None) -> Period | None:
    """The trial, or the running period of the cycle; None for a plan without one."""
    if trial_ends_at is not None:
        return Period(draft.now, trial_ends_at) if plan.cycles else None
    return common_period(anchors.billing, plan.cycles, draft.now, draft.context.settings.zone)


def with_trial(order: Order) -> Plan:
    """The plan with the trial that it really begins with, where the caller named another than its own."""
    if order.trial is None or order.trial == order.plan.free_trial:
        return order.plan
    return replace(order.plan, free_trial=order.trial)


def _promise(trial: FreeTrial | None, before: Customer, replaces: str | None) -> Promise | None:
    """What a trial that is not paid for goes back to."""
    if trial is None or trial.on_end is not OnTrialEnd.REVERT or replaces is None:
        return None
    old = before.subscriptions[replaces]
    return Promise(old.plan, old.quantities, old.external_id)


def _grants(
    draft: Draft, order: Order, key: str, anchor: datetime, before: Customer, replaces: str | None
) -> tuple[GrantTerms, ...]:
    """What the plan's items grant, with what passes over from the plan that it takes the place of."""
    zone, now = draft.context.settings.zone, draft.now
    granting = Granting(before, key, order.plan, order.entity_id, zone, draft.version)
    grants = granting.grants(order.quantities, anchor, now, replaces)
    if replaces is None:
        return grants
    used = carried_usages(before, replaces, order.carry_usages, grants, now, zone)
    left = carried_balances(before, replaces, order.carry_balances, used, draft.version, now, zone)
    return (*used, *left)


def price_of(draft: Draft, key: str, order: Order) -> list[Line]:
    """What a plan that has just begun costs at once: nothing but a line of 0 for a trial (case 71)."""
    zone, begun = draft.context.settings.zone, draft.customer.subscriptions[key]
    if begun.trialing:
        return [_trial_line(draft, begun)] if begun.plan.priced else []
    if order.proration is ProrationBehavior.NONE:
        return []
    if order.backdated_to is not None:
        return _since(draft, begun, order.backdated_to)
    whole = order.proration is ProrationBehavior.BILL_DIFFERENCE
    return charges(draft.customer, begun, draft.now, zone, whole=whole)


def _trial_line(draft: Draft, begun: Subscription) -> Line:
    plan = begun.plan
    return Line(
        LineKind.BASE,
        0,
        plan.plan_id,
        plan.name,
        begun.subscription_id,
        begun.entity_id,
        period_start=draft.now,
        period_end=begun.trial_ends_at,
        description=f"{plan.name} - free trial",
        first_version=begun.since,
        last_version=draft.customer.version,
    )


def _since(draft: Draft, begun: Subscription, from_at: datetime) -> list[Line]:
    """Every period from an instant in the past to the running one, each in full and by itself."""
    zone = draft.context.settings.zone
    lines = charges(draft.customer, begun, from_at, zone)
    period = common_period(begun.anchor, begun.plan.cycles, from_at, zone)
    while period is not None and period.end <= draft.now:
        lines += charges(draft.customer, begun, period.end, zone, renewal=True)
        period = common_period(begun.anchor, begun.plan.cycles, period.end, zone)
    return lines
