"""Changing what a subscription promises while it goes on: version, price, items, trial, anchor (§2.3, §2.6)."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ledger.core.balances.entitlement import check_quantities
from ledger.core.balances.recalculating import recalculated
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest
from ledger.core.events import Quantity
from ledger.core.invoices.discounting import discounts_after
from ledger.core.invoices.invoicing import finish
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing, Carry, ProrationBehavior
from ledger.core.subscriptions.cancellation import Which, find
from ledger.core.subscriptions.carrying import check_carry
from ledger.core.subscriptions.currency import in_currency
from ledger.core.subscriptions.customising import Customize, customised, trial_named
from ledger.core.subscriptions.quantity import change_quantities
from ledger.core.subscriptions.quote import Planned
from ledger.core.subscriptions.revising import Terms, happen
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.subscriptions.trial import with_card
from ledger.core.terms import FreeTrial, Plan


class Revise(Which, frozen=True):
    """Change a subscription in place; what was used is kept (§2.2, "Usage on a switch").

    Quantities are totals, included units counted. `free_trial` None ends a trial; one of the caller's own counts from
    now. `recalculate` spreads debts over what other balances of the feature have left.
    """

    waits_as: ClassVar[str | None] = "revise"

    version: int | None = None
    quantities: tuple[Quantity, ...] = ()
    customize: Customize | None = None
    free_trial: FreeTrial | UnsetType | None = UNSET
    anchor_now: bool = False
    anchor_at: datetime | None = None
    carry_usages: Carry | None = None
    recalculate: bool = False
    billing: Billing = Billing()

    @property
    def trial(self) -> FreeTrial | UnsetType | None:
        """The trial that the caller names, here or in the customisation."""
        return trial_named(self.customize, self.free_trial)


def plan_revise(customer: Customer, command: Revise, context: Context) -> Planned:
    """Work out a change of a subscription, or refuse it."""
    draft = Draft(customer, context)
    subscription = find(customer, command)
    if not subscription.active:
        raise InvalidRequest(
            f"Plan {subscription.plan.plan_id} has not started yet: cancel it, and attach it as it is to be"
        )
    check_carry("carry_over_usages", command.carry_usages, context.catalog)
    terms = _terms(draft, subscription, command)
    _check(draft, subscription, command, terms)
    changed = happen(draft, subscription, terms, command.billing)
    held = draft.customer.subscriptions[subscription.subscription_id]
    if command.quantities and held.quantities != terms.quantities:
        change_quantities(draft, held, command.quantities, command.billing)
    if command.recalculate:
        _recalculate(draft, subscription)
    return finish(draft, "update_plan" if changed else "update_quantity", command.billing, asked=command)


def _recalculate(draft: Draft, subscription: Subscription) -> None:
    """Let debts of the plan's features be paid from what other balances of them have left (§2.10)."""
    features = {
        each.feature_id
        for each in draft.customer.grants.values()
        if each.terms.subscription_id == subscription.subscription_id
    }
    for feature_id in sorted(features):
        draft.happen(*recalculated(draft.customer, feature_id, subscription.entity_id, draft.context))


def _terms(draft: Draft, subscription: Subscription, command: Revise) -> Terms:
    """What the subscription is to be, every choice made definite."""
    plan = _plan(draft, subscription, command)
    if command.trial is not UNSET and command.trial is not None:
        plan = replace(plan, free_trial=with_card(draft.customer, plan, command.trial, draft.context))
    check_quantities(plan, command.quantities)
    return Terms(
        plan,
        _quantities(subscription, plan, command),
        command.trial,
        draft.now if command.anchor_now else command.anchor_at,
        discounts_after(subscription.discounts, command.billing, plan, draft),
    )


def _plan(draft: Draft, subscription: Subscription, command: Revise) -> Plan:
    """Another version of the plan, or the one that is held, with what is customised of it (§2.6)."""
    held, catalog = subscription.plan, draft.context.catalog
    plan = held
    if command.version is not None and (command.version != held.version or held.custom):
        plan = in_currency(catalog.plan(held.plan_id, command.version), held.currency)
    return customised(plan, command.customize, catalog, held.currency)


def _quantities(subscription: Subscription, plan: Plan, command: Revise) -> tuple[Quantity, ...]:
    """What is bought ahead: as the caller says, else as it was, of what the plan still sells ahead."""
    said = {each.feature_id: each for each in command.quantities}
    sold = dict.fromkeys(item.feature_id for item in plan.items if item.prepaid)
    kept = {each.feature_id: each for each in subscription.quantities if each.feature_id in sold}
    found = tuple({**kept, **said}.values())
    check_quantities(plan, found)
    return found


def _check(draft: Draft, subscription: Subscription, command: Revise, terms: Terms) -> None:
    """Refuse wishes that a plan has no place for, or that contradict each other."""
    anchored = terms.anchor is not None
    if terms.trial is not UNSET and terms.trial is not None and terms.plan.one_off:
        raise InvalidRequest(f"Plan {terms.plan.plan_id} is paid once, so it has no trial: leave out free_trial")
    if anchored and terms.plan.cycle is None:
        raise InvalidRequest(f"Plan {terms.plan.plan_id} has no billing cycle: leave out billing_cycle_anchor")
    if anchored and (terms.trial is not UNSET or subscription.trialing):
        raise InvalidRequest("billing_cycle_anchor cannot be used together with a free trial: leave out one of them")
    _check_anchor_at(draft, subscription, command)
    if command.billing.proration is ProrationBehavior.NONE and _must_be_paid(subscription, terms):
        raise InvalidRequest(
            f"proration_behavior none bills nothing, and plan {terms.plan.plan_id} must be paid for from now on: "
            "leave it out"
        )


def _check_anchor_at(draft: Draft, subscription: Subscription, command: Revise) -> None:
    if command.anchor_at is None:
        return
    if command.anchor_now:
        raise InvalidRequest("billing_cycle_anchor is now or a later instant: send one of them")
    if command.anchor_at <= draft.now:
        raise InvalidRequest(f"billing_cycle_anchor was {command.anchor_at.isoformat()} and must be in the future")
    if subscription.expires_at is not None and command.anchor_at >= subscription.expires_at:
        raise InvalidRequest("billing_cycle_anchor must be before the plan ends: choose an earlier instant")


def _must_be_paid(subscription: Subscription, terms: Terms) -> bool:
    """Free to paid, and the end of a trial: a charge is unavoidable (§2.2, override)."""
    ends_trial = subscription.trialing and terms.trial is None and subscription.plan.priced
    return ends_trial or (terms.plan.priced and not subscription.plan.priced and terms.trial in (UNSET, None))
