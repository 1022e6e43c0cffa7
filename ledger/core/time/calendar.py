"""Time passes: what falls due at one instant happens in the order of `Rank`, and what it costs is one invoice.

`advance` answers one instant at a time, the earliest first. Several missed periods are several instants, each with
its own events and invoice. An idle window is none at all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from ledger.core.balances.balance import Grant
from ledger.core.balances.entitlement import Granting, prepaid_units
from ledger.core.balances.lock import Lock
from ledger.core.balances.locking import expire
from ledger.core.balances.rollover import reset_of
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.events import (
    BalanceExpired,
    CreditNoteIssued,
    Ended,
    Event,
    InvoiceCreated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Origin,
    PaymentSucceeded,
    PlanActivated,
    PlanExpired,
    PlanPaidUp,
    PlanRenewed,
    PlanUnscheduled,
    QuantityChanged,
    SeatsKept,
)
from ledger.core.invoices.holding import LAPSED, abandon
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.invoices.invoicing import bill_cycle
from ledger.core.invoices.lines import charges, grant_of, overage, overage_of, refunds
from ledger.core.money import ZERO
from ledger.core.period import common_period, period_at
from ledger.core.state import Customer
from ledger.core.subscriptions.awaiting import CLOSED, awaited_invoice
from ledger.core.subscriptions.cancellation import default_after
from ledger.core.subscriptions.held import Held
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.starting import start
from ledger.core.subscriptions.subscription import Subscription, main_plan, scheduled_plan, scheduled_plans
from ledger.core.subscriptions.trial import end_trial
from ledger.core.terms import PlanItem
from ledger.core.time.falling_due import Due, Rank, due_by, still_due

CLOSING: Final = (PaymentSucceeded, InvoiceVoided, InvoiceWrittenOff, CreditNoteIssued)


def advance(customer: Customer, context: Context) -> tuple[datetime, Sequence[Event]] | None:
    """Everything that is due at the earliest instant at or before now; None when nothing is.

    What should have happened before the stream's last event happens with it: `at` never falls.
    """
    at = customer.due_at
    if at is None or at > context.now or not customer.exists:
        return None
    draft = Draft(customer, context, max(at, context.last_at or at))
    _pass(draft)
    bill_cycle(draft)
    assert draft.events, f"something is due at {at} and nothing happens"
    return draft.now, draft.events


def pay_up(draft: Draft) -> None:
    """Let plans go on whose unpaid invoices have been paid or forgiven: what was held back of them happens now.

    To be asked after everything that closes an invoice. A balance that missed several resets is filled once.
    """
    for subscription in list(draft.customer.subscriptions.values()):
        if subscription.awaits_payment:
            _start_paid(draft, subscription)
        elif subscription.past_due is not None and not _owes(draft, subscription):
            draft.happen(PlanPaidUp(subscription.subscription_id))
    if draft.customer.due_at is not None and draft.customer.due_at <= draft.now:
        _pass(draft)
    bill_cycle(draft)


def _start_paid(draft: Draft, waiting: Subscription) -> None:
    """Start a plan that waited for its invoice once that is paid, in the place of the one before it; drop it where the
    invoice is taken back or given up.
    """
    key = waiting.subscription_id
    invoice = awaited_invoice(draft.customer, waiting)
    if invoice is None or invoice.status in CLOSED:
        draft.happen(PlanUnscheduled(key))
        return
    if invoice.status is not InvoiceStatus.PAID:
        return
    before, current = draft.customer, _gives_way(draft, waiting)
    if current is not None:
        draft.happen(PlanExpired(current.subscription_id, draft.now, Ended.REPLACED, current.canceled_at))
        waiting = replace(waiting, replaces=current.subscription_id)
    activate(draft, waiting, before=before)


def _gives_way(draft: Draft, waiting: Subscription) -> Subscription | None:
    """The plan in whose place a paid one starts; what else waited for that place is dropped, as on a switch.

    One that came there since the invoice was made is not on it: it is credited, and billed for its use, now.
    """
    if not waiting.main:
        return None
    held, group = draft.customer.subscriptions.values(), waiting.plan.group
    current = main_plan(held, waiting.entity_id, group)
    for each in scheduled_plans(held, waiting.entity_id, group):
        if each.subscription_id != waiting.subscription_id:
            draft.happen(PlanUnscheduled(each.subscription_id))
    if current is not None and current.subscription_id != waiting.replaces:
        draft.charge(refunds(draft.customer, current, draft.now, draft.context.settings.zone))
        draft.charge(each for each in overage(draft.customer, current) if each.amount_minor)
    return current


def _owes(draft: Draft, subscription: Subscription) -> bool:
    """True while an invoice of a cycle that bills the subscription is open.

    What is owed to another system is nowhere here: it stands until an invoice that the customer had is closed.
    """
    account = draft.customer.account
    if subscription.past_due not in account.invoices and not _closes_a_former(draft):
        return True
    return any(
        line.subscription_id == subscription.subscription_id
        for invoice in account.open_invoices()
        if invoice.origin is Origin.CYCLE
        for line in invoice.lines
    )


def _closes_a_former(draft: Draft) -> bool:
    """True where the draft closes an invoice that it did not make itself."""
    closed = {each.invoice_id for each in draft.events if isinstance(each, CLOSING)}
    return bool(closed - {each.invoice_id for each in draft.events if isinstance(each, InvoiceCreated)} - {None})


def _pass(draft: Draft) -> None:
    """Let everything happen that is due by the draft's instant, and what falls due because of it."""
    while found := due_by(draft.customer, draft.now):
        for due in found:
            current = still_due(draft.customer, due)
            if current is not None:
                _happen(draft, current)


