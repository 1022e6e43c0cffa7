"""Bringing a customer over from elsewhere: its plans as they stand there, with nothing billed (billing.import)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from ledger.core.balances.entitlement import Granting, check_quantities
from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import Ended, GrantTerms, PlanAttached, PlanCanceled, PlanExpired, PlanPastDue, Quantity
from ledger.core.invoices.invoicing import currency_of
from ledger.core.money import ZERO, add, subtract
from ledger.core.period import Interval, Period, common_period, period_at
from ledger.core.state import Customer
from ledger.core.subscriptions.cancellation import default_after
from ledger.core.subscriptions.currency import in_currency
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.quote import Move, Planned
from ledger.core.subscriptions.subscription import Subscription, main_plan, scheduled_plan
from ledger.core.subscriptions.switching import scheduled
from ledger.core.terms import Plan

STATUSES = ("active", "past_due", "trialing", "canceled", "expired")


class ImportedBalance(msgspec.Struct, frozen=True):
    """Where one balance of an imported plan stands: by what was used, or by what remains."""

    feature_id: str
    usage: Decimal | None = None
    remaining: Decimal | None = None
    next_reset_at: datetime | None = None
    interval: Interval | None = None
    method: str | None = None


class ImportedPlan(msgspec.Struct, frozen=True):
    """A plan as it is held elsewhere; `status` is active, past_due, trialing, canceled or expired.

    `anchor` is an instant at which its billing period begins; of a trial it is the end.
    """

    plan_id: str
    version: int | None = None
    status: str = "active"
    started_at: datetime | None = None
    anchor: datetime | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    balances: tuple[ImportedBalance, ...] = ()


class ImportPlans(Command, frozen=True):
    """Put plans in force as they stand elsewhere. One that is attached already is left as it is."""

    plans: tuple[ImportedPlan, ...]


def plan_import(customer: Customer, command: ImportPlans, context: Context) -> Planned:
    """Work out an import, or refuse all of it. Nothing is billed: what has passed was billed elsewhere."""
    draft = Draft(customer, context)
    for index, each in enumerate(command.plans):
        if not _held(draft.customer, each):
            _bring(draft, each, f"plans.{index}")
    return draft.planned("update_plan", currency_of(draft.customer, context))


def _held(customer: Customer, wanted: ImportedPlan) -> bool:
    """Whether a plan was brought over before: by its id elsewhere, or as the main plan that it is."""
    return any(
        each.entity_id is None
        and each.plan.plan_id == wanted.plan_id
        and (each.main or wanted.external_id is None or each.external_id == wanted.external_id)
        for each in customer.subscriptions.values()
    )


def _bring(draft: Draft, wanted: ImportedPlan, where: str) -> None:
    if wanted.status not in STATUSES:
        raise InvalidInput(f"{where}.status was {wanted.status} and must be one of {', '.join(STATUSES)}")
    if wanted.status == "expired":
        return  # it grants nothing and bills nothing any more
    plan = draft.context.catalog.plan(wanted.plan_id, wanted.version)
    plan = in_currency(plan, currency_of(draft.customer, draft.context))
    check_quantities(plan, wanted.quantities)
    started_at = wanted.started_at or draft.now
    if started_at > draft.now:
        raise InvalidRequest(f"{where}.started_at must not be in the future: schedule the plan with billing.attach")
    _attach(draft, wanted, plan, started_at, _replaced(draft.customer, plan, where), where)


def _replaced(customer: Customer, plan: Plan, where: str) -> Subscription | None:
    """The default plan that gives way to an imported one of its group; refused where another plan is held."""
    if plan.add_on or plan.one_off:
        return None
    held = customer.subscriptions.values()
    current = main_plan(held, None, plan.group)
    stays = current is not None and (current.plan.priced or not (current.default or current.plan.auto_enable))
    in_the_way = current if stays else scheduled_plan(held, None, plan.group)
    if in_the_way is not None:
        raise InvalidRequest(
            f"{where}: plan {in_the_way.plan.plan_id} is held in group {plan.group!r} already: cancel it first"
        )
    return current


def _attach(
    draft: Draft, wanted: ImportedPlan, plan: Plan, started_at: datetime, replaced: Subscription | None, where: str
) -> None:
    zone, anchor = draft.context.settings.zone, wanted.anchor or started_at
    trial_ends_at = _trial_end(wanted, draft, where)
    before, replaces = draft.customer, None if replaced is None else replaced.subscription_id
    if replaced is not None:
        draft.happen(PlanExpired(replaced.subscription_id, draft.now, Ended.REPLACED))
        draft.outgoing.append(Move(replaced.plan, replaced.quantities, expires_at=draft.now))
    key = draft.customer.next_id()
    granting = Granting(before, key, plan, None, zone, draft.version)
    grants = granting.grants(wanted.quantities, anchor, draft.now, replaces)
    period = common_period(anchor, plan.cycles, draft.now, zone)
    if trial_ends_at is not None and plan.cycles:
        period = Period(started_at, trial_ends_at)
    ends_at = period.end if period else None
    balanced = _balanced(draft, grants, wanted.balances, where)
    draft.happen(
        PlanAttached(
            key,
            plan,
            started_at,
            anchor,
            period.start if period else None,
            ends_at,
            balanced,
            external_id=wanted.external_id,
            quantities=wanted.quantities,
            replaces=replaces,
            trial_ends_at=trial_ends_at,
        )
    )
    _stand(draft, wanted, key, ends_at, where)
    draft.incoming.append(Move(plan, wanted.quantities))


def _trial_end(wanted: ImportedPlan, draft: Draft, where: str) -> datetime | None:
    if wanted.status != "trialing":
        return None
    if wanted.anchor is None or wanted.anchor <= draft.now:
        raise InvalidRequest(
            f"{where}: a plan that is trialing needs its billing anchor, the trial's end, in the future"
        )
    return wanted.anchor


def _stand(draft: Draft, wanted: ImportedPlan, key: str, ends_at: datetime | None, where: str) -> None:
    """Let it stand as it did elsewhere: past due, or cancelled to the end of its period."""
    if wanted.status == "past_due":
        draft.happen(PlanPastDue(key, wanted.external_id or key))
    elif wanted.status == "canceled":
        if ends_at is None:
            raise InvalidRequest(f"{where}: a plan without a billing period is held or expired, not canceled")
        draft.happen(PlanCanceled(key, draft.now, ends_at))
        held = draft.customer.subscriptions[key]
        default = default_after(draft, held)
        if default is not None:
            draft.happen(scheduled(draft, Order(default, default=True), held, ends_at))


def _balanced(
    draft: Draft, grants: Sequence[GrantTerms], balances: Sequence[ImportedBalance], where: str
) -> tuple[GrantTerms, ...]:
    """The plan's grants, each standing where the import says."""
    made = {each.grant_id: each for each in grants}
    for index, balance in enumerate(balances):
        found = [each for each in made.values() if _means(balance, each)]
        if not found:
            raise InvalidInput(
                f"{where}.balances.{index}: the plan grants no {balance.feature_id} that matches: see its filter"
            )
        made[found[0].grant_id] = _standing(draft, found[0], balance, f"{where}.balances.{index}")
    return tuple(made.values())


