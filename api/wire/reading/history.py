"""GET reads of what happened: the timeline, the raw log, uses and their sums."""

from api.wire.fields import Anything, Choice, CustomerId, EntityId, FeatureId, Flag, PlanId, Text
from api.wire.nesting import ListOf, MapOf, OneOf, Shape
from api.wire.quantities import Total, Whole
from api.wire.reading.fields import Data, Instant, Position, Said, many, next_cursor, rows
from api.wire.schema import WireSchema


class TimelineLinkSchema(WireSchema):
    """What an entry is about or comes from; `path` where a GET reads more of it."""

    rel = Text(required=True)
    id = OneOf(Position(), Said(), required=True)
    path = Said(required=True, allow_none=True)


class _HappenedSchema(WireSchema):
    """What is told of one event beside who did it and why."""

    position = Position(required=True)
    kind = Text(required=True)
    sentence = Said(required=True)
    at = Instant(required=True)
    customer_id = CustomerId(required=True, allow_none=True)
    internal_id = Text(required=True, allow_none=True)
    entity_id = EntityId(required=True, allow_none=True)
    plan_id = PlanId(required=True, allow_none=True)
    feature_ids = many(FeatureId())
    amount = Total(required=True, allow_none=True)
    before = Data(required=True, allow_none=True)
    after = Data(required=True, allow_none=True)
    details = Data(required=True, allow_none=True)
    reverses = Position(required=True, allow_none=True)
    reversed_by = Position(required=True, allow_none=True)
    links = many(Shape(TimelineLinkSchema))


class _CausedSchema(WireSchema):
    """Who made it happen, why, and when it was recorded."""

    recorded_at = Instant(required=True)
    actor = Said(required=True)
    on_behalf_of = Said(required=True, allow_none=True)
    reason = Said(required=True, allow_none=True)
    request_id = Said(required=True, allow_none=True)


class TimelineEntrySchema(_CausedSchema, _HappenedSchema):
    """One event in words."""


class GroupedEntrySchema(_HappenedSchema):
    """One event of a group."""


class TimelineGroupSchema(_CausedSchema):
    """What one command caused, or what fell due at one instant."""

    first_position = Position(required=True)
    last_position = Position(required=True)
    entries = many(Shape(GroupedEntrySchema))


class TimelineSchema(WireSchema):
    """A page of the timeline, or of groups of it where `group` asked for them."""

    list = rows(OneOf(Shape(TimelineEntrySchema), Shape(TimelineGroupSchema)))
    next_cursor = next_cursor()


class LogEventSchema(WireSchema):
    """One line of the raw log: an event as it is stored, with its hash."""

    position = Position(required=True)
    stream_id = Text(required=True)
    version = Position(required=True)
    type = Text(required=True)
    state = Data(required=True)
    actor = Said(required=True)
    on_behalf_of = Said(required=True, allow_none=True)
    request_id = Said(required=True)
    at = Instant(required=True)
    recorded_at = Instant(required=True)
    hash = Text(required=True)


class TakenSchema(WireSchema):
    """What a use took from a balance; below zero where it gave back."""

    balance_id = Text(required=True)
    feature_id = FeatureId(required=True)
    plan_id = PlanId(required=True, allow_none=True)
    value = Total(required=True)
    units = Total(required=True)


class RecordedUseSchema(WireSchema):
    """One use."""

    id = Text(required=True)
    position = Position(required=True)
    customer_id = CustomerId(required=True)
    internal_id = Text(required=True)
    feature_id = FeatureId(required=True)
    entity_id = EntityId(required=True, allow_none=True)
    event_name = Text(required=True, allow_none=True)
    value = Total(required=True)
    used_at = Instant(required=True)
    at = Instant(required=True)
    properties = MapOf(Anything(allow_none=True), required=True)
    deductions = many(Shape(TakenSchema))


class UseSumSchema(WireSchema):
    """A sum of uses: its stretch of time, the groups that were asked for, its number, and the way to its uses."""

    start = Instant(required=True, allow_none=True)
    end = Instant(required=True, allow_none=True)
    feature_id = FeatureId(allow_none=True)
    balance_feature_id = FeatureId(allow_none=True)
    customer_id = CustomerId(allow_none=True)
    internal_id = Text(allow_none=True)
    entity_id = EntityId(allow_none=True)
    plan_id = PlanId(allow_none=True)
    properties = MapOf(Said(allow_none=True))
    rest = Flag(required=True)
    value = Total()
    deducted = Total()
    count = Whole()
    rows = Said(required=True)


class UseSumsSchema(WireSchema):
    """Sums of uses."""

    list = many(Shape(UseSumSchema))
    measure = Choice("value", "deducted", "count", required=True)
    bin = Text(required=True, allow_none=True)
    timezone = Text(required=True)


class UsesSchema(WireSchema):
    """A page of uses; or sums, with `measure`, `bin` and `timezone`, where something that only sums have was asked."""

    list = ListOf(OneOf(Shape(RecordedUseSchema), Shape(UseSumSchema)), most=1_000_000, required=True)
    next_cursor = Text(allow_none=True)
    measure = Choice("value", "deducted", "count")
    bin = Text(allow_none=True)
    timezone = Text()
