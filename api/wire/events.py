"""events.list: what products used, use by use."""

from api.wire.balances import DeductionSchema
from api.wire.common import PageSchema, TimeRangeSchema
from api.wire.fields import Choice, CustomerId, EntityId, FeatureId, Text
from api.wire.limits import PAGE_ROWS_MAX
from api.wire.nesting import FreeForm, ListOf, OneOf, Shape
from api.wire.quantities import Milliseconds, Quantity
from api.wire.schema import WireSchema


class ListEventsSchema(PageSchema):
    """Uses, newest first, of one customer or of all; `feature_id` is one id or a list of them."""

    customer_id = CustomerId()
    entity_id = EntityId()
    feature_id = OneOf(FeatureId(), ListOf(FeatureId(), least=1))
    custom_range = Shape(TimeRangeSchema)
    range = Choice("24h", "7d", "30d", "90d", not_offered=("last_cycle", "1bc", "3bc"))


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
