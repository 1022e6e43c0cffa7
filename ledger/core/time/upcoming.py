"""The invoices that come by themselves: time is let pass until there is one, and nothing of it is kept.

Only what the invoice is about is let live until then, so a balance that resets every minute costs nothing here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import reduce

import msgspec

from ledger.core.balances.balance import Grant
from ledger.core.decider import Context
from ledger.core.events import InvoiceCreated, Line, LineKind
from ledger.core.folding import evolve
from ledger.core.invoices.pricing import consumed
from ledger.core.money import ZERO
from ledger.core.state import Customer
from ledger.core.subscriptions.quote import NextCycle
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.time.calendar import advance
from ledger.core.time.falling_due import next_due_at


def next_cycle(customer: Customer, context: Context) -> NextCycle | None:
    """Everything of a customer that is billed when the next of its periods ends, or a plan or paid time begins.

    What depends on use until then is named in `usage` and not in `lines`.
    """
    return next(_cycles(customer, context, used=False), None)


def next_invoices(customer: Customer, context: Context) -> list[NextCycle]:
    """The upcoming invoice of every subscription, the earliest first: those of one instant are one invoice.

    What was used beyond the grants until now is among its `lines`.
    """
    return list(_cycles(customer, context, used=True))


def _cycles(customer: Customer, context: Context, *, used: bool) -> Iterator[NextCycle]:
    ends = _boundaries(customer, context.now, context.settings.zone)
    for at in sorted(set(ends.values())):
        due = [key for key, each in ends.items() if each == at]
        billed = _billed(_only(customer, due, used=used), at, context)
        lines = [line for line in billed if used or line.kind is not LineKind.USAGE]
        usage = [line for key in due for line in _by_usage(customer.subscriptions[key])]
        if lines or usage:
            yield NextCycle(at, lines, usage)


def _boundaries(customer: Customer, now: datetime, zone: tzinfo) -> Mapping[str, datetime]:
    """When each subscription is billed next, by its id; none for what is never billed again."""
    found = {}
    for key, subscription in customer.subscriptions.items():
        at = _ends(subscription, now, zone) if subscription.active else subscription.started_at
        if at is not None and not subscription.awaits_payment:
            found[key] = at
    return found


def _ends(subscription: Subscription, now: datetime, zone: tzinfo) -> datetime | None:
    if subscription.trial_ends_at is not None:
        return subscription.trial_ends_at
    period = subscription.period(now, zone)
    if period is None:
        return subscription.expires_at
    return period.end if subscription.expires_at is None else min(period.end, subscription.expires_at)


def _only(customer: Customer, keys: Sequence[str], *, used: bool) -> Customer:
    """The customer as if it had these subscriptions alone; with what was `used` of them, or without."""
    wanted, held = set(keys), customer.subscriptions
    grants = {key: each for key, each in customer.grants.items() if each.terms.subscription_id in wanted}
    accrued = {
        key: each
        for key, each in customer.account.accrued.items()
        if each.line.subscription_id in wanted or each.line.subscription_id not in held
    }
    narrowed = msgspec.structs.replace(
        customer,
        subscriptions={key: each for key, each in held.items() if key in wanted},
        grants=grants if used else {key: _unused(each) for key, each in grants.items()},
        locks={},
        account=msgspec.structs.replace(customer.account, accrued=accrued),
    )
    return msgspec.structs.replace(narrowed, due_at=next_due_at(narrowed))


def _unused(grant: Grant) -> Grant:
    """The grant without its window: it does not fall due before its plan does.

    Seats in use stay in use.
    """
    return msgspec.structs.replace(grant, period_start=None, period_end=None, expires_at=None)


def _billed(customer: Customer, at: datetime, context: Context) -> Sequence[Line]:
    """The lines of the invoice that is made at an instant; none where there is none."""
    passing = replace(context, now=at, last_at=None)
    while (step := advance(customer, passing)) is not None:
        happened_at, events = step
        made = next((each for each in events if isinstance(each, InvoiceCreated)), None)
        if happened_at == at:
            return made.lines if made else ()
        customer = reduce(evolve, events, customer)
    return ()


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
            ZERO,
        )
        for item in plan.items
        if consumed(item)
    ]
