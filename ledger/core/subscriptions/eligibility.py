"""What attaching a plan to a customer, or to an entity of it, would do: a word for each row of §2.2."""

from enum import StrEnum

import msgspec

from ledger.core.decider import Context
from ledger.core.invoices.invoicing import currency_of
from ledger.core.state import Customer
from ledger.core.subscriptions.change import is_immediate
from ledger.core.subscriptions.currency import CurrencyMismatch, in_currency
from ledger.core.subscriptions.subscription import Subscription, main_plan, scheduled_plans
from ledger.core.subscriptions.trial import trial_used
from ledger.core.terms import Plan


class Action(StrEnum):
    """Activate: it begins beside what is there. None: it is there already, or cannot be attached to this customer."""

    ACTIVATE = "activate"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    PURCHASE = "purchase"
    NONE = "none"


class Eligibility(msgspec.Struct, frozen=True):
    """What an attach would do now, whether the plan's trial is left, and the plan as it is held, if it is."""

    action: Action
    trial_available: bool
    held: Subscription | None


def eligibility(customer: Customer, plan: Plan, entity_id: str | None, context: Context) -> Eligibility:
    """Ask without attaching. `context` must hold the claims of the plan's trial (`trial.trial_asks`)."""
    held = [
        each
        for each in customer.subscriptions.values()
        if each.plan.plan_id == plan.plan_id and each.entity_id == entity_id
    ]
    trial = plan.free_trial is not None and not plan.one_off and not trial_used(customer, plan.plan_id, context)
    action = _action(customer, plan, entity_id, context)
    return Eligibility(action, trial, max(held, key=lambda each: each.active, default=None))


def _action(customer: Customer, plan: Plan, entity_id: str | None, context: Context) -> Action:
    if plan.archived:
        return Action.NONE
    try:
        priced = in_currency(plan, currency_of(customer, context))
    except CurrencyMismatch:
        return Action.NONE
    if plan.one_off:
        return Action.PURCHASE
    if plan.add_on:
        return Action.ACTIVATE
    subscriptions = customer.subscriptions.values()
    current = main_plan(subscriptions, entity_id, plan.group)
    waiting = scheduled_plans(subscriptions, entity_id, plan.group)
    if any(each.plan.plan_id == plan.plan_id for each in (*waiting, *([current] if current else ()))):
        return Action.NONE
    if current is None:
        return Action.ACTIVATE
    return Action.UPGRADE if is_immediate(current, priced, None) else Action.DOWNGRADE
