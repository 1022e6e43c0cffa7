"""A subscription goes on with other terms: in which cycle, with which balances, and until when (§2.2)."""

from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from ledger.core.draft import Draft
from ledger.core.events import (
    AppliedDiscount,
    PlanCanceled,
    PlanChanged,
    Promise,
    Quantity,
)
from ledger.core.invoices.repricing import reprice
from ledger.core.period import Period, boundary, common_period
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.quote import Move
from ledger.core.subscriptions.regranting import Wanted, regranted
from ledger.core.subscriptions.starting import shared_cycle
from ledger.core.subscriptions.subscription import Subscription, scheduled_plans
from ledger.core.subscriptions.switching import cycle_end, keep_waiting, reschedule
from ledger.core.terms import FreeTrial, OnTrialEnd, Plan


class Terms(NamedTuple):
    """What a subscription is to be. `trial` UNSET lets one run on; `anchor` is where its cycle is to begin anew."""

    plan: Plan
    quantities: tuple[Quantity, ...]
    trial: FreeTrial | UnsetType | None
    anchor: datetime | None
    discounts: tuple[AppliedDiscount, ...]


class _Cycle(NamedTuple):
    """What billing is counted from; `resets` is what balances are, where that moves too."""

    anchor: datetime
    resets: datetime | None
    trial_ends_at: datetime | None
    period: Period | None


def happen(draft: Draft, subscription: Subscription, terms: Terms, billing: Billing) -> bool:
    """Let a subscription go on with other terms; False when they are the ones that it has, apart from quantities."""
    anew = terms.plan != subscription.plan or _moves(subscription, terms)
    if not anew and terms.discounts == subscription.discounts:
        return False
    before, key = draft.customer, subscription.subscription_id
    quantities = terms.quantities if anew else subscription.quantities
    cycle = _cycle(draft, subscription, terms)
    ended, grants = regranted(draft, subscription, Wanted(terms.plan, quantities, cycle.resets)) if anew else ((), ())
    draft.happen(
        PlanChanged(
            key,
            terms.plan,
            cycle.anchor,
            cycle.period.start if cycle.period else None,
            cycle.period.end if cycle.period else None,
            quantities,
            ended,
            grants,
            cycle.trial_ends_at,
            subscription.expires_at,
            terms.discounts,
            _promise(subscription, terms),
        )
    )
    keep_waiting(draft, subscription, key, quantities)
    _move_end(draft, subscription)
    reprice(draft, before, subscription, billing)
    draft.incoming.append(Move(terms.plan, quantities))
    draft.outgoing.append(Move(subscription.plan, subscription.quantities))
    return True


def _moves(subscription: Subscription, terms: Terms) -> bool:
    """Whether the billing cycle moves: by an anchor, or by a trial that begins, is extended or ends."""
    ends_trial = terms.trial is None and subscription.trialing
    return terms.anchor is not None or isinstance(terms.trial, FreeTrial) or ends_trial


def _cycle(draft: Draft, subscription: Subscription, terms: Terms) -> _Cycle:
    """The cycle goes on where one of the plan's intervals does; else it joins another, or begins now (§2.2)."""
    zone, everys = draft.context.settings.zone, terms.plan.cycles
    if isinstance(terms.trial, FreeTrial):
        ends_at = boundary(draft.now, terms.trial.length, 1, zone)
        return _Cycle(ends_at, ends_at, ends_at, Period(draft.now, ends_at) if everys else None)
    if subscription.trialing and terms.trial is UNSET:
        period = _period_of(subscription) or (Period(draft.now, subscription.anchor) if everys else None)
        return _Cycle(subscription.anchor, None, subscription.trial_ends_at, period if everys else None)
    if terms.anchor is not None or subscription.trialing:
        anchor = terms.anchor or draft.now
        return _Cycle(anchor, anchor, None, common_period(anchor, everys, draft.now, zone))
    anchor = subscription.anchor
    if everys and not set(everys) & set(subscription.plan.cycles):
        shared = shared_cycle(draft.customer, terms.plan)
        anchor = draft.now if shared is None else shared.anchor
    return _Cycle(anchor, None, None, common_period(anchor, everys, draft.now, zone))


def _promise(subscription: Subscription, terms: Terms) -> Promise | None:
    """What a trial that is not paid for goes back to: the plan as it was held before the trial (§2.4, on_end)."""
    begun = terms.trial if isinstance(terms.trial, FreeTrial) else None
    if subscription.trialing:
        return None if terms.trial is None else subscription.reverts_to
    if begun is None or begun.on_end is not OnTrialEnd.REVERT:
        return None
    return Promise(subscription.plan, subscription.quantities, subscription.external_id)


def _period_of(subscription: Subscription) -> Period | None:
    if subscription.period_start is None or subscription.period_end is None:
        return None
    return Period(subscription.period_start, subscription.period_end)


def _move_end(draft: Draft, subscription: Subscription) -> None:
    """A plan that was told to end with its cycle ends with the new one, and what waits for that starts then.

    One that was told to end at an instant of its own ends there all the same.
    """
    changed = draft.customer.subscriptions[subscription.subscription_id]
    ends_at = cycle_end(draft, changed)
    if ends_at is None or ends_at == subscription.expires_at:
        return
    if subscription.canceled_at is None or subscription.expires_at != cycle_end(draft, subscription):
        return
    draft.happen(PlanCanceled(subscription.subscription_id, subscription.canceled_at, ends_at))
    for waiting in _waiting(draft.customer, subscription):
        reschedule(draft, waiting, changed, ends_at)


def _waiting(customer: Customer, subscription: Subscription) -> list[Subscription]:
    if not subscription.main:
        return []
    found = scheduled_plans(customer.subscriptions.values(), subscription.entity_id, subscription.plan.group)
    return [each for each in found if each.started_at == subscription.expires_at]
