"""What a plan offers, from the wire's words and major units to the core's values in minor units."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from api.wire.refusals import InvalidInputs
from ledger.core.money import ZERO, to_minor
from ledger.core.period import Every, Interval
from ledger.core.terms import (
    BasePrice,
    FeatureKind,
    FreeTrial,
    ItemPrice,
    Method,
    OnDecrease,
    OnIncrease,
    OnTrialEnd,
    PlanItem,
    Proration,
    Rollover,
    Tier,
    TierBehavior,
)


def every(found: dict[str, Any]) -> Every:
    """An interval and how many of them."""
    return Every(Interval(found["interval"]), found.get("interval_count", 1))


def base_price(found: dict[str, Any], currency: str) -> BasePrice:
    """The fixed price of a plan: whole minor units, because it is an amount to be paid.

    Raises `InvalidInputs` for a part of a minor unit, and where `currency`, the ledger's own, is sent as another.
    """
    others = {each["currency"]: each["amount"] for each in _others(found, currency, "price")}
    return BasePrice(
        _whole_minor(found["amount"], currency),
        every(found),
        {other: _whole_minor(amount, other) for other, amount in others.items()},
    )


def _whole_minor(amount: Decimal, currency: str) -> int:
    minor = to_minor(amount, currency)
    if minor != minor.to_integral_value():
        raise InvalidInputs({"price.amount": f"was {amount:f} and must be a whole amount of {currency} to pay"})
    return int(minor)


def _others(found: dict[str, Any], currency: str, where: str) -> Iterable[dict[str, Any]]:
    """The prices in other currencies: the ledger's own has its place already."""
    others: list[dict[str, Any]] = found.get("additional_currencies", [])
    if any(each["currency"] == currency for each in others):
        where = f"{where}.additional_currencies"
        raise InvalidInputs({where: f"names {currency}, the ledger's own currency: send that price as amount"})
    return others


def free_trial(found: dict[str, Any]) -> FreeTrial:
    """Time at the beginning that costs nothing."""
    length = Every(Interval(found["duration_type"]), found["duration_length"])
    return FreeTrial(length, found["card_required"], OnTrialEnd(found["on_end"]))


def items(found: Sequence[dict[str, Any]], currency: str) -> tuple[PlanItem, ...]:
    """A plan's items, priced in `currency`. Their features' kinds are the catalog's to fill in."""
    return tuple(_item(each, currency, f"items.{index}.price") for index, each in enumerate(found))


def _item(found: dict[str, Any], currency: str, where: str) -> PlanItem:
    price, reset = found.get("price"), found.get("reset")
    proration, rollover, expiry = found.get("proration"), found.get("rollover"), found.get("expiry")
    return PlanItem(
        found["feature_id"],
        FeatureKind.CONSUMABLE,
        found.get("included", ZERO),
        found.get("unlimited", False),
        every(reset) if reset else None,
        _price(price, currency, where) if price else None,
        _proration(proration) if proration else None,
        item_rollover(rollover) if rollover else None,
        Every(Interval(expiry["duration"]), expiry["length"]) if expiry else None,
        found.get("entity_feature_id"),
    )


def _proration(found: dict[str, Any]) -> Proration:
    return Proration(OnIncrease(found["on_increase"]), OnDecrease(found["on_decrease"]))


def item_rollover(found: dict[str, Any]) -> Rollover:
    """What outlives a reset, as a plan's item says it: for one month unless it says for how long."""
    months = found.get("expiry_duration_length", 1) if found["expiry_duration_type"] == "month" else None
    return Rollover(found.get("max"), found.get("max_percentage"), months)


def balance_rollover(found: dict[str, Any]) -> Rollover:
    """What outlives a reset, as a loose balance says it."""
    months = found["length"] if found["duration"] == "month" else None
    return Rollover(found.get("max"), found.get("max_percentage"), months)


def _price(found: dict[str, Any], currency: str, where: str) -> ItemPrice:
    amount = found.get("amount")
    others = _others(found, currency, where)
    return ItemPrice(
        every(found),
        Method(found["billing_method"]),
        None if amount is None else to_minor(amount, currency),
        tuple(_tier(each, currency, where) for each in found.get("tiers", ())),
        TierBehavior(found.get("tier_behavior", TierBehavior.GRADUATED)),
        found["billing_units"],
        found.get("max_purchase"),
        {each["currency"]: to_minor(each["amount"], each["currency"]) for each in others},
    )


def _tier(found: dict[str, Any], currency: str, where: str) -> Tier:
    to = found["to"]
    others = _others(found, currency, f"{where}.tiers")
    return Tier(
        to if isinstance(to, Decimal) else None,
        *_band(found, currency),
        {each["currency"]: _band(each, each["currency"]) for each in others},
    )


def _band(found: dict[str, Any], currency: str) -> tuple[Decimal, Decimal]:
    """The unit price and the flat amount of a band; zero where one is left out."""
    return to_minor(found.get("amount", ZERO), currency), to_minor(found.get("flat_amount", ZERO), currency)
