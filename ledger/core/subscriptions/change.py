"""Attaching a plan: which kind of switch it is, and what happens then (reference §2.2)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ledger.core.balances.entitlement import check_quantities
from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest, PlanAlreadyAttached, SubscriptionNotFound
from ledger.core.events import PlanUnscheduled, Quantity
from ledger.core.invoices.discounting import discounts_after
from ledger.core.invoices.invoicing import currency_of, finish
from ledger.core.invoices.pricing import monthly_price, only_consumption
from ledger.core.state import Customer
from ledger.core.subscriptions.attach_rules import Asked, check_attach, waits_for_payment
from ledger.core.subscriptions.awaiting import await_payment
from ledger.core.subscriptions.billing import Billing, Carry
from ledger.core.subscriptions.currency import in_currency, settle_currency
from ledger.core.subscriptions.customising import Customize, customised, trial_named
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.quote import Planned
from ledger.core.subscriptions.starting import start
from ledger.core.subscriptions.subscription import Subscription, main_plan, scheduled_plans
from ledger.core.subscriptions.switching import cycle_end, remove, schedule, switch
from ledger.core.subscriptions.trial import trial_of
from ledger.core.terms import FreeTrial, Plan


class Schedule(StrEnum):
    """When a switch takes effect; without one, an upgrade is immediate and a downgrade waits."""

    IMMEDIATE = "immediate"
    END_OF_CYCLE = "end_of_cycle"


class Attach(Command, frozen=True):
    """Put a customer, or one of its entities, on a plan. Quantities are totals, included units counted.

    `free_trial` unset takes the plan's own trial, once; None skips it; a trial of the caller's own counts always.
    `anchor_now` begins the billing cycle anew, `anchor_at` at a later instant.
    """

    waits_as: ClassVar[str | None] = "attach"

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

    @property
    def trial(self) -> FreeTrial | UnsetType | None:
        """The trial that the caller names, here or in the customisation."""
        return trial_named(self.customize, self.free_trial)


def plan_attach(customer: Customer, command: Attach, context: Context) -> Planned:
    """Work out an attach, or refuse it."""
    draft = Draft(customer, context)
    attach(draft, command)
    return finish(draft, "update_plan", command.billing, asked=command)


def attach(draft: Draft, command: Attach, *, expires_at: datetime | None = None) -> str:
    """Let an attach happen in a draft, or refuse it. Answers the new subscription's id.

    `expires_at` is an end that follows from a schedule, where the command has none of its own.
    """
    plan, customer = offered(draft, command), draft.customer
    current = (
        None
        if plan.add_on or plan.one_off
        else main_plan(customer.subscriptions.values(), command.entity_id, plan.group)
    )
    waiting = (
        []
        if plan.add_on or plan.one_off
        else scheduled_plans(customer.subscriptions.values(), command.entity_id, plan.group)
    )
    if any(each.plan.plan_id == plan.plan_id for each in (*waiting, *([current] if current else ()))):
        raise PlanAlreadyAttached(plan.plan_id)
    starts_at = _starts_at(draft, command, plan, current)
    removed = _removed(customer, command, current)
    order = order_of(draft, command, plan, current, starts_at)
    if order.expires_at is None:
        order = replace(order, expires_at=expires_at)
    check_attach(draft, Asked(command, order, current, starts_at, removed))
    if starts_at is None and waits_for_payment(command.billing):
        waiting_id = await_payment(draft, order, current, command.billing)
        if waiting_id is not None:
            return waiting_id
    for each in removed:
        remove(draft, each, order)
    if starts_at is not None:
        return schedule(draft, order, current, starts_at)
    if current is not None:
        return switch(draft, order, current)
    return _begin(draft, order, waiting, removed)


def _begin(draft: Draft, order: Order, waiting: Iterable[Subscription], removed: Sequence[Subscription]) -> str:
    """Start a plan that takes the place of none, or that of one that is removed with it: then its cycle goes on."""
    for each in waiting:
        draft.happen(PlanUnscheduled(each.subscription_id))
    old = next((each for each in removed if each.plan.priced), None)
    if old is None:
        return start(draft, order)
    if order.anchor is None and not order.own_cycle and order.plan.cycle == old.plan.cycle and not old.trialing:
        order = replace(order, anchor=old.anchor)
    return start(draft, order, replaces=old.subscription_id, before=draft.before)


def offered(draft: Draft, command: Attach) -> Plan:
    """The plan that a command names, as this customer gets it: customised, in its currency. Refuses archived ones."""
    catalog = draft.context.catalog
    plan = catalog.plan(command.plan_id, command.version)
    if plan.archived:
        raise InvalidRequest(f"Plan {plan.plan_id} is archived and takes no new customers: choose another")
    if command.entity_id is not None:
        draft.customer.entity(command.entity_id)
    _check_external_id(draft.customer, command.external_id)
    priced = plan.priced or command.customize is not None
    currency = settle_currency(draft, command.billing.currency, priced=priced)
    plan = customised(plan, command.customize, catalog, currency)
    check_quantities(plan, command.quantities)
    return plan


def _check_external_id(customer: Customer, external_id: str | None) -> None:
    if external_id and any(each.external_id == external_id for each in customer.subscriptions.values()):
        raise InvalidRequest(f"subscription_id {external_id} is in use by this customer: choose another")


def _starts_at(draft: Draft, command: Attach, plan: Plan, current: Subscription | None) -> datetime | None:
    """When a plan that does not begin now begins: at the instant asked for, or when the current plan's cycle ends."""
    if command.starts_at is not None and command.starts_at > draft.now:
        return command.starts_at
    if current is None or is_immediate(current, plan, command.schedule):
        return None
    return cycle_end(draft, current)


