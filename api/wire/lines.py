"""The shapes of a line of what is owed. Amounts are major units."""

from api.wire.fields import FeatureId, Text
from api.wire.nesting import ListOf, Shape
from api.wire.quantities import Amount, Milliseconds, Quantity
from api.wire.schema import WireSchema


class LinePeriodSchema(WireSchema):
    """What a line is charged for."""

    start = Milliseconds(required=True)
    end = Milliseconds(required=True)


class LineDiscountSchema(WireSchema):
    """What was taken off a line."""

    amount_off = Amount(required=True)
    percent_off = Quantity()
    reward_id = Text()
    reward_name = Text()


class UsageLineSchema(WireSchema):
    """A line of the next cycle whose amount depends on use."""

    display_name = Text(required=True)
    plan_id = Text(empty=True, required=True)
    feature_id = FeatureId(required=True, allow_none=True)
    period = Shape(LinePeriodSchema)


class PreviewLineSchema(UsageLineSchema):
    """A line of an invoice to be."""

    description = Text(required=True)
    subtotal = Amount(required=True)
    total = Amount(required=True)
    quantity = Quantity(required=True)
    discounts = ListOf(Shape(LineDiscountSchema))
