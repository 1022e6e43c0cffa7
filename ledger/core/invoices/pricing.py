"""What units cost: packs, tiers, and the price of a period. Amounts are minor units, kept exact until rounded."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ledger.core.money import ZERO, add, multiply, packs, subtract
from ledger.core.period import MONTHS, Every, Interval
from ledger.core.terms import ItemPrice, Plan, PlanItem, Tier, TierBehavior

_PER_YEAR = {Interval.MINUTE: 525_600, Interval.HOUR: 8_760, Interval.DAY: 365, Interval.WEEK: 52}


def whole_packs(price: ItemPrice, units: Decimal) -> Decimal:
    """Units rounded up to whole packs of `billing_units`."""
    return multiply(Decimal(packs(units, price.billing_units)), price.billing_units)


def cost(price: ItemPrice, included: Decimal, total: Decimal) -> Decimal:
    """The price of `total` units of which `included` are free (§2.3, "Tiers").

    Graduated bands start after the included units. Volume charges the whole quantity, included ones too, at
    the band that the quantity beyond the included ones falls in.
    """
    beyond = subtract(total, included)
    if beyond <= ZERO:
        return ZERO
    if not price.tiers:
        assert price.unit_price_minor is not None
        return multiply(Decimal(packs(beyond, price.billing_units)), price.unit_price_minor)
    if price.tier_behavior is TierBehavior.VOLUME:
        return _volume(price, beyond, total)
    return _graduated(price, whole_packs(price, beyond))


def _volume(price: ItemPrice, beyond: Decimal, total: Decimal) -> Decimal:
    tier = next(tier for tier in price.tiers if tier.to is None or beyond <= tier.to)
    return add(multiply(Decimal(packs(total, price.billing_units)), tier.unit_price_minor), tier.flat_minor)


def _graduated(price: ItemPrice, units: Decimal) -> Decimal:
    sum_, floor = ZERO, ZERO
    for tier in _reached(price.tiers, units):
        top = units if tier.to is None else min(units, tier.to)
        band = _in_packs(subtract(top, floor), price.billing_units)
        sum_ = add(sum_, multiply(tier.unit_price_minor, band))
        floor = top
    return sum_


def _reached(tiers: Sequence[Tier], units: Decimal) -> list[Tier]:
    lower = [ZERO, *(tier.to for tier in tiers[:-1] if tier.to is not None)]
    return [tier for tier, floor in zip(tiers, lower, strict=True) if units > floor]


def _in_packs(units: Decimal, billing_units: Decimal) -> Decimal:
    return units if billing_units == 1 else Decimal(packs(units, billing_units))


def monthly_price(plan: Plan) -> Fraction:
    """The sum of a plan's prices apart from usage of consumables, brought to a month, exactly (§2.2, upgrade)."""
    total = Fraction(0)
    if plan.base is not None:
        total += _monthly(Decimal(plan.base.amount_minor), plan.base.every)
    for item in plan.items:
        if item.price is not None and not consumed(item):
            total += _monthly(_first_price(item.price), item.price.every)
    return total


def billed_ahead(item: PlanItem) -> bool:
    """True for an item that is billed at the start of a period: units bought ahead, and seats in use."""
    return item.price is not None and not consumed(item)


def consumed(item: PlanItem) -> bool:
    """True for an item that is billed after the fact by consumption, such as messages over the included ones."""
    return item.usage_based and item.kind.value == "consumable"


def only_consumption(plan: Plan) -> bool:
    """True when all that a plan costs is consumption."""
    priced = [item for item in plan.items if item.price is not None]
    return plan.base is None and bool(priced) and all(consumed(item) for item in priced)


def _first_price(price: ItemPrice) -> Decimal:
    if price.tiers:
        return price.tiers[0].unit_price_minor
    assert price.unit_price_minor is not None
    return price.unit_price_minor


def _monthly(amount: Decimal, every: Every) -> Fraction:
    if every.interval is Interval.ONE_OFF:
        return Fraction(0)
    if every.interval in MONTHS:
        return Fraction(amount) / (MONTHS[every.interval] * every.count)
    return Fraction(amount) * _PER_YEAR[every.interval] / (12 * every.count)
