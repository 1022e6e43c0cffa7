"""What a change costs: its lines, rounded one by one, and the cycle that follows.

A preview and the change itself are made from the same `Planned`, so they cannot disagree.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

import msgspec

from ledger.core.balance import Grant
from ledger.core.entitlement import prepaid_units, seats_in_use
from ledger.core.events import Event, GrantTerms, Quantity
from ledger.core.money import ONE, ZERO, add, negate, round_minor
from ledger.core.period import Period, period_at
from ledger.core.pricing import consumed, cost
from ledger.core.proration import remaining_share
from ledger.core.state import Customer
from ledger.core.subscription import Subscription
from ledger.core.terms import FeatureKind, Plan, PlanItem


class Line(msgspec.Struct, frozen=True):
    """One line of what is owed, in whole minor units; below zero for a credit."""

    plan_id: str
    plan_name: str
    amount_minor: int
    feature_id: str | None = None
    quantity: Decimal = ONE
    period: Period | None = None
    credit: bool = False


class Move(msgspec.Struct, frozen=True):
    """A plan coming in or going out, and when."""

    plan: Plan
    quantities: tuple[Quantity, ...] = ()
    effective_at: datetime | None = None
    canceled_at: datetime | None = None
    expires_at: datetime | None = None


class Planned(msgspec.Struct, frozen=True):
    """A change worked out but not yet made: its events, and what it costs at once."""

    events: Sequence[Event]
    lines: Sequence[Line] = ()
    incoming: Sequence[Move] = ()
    outgoing: Sequence[Move] = ()
    intent: str = "none"

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


class NextCycle(msgspec.Struct, frozen=True):
    """The invoice after this change: when, its known lines, and the features billed by usage then."""

    starts_at: datetime
    lines: Sequence[Line]
    usage: Sequence[Line]

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


class Quote(msgspec.Struct, frozen=True):
    """A preview: what the change would do, and the cycle that would follow."""

    planned: Planned
    currency: str
    next_cycle: NextCycle | None


def charges(
    plan: Plan,
    grants: Iterable[GrantTerms | Grant],
    anchor: datetime,
    now: datetime,
    zone: tzinfo,
    *,
    renewal: bool = False,
) -> list[Line]:
    """What a plan costs from `now` to the end of each price's period: base, units bought ahead, seats in use.

    One-off prices are charged when it starts and never on a renewal.
    """
    return list(_priced_ahead(plan, list(grants), anchor, now, zone, sign=1, once=not renewal))


def refunds(subscription: Subscription, grants: Iterable[Grant], now: datetime, zone: tzinfo) -> list[Line]:
    """What is given back of a plan paid ahead, from `now` to the end of its periods; nothing of one-off prices."""
    held = [grant for grant in grants if grant.terms.subscription_id == subscription.subscription_id]
    return list(_priced_ahead(subscription.plan, held, subscription.anchor, now, zone, sign=-1, once=False))


def _priced_ahead(
    plan: Plan,
    grants: Sequence[GrantTerms | Grant],
    anchor: datetime,
    now: datetime,
    zone: tzinfo,
    *,
    sign: int,
    once: bool,
) -> Iterator[Line]:
    if plan.base is not None and (once or plan.base.every.repeats):
        period = period_at(anchor, plan.base.every, now, zone) if plan.base.every.repeats else None
        yield _line(plan, None, Decimal(plan.base.amount_minor), ONE, period, now, sign)
    for item in plan.items:
        if item.price is None or consumed(item) or not (once or item.price.every.repeats):
            continue
        units = _units_ahead(item, grants)
        amount = cost(item.price, item.included, units)
        if amount:
            period = period_at(anchor, item.price.every, now, zone) if item.price.every.repeats else None
            yield _line(plan, item.feature_id, amount, units, period, now, sign)


def _units_ahead(item: PlanItem, grants: Sequence[GrantTerms | Grant]) -> Decimal:
    """Total units that a price paid ahead covers: those bought, or for seats sold by use those in use."""
    for grant in grants:
        terms = grant.terms if isinstance(grant, Grant) else grant
        if terms.feature_id == item.feature_id and terms.price == item.price:
            if item.prepaid:
                return add(item.included, grant.prepaid)
            return grant.used if item.kind is FeatureKind.ALLOCATED else ZERO
    return ZERO


def _line(
    plan: Plan,
    feature_id: str | None,
    amount: Decimal,
    quantity: Decimal,
    period: Period | None,
    now: datetime,
    sign: int,
) -> Line:
    share = amount if period is None else remaining_share(amount, period, now)
    covered = None if period is None else Period(max(now, period.start), period.end)
    return Line(plan.plan_id, plan.name, sign * round_minor(share), feature_id, quantity, covered, sign < 0)


def overage(subscription: Subscription, grants: Iterable[Grant]) -> list[Line]:
    """Consumption beyond what was granted, at the plan's own price and never prorated (§2.2, "Outstanding overage")."""
    lines = []
    for grant in grants:
        price = grant.terms.price
        if grant.terms.subscription_id != subscription.subscription_id or price is None:
            continue
        item = next(i for i in subscription.plan.items if i.feature_id == grant.feature_id and i.price == price)
        if consumed(item) and grant.balance < ZERO:
            amount = round_minor(cost(price, grant.granted, grant.used))
            period = (
                None
                if grant.period_start is None or grant.period_end is None
                else Period(grant.period_start, grant.period_end)
            )
            lines.append(
                Line(
                    subscription.plan.plan_id,
                    subscription.plan.name,
                    amount,
                    grant.feature_id,
                    negate(grant.balance),
                    period,
                )
            )
    return lines


def next_cycle(customer: Customer, now: datetime, zone: tzinfo) -> NextCycle | None:
    """Everything of a customer that is billed when the next of its periods ends: renewals and plans that start then."""
    ends = {
        key: period.end
        for key, each in customer.subscriptions.items()
        if each.active and (period := each.period(now, zone)) is not None
    }
    starts_at = min(ends.values(), default=None)
    if starts_at is None:
        return None
    lines: list[Line] = []
    usage: list[Line] = []
    for key, subscription in customer.subscriptions.items():
        renewal = ends.get(key) == starts_at
        if renewal:
            usage += _by_usage(subscription)
        if _goes_on(subscription, starts_at, renewal=renewal):
            grants = _held(customer, subscription)
            lines += charges(subscription.plan, grants, subscription.anchor, starts_at, zone, renewal=renewal)
    return NextCycle(starts_at, lines, usage) if lines or usage else None


def _goes_on(subscription: Subscription, starts_at: datetime, *, renewal: bool) -> bool:
    if subscription.active:
        return renewal and subscription.expires_at is None
    return subscription.started_at == starts_at


def _held(customer: Customer, subscription: Subscription) -> list[GrantTerms | Grant]:
    """The grants of a plan; of a scheduled one stand-ins for those it will make, as far as prices look at them."""
    if subscription.active:
        return [g for g in customer.grants.values() if g.terms.subscription_id == subscription.subscription_id]
    return [
        GrantTerms(
            "0.0",
            item.feature_id,
            item.kind,
            subscription.started_at,
            price=item.price,
            prepaid=prepaid_units(item, subscription.quantities),
            used=seats_in_use(customer, item, subscription.entity_id, subscription.replaces),
        )
        for item in subscription.plan.items
    ]


def _by_usage(subscription: Subscription) -> list[Line]:
    plan = subscription.plan
    return [Line(plan.plan_id, plan.name, 0, item.feature_id, ZERO) for item in plan.items if consumed(item)]