def _means(balance: ImportedBalance, terms: GrantTerms) -> bool:
    if balance.feature_id != terms.feature_id:
        return False
    every = terms.price.every if terms.price else terms.reset
    interval, method = (every.interval if every else None), (terms.price.method.value if terms.price else None)
    return balance.interval in (None, interval) and balance.method in (None, method)


def _standing(draft: Draft, terms: GrantTerms, balance: ImportedBalance, where: str) -> GrantTerms:
    if balance.usage is not None and balance.remaining is not None:
        raise InvalidInput(f"{where}: send one of usage and balance")
    if balance.next_reset_at is not None:
        if terms.reset is None or not terms.reset.repeats:
            raise InvalidRequest(f"{where}.next_reset_at: this balance never resets: leave it out")
        if balance.next_reset_at <= draft.now:
            raise InvalidRequest(f"{where}.next_reset_at must be in the future")
        terms = replace(terms, anchor=balance.next_reset_at)
    used = balance.usage or ZERO
    if balance.remaining is not None:
        used = subtract(add(terms.included, terms.prepaid), balance.remaining)
    return _used(draft, terms, used) if used else terms


def _used(draft: Draft, terms: GrantTerms, used: Decimal) -> GrantTerms:
    if terms.reset is None or terms.anchor is None:
        return replace(terms, used=used)
    if draft.now < terms.anchor:
        return replace(terms, used=used, period_start=terms.created_at, period_end=terms.anchor)
    period = period_at(terms.anchor, terms.reset, draft.now, draft.context.settings.zone)
    return replace(terms, used=used, period_start=period.start, period_end=period.end)
