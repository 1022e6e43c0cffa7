"""Shapes that several namespaces share: pages, periods, success, errors."""

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.fields import Choice, CustomerId, EntityId, Flag, PlanId, Text
from api.wire.nesting import ListOf, Shape
from api.wire.quantities import Milliseconds, Whole
from api.wire.schema import WireSchema
from ledger.core.period import Interval

INTERVALS: Final = tuple(each.value for each in Interval)
"""How often a balance can reset."""
BILLING_INTERVALS: Final = tuple(
    each.value for each in Interval if each not in (Interval.MINUTE, Interval.HOUR, Interval.DAY)
)
"""How often a price can be billed."""


def interval_count(**kwargs: Any) -> Whole:
    """How many intervals make one period; 1 unless sent."""
    return Whole(1, limits.INTERVAL_COUNT_MAX, **kwargs)


class EmptySchema(WireSchema):
    """A request without fields."""


class SuccessSchema(WireSchema):
    """The answer of a change whose result is read elsewhere."""

    success = Flag(required=True)


class PageSchema(WireSchema):
    """What every list request may carry; the SDKs always send both."""

    start_cursor = Text(limits.CURSOR_CHARS, empty=True, load_default="")
    limit = Whole(1, limits.PAGE_ROWS_MAX, load_default=limits.PAGE_ROWS)


class RowPageSchema(WireSchema):
    """A list request over rows of every customer, narrowed to one where `customer_id` is sent."""

    start_cursor = Text(limits.CURSOR_CHARS, empty=True, load_default="")
    limit = Whole(1, limits.ROW_PAGE_ROWS_MAX, load_default=limits.PAGE_ROWS)
    customer_id = CustomerId()
    entity_id = EntityId()

    @validates_schema
    def entity_needs_its_customer(self, data: dict[str, Any], **_: Any) -> None:
        """Entity ids are unique within a customer only."""
        if "entity_id" in data and "customer_id" not in data:
            raise ValidationError("was not sent and must be sent with entity_id", "customer_id")


class TimeRangeSchema(WireSchema):
    """Two instants, each optional, both included."""

    start = Milliseconds()
    end = Milliseconds()

    @validates_schema
    def start_comes_first(self, data: dict[str, Any], **_: Any) -> None:
        """An empty range is a mistake, not an empty answer."""
        if "start" in data and "end" in data and data["start"] > data["end"]:
            raise ValidationError("is before start and must not be", "end")


class PlanFilterSchema(WireSchema):
    """One plan, all of its versions or some."""

    id = PlanId(required=True)
    versions = ListOf(Whole(1, limits.PLAN_VERSION_MAX))


class DisplaySchema(WireSchema):
    """Two lines that describe a price or an item to a person."""

    primary_text = Text(required=True)
    secondary_text = Text()


class RowResultSchema(WireSchema):
    """What was wrong with one row of a batch."""

    index = Whole(required=True)
    status = Whole(400, 499, required=True)
    code = Text(required=True)
    message = Text(100_000, required=True)


class ErrorSchema(WireSchema):
    """The body of every refusal on POST."""

    message = Text(100_000, required=True)
    code = Text(required=True)
    env = Choice("sandbox", "live", required=True)
    results = ListOf(Shape(RowResultSchema), most=limits.BATCH_ROWS)


class ProblemSchema(WireSchema):
    """The body of every refusal on GET (RFC 9457)."""

    type = Text(required=True)
    title = Text(required=True)
    status = Whole(400, 599, required=True)
    detail = Text(100_000, required=True)
    code = Text(required=True)
    env = Choice("sandbox", "live", required=True)
