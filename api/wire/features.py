"""features.*: what a plan can grant and a product can use."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.common import EmptySchema
from api.wire.fields import Choice, FeatureId, Flag, Text
from api.wire.limits import NAME_CHARS
from api.wire.nesting import ListOf, OneOf, Shape, Unsupported
from api.wire.quantities import Quantity
from api.wire.schema import WireSchema

OFFERED = ("boolean", "metered", "credit_system")
NOT_OFFERED = ("ai_credit_system",)


class FeatureNamesSchema(WireSchema):
    """What one and several units are called."""

    singular = Text(NAME_CHARS, required=True)
    plural = Text(NAME_CHARS, required=True)


class CreditTierSchema(WireSchema):
    """A band of a cost, up to and including `to` units of the period; `inf` is the last one."""

    to = OneOf(Quantity(above=0), Choice("inf"), required=True)
    credit_cost = Quantity(0, required=True)


class CreditCostSchema(WireSchema):
    """What `billing_units` of a metered feature cost in credits: always the same, or by graduated tiers."""

    metered_feature_id = FeatureId(required=True)
    credit_cost = Quantity(0)
    tiers = ListOf(Shape(CreditTierSchema))
    tier_behavior = Choice("graduated")
    billing_units = Quantity(above=0, load_default=lambda: Decimal(1))
    dimensions = Unsupported()
    multipliers = Unsupported()

    @validates_schema
    def costs_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """A cost is one number or a list of tiers."""
        if bool(data.get("tiers")) == ("credit_cost" in data):
            raise ValidationError("must be sent, or tiers: one of the two", "credit_cost")


class _FeatureFieldsSchema(WireSchema):
    """What creating and changing a feature have in common."""

    feature_id = FeatureId(required=True)
    consumable = Flag()
    display = Shape(FeatureNamesSchema)
    event_names = ListOf(Text(NAME_CHARS))
    combine = Unsupported(neutral=("sum",))
    credit_schema = ListOf(Shape(CreditCostSchema))
    model_markups = Unsupported()
    default_markup = Unsupported()
    provider_markups = Unsupported()

    @validates_schema
    def boolean_features_hold_nothing(self, data: dict[str, Any], **_: Any) -> None:
        """Only what is counted can be used up."""
        if data.get("type") == "boolean" and data.get("consumable"):
            raise ValidationError("was true and must be false, or left out, for a boolean feature", "consumable")

    @validates_schema
    def credits_are_consumed(self, data: dict[str, Any], **_: Any) -> None:
        """Credits are used up, and only a credit system says what they are used for."""
        type_ = data.get("type")
        if type_ == "credit_system" and data.get("consumable") is False:
            raise ValidationError("was false and must be true, or left out, for a credit system", "consumable")
        if data.get("credit_schema") and type_ in ("boolean", "metered"):
            raise ValidationError(f"was sent and must be left out for a {type_} feature", "credit_schema")
        if type_ == "credit_system" and not data.get("credit_schema"):
            raise ValidationError("was not sent, or empty, and must name what draws on the credits", "credit_schema")


class CreateFeatureSchema(_FeatureFieldsSchema):
    """A metered feature is consumable (used up and reset) unless `consumable` is false (held, such as seats)."""

    name = Text(NAME_CHARS, required=True)
    type = Choice(*OFFERED, not_offered=NOT_OFFERED, required=True)


class UpdateFeatureSchema(_FeatureFieldsSchema):
    """Only what is sent changes. The type can change only while no plan grants the feature; the id never does."""

    name = Text(NAME_CHARS)
    type = Choice(*OFFERED, not_offered=NOT_OFFERED)
    archived = Flag()
    new_feature_id = Unsupported()


class FeatureRefSchema(WireSchema):
    """features.get and features.delete."""

    feature_id = FeatureId(required=True)


class ListFeaturesSchema(EmptySchema):
    """Every feature of the ledger: there are few."""


class FeatureNamesAnswerSchema(WireSchema):
    """As far as they were given."""

    singular = Text(allow_none=True)
    plural = Text(allow_none=True)


class FlatCreditSchema(WireSchema):
    """A feature that costs the same for every unit."""

    metered_feature_id = FeatureId(required=True)
    credit_cost = Quantity(required=True)
    billing_units = Quantity()


class TieredCreditSchema(WireSchema):
    """A feature that costs more, or less, the more of it is used."""

    metered_feature_id = FeatureId(required=True)
    tiers = ListOf(Shape(CreditTierSchema), required=True)
    tier_behavior = Choice("graduated")
    billing_units = Quantity()


class FeatureAnswerSchema(WireSchema):
    """One feature."""

    id = FeatureId(required=True)
    name = Text(required=True)
    type = Choice(*OFFERED, required=True)
    consumable = Flag(required=True)
    archived = Flag(required=True)
    event_names = ListOf(Text())
    credit_schema = ListOf(OneOf(Shape(FlatCreditSchema), Shape(TieredCreditSchema)))
    display = Shape(FeatureNamesAnswerSchema)


class FeatureListSchema(WireSchema):
    """All features."""

    list = ListOf(Shape(FeatureAnswerSchema), most=100_000, required=True)
