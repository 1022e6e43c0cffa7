"""Items of a plan: what it grants of one feature, how that resets, and what more of it costs."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.common import INTERVALS, DisplaySchema, interval_count
from api.wire.fields import Choice, FeatureId, Flag
from api.wire.nesting import Shape, Unsupported
from api.wire.prices import ItemPriceAnswerSchema, ItemPriceSchema
from api.wire.quantities import Quantity, Whole
from api.wire.schema import WireSchema

ON_INCREASE = ("bill_immediately", "prorate_immediately", "prorate_next_cycle", "bill_next_cycle")
ON_DECREASE = ("prorate", "prorate_immediately", "prorate_next_cycle", "none", "no_prorations")
EXPIRIES = ("month", "forever")
PERCENT = 100


class ResetSchema(WireSchema):
    """How often a balance is filled again."""

    interval = Choice(*INTERVALS, required=True)
    interval_count = interval_count(load_default=1)


class ProrationSchema(WireSchema):
    """When a change of quantity within a period is billed, and when it is credited."""

    on_increase = Choice(*ON_INCREASE, required=True)
    on_decrease = Choice(*ON_DECREASE, required=True)


def one_cap(data: dict[str, Any]) -> None:
    """Refuse two caps on what outlives a reset, and a share of more than the whole."""
    if data.get("max") is not None and data.get("max_percentage") is not None:
        raise ValidationError("was sent and must be left out where max is sent: there is one cap", "max_percentage")
    if (data.get("max_percentage") or 0) > PERCENT:
        raise ValidationError(f"must be at most {PERCENT}", "max_percentage")


class ItemRolloverSchema(WireSchema):
    """How many of the units that are left over outlive a reset, and for how many months; 1 unless said."""

    max = Quantity(0, allow_none=True)
    max_percentage = Quantity(0, allow_none=True)
    expiry_duration_type = Choice(*EXPIRIES, required=True)
    expiry_duration_length = Whole(0, limits.INTERVAL_COUNT_MAX)

    @validates_schema
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """One cap, and months only where units expire after months."""
        one_cap(data)
        length = data.get("expiry_duration_length")
        if data["expiry_duration_type"] == "month" and length == 0:
            raise ValidationError("was 0 and must be at least 1 where expiry_duration_type is month",
                                  "expiry_duration_length")  # fmt: skip
        if data["expiry_duration_type"] == "forever" and length:
            raise ValidationError("was sent and must be left out where expiry_duration_type is forever",
                                  "expiry_duration_length")  # fmt: skip


class BalanceRolloverSchema(WireSchema):
    """The same for a loose balance; `length` counts months, and nothing where units are kept forever."""

    length = Whole(0, limits.INTERVAL_COUNT_MAX, required=True)
    max = Quantity(0, allow_none=True)
    max_percentage = Quantity(0, allow_none=True)
    duration = Choice(*EXPIRIES, load_default="month")

    @validates_schema
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """One cap, and at least one month where units expire after months."""
        one_cap(data)
        if data["duration"] == "month" and not data["length"]:
            raise ValidationError("was 0 and must be at least 1 where duration is month", "length")


class ExpirySchema(WireSchema):
    """How long after each purchase the units that were bought expire."""

    duration = Choice("day", "week", "month", "year", required=True)
    length = Whole(1, limits.INTERVAL_COUNT_MAX, required=True)


class PlanItemSchema(WireSchema):
    """What a plan grants of one feature, how it resets, and what more of it costs."""

    feature_id = FeatureId(required=True)
    included = Quantity(0)
    unlimited = Flag()
    reset = Shape(ResetSchema, allow_none=True)
    price = Shape(ItemPriceSchema, allow_none=True)
    proration = Shape(ProrationSchema, allow_none=True)
    rollover = Shape(ItemRolloverSchema, allow_none=True)
    expiry = Shape(ExpirySchema, allow_none=True)
    entity_feature_id = FeatureId(allow_none=True)
    pooled = Unsupported()
    threshold_billing = Unsupported()
    feature_override = Unsupported()

    @validates_schema
    def unlimited_is_alone(self, data: dict[str, Any], **_: Any) -> None:
        """There is nothing to count, reset or sell in what has no limit."""
        if data.get("unlimited") and (data.get("included") or data.get("price")):
            raise ValidationError("was true and must be false where included or price is sent", "unlimited")


class ResetAnswerSchema(WireSchema):
    """How often an item's balance is filled again."""

    interval = Choice(*INTERVALS, required=True)
    interval_count = interval_count()


class ItemRolloverAnswerSchema(WireSchema):
    """What outlives a reset; `max` null where there is no cap in units."""

    max = Quantity(required=True, allow_none=True)
    max_percentage = Quantity(allow_none=True)
    expiry_duration_type = Choice(*EXPIRIES, required=True)
    expiry_duration_length = Whole()


class PlanItemAnswerSchema(WireSchema):
    """What a plan grants of one feature."""

    feature_id = FeatureId(required=True)
    included = Quantity(required=True)
    unlimited = Flag(required=True)
    reset = Shape(ResetAnswerSchema, required=True, allow_none=True)
    price = Shape(ItemPriceAnswerSchema, required=True, allow_none=True)
    rollover = Shape(ItemRolloverAnswerSchema)
    expiry = Shape(ExpirySchema, allow_none=True)
    entity_feature_id = FeatureId()
    pooled = Flag()
    display = Shape(DisplaySchema)
