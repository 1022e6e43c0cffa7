"""Billing controls: the limits of a plan, a customer or an entity, as they are sent and as they are answered."""

from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.fields import Choice, FeatureId, Flag, Text, shown
from api.wire.nesting import FreeForm, ListOf, MapOf, Shape, Unsupported
from api.wire.quantities import Quantity, Whole
from api.wire.schema import WireSchema

WINDOWS = ("day", "week", "month", "year")
THRESHOLDS = ("usage", "usage_percentage", "remaining", "remaining_percentage")
BASES = ("balance", "included", "recurring", "usage_limit")
SOURCES = ("customer", "plan")


def _once_each(data: dict[str, Any], name: str) -> None:
    """Refuse two entries for one feature: it could not be said which of them counts."""
    asked: Iterable[dict[str, Any]] = data.get(name) or ()
    features = [each.get("feature_id") for each in asked]
    for feature_id in features:
        if features.count(feature_id) > 1:
            raise ValidationError(f"names {shown(feature_id)} twice and must name each feature once", name)


class PropertiesSchema(WireSchema):
    """The properties that a use must all carry, each with this value, to count."""

    properties = FreeForm(flat=True, required=True)


class SpendLimitSchema(WireSchema):
    """How many units beyond what was granted may be used. Without a feature it is for all of them."""

    feature_id = FeatureId()
    enabled = Flag(load_default=False)
    limit_type = Choice("absolute", "usage_percentage", load_default="absolute")
    overage_limit = Quantity(0)
    skip_overage_billing = Flag(load_default=False)

    @validates_schema
    def limits_something(self, data: dict[str, Any], **_: Any) -> None:
        """A limit that is on says where it is."""
        if data.get("enabled") and "overage_limit" not in data:
            raise ValidationError("was not sent and must be where enabled is true", "overage_limit")


class UsageLimitSchema(WireSchema):
    """How many units may be used in a window, whatever is left of the balance."""

    feature_id = FeatureId(required=True)
    limit = Quantity(0, required=True)
    interval = Choice(*WINDOWS, required=True)
    enabled = Flag(load_default=True)
    anchor = Choice("billing_cycle", "utc", load_default="billing_cycle")
    filter = Shape(PropertiesSchema)


class UsageAlertSchema(WireSchema):
    """A threshold to be told of when it is crossed."""

    threshold = Quantity(0, required=True)
    threshold_type = Choice(*THRESHOLDS, required=True)
    feature_id = FeatureId()
    enabled = Flag(load_default=True)
    basis = Choice(*BASES, load_default="balance")
    filter = Shape(PropertiesSchema)
    name = Text(limits.NAME_CHARS)

    @validates_schema
    def filters_a_limit(self, data: dict[str, Any], **_: Any) -> None:
        """Only a usage limit tells uses apart by their properties."""
        if "filter" in data and data.get("basis") != "usage_limit":
            raise ValidationError("was sent and must be left out unless basis is usage_limit", "filter")


class PurchaseLimitSchema(WireSchema):
    """How many top-ups may happen in an interval."""

    interval = Choice("hour", "day", "week", "month", required=True)
    limit = Whole(1, required=True)
    interval_count = Whole(1, limits.INTERVAL_COUNT_MAX, load_default=1)
    count = Unsupported(neutral=(0,))


class AutoTopupSchema(WireSchema):
    """Buy `quantity` units whenever less than `threshold` remain."""

    feature_id = FeatureId(required=True)
    threshold = Quantity(0, required=True)
    quantity = Quantity(above=0, required=True)
    enabled = Flag(load_default=False)
    purchase_limit = Shape(PurchaseLimitSchema)
    invoice_mode = Unsupported()


class OverageAllowedSchema(WireSchema):
    """Whether a feature may be used beyond what was granted."""

    feature_id = FeatureId(required=True)
    enabled = Flag(load_default=False)


class EntityControlsSchema(WireSchema):
    """The limits of an entity. Each list that is sent takes the place of the one before."""

    spend_limits = ListOf(Shape(SpendLimitSchema))
    usage_limits = ListOf(Shape(UsageLimitSchema))
    usage_alerts = ListOf(Shape(UsageAlertSchema))
    overage_allowed = ListOf(Shape(OverageAllowedSchema))

    @validates_schema
    def names_features_once(self, data: dict[str, Any], **_: Any) -> None:
        """One spend limit, one top-up and one word on overage for each feature."""
        for name in ("spend_limits", "overage_allowed", "auto_topups"):
            _once_each(data, name)


