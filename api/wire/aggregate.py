"""events.aggregate: uses summed by stretch of time, by group, and by the balances that they took from."""

from contextlib import suppress
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.fields import Choice, CustomerId, EntityId, FeatureId, JsonSchema, Text, WireField
from api.wire.nesting import ListOf, MapOf, OneOf, Shape
from api.wire.quantities import Milliseconds, Quantity, Total, Whole
from api.wire.schema import WireSchema
from ledger.core.zones import zone_named

RANGES: Final = ("24h", "7d", "30d", "90d", "last_cycle", "1bc", "3bc")
CYCLES: Final = ("last_cycle", "1bc", "3bc")
COLUMNS: Final = ("customer_id", "entity_id", "plan_id")
FEATURE: Final = "feature_id"
PROPERTY: Final = "properties."
FILTERS: Final = 5
GROUPS_MAX: Final = 250
MOST: Final = 1_000_000


class GroupBy(WireField):
    """What uses are grouped by: a property, or a column with or without its dollar. It becomes the name without one."""

    must_be = "properties.<name>, $customer_id, $entity_id, $plan_id or $feature_id"

    def read(self, value: Any) -> str:
        if type(value) is str:
            name = value.removeprefix("$")
            if name in (*COLUMNS, FEATURE):
                return name
            of_property = name.removeprefix(PROPERTY)
            if of_property != name and 0 < len(of_property) <= limits.FREE_KEY_CHARS and of_property.isprintable():
                return name
        raise self.wrong(value)

    def describe(self) -> JsonSchema:
        return {"type": "string", "minLength": 1, "maxLength": limits.FREE_KEY_CHARS + len(PROPERTY) + 1}


class TimeZone(WireField):
    """A time zone of the IANA database; it becomes a `ZoneInfo`."""

    must_be = "an IANA time zone such as Europe/Berlin"

    def read(self, value: Any) -> ZoneInfo:
        if type(value) is str and 0 < len(value) <= limits.NAME_CHARS:
            with suppress(ValueError):
                return zone_named(value)
        raise self.wrong(value)

    def describe(self) -> JsonSchema:
        return {"type": "string", "minLength": 1, "maxLength": limits.NAME_CHARS}


class SpanSchema(WireSchema):
    """Two instants, both included."""

    start = Milliseconds(required=True)
    end = Milliseconds(required=True)

    @validates_schema
    def start_comes_first(self, data: dict[str, Any], **_: Any) -> None:
        """An empty range is a mistake, not an empty answer."""
        if "start" in data and "end" in data and data["start"] >= data["end"]:
            raise ValidationError("is not after start and must be", "end")


class AggregateEventsSchema(WireSchema):
    """Sums of the uses of some features, of one customer or of all. Hours are of UTC whatever `timezone` is."""

    feature_id = OneOf(FeatureId(), ListOf(FeatureId(), least=1), required=True)
    customer_id = CustomerId()
    entity_id = EntityId()
    group_by = GroupBy()
    range = Choice(*RANGES)
    custom_range = Shape(SpanSchema)
    bin_size = Choice("hour", "day", "week", "month")
    timezone = TimeZone()
    filter_by = MapOf(Text(limits.FREE_TEXT_CHARS), most=FILTERS)
    max_groups = Whole(1, GROUPS_MAX)
    measure = Choice("sum", "count", load_default="sum")
    aggregate_on = Choice("deducted")

    @validates_schema
    def names_one_range(self, data: dict[str, Any], **_: Any) -> None:
        """A preset is a range of its own; cycles are a customer's."""
        if "range" in data and "custom_range" in data:
            raise ValidationError("was sent and must be left out where range is sent", "custom_range")
        if "range" not in data and "custom_range" not in data:
            raise ValidationError("was not sent and must be, or custom_range", "range")
        if data.get("range") in CYCLES and "customer_id" not in data:
            raise ValidationError("counts one customer's billing cycles: send customer_id too", "range")

    @validates_schema
    def fields_go_together(self, data: dict[str, Any], **_: Any) -> None:
        """What only another field makes sense of is not sent without it."""
        if "max_groups" in data and "group_by" not in data:
            raise ValidationError("was sent without group_by: say what is grouped", "max_groups")
        if "aggregate_on" in data and "customer_id" not in data:
            raise ValidationError("is for one customer: send customer_id too", "aggregate_on")
        if data.get("group_by") == FEATURE and "aggregate_on" not in data:
            raise ValidationError("$feature_id groups deductions: send aggregate_on too", "group_by")


class PeriodSchema(WireSchema):
    """What was used in one stretch of time, by feature; and by group where groups were asked for."""

    period = Milliseconds(required=True)
    values = MapOf(Total(), most=MOST, required=True)
    grouped_values = MapOf(MapOf(Total(), most=MOST), most=MOST)


class FeatureTotalSchema(WireSchema):
    """All uses of a feature in the range, whatever the measure is."""

    count = Whole(required=True)
    sum = Total(required=True)


class DrawnResetSchema(WireSchema):
    """How often the balance is full again, and when next."""

    interval = Text(required=True)
    resets_at = Milliseconds(required=True, allow_none=True)


class DrawnBalanceSchema(WireSchema):
    """What was taken from one balance."""

    balance_id = Text(required=True)
    entity_id = EntityId(required=True, allow_none=True)
    plan_id = Text(required=True, allow_none=True)
    reset = Shape(DrawnResetSchema, required=True, allow_none=True)
    credit_cost = Quantity(required=True, allow_none=True)
    deducted = Total(required=True)
    events = Whole(required=True)


class DrawnFeatureSchema(WireSchema):
    """What was taken from all balances of a feature: credits, where it is a credit system."""

    feature_type = Choice("metered", "credit_system", required=True)
    deducted = Total(required=True)
    events = Whole(required=True)
    balances = ListOf(Shape(DrawnBalanceSchema), most=MOST, required=True)


class DrawnGroupSchema(WireSchema):
    """What one group took from a balance."""

    deducted = Total(required=True)
    credit_cost = Quantity(allow_none=True)


class DeductionsSchema(WireSchema):
    """What was taken in one stretch of time, by the feature that the balances are of."""

    period = Milliseconds(required=True)
    values = MapOf(Shape(DrawnFeatureSchema), most=MOST, required=True)
    grouped_values = MapOf(MapOf(Shape(DrawnGroupSchema), most=MOST), most=MOST)


class AggregateAnswerSchema(WireSchema):
    """Every period of the range, in order; those without use are zero. `deductions` only where they were asked for."""

    list = ListOf(Shape(PeriodSchema), most=MOST, required=True)
    total = MapOf(Shape(FeatureTotalSchema), most=MOST, required=True)
    deductions = ListOf(Shape(DeductionsSchema), most=MOST)
