"""From lines to an invoice: one for each change and for each instant of the calendar, paid where that can be."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.events import (
    ChangeAbandoned,
    ChargeAccrued,
    InvoiceCreated,
    InvoiceFinalized,
    Line,
    Origin,
    PlanPastDue,
)
from ledger.core.invoices.adjusting import adjust
from ledger.core.invoices.discounting import take_off
from ledger.core.invoices.holding import hold, unbilled
from ledger.core.invoices.invoice import Accrued
from ledger.core.invoices.payment import collect, waits_for_payer, would_decline
from ledger.core.settings import Gateway
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing, InvoiceMode, IssueMethod, ProrationBehavior
from ledger.core.subscriptions.held import Held
from ledger.core.subscriptions.quote import Planned
from ledger.core.subscriptions.subscription import Subscription


def currency_of(customer: Customer, context: Context) -> str:
    """The currency that a customer is billed in."""
    return customer.currency or context.settings.currency


def finish(
    draft: Draft,
    intent: str,
    billing: Billing | None = None,
    origin: Origin = Origin.CHANGE,
    asked: Command | None = None,
) -> Planned:
    """Put what a change costs on an invoice and ask for the money. A change that is declined is abandoned; one whose
    payment waits for its payer waits too, where the command that `asked` for it can.
    """
    billing = billing or Billing()
    currency = currency_of(draft.customer, draft.context)
    if asked is not None and draft.context.paid_for is not None:
        return _paid_for(draft, draft.context.paid_for, intent, billing)
    waits = asked is not None and waits_for_payer(draft.customer, draft.context.settings.collects)
    taken = {} if waits else _orphaned(draft, billing)
    draft.charge(each.line for each in taken.values())
    adjust(draft, billing)
    planned = draft.planned(intent, currency)
    if billing.no_billing_changes or not draft.lines:
        return planned
    due = planned.total_minor - draft.customer.account.credit_minor
    if due > 0 and billing.invoice_mode is None and would_decline(draft.customer, draft.context.settings.collects):
        return _held(draft, planned, asked, billing, origin) if asked and waits else _abandoned(draft, planned, due)
    issue(draft, draft.lines, origin, billing.invoice_mode, charges=tuple(taken))
    return draft.planned(intent, currency)


def _orphaned(draft: Draft, billing: Billing) -> dict[str, Accrued]:
    """Charges that no cycle will take up: those of a plan that this change ends; with an invoice, also older ones."""
    deferred = billing.no_billing_changes or billing.proration is ProrationBehavior.NONE
    if deferred or billing.custom_lines is not None:
        return {}
    held, before = draft.customer.subscriptions, draft.before.subscriptions
    return {
        key: each
        for key, each in draft.before.account.accrued.items()
        if each.line.subscription_id not in held and (draft.lines or each.line.subscription_id in before)
    }


def accrue(draft: Draft, line: Line) -> None:
    """Let a line wait for the invoice that its subscription's period ends with, or for the customer's next one."""
    subscription = draft.customer.subscriptions.get(line.subscription_id or "")
    draft.happen(ChargeAccrued(draft.customer.next_id(), line, _cycle_ends_at(draft, subscription)))


def _cycle_ends_at(draft: Draft, subscription: Subscription | None) -> datetime | None:
    if subscription is None or not subscription.active:
        return None
    if subscription.trial_ends_at is not None:
        return subscription.trial_ends_at
    period = subscription.period(draft.now, draft.context.settings.zone)
    return None if period is None else period.end


def _abandoned(draft: Draft, planned: Planned, due_minor: int) -> Planned:
    """The attempt stays on record; nothing else of the change happens."""
    failed = Draft(draft.before, draft.context, draft.now)
    payment_id = failed.customer.next_id()
    collect(failed, due_minor, planned.currency, None)
    failed.happen(ChangeAbandoned(payment_id, planned.intent, planned.plan_ids))
    failed.lines, failed.incoming, failed.outgoing = draft.lines, draft.incoming, draft.outgoing
    return failed.planned(planned.intent, planned.currency)


def _held(draft: Draft, planned: Planned, asked: Command, billing: Billing, origin: Origin) -> Planned:
    """The change waits for its invoice; charges that no cycle will take up go on waiting for another."""
    kept = hold(draft, planned, asked, billing)
    issue(kept, kept.lines, origin, None)
    return replace(kept.planned(planned.intent, planned.currency), foreseen=tuple(draft.events))


def _paid_for(draft: Draft, held: Held, intent: str, billing: Billing) -> Planned:
    """The invoice of the change is made and paid: only what was used since is still to be billed."""
    adjust(draft, billing)
    for line in unbilled(draft, held):
        accrue(draft, line)
    draft.lines = []
    return draft.planned(intent, currency_of(draft.customer, draft.context))


def bill_cycle(draft: Draft) -> None:
    """Put what fell due at one instant, and the charges that waited for it, on one invoice.

    Plans whose invoice is not paid become past due.
    """
    waiting = _waiting(draft)
    lines = [*draft.lines, *(each.line for each in waiting.values())]
    if not lines:
        return
    draft.lines = lines
    take_off(draft)
    invoice_id = issue(draft, draft.lines, Origin.CYCLE, None, charges=tuple(waiting))
    if draft.customer.account.invoices[invoice_id].due_minor and draft.context.settings.collects is not Gateway.MANUAL:
        _past_due(draft, invoice_id, lines)


def _waiting(draft: Draft) -> dict[str, Accrued]:
    """The charges whose time has come; where a cycle ends, also those that wait for no cycle of their own."""
    ended = bool(draft.lines) or draft.cycle_ended
    held = draft.customer.subscriptions
    return {
        key: each
        for key, each in draft.customer.account.accrued.items()
        if (each.bill_at is not None and each.bill_at <= draft.now)
        or (ended and (each.bill_at is None or each.line.subscription_id not in held))
    }


def _past_due(draft: Draft, invoice_id: str, lines: Sequence[Line]) -> None:
    for key in dict.fromkeys(line.subscription_id for line in lines):
        subscription = draft.customer.subscriptions.get(key or "")
        if subscription is not None and subscription.active and subscription.past_due is None:
            draft.happen(PlanPastDue(subscription.subscription_id, invoice_id))


def issue(
    draft: Draft, lines: Sequence[Line], origin: Origin, mode: InvoiceMode | None, *, charges: tuple[str, ...] = ()
) -> str:
    """Make an invoice of lines; final and asked for at once unless the mode says otherwise. Answers its id."""
    currency = currency_of(draft.customer, draft.context)
    invoice_id = draft.customer.next_id()
    terms_days = mode.net_terms_days if mode else None
    draft.happen(
        InvoiceCreated(
            invoice_id, origin, currency, draft.now, tuple(lines), charges, _entity(lines), net_terms_days=terms_days
        )
    )
    if mode is None or mode.issue is not IssueMethod.DRAFT:
        finalize(draft, invoice_id, charge=mode is None)
    return invoice_id


def _entity(lines: Sequence[Line]) -> str | None:
    entities = {line.entity_id for line in lines}
    return next(iter(entities)) if len(entities) == 1 else None


def finalize(draft: Draft, invoice_id: str, *, charge: bool) -> None:
    """Give a draft its number and apply the customer's credit; then ask for what is left, if it is to be charged."""
    account = draft.customer.account
    invoice = account.invoices[invoice_id]
    total = invoice.total_minor
    applied = max(0, min(account.credit_minor, total))
    number = draft.context.next_invoice + sum(isinstance(each, InvoiceFinalized) for each in draft.events)
    settings = draft.context.settings
    days = settings.net_terms_days if invoice.net_terms_days is None else invoice.net_terms_days
    waits = not charge or settings.collects is Gateway.MANUAL
    due_at = invoice.due_at or (draft.now + timedelta(days=days) if waits and total > applied else None)
    draft.happen(InvoiceFinalized(invoice_id, number, draft.now, applied, max(0, -total), due_at))
    left = draft.customer.account.invoices[invoice_id].due_minor
    if charge and left:
        collect(draft, left, invoice.currency, invoice_id)