class ControlsSchema(EntityControlsSchema):
    """The limits of a plan or a customer."""

    auto_topups = ListOf(Shape(AutoTopupSchema))


class NewUsageLimitSchema(UsageLimitSchema):
    """A usage limit as it may come back from an answer. Its counter counts what is used, and is not set."""

    usage = Unsupported()
    source = Unsupported(neutral=SOURCES)


class NewEntityControlsSchema(EntityControlsSchema):
    """The limits that an entity gets."""

    usage_limits = ListOf(Shape(NewUsageLimitSchema))


class NewControlsSchema(ControlsSchema):
    """The limits that a customer gets, with the one kind that is not offered."""

    usage_limits = ListOf(Shape(NewUsageLimitSchema))
    balance_allocations = Unsupported()


class PropertiesAnswerSchema(WireSchema):
    """What a use must carry to count."""

    properties = MapOf(Text(limits.FREE_TEXT_CHARS, empty=True), required=True)


class SpendLimitAnswerSchema(WireSchema):
    """A spend limit of a plan."""

    feature_id = FeatureId()
    enabled = Flag()
    limit_type = Choice("absolute", "usage_percentage")
    overage_limit = Quantity()
    skip_overage_billing = Flag()


class UsageLimitAnswerSchema(WireSchema):
    """A usage limit of a plan."""

    feature_id = FeatureId(required=True)
    limit = Quantity(required=True)
    interval = Choice(*WINDOWS, required=True)
    enabled = Flag()
    anchor = Choice("billing_cycle", "utc")
    filter = Shape(PropertiesAnswerSchema)


class UsageAlertAnswerSchema(WireSchema):
    """An alert of a plan."""

    threshold = Quantity(required=True)
    threshold_type = Choice(*THRESHOLDS, required=True)
    feature_id = FeatureId()
    enabled = Flag()
    basis = Choice(*BASES)
    filter = Shape(PropertiesAnswerSchema)
    name = Text()


class PurchaseLimitAnswerSchema(WireSchema):
    """How many top-ups may happen in an interval."""

    interval = Choice("hour", "day", "week", "month", required=True)
    limit = Quantity(required=True)
    interval_count = Quantity()


class AutoTopupAnswerSchema(WireSchema):
    """A top-up of a plan."""

    feature_id = FeatureId(required=True)
    threshold = Quantity(required=True)
    quantity = Quantity(required=True)
    enabled = Flag()
    purchase_limit = Shape(PurchaseLimitAnswerSchema)


class OverageAllowedAnswerSchema(WireSchema):
    """What a plan says of overage."""

    feature_id = FeatureId(required=True)
    enabled = Flag()


class PlanControlsAnswerSchema(WireSchema):
    """The limits that a plan gives its customers."""

    spend_limits = ListOf(Shape(SpendLimitAnswerSchema))
    usage_limits = ListOf(Shape(UsageLimitAnswerSchema))
    usage_alerts = ListOf(Shape(UsageAlertAnswerSchema))
    auto_topups = ListOf(Shape(AutoTopupAnswerSchema))
    overage_allowed = ListOf(Shape(OverageAllowedAnswerSchema))


class HeldSpendLimitSchema(SpendLimitAnswerSchema):
    """A spend limit in force, and whose word it is."""

    source = Choice(*SOURCES)


class HeldUsageLimitSchema(UsageLimitAnswerSchema):
    """A usage limit in force, with what was used in the window that is open."""

    usage = Quantity()
    source = Choice(*SOURCES)


class HeldUsageAlertSchema(UsageAlertAnswerSchema):
    """An alert in force."""

    source = Choice(*SOURCES)


class HeldAutoTopupSchema(AutoTopupAnswerSchema):
    """A top-up in force."""

    source = Choice(*SOURCES)


class HeldOverageAllowedSchema(OverageAllowedAnswerSchema):
    """What is in force about overage."""

    source = Choice(*SOURCES)


class EntityControlsAnswerSchema(WireSchema):
    """The limits in force for an entity."""

    spend_limits = ListOf(Shape(HeldSpendLimitSchema), most=10_000)
    usage_limits = ListOf(Shape(HeldUsageLimitSchema), most=10_000)
    usage_alerts = ListOf(Shape(HeldUsageAlertSchema), most=10_000)
    overage_allowed = ListOf(Shape(HeldOverageAllowedSchema), most=10_000)


class CustomerControlsAnswerSchema(EntityControlsAnswerSchema):
    """The limits in force for a customer: its own, and those of its plans that it says nothing about."""

    auto_topups = ListOf(Shape(HeldAutoTopupSchema), most=10_000)
