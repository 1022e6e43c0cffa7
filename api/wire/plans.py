"""plans.*: what is sold. A version is what an attach copies; customers stay on theirs."""

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.controls import ControlsSchema, PlanControlsAnswerSchema
from api.wire.fields import Choice, CustomerId, EntityId, Flag, Lines, PlanId, Text
from api.wire.items import PlanItemAnswerSchema, PlanItemSchema
from api.wire.limits import NAME_CHARS
from api.wire.nesting import FreeForm, ListOf, Shape, Unsupported
from api.wire.prices import BasePriceAnswerSchema, BasePriceSchema
from api.wire.quantities import Milliseconds, Whole
from api.wire.schema import WireSchema

MOST_TRIED: Final = {"day": 3_660, "month": 120, "year": 10}
"""The longest trial, in each of its units."""


class FreeTrialSchema(WireSchema):
    """Time at the beginning that costs nothing. Afterwards the plan is paid for, or the one before comes back."""

    duration_length = Whole(1, limits.INTERVAL_COUNT_MAX, required=True)
    duration_type = Choice("day", "month", "year", load_default="month")
    card_required = Flag(load_default=False)
    on_end = Choice("bill", "revert", load_default="bill")

    @validates_schema
    def ends_in_sight(self, data: dict[str, Any], **_: Any) -> None:
        """A trial of more than ten years is a mistake of units."""
        most = MOST_TRIED.get(data.get("duration_type", "month"), 0)
        if data.get("duration_length", 0) > most:
            problem = f"was {data['duration_length']} and must be at most {most}: a trial lasts ten years at most"
            raise ValidationError(problem, "duration_length")


class PlanConfigSchema(WireSchema):
    """How the plan's periods and debts behave; both false unless sent."""

    ignore_past_due = Flag()
    anchor_to_month_start = Flag()


class _PlanFieldsSchema(WireSchema):
    """What creating and changing a plan have in common."""

    plan_id = PlanId(required=True)
    group = Text(NAME_CHARS, empty=True)
    description = Lines(empty=True, allow_none=True)
    add_on = Flag()
    auto_enable = Flag()
    items = ListOf(Shape(PlanItemSchema))
    config = Shape(PlanConfigSchema)
    metadata = FreeForm(flat=True)
    create_in_stripe = Unsupported(neutral=(True,))
    billing_controls = Shape(ControlsSchema)
    licenses = Unsupported()


class CreatePlanSchema(_PlanFieldsSchema):
    """The first version of a plan. Without `price` it is free, or paid by usage alone."""

    name = Text(NAME_CHARS, required=True)
    price = Shape(BasePriceSchema)
    free_trial = Shape(FreeTrialSchema)


class UpdatePlanSchema(_PlanFieldsSchema):
    """Only what is sent changes; `price` or `free_trial` null takes it away. `items` replaces all items."""

    name = Text(NAME_CHARS)
    price = Shape(BasePriceSchema, allow_none=True)
    free_trial = Shape(FreeTrialSchema, allow_none=True)
    version = Whole(1)
    archived = Flag()
    new_plan_id = PlanId()
    disable_version = Flag()
    force_version = Flag()
    all_versions = Flag()
    base_plan_id = Unsupported()
    is_default = Unsupported()
    migration = Unsupported()
    variants = Unsupported()
    update_variant_ids = Unsupported()
    update_license_parents = Unsupported()

    @validates_schema
    def versions_are_forced_or_disabled(self, data: dict[str, Any], **_: Any) -> None:
        """One asks for a new version, the other for none."""
        if data.get("disable_version") and data.get("force_version"):
            raise ValidationError("was true and must be false where disable_version is true", "force_version")


class GetPlanSchema(WireSchema):
    """The latest version unless one is named."""

    plan_id = PlanId(required=True)
    version = Whole(1)


class ListPlansSchema(WireSchema):
    """With a customer, each plan says what attaching it to that customer would do."""

    customer_id = CustomerId()
    entity_id = EntityId()
    include_archived = Flag(load_default=False)
    all_versions = Flag(load_default=False)


class DeletePlanSchema(WireSchema):
    """The latest version, or all of them."""

    plan_id = PlanId(required=True)
    all_versions = Flag(load_default=False)


class FreeTrialAnswerSchema(WireSchema):
    """The trial of a plan."""

    duration_length = Whole(1, required=True)
    duration_type = Choice("day", "month", "year", required=True)
    card_required = Flag(required=True)
    on_end = Choice("bill", "revert")


class EligibilitySchema(WireSchema):
    """What attaching the plan to the customer asked about would do."""

    attach_action = Choice("activate", "upgrade", "downgrade", "none", "purchase", required=True)
    trial_available = Flag()
    status = Choice("active", "scheduled")
    canceling = Flag()
    trialing = Flag()


class PlanAnswerSchema(WireSchema):
    """One version of a plan."""

    id = PlanId(required=True)
    name = Text(required=True)
    description = Lines(required=True, allow_none=True, empty=True)
    group = Text(required=True, allow_none=True, empty=True)
    version = Whole(1, required=True)
    add_on = Flag(required=True)
    auto_enable = Flag(required=True)
    price = Shape(BasePriceAnswerSchema, required=True, allow_none=True)
    items = ListOf(Shape(PlanItemAnswerSchema), required=True)
    created_at = Milliseconds(required=True)
    env = Choice("sandbox", "live", required=True)
    archived = Flag(required=True)
    config = Shape(PlanConfigSchema, required=True)
    metadata = FreeForm(flat=True, required=True)
    base_variant_id = PlanId(required=True, allow_none=True)
    version_slug = Text(allow_none=True)
    active = Flag()
    free_trial = Shape(FreeTrialAnswerSchema)
    billing_controls = Shape(PlanControlsAnswerSchema)
    customer_eligibility = Shape(EligibilitySchema)


class PlanListSchema(WireSchema):
    """The plans of a ledger."""

    list = ListOf(Shape(PlanAnswerSchema), most=100_000, required=True)
