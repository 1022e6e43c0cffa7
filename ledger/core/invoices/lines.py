"""The lines that plans cost: what is charged for a period, what of it is given back, and what was used beyond grants.

Amounts are rounded line by line to whole minor units, half away from zero (reference §2.3).
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from decimal import Decimal

from ledger.core.balances.balance import Grant
from ledger.core.balances.controls import billed
from ledger.core.events import Line, LineKind
from ledger.core.invoices.pricing import billed_ahead, consumed, cost
from ledger.core.invoices.proration import remaining_share
from ledger.core.money import ONE, ZERO, add, negate, round_minor
from ledger.core.period import Every, Period, period_at
from ledger.core.state import Customer
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import PlanItem


def charges(
    customer: Customer,
    subscription: Subscription,
    now: datetime,
    zone: tzinfo,
    *,
    renewal: bool = False,
    whole: bool = False,
) -> list[Line]:
    """What a plan costs from `now` to the end of each price's period: base, units bought ahead, seats in use.

    One-off prices are charged when it starts. On a `renewal` only the prices whose period starts now are charged.
    `whole` is the full price of each period instead of the share that is left of it.
    """
    return list(_priced_ahead(customer, subscription, now, zone, sign=1, renewal=renewal, whole=whole))


def refunds(
    customer: Customer, subscription: Subscription, now: datetime, zone: tzinfo, *, whole: bool = False
) -> list[Line]:
    """What is given back of a plan paid ahead, from `now` to the end of its periods.

    Nothing of one-off prices, and nothing of a trial.
    """
    if subscription.trialing:
        return []
    return list(_priced_ahead(customer, subscription, now, zone, sign=-1, renewal=False, whole=whole))


def _priced_ahead(
    customer: Customer,
    subscription: Subscription,
    now: datetime,
    zone: tzinfo,
    *,
    sign: int,
    renewal: bool,
    whole: bool,
) -> Iterator[Line]:
    plan, anchor = subscription.plan, subscription.anchor
    if plan.base is not None:
        period = _charged(plan.base.every, anchor, now, zone)
        if _in_turn(period, now, sign, renewal=renewal):
            amount = Decimal(plan.base.amount_minor)
            yield line(customer, subscription, LineKind.BASE, amount, period, now, sign=sign, whole=whole)
    for item in plan.items:
        if item.price is None or not billed_ahead(item):
            continue
        period = _charged(item.price.every, anchor, now, zone)
        if not _in_turn(period, now, sign, renewal=renewal):
            continue
        free, units = units_ahead(customer, subscription, item)
        amount = cost(item.price, free, units)
        if amount:
            kind = LineKind.PREPAID if item.prepaid else LineKind.SEATS
            yield line(
                customer, subscription, kind, amount, period, now, sign=sign, item=item, quantity=units, whole=whole
            )


def _charged(every: Every, anchor: datetime, now: datetime, zone: tzinfo) -> Period | None:
    return period_at(anchor, every, now, zone) if every.repeats else None


def _in_turn(period: Period | None, now: datetime, sign: int, *, renewal: bool) -> bool:
    if period is None:
        return sign > 0 and not renewal
    return not renewal or period.start == now


def units_ahead(customer: Customer, subscription: Subscription, item: PlanItem) -> tuple[Decimal, Decimal]:
    """The units that a price paid ahead leaves free, and all that it covers: those bought, or seats in use."""
    grant = grant_of(customer, subscription, item)
    if grant is None:
        return ZERO, ZERO
    if item.prepaid:
        return item.included, add(item.included, grant.prepaid)
    return grant.granted, grant.used


def grant_of(
    customer: Customer, subscription: Subscription, item: PlanItem, entity_id: str | None = None
) -> Grant | None:
    """The balance that an item of a subscription's plan made for whom the plan is for, or for an entity of its own."""
    holder = entity_id or subscription.entity_id
    for grant in customer.grants.values():
        terms = grant.terms
        if (
            terms.subscription_id == subscription.subscription_id
            and terms.feature_id == item.feature_id
            and terms.entity_id == holder
            and terms.price == item.price
            and terms.rollover_of is None
        ):
            return grant
    return None


def line(  # noqa: PLR0913  a line is made of this much
    customer: Customer,
    subscription: Subscription,
    kind: LineKind,
    amount: Decimal,
    period: Period | None,
    now: datetime,
    *,
    sign: int = 1,
    item: PlanItem | None = None,
    quantity: Decimal = ONE,
    whole: bool = False,
) -> Line:
    """A line for the part of a price's period that is still to come; for all of a price without a period, or `whole`.

    Of two such lines with opposite signs at one instant one takes back exactly what the other charges.
    """
    plan = subscription.plan
    share = amount if period is None or whole else remaining_share(amount, period, now)
    return Line(
        kind,
        sign * round_minor(share),
        plan.plan_id,
        plan.name,
        subscription.subscription_id,
        subscription.entity_id,
        item.feature_id if item else None,
        quantity,
        _unit_price(plan.base.amount_minor if item is None and plan.base else None, item),
        None if period is None else max(now, period.start),
        None if period is None else period.end,
        prorated=period is not None and now > period.start and not whole,
        credit=sign < 0,
        first_version=subscription.since,
        last_version=customer.version,
    )


def _unit_price(base_minor: int | None, item: PlanItem | None) -> Decimal | None:
    if item is not None and item.price is not None:
        return item.price.unit_price_minor
    return None if base_minor is None else Decimal(base_minor)


def overage(customer: Customer, subscription: Subscription) -> list[Line]:
    """Consumption beyond what was granted, at the plan's own price and never prorated (§2.2, "Outstanding overage")."""
    found = (overage_of(customer, subscription, grant) for grant in customer.grants.values())
    return [each for each in found if each is not None]


def overage_of(customer: Customer, subscription: Subscription, grant: Grant) -> Line | None:
    """The line for what was used of one balance beyond what was granted; None where nothing is owed for it.

    What is used in a trial is free (§2.5).
    """
    if subscription.trialing:
        return None
    price = grant.terms.price
    if grant.terms.subscription_id != subscription.subscription_id or price is None or grant.balance >= ZERO:
        return None
    item = next((each for each in subscription.plan.items if _made(each, grant)), None)
    if item is None or not consumed(item) or not billed(customer, grant):
        return None
    plan = subscription.plan
    return Line(
        LineKind.USAGE,
        round_minor(cost(price, grant.granted, grant.used)),
        plan.plan_id,
        plan.name,
        subscription.subscription_id,
        grant.terms.entity_id,
        grant.feature_id,
        negate(grant.balance),
        price.unit_price_minor,
        grant.period_start,
        grant.period_end,
        first_version=subscription.since,
        last_version=customer.version,
    )


def _made(item: PlanItem, grant: Grant) -> bool:
    return item.feature_id == grant.feature_id and item.price == grant.terms.price
