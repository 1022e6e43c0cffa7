"""Trials: time at the beginning that costs nothing (reference §2.5)."""

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET, UnsetType

from ledger.core.decider import Ask, Claim, Context
from ledger.core.draft import Draft
from ledger.core.errors import CardRequired, InvalidRequest
from ledger.core.events import Ended, PlanExpired, TrialEnded
from ledger.core.invoices.lines import charges
from ledger.core.invoices.payment import has_declined
from ledger.core.period import common_period
from ledger.core.state import Customer
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.starting import start
from ledger.core.subscriptions.subscription import Subscription, scheduled_plans
from ledger.core.subscriptions.switching import end_at, reschedule
from ledger.core.terms import FreeTrial, OnTrialEnd, Plan

TRIAL: Final = "trial"
"""The kind of claim that remembers a trial: of a plan, by a fingerprint, whichever customer had it."""


def trial_asks(plan_ids: Sequence[str], fingerprint: str | None) -> list[Ask]:
    """What must be looked up before it is known whether trials of these plans are left for a fingerprint."""
    return [] if fingerprint is None else [Ask(TRIAL, _value(each, fingerprint), personal=True) for each in plan_ids]


def trial_claims(plan_ids: Sequence[str], fingerprint: str | None) -> list[Claim]:
    """The trials that a fingerprint has had; nobody gives one back."""
    if fingerprint is None:
        return []
    return [Claim(TRIAL, _value(each, fingerprint), personal=True, shared=True) for each in plan_ids]


def _value(plan_id: str, fingerprint: str) -> str:
    return f"{plan_id} {fingerprint}"


def trial_of(customer: Customer, plan: Plan, asked: FreeTrial | UnsetType | None, context: Context) -> FreeTrial | None:
    """The trial that a plan begins with: the caller's own, always; else the plan's, once (§2.5)."""
    if asked is not UNSET:
        if asked is not None and plan.one_off:
            raise InvalidRequest(f"Plan {plan.plan_id} is paid once, so it has no trial: leave out free_trial")
        return with_card(customer, plan, asked, context)
    if plan.free_trial is None or plan.one_off or trial_used(customer, plan.plan_id, context):
        return None
    return with_card(customer, plan, plan.free_trial, context)


def with_card(customer: Customer, plan: Plan, trial: FreeTrial | None, context: Context) -> FreeTrial | None:
    """The trial, or a refusal of one that needs a card of a customer whose payment method is known to be declined.

    After the trial of a free plan there is nothing to pay, so no card is needed for it.
    """
    needed = trial is not None and trial.card_required and plan.priced
    if needed and has_declined(customer, context.settings.collects):
        raise CardRequired(plan.plan_id)
    return trial


def trial_used(customer: Customer, plan_id: str, context: Context) -> bool:
    """Whether the trial of a plan was had by this customer, or by another one with the same fingerprint."""
    if plan_id in customer.trials_used:
        return True
    fingerprint = customer.fingerprint
    return fingerprint is not None and (TRIAL, _value(plan_id, fingerprint)) in context.claims


def end_trial(draft: Draft, subscription: Subscription) -> None:
    """The plan is paid for from here on; or it ends, and what was before it comes back (§2.4, on_end)."""
    trial = subscription.plan.free_trial
    if trial is not None and trial.on_end is OnTrialEnd.REVERT:
        _revert(draft, subscription)
        return
    zone, key = draft.context.settings.zone, subscription.subscription_id
    period = common_period(subscription.anchor, subscription.plan.cycles, draft.now, zone)
    draft.happen(TrialEnded(key, draft.now, period.start if period else None, period.end if period else None))
    draft.charge(charges(draft.customer, draft.customer.subscriptions[key], draft.now, zone))
    draft.cycle_ended = True


def _revert(draft: Draft, subscription: Subscription) -> None:
    before, key = draft.customer, subscription.subscription_id
    draft.happen(PlanExpired(key, draft.now, Ended.ENDED, subscription.canceled_at))
    draft.cycle_ended = True
    order = _order_before(draft.context, subscription)
    if order is not None:
        _goes_before(draft, subscription, start(draft, order, replaces=key, before=before))


def _goes_before(draft: Draft, tried: Subscription, key: str) -> None:
    """What waits to take the place of a plan that was tried takes that of the plan which came back."""
    if not tried.main:
        return
    for waiting in scheduled_plans(draft.customer.subscriptions.values(), tried.entity_id, tried.plan.group):
        if waiting.replaces == tried.subscription_id:
            end_at(draft, draft.customer.subscriptions[key], waiting.started_at)
            reschedule(draft, waiting, draft.customer.subscriptions[key], waiting.started_at)


def _order_before(context: Context, subscription: Subscription) -> Order | None:
    """The plan from before the trial as it was held, else the default of the group."""
    promise, entity_id = subscription.reverts_to, subscription.entity_id
    if promise is not None:
        return Order(promise.plan, entity_id, promise.external_id, promise.quantities)
    if entity_id is not None or not subscription.main:
        return None
    group = subscription.plan.group
    found = [each for each in context.catalog.defaults() if each.group == group and not each.add_on]
    return Order(found[0], default=True) if found else None
