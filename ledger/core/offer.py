"""What a plan may look like: the rules an offer keeps before anybody can be attached to it."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.money import ZERO
from ledger.core.terms import BasePrice, FeatureKind, ItemPrice, Plan, PlanItem, Tier


def check_plan(defaults: Sequence[Plan], plan: Plan) -> None:
    """Refuse a plan that contradicts itself, or a second default of its group."""
    if plan.auto_enable:
        _check_default(defaults, plan)
    _check_base(plan.base)
    for item in plan.items:
        _check_item(item)


def _check_default(defaults: Sequence[Plan], plan: Plan) -> None:
    if plan.priced:
        raise InvalidRequest(
            f"Plan {plan.plan_id} costs money, so it cannot be enabled by itself: set auto_enable to false"
        )
    for other in defaults:
        if other.plan_id != plan.plan_id and other.group == plan.group and not (other.add_on or plan.add_on):
            raise InvalidRequest(
                f"Plan {other.plan_id} is the default of group {plan.group!r} already: there is one per group"
            )


def _check_base(base: BasePrice | None) -> None:
    if base is not None and base.amount_minor < 0:
        raise InvalidInput("price.amount must not be negative")


def _check_item(item: PlanItem) -> None:
    where = f"item of feature {item.feature_id}"
    if item.kind is FeatureKind.BOOLEAN and (item.price is not None or item.reset is not None or item.included):
        raise InvalidInput(f"{where}: a boolean feature is there or not; leave out included, reset and price")
    if item.included < ZERO:
        raise InvalidInput(f"{where}: included must not be negative")
    if item.unlimited and item.price is not None:
        raise InvalidInput(f"{where}: unlimited units have no price; leave out one of unlimited and price")
    if item.price is not None:
        _check_price(where, item.price)


def _check_price(where: str, price: ItemPrice) -> None:
    if (price.unit_price_minor is None) == (not price.tiers):
        raise InvalidInput(f"{where}: give either price.amount or price.tiers")
    if price.billing_units <= ZERO:
        raise InvalidInput(f"{where}: price.billing_units must be above zero")
    if price.max_purchase is not None and price.max_purchase < ZERO:
        raise InvalidInput(f"{where}: price.max_purchase must not be negative")
    amounts: list[Decimal] = [tier.unit_price_minor for tier in price.tiers] or [price.unit_price_minor or ZERO]
    if min(amounts) < ZERO:
        raise InvalidInput(f"{where}: a price must not be negative")
    if price.tiers and not _rising(price.tiers):
        raise InvalidInput(f'{where}: tiers must rise and end with to: "inf"')


def _rising(tiers: Sequence[Tier]) -> bool:
    bounds = [tier.to for tier in tiers]
    inner = [bound for bound in bounds[:-1] if bound is not None]
    return bounds[-1] is None and len(inner) == len(bounds) - 1 and all(a < b for a, b in pairwise([ZERO, *inner]))
