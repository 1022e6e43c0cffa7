"""What a plan costs and how often something repeats, in a few words."""

from typing import Final

from api.dashboard.words import exact_money, money, units
from ledger.core.money import to_major
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
        if lowest is None:
            return "tiers"
        return f"{len(price.tiers)} tiers from {exact_money(to_major(lowest, currency), currency)}"
    shown = exact_money(to_major(price.unit_price_minor, currency), currency)
    return f"{shown}{f' for {pack}units' if pack else ' a unit'}"
