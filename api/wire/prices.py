"""Prices of plans and of their items, as they are sent and as they are answered. Amounts are major units."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.common import BILLING_INTERVALS, DisplaySchema, interval_count
from api.wire.fields import Choice, Currency
from api.wire.nesting import ListOf, OneOf, Shape
from api.wire.quantities import Amount, Quantity
from api.wire.schema import WireSchema

METHODS = ("prepaid", "usage_based")
TIER_BEHAVIORS = ("graduated", "volume")


def once_each(data: dict[str, Any]) -> None:
    """Refuse a currency that is named twice: one of the two amounts would be forgotten."""
    named = [each["currency"] for each in data.get("additional_currencies") or ()]
    twice = sorted({currency for currency in named if named.count(currency) > 1})
    if twice:
        problem = f"names {', '.join(twice)} twice and must name each currency once"
        raise ValidationError(problem, "additional_currencies")


class CurrencyAmountSchema(WireSchema):
    """The same price in another currency."""

    currency = Currency(required=True)
    amount = Amount(0, required=True)


class BasePriceSchema(WireSchema):
    """The fixed price of a plan, once per period; `amount` is in the ledger's currency."""

    amount = Amount(0, required=True)
    interval = Choice(*BILLING_INTERVALS, required=True)
    interval_count = interval_count(load_default=1)
    additional_currencies = ListOf(Shape(CurrencyAmountSchema))

    @validates_schema
    def names_each_currency_once(self, data: dict[str, Any], **_: Any) -> None:
        """One amount for one currency."""
        once_each(data)


class TierCurrencySchema(WireSchema):
    """A price band in another currency."""

    currency = Currency(required=True)
    amount = Amount(0)
    flat_amount = Amount(0)


class TierSchema(WireSchema):
    """A price band up to and including `to` units; `inf` is the last one."""

    to = OneOf(Quantity(above=0), Choice("inf"), required=True)
    amount = Amount(0)
    flat_amount = Amount(0)
    additional_currencies = ListOf(Shape(TierCurrencySchema))

    @validates_schema
    def costs_something(self, data: dict[str, Any], **_: Any) -> None:
        """Zero is a price; nothing at all is a mistake."""
        once_each(data)
        if "amount" not in data and "flat_amount" not in data:
            raise ValidationError("was not sent and must be, or flat_amount, or both", "amount")


class UnitPriceSchema(WireSchema):
    """The price of units, for each started pack of `billing_units`."""

    interval = Choice(*BILLING_INTERVALS, required=True)
    billing_method = Choice(*METHODS, required=True)
    amount = Amount(0)
    tiers = ListOf(Shape(TierSchema))
    tier_behavior = Choice(*TIER_BEHAVIORS)
    interval_count = interval_count(load_default=1)
    billing_units = Quantity(above=0, load_default=lambda: Decimal(1))

    @validates_schema
    def priced_once(self, data: dict[str, Any], **_: Any) -> None:
        """A price is one amount or a list of tiers."""
        if bool(data.get("tiers")) == ("amount" in data):
            raise ValidationError("must be sent, or tiers: one of the two", "amount")


class ItemPriceSchema(UnitPriceSchema):
    """The price of units beyond the included ones."""

    max_purchase = Quantity(0, allow_none=True)
    additional_currencies = ListOf(Shape(CurrencyAmountSchema))

    @validates_schema
    def says_currencies_once(self, data: dict[str, Any], **_: Any) -> None:
        """Tiers say themselves what they cost in other currencies."""
        if data.get("tiers") and data.get("additional_currencies"):
            raise ValidationError("was sent and must be inside each of the tiers", "additional_currencies")
        once_each(data)


class BasePriceAnswerSchema(WireSchema):
    """The fixed price of a plan."""

    amount = Amount(required=True)
    interval = Choice(*BILLING_INTERVALS, required=True)
    interval_count = interval_count()
    additional_currencies = ListOf(Shape(CurrencyAmountSchema))
    display = Shape(DisplaySchema)


class TierAnswerSchema(WireSchema):
    """A price band; `to` is `inf` in the last one."""

    to = OneOf(Quantity(above=0), Choice("inf"), required=True)
    amount = Amount(required=True)
    flat_amount = Amount()
    additional_currencies = ListOf(Shape(TierCurrencySchema))


class ItemPriceAnswerSchema(WireSchema):
    """The price of units beyond the included ones."""

    interval = Choice(*BILLING_INTERVALS, required=True)
    billing_units = Quantity(required=True)
    billing_method = Choice(*METHODS, required=True)
    max_purchase = Quantity(required=True, allow_none=True)
    amount = Amount()
    additional_currencies = ListOf(Shape(CurrencyAmountSchema))
    tiers = ListOf(Shape(TierAnswerSchema))
    tier_behavior = Choice(*TIER_BEHAVIORS)
    interval_count = interval_count()