def _happen(draft: Draft, due: Due) -> None:
    subject = due.subject
    match subject:
        case Held():
            abandon(draft, subject, LAPSED)
        case Lock():
            expire(draft, subject)
        case Grant() if due.rank is Rank.EXPIRY:
            draft.happen(BalanceExpired(subject.feature_id, subject.grant_id, subject.level, subject.terms.entity_id))
        case Grant():
            _reset(draft, subject)
        case Subscription() if due.rank is Rank.TRIAL_END:
            end_trial(draft, subject)
        case Subscription() if due.rank is Rank.EXPIRY:
            _expire(draft, subject)
        case Subscription() if due.rank is Rank.START:
            activate(draft, subject)
        case Subscription():
            _renew(draft, subject)


def _reset(draft: Draft, grant: Grant) -> None:
    """Bill what was used beyond the grant, keep what rolls over, and fill it again. A trial owes nothing."""
    subscription = draft.customer.subscriptions.get(grant.terms.subscription_id or "")
    if subscription is not None and not subscription.trialing:
        owed = overage_of(draft.customer, subscription, grant)
        draft.charge([owed] if owed is not None and owed.amount_minor else [])
    draft.happen(reset_of(draft, grant))


def _renew(draft: Draft, subscription: Subscription) -> None:
    """Enter the next period: quantities that waited for it count, freed seats go, and it is paid for ahead."""
    zone, key = draft.context.settings.zone, subscription.subscription_id
    period = common_period(subscription.anchor, subscription.plan.cycles, draft.now, zone)
    assert period is not None
    draft.happen(PlanRenewed(key, period.start, period.end))
    _settle_quantities(draft, subscription)
    draft.charge(charges(draft.customer, draft.customer.subscriptions[key], draft.now, zone, renewal=True))
    draft.cycle_ended = True


def _settle_quantities(draft: Draft, subscription: Subscription) -> None:
    """Let quantities that waited for the renewal count, and freed seats go, where the price's own period begins.

    A balance is filled before its quantity moves, so that nothing of the old period is read as overage of the new.
    """
    key = subscription.subscription_id
    for item in subscription.plan.items:
        grant = grant_of(draft.customer, subscription, item)
        if grant is None or not _begins(draft, subscription, item):
            continue
        wanted = next((each for each in subscription.next_quantities if each.feature_id == item.feature_id), None)
        if item.prepaid and wanted is not None:
            if grant.resets_at == draft.now:
                _reset(draft, grant)
            before, prepaid = subscription.quantity(item.feature_id), prepaid_units(item, [wanted])
            changed = (before, wanted.quantity, grant.prepaid, prepaid)
            draft.happen(QuantityChanged(key, item.feature_id, grant.grant_id, *changed))
        if grant.kept_seats:
            draft.happen(SeatsKept(key, grant.feature_id, grant.grant_id, grant.kept_seats, ZERO))


def _begins(draft: Draft, subscription: Subscription, item: PlanItem) -> bool:
    """True where a period of the item's price begins now; a plan of several intervals renews at each of them."""
    if item.price is None or not item.price.every.repeats:
        return False
    zone = draft.context.settings.zone
    return period_at(subscription.anchor, item.price.every, draft.now, zone).start == draft.now


def _expire(draft: Draft, subscription: Subscription) -> None:
    """A plan ends, and the one that waits for it starts in the same step, so that seats in use pass over.

    What was used beyond its grants and is not billed yet is billed now (§2.3, "final invoice"), and time that is cut
    off a period by the plan that follows is credited.
    """
    successor = next(
        (
            each
            for each in draft.customer.subscriptions.values()
            if each.replaces == subscription.subscription_id and not each.active and each.started_at == draft.now
        ),
        None,
    )
    cause = Ended.REPLACED if successor is not None and not successor.default else Ended.CANCELED
    if subscription.canceled_at is None and successor is None:
        cause = Ended.ENDED
    before = draft.customer
    if not subscription.trialing:
        draft.charge(each for each in overage(before, subscription) if each.amount_minor)
    if successor is not None and successor.prorated:
        cut = refunds(before, subscription, draft.now, draft.context.settings.zone)
        draft.charge(each for each in cut if each.prorated)
    draft.happen(PlanExpired(subscription.subscription_id, draft.now, cause, subscription.canceled_at))
    draft.cycle_ended = True
    if successor is not None:
        activate(draft, successor, before=before)
    elif cause is Ended.ENDED:
        _start_default(draft, subscription, before)


def _start_default(draft: Draft, ended: Subscription, before: Customer) -> None:
    """A main plan that reached the end it was given leaves the customer on the group's default plan, as a cancelled one
    does (§2.4).
    """
    default = default_after(draft, ended)
    if default is None or scheduled_plan(draft.customer.subscriptions.values(), None, default.group) is not None:
        return
    start(draft, Order(default, default=True), replaces=ended.subscription_id, before=before)


def activate(draft: Draft, subscription: Subscription, *, before: Customer | None = None) -> None:
    """Start a scheduled plan. Seats in use pass over from the plan it replaces, as it was `before` that ended."""
    zone, plan = draft.context.settings.zone, subscription.plan
    granting = Granting(
        before or draft.customer, subscription.subscription_id, plan, subscription.entity_id, zone, draft.version
    )
    period = common_period(subscription.anchor, plan.cycles, draft.now, zone)
    grants = granting.grants(subscription.quantities, subscription.anchor, draft.now, subscription.replaces)
    key = subscription.subscription_id
    draft.happen(
        PlanActivated(key, draft.now, period.start if period else None, period.end if period else None, grants)
    )
    owed = charges(draft.customer, draft.customer.subscriptions[key], draft.now, zone)
    if not subscription.awaits_payment:
        draft.charge(each for each in owed if subscription.prorated or not each.prorated)
