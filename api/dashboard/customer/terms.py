"""What a plan costs and how often something repeats, in a few words."""

from decimal import Decimal
from typing import Final

from api.dashboard.words import SIGNS, money, units
from ledger.core.money import exponent, to_major
from ledger.core.period import Every, Interval
from ledger.core.terms import ItemPrice, Method, Plan, PlanItem

NAMES: Final = {Interval.SEMI_ANNUAL: "half-year"}


def period_name(every: Every | None) -> str:
    """`month`, `3 months`; `once` for what never repeats."""
    if every is None or not every.repeats:
        return "once"
    name = NAMES.get(every.interval, every.interval.value)
    return name if every.count == 1 else f"{every.count} {name}s"


def plan_price(plan: Plan) -> str:
    """What a plan costs at the least, and that use of it costs more where it does."""
    if not plan.priced:
        return "Free"
    more = any(item.price is not None for item in plan.items)
    if plan.base is None:
        return "By use" if more else "Free"
    amount = money(to_major(plan.base.amount_minor, plan.currency), plan.currency)
    words = f"{amount} {per(plan.base.every)}"
    return f"{words} + use" if more else words


def per(every: Every) -> str:
    """`/ month`, or `once`."""
    return f"/ {period_name(every)}" if every.repeats else "once"


def included(item: PlanItem) -> str:
    """How much of a feature an item gives."""
    return "unlimited" if item.unlimited else units(item.included)


def item_price(item: PlanItem, currency: str) -> str:
    """What more units of an item cost; nothing where there are none to be had."""
    price = item.price
    if price is None:
        return ""
    ahead = "ahead" if price.method is Method.PREPAID else "as used"
    return f"{_unit(price, currency)} {per(price.every)}, paid {ahead}"


def _unit(price: ItemPrice, currency: str) -> str:
    pack = "" if price.billing_units == 1 else f"{units(price.billing_units)} "
    if price.unit_price_minor is None:
        lowest = min((tier.unit_price_minor for tier in price.tiers), default=None)
        return "tiers" if lowest is None else f"{len(price.tiers)} tiers from {fine_money(lowest, currency)}"
    return f"{fine_money(price.unit_price_minor, currency)}{f' for {pack}units' if pack else ' a unit'}"


def fine_money(minor: Decimal, currency: str) -> str:
    """An amount as fine as it is: the price of a unit may be a part of the smallest coin."""
    major = to_major(minor, currency).normalize()
    digits = max(exponent(currency), -int(major.as_tuple().exponent))
    sign, number = SIGNS.get(currency.lower()), f"{abs(major):,.{digits}f}"
    minus = "\N{MINUS SIGN}" if major < 0 else ""
    return f"{minus}{sign}{number}" if sign else f"{minus}{number} {currency.upper()}"
