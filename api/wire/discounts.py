"""Discounts of the catalog as a catalog file writes them, in the words that customers' rewards are answered with."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.fields import Choice, Currency, PlanId, Text
from api.wire.nesting import ListOf
from api.wire.quantities import Quantity, Whole
from api.wire.schema import WireSchema

ALL_OF_IT = 100


class DiscountSchema(WireSchema):
    """What is taken off, and for how long. `reward_id` and `promotion_codes` are what `discounts` of attach name.

    `discount_value` is a percentage, or an amount in major units of `currency` (the ledger's own unless named);
    `duration_value` counts months. Without `plan_ids` it is for all plans.
    """

    reward_id = PlanId(required=True)
    name = Text(limits.NAME_CHARS, required=True)
    type = Choice("percentage_discount", "fixed_discount", required=True)
    discount_value = Quantity(above=0, required=True)
    currency = Currency()
    duration_type = Choice("one_off", "months", "forever", required=True)
    duration_value = Whole(1)
    plan_ids = ListOf(PlanId())
    promotion_codes = ListOf(Text(limits.NAME_CHARS))

    @validates_schema
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """A share has no currency and is at most the whole; months belong to what lasts for months."""
        if data["type"] == "percentage_discount":
            if data["discount_value"] > ALL_OF_IT:
                raise ValidationError(f"must be at most {ALL_OF_IT} for a percentage_discount", "discount_value")
            if "currency" in data:
                raise ValidationError("was sent and must be left out for a percentage_discount", "currency")
        if (data["duration_type"] == "months") != ("duration_value" in data):
            raise ValidationError("must be sent where duration_type is months, and only there", "duration_value")
