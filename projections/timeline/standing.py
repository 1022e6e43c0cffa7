"""How what the timeline remembers of a stream moves with its events, and where balances stand for a sentence."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.core.balances import balance
from ledger.core.balances.balance import Grant
from ledger.core.events import (
    CreditNoteIssued,
    CurrencySet,
    CustomerCreated,
    CustomerUpdated,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    KeyCreated,
    KeyRevoked,
    PaymentRefunded,
    PaymentSucceeded,
    PlanActivated,
    PlanAttached,
    PlanChanged,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanScheduled,
    PlanUnscheduled,
    TrialEnded,
    UsageRecorded,
)
from ledger.core.invoices import invoice as invoicing
from ledger.core.invoices.invoice import Account, Invoice, InvoiceStatus
from ledger.core.money import ZERO, add, subtract
from ledger.core.terms import Plan
from ledger.store.addresses import internal_id
from projections.timeline.memo import Kept, Memo, Named, Recalled, Stage, taken, without_lines

MOST_CLOSED: Final = 24  # invoices that are told of by number after they were closed


class Amounts(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where a feature stands in a scope: units granted, remaining (a debt shows as none) and used."""

    granted: Decimal
    remaining: Decimal
    usage: Decimal
    unlimited: bool = False


def evolve(memo: Memo, event: Event, stream_id: UUID) -> Memo:
    """Move the memo by one event of a stream."""
    grants = balance.evolve(memo.grants, event)
    if grants is not memo.grants:
        memo = Memo(
            memo.customer_id,
            memo.plans,
            grants,
            memo.invoices,
            memo.own_currency,
            memo.name,
            memo.email,
            memo.who,
            memo.keys,
        )
    if type(event) is UsageRecorded:
        return memo
    if isinstance(event, OfInvoice):
        invoices = _invoiced(memo.invoices, event)
        return memo if invoices is memo.invoices else replace(memo, invoices=invoices)
    match event:
        case CustomerCreated():
            found = replace(memo, own_currency=event.currency, who=f"customer {internal_id(stream_id)}")
            return _known(found, event.customer_id, event.personal.fields())
        case CustomerUpdated():
            return _known(memo, event.customer_id_after or memo.customer_id, event.after.fields())
        case CurrencySet():
            return replace(memo, own_currency=event.after)
        case KeyCreated():
            return replace(memo, keys={**memo.keys, event.key_id: f"{event.role} key {event.name}"})
        case KeyRevoked():
            return replace(memo, keys={key: name for key, name in memo.keys.items() if key != event.key_id})
    plans = _planned(memo.plans, event)
    return memo if plans is memo.plans else replace(memo, plans=plans)


def used(recalled: Recalled, event: UsageRecorded) -> Recalled:
    """What was recalled of a stream, after a use: what is kept of its balances is all that moves."""
    balances = {each.grant_id: each for each in recalled.balances}
    for each in event.allocations:
        balances[each.grant_id] = taken(balances[each.grant_id], each.amount)
    return recalled.with_balances(list(balances.values())) if event.allocations else recalled


def _known(memo: Memo, customer_id: str | None, said: Mapping[str, Any]) -> Memo:
    """A customer after what was said of it: addressed by its own id, else by its e-mail address, name or our id."""
    name, email = said.get("name", memo.name), said.get("email", memo.email)
    called = customer_id or email or name
    who = f"customer {called}" if called else memo.who
    return replace(memo, customer_id=customer_id, name=name, email=email, who=who)


def _planned(plans: Mapping[str, Named], event: Event) -> Mapping[str, Named]:
    match event:
        case PlanAttached():
            stage: Stage = "active" if event.trial_ends_at is None else "trialing"
            return {**plans, event.subscription_id: named(event.plan, event.entity_id, stage)}
        case PlanScheduled():
            return {**plans, event.subscription_id: named(event.plan, event.entity_id, "scheduled")}
        case PlanChanged() | PlanActivated() | TrialEnded() | PlanPastDue() | PlanPaidUp():
            return {**plans, event.subscription_id: _moved_on(plans[event.subscription_id], event)}
        case PlanExpired() | PlanUnscheduled():
            return {key: each for key, each in plans.items() if key != event.subscription_id}
    return plans


OfInvoice = (
    InvoiceCreated
    | InvoiceUpdated
    | InvoiceFinalized
    | InvoiceVoided
    | InvoiceWrittenOff
    | CreditNoteIssued
    | PaymentSucceeded
    | PaymentRefunded
)
UNFINISHED: Final = (InvoiceStatus.DRAFT, InvoiceStatus.OPEN)


def _invoiced(invoices: Mapping[str, Invoice], event: OfInvoice) -> Mapping[str, Invoice]:
    """The invoices after an event of one of them, without their lines; of those closed only the last."""
    if event.invoice_id is None or not (isinstance(event, InvoiceCreated) or event.invoice_id in invoices):
        return invoices
    after = dict(invoicing.evolve(Account(invoices), event).invoices)
    after[event.invoice_id] = without_lines(after[event.invoice_id])
    closed = [key for key, each in after.items() if each.status not in UNFINISHED]
    for key in closed[:-MOST_CLOSED]:
        del after[key]
    return after


def named(plan: Plan, entity_id: str | None = None, stage: Stage = "active", *, past_due: bool = False) -> Named:
    """A plan as it is remembered."""
    return Named(plan.plan_id, plan.version, plan.name, entity_id, stage, past_due)


def _moved_on(was: Named, event: PlanChanged | PlanActivated | TrialEnded | PlanPastDue | PlanPaidUp) -> Named:
    match event:
        case PlanChanged():
            stage: Stage = "active" if event.trial_ends_at is None else "trialing"
            kept = was.stage if was.stage == "scheduled" else stage
            return named(event.plan, was.entity_id, kept, past_due=was.past_due)
        case PlanActivated() | TrialEnded():
            return replace(was, stage="active")
        case PlanPastDue():
            return replace(was, past_due=True)
        case PlanPaidUp():
            return replace(was, past_due=False)


def amounts(grants: Iterable[Grant | Kept], feature_id: str, entity_id: str | None) -> Amounts | None:
    """The sums over the grants that usage of a feature may touch (as `standing` counts); None where there is none."""
    granted = remaining = usage = ZERO
    found = unlimited = False
    for grant in grants:
        terms, left = grant.terms, grant.balance
        if terms.feature_id != feature_id or not (entity_id is None or terms.entity_id in (None, entity_id)):
            continue
        given = add(grant.included, grant.prepaid) if grant.prepaid else grant.included
        kept, used = left if left > ZERO else ZERO, subtract(given, left)
        if found:
            granted, remaining, usage = add(granted, given), add(remaining, kept), add(usage, used)
        else:  # most features have one grant
            granted, remaining, usage = given, kept, used
        found, unlimited = True, unlimited or terms.unlimited
    return Amounts(granted, remaining, usage, unlimited) if found else None
