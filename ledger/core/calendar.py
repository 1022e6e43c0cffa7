"""Time passes: what falls due at one instant happens in the order of `Rank`, and what it costs is one invoice.

`advance` answers one instant at a time, the earliest first. Several missed periods are several instants, each with
its own events and invoice. An idle window is none at all.
"""

from collections.abc import Sequence
from datetime import datetime

from ledger.core.balance import Grant
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.entitlement import Granting, prepaid_units
from ledger.core.events import (
    BalanceExpired,
    Ended,
    Event,
    PlanActivated,
    PlanExpired,
    PlanRenewed,
    QuantityChanged,
    SeatsKept,
)
from ledger.core.falling_due import Due, Rank, due_things
from ledger.core.invoicing import bill_cycle
from ledger.core.lines import charges, grant_of, overage_of
from ledger.core.lock import Lock
from ledger.core.locking import expire
from ledger.core.money import ZERO
from ledger.core.period import common_period
from ledger.core.rollover import reset_of
from ledger.core.state import Customer
from ledger.core.subscription import Subscription
from ledger.core.trial import end_trial


def advance(customer: Customer, context: Context) -> tuple[datetime, Sequence[Event]] | None:
    """Everything that is due at the earliest instant at or before now; None when nothing is."""
    at = customer.due_at
    if at is None or at > context.now or not customer.exists:
        return None
    draft = Draft(customer, context, at)
    while (due := _next(draft.customer, at)) is not None:
        _happen(draft, due)
    bill_cycle(draft)
    return at, draft.events


def _next(customer: Customer, at: datetime) -> Due | None:
    if customer.due_at is None or customer.due_at > at:
        return None
    return min((each for each in due_things(customer) if each.at <= at), key=lambda each: each[:3], default=None)


def _happen(draft: Draft, due: Due) -> None:
    subject = due.subject
    match subject:
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
    """Bill what was used beyond the grant, keep what rolls over, and fill it again."""
    subscription = draft.customer.subscriptions.get(grant.terms.subscription_id or "")
    if subscription is not None:
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
    for wanted in subscription.next_quantities:
        item = next(each for each in subscription.plan.items if each.feature_id == wanted.feature_id and each.prepaid)
        grant = grant_of(draft.customer, subscription, item)
        assert grant is not None
        before = subscription.quantity(item.feature_id)
        draft.happen(
            QuantityChanged(
                subscription.subscription_id,
                item.feature_id,
                grant.grant_id,
                before,
                wanted.quantity,
                grant.prepaid,
                prepaid_units(item, [wanted]),
            )
        )
    for grant in list(draft.customer.grants.values()):
        if grant.terms.subscription_id == subscription.subscription_id and grant.kept_seats:
            key = subscription.subscription_id
            draft.happen(SeatsKept(key, grant.feature_id, grant.grant_id, grant.kept_seats, ZERO))


def _expire(draft: Draft, subscription: Subscription) -> None:
    """A plan ends, and the one that waits for it starts in the same step, so that seats in use pass over."""
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
    draft.happen(PlanExpired(subscription.subscription_id, draft.now, cause, subscription.canceled_at))
    draft.cycle_ended = True
    if successor is not None:
        activate(draft, successor, before=before)


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
    draft.charge(charges(draft.customer, draft.customer.subscriptions[key], draft.now, zone))
