"""The next invoice that comes by itself: time is let pass until there is one, and nothing of it is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import reduce

from ledger.core.calendar import advance
from ledger.core.decider import Context
from ledger.core.events import InvoiceCreated, Line, LineKind
from ledger.core.folding import evolve
from ledger.core.pricing import consumed
from ledger.core.quote import NextCycle
from ledger.core.state import Customer
from ledger.core.subscription import Subscription


def next_cycle(customer: Customer, context: Context) -> NextCycle | None:
    """Everything of a customer that is billed when the next of its periods ends, or a plan or paid time begins."""
    zone = context.settings.zone
    starts_at = min(_boundaries(customer, context.now, zone), default=None)
    if starts_at is None:
        return None
    lines = _billed(customer, starts_at, context)
    ending = [each for each in customer.subscriptions.values() if _ends(each, context.now, zone) == starts_at]
    usage = [line for each in ending for line in _by_usage(each)]
    return NextCycle(starts_at, lines, usage) if lines or usage else None


def _boundaries(customer: Customer, now: datetime, zone: tzinfo) -> Iterator[datetime]:
    for subscription in customer.subscriptions.values():
        ends_at = _ends(subscription, now, zone)
        if ends_at is not None:
            yield ends_at
        elif not subscription.active:
            yield subscription.started_at


def _ends(subscription: Subscription, now: datetime, zone: tzinfo) -> datetime | None:
    if not subscription.active:
        return None
    if subscription.trial_ends_at is not None:
        return subscription.trial_ends_at
    period = subscription.period(now, zone)
    return None if period is None else period.end


def _billed(customer: Customer, at: datetime, context: Context) -> Sequence[Line]:
    """The lines of the invoice that is made at an instant, without those that depend on use until then."""
    passing = replace(context, now=at)
    while (step := advance(customer, passing)) is not None:
        happened_at, events = step
        made = next((each for each in events if isinstance(each, InvoiceCreated)), None)
        if happened_at == at:
            return [line for line in made.lines if line.kind is not LineKind.USAGE] if made else []
        customer = reduce(evolve, events, customer)
    return []


def _by_usage(subscription: Subscription) -> list[Line]:
    plan = subscription.plan
    return [
        Line(
            LineKind.USAGE,
            0,
            plan.plan_id,
            plan.name,
            subscription.subscription_id,
            subscription.entity_id,
            item.feature_id,
            Decimal(0),
        )
        for item in plan.items
        if consumed(item)
    ]