def is_immediate(current: Subscription, plan: Plan, schedule: Schedule | None) -> bool:
    """True when a switch happens now: what the caller says, else that it is an upgrade (§2.2)."""
    if schedule is Schedule.END_OF_CYCLE and current.period_end is None:
        raise InvalidRequest(f"Plan {current.plan.plan_id} has no billing cycle to wait for: leave out plan_schedule")
    if schedule is not None:
        return schedule is Schedule.IMMEDIATE
    return current.period_end is None or is_upgrade(current.plan, plan)


def is_upgrade(old: Plan, new: Plan) -> bool:
    """True when a switch is an upgrade: the rows of §2.2 in their order; an equal price is one."""
    if not (old.priced and new.priced):
        return new.priced or not old.priced
    if only_consumption(old) and only_consumption(new):
        return True
    if old.cycle and new.cycle and new.cycle.rank > old.cycle.rank:
        return True
    return monthly_price(old) <= monthly_price(new)


def _removed(customer: Customer, command: Attach, current: Subscription | None) -> list[Subscription]:
    """The other active plans of the scope that end with this attach (§2.2, remove_plan_ids)."""
    found = []
    for plan_id in dict.fromkeys(command.remove_plan_ids):
        if plan_id == command.plan_id:
            raise InvalidRequest(f"remove_plan_ids: plan {plan_id} is the one that is attached: leave it out")
        held = [
            each
            for each in customer.subscriptions.values()
            if each.active and each.plan.plan_id == plan_id and each.entity_id == command.entity_id
        ]
        if not held:
            raise SubscriptionNotFound(f"remove_plan_ids {plan_id}")
        found += [each for each in held if each is not current]
    return found


def order_of(
    draft: Draft, command: Attach, plan: Plan, current: Subscription | None, starts_at: datetime | None
) -> Order:
    """What is to be put in force, with every choice made."""
    backdated = command.starts_at is not None and command.starts_at < draft.now
    return Order(
        plan,
        command.entity_id,
        command.external_id,
        command.quantities if current is None else _with_kept_quantities(command.quantities, plan, current),
        _trial(draft, command, plan, starts_at),
        draft.now if command.anchor_now else command.anchor_at,
        command.new_billing_subscription is True,
        command.starts_at if backdated else None,
        command.ends_at,
        command.carry_balances,
        command.carry_usages,
        command.billing.proration,
        discounts_after(current.discounts if current else (), command.billing, plan, draft),
    )


def _trial(draft: Draft, command: Attach, plan: Plan, starts_at: datetime | None) -> FreeTrial | None:
    """The trial that the plan begins with. One that waits for another plan's end has none of its own (§2.5)."""
    if starts_at is not None and command.starts_at is None and not command.trial:
        return None
    return trial_of(draft.customer, plan, command.trial, draft.context)


def _with_kept_quantities(quantities: tuple[Quantity, ...], plan: Plan, current: Subscription) -> tuple[Quantity, ...]:
    """Units bought ahead of a feature that both plans sell ahead stay bought unless the command says how many.

    Units that are paid once are bought again only by who asks for them.
    """
    said = {each.feature_id for each in quantities}
    sold = _sold_each_period(plan) & _sold_each_period(current.plan)
    kept = tuple(each for each in current.quantities if each.feature_id in sold - said)
    check_quantities(plan, kept)
    return (*quantities, *kept)


def _sold_each_period(plan: Plan) -> set[str]:
    return {item.feature_id for item in plan.items if item.prepaid and item.price and item.price.every.repeats}


def first_order(draft: Draft, plan: Plan) -> Order:
    """A plan that a customer is created with, as it is held from the start (§2.1, auto_enable)."""
    priced = in_currency(plan, currency_of(draft.customer, draft.context))
    return Order(priced, trial=trial_of(draft.customer, plan, UNSET, draft.context), default=True)
