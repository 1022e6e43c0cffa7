"""events.list: what products used, use by use; events.reverse: taking an effect back."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.aggregate import CYCLES, RANGES
from api.wire.balances import DeductionSchema
from api.wire.common import PageSchema, TimeRangeSchema
from api.wire.fields import Choice, CustomerId, EntityId, FeatureId, Text
from api.wire.limits import PAGE_ROWS_MAX
from api.wire.nesting import FreeForm, ListOf, OneOf, Shape
from api.wire.quantities import Milliseconds, Quantity, Whole
from api.wire.schema import WireSchema


class ListEventsSchema(PageSchema):
    """Uses, newest first, of one customer or of all; `feature_id` is one id or a list of them."""

    customer_id = CustomerId()
    entity_id = EntityId()
    feature_id = OneOf(FeatureId(), ListOf(FeatureId(), least=1))
    custom_range = Shape(TimeRangeSchema)
    range = Choice(*RANGES)

    @validates_schema
    def names_one_range(self, data: dict[str, Any], **_: Any) -> None:
        """A preset is a range of its own; cycles are a customer's."""
        if "range" in data and "custom_range" in data:
            raise ValidationError("was sent and must be left out where range is sent", "custom_range")
        if data.get("range") in CYCLES and "customer_id" not in data:
            raise ValidationError("counts one customer's billing cycles: send customer_id too", "range")


class ReverseSchema(WireSchema):
    """Takes back the effect that an event had on balances, once; why is said in the header Tallystick-Reason."""

    position = Whole(1, required=True)


class ReversedSchema(WireSchema):
    """Which customer's balances were corrected, and where in the ledger that stands."""

    customer_id = CustomerId(required=True)
    reversed_position = Whole(1, required=True)
    position = Whole(1, required=True)


class UseSchema(WireSchema):
    """One use."""

    id = Text(required=True)
    timestamp = Milliseconds(required=True)
    feature_id = FeatureId(required=True)
    customer_id = CustomerId(required=True)
    value = Quantity(required=True)
    properties = FreeForm(required=True)
    deductions = ListOf(Shape(DeductionSchema), most=10_000, required=True, allow_none=True)


class EventListSchema(WireSchema):
    """A page of uses."""

    list = ListOf(Shape(UseSchema), most=PAGE_ROWS_MAX, required=True)
    next_cursor = Text(required=True, allow_none=True)
