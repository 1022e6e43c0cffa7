"""features.*: what a plan can grant and a product can use."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.common import EmptySchema
from api.wire.fields import Choice, FeatureId, Flag, Text
from api.wire.limits import NAME_CHARS
from api.wire.nesting import ListOf, Shape, Unsupported
from api.wire.schema import WireSchema

OFFERED = ("boolean", "metered")
NOT_OFFERED = ("credit_system", "ai_credit_system")


class FeatureNamesSchema(WireSchema):
    """What one and several units are called."""

    singular = Text(NAME_CHARS, required=True)
    plural = Text(NAME_CHARS, required=True)


class _FeatureFieldsSchema(WireSchema):
    """What creating and changing a feature have in common."""

    feature_id = FeatureId(required=True)
    consumable = Flag()
    display = Shape(FeatureNamesSchema)
    event_names = ListOf(Text(NAME_CHARS))
    combine = Unsupported(neutral=("sum",))
    credit_schema = Unsupported()
    model_markups = Unsupported()
    default_markup = Unsupported()
    provider_markups = Unsupported()

    @validates_schema
    def boolean_features_hold_nothing(self, data: dict[str, Any], **_: Any) -> None:
        """Only what is counted can be used up."""
        if data.get("type") == "boolean" and data.get("consumable"):
            raise ValidationError("was true and must be false, or left out, for a boolean feature", "consumable")


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


class FeatureAnswerSchema(WireSchema):
    """One feature."""

    id = FeatureId(required=True)
    name = Text(required=True)
    type = Choice(*OFFERED, required=True)
    consumable = Flag(required=True)
    archived = Flag(required=True)
    event_names = ListOf(Text())
    display = Shape(FeatureNamesAnswerSchema)


class FeatureListSchema(WireSchema):
    """All features."""

    list = ListOf(Shape(FeatureAnswerSchema), most=100_000, required=True)
