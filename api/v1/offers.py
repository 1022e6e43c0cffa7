"""What a plan offers, from the wire's words and major units to the core's values in minor units."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from api.wire.refusals import InvalidInputs
from ledger.core.errors import InvalidInput
from ledger.core.money import ZERO, to_minor
from ledger.core.period import Every, Interval
from ledger.core.terms import BasePrice, FeatureKind, ItemPrice, Method, PlanItem, Tier, TierBehavior


def every(found: dict[str, Any]) -> Every:
    """An interval and how many of them."""
    return Every(Interval(found["interval"]), found.get("interval_count", 1))


def base_price(found: dict[str, Any], currency: str) -> BasePrice:
    """The fixed price of a plan: whole minor units, because it is an amount to be paid."""
    minor = to_minor(found["amount"], currency)
    if minor != minor.to_integral_value():
        raise InvalidInputs(
            {"price.amount": f"was {found['amount']:f} and must be a whole amount of {currency} to pay"}
        )
    return BasePrice(int(minor), every(found))


def items(found: Sequence[dict[str, Any]], currency: str) -> tuple[PlanItem, ...]:
    """A plan's items. Their features' kinds are the catalog's to fill in."""
    return tuple(_item(each, currency) for each in found)


def _item(found: dict[str, Any], currency: str) -> PlanItem:
    price = found.get("price")
    reset = found.get("reset")
    return PlanItem(
        found["feature_id"],
        FeatureKind.CONSUMABLE,
        found.get("included", ZERO),
        found.get("unlimited", False),
        every(reset) if reset else None,
        _price(price, currency) if price else None,
    )


def _price(found: dict[str, Any], currency: str) -> ItemPrice:
    amount = found.get("amount")
    return ItemPrice(
        every(found),
        Method(found["billing_method"]),
        None if amount is None else to_minor(amount, currency),
        tuple(_tier(each, currency) for each in found.get("tiers", ())),
        TierBehavior(found.get("tier_behavior", TierBehavior.GRADUATED)),
        found["billing_units"],
        found.get("max_purchase"),
    )


def _tier(found: dict[str, Any], currency: str) -> Tier:
    to = found["to"]
    amount, flat = found.get("amount"), found.get("flat_amount")
    if amount is None and flat is None:
        raise InvalidInput("Each of price.tiers needs an amount or a flat_amount")
    return Tier(
        to if isinstance(to, Decimal) else None, to_minor(amount or ZERO, currency), to_minor(flat or ZERO, currency)
    )
