"""plans.*: what is sold. A version is what an attach copies; customers stay on theirs."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.common import BILLING_INTERVALS, INTERVALS, DisplaySchema, interval_count
from api.wire.fields import Choice, CustomerId, EntityId, FeatureId, Flag, Lines, PlanId, Text
from api.wire.limits import NAME_CHARS
from api.wire.nesting import FreeForm, ListOf, OneOf, Shape, Unsupported
from api.wire.quantities import Amount, Milliseconds, Quantity, Whole
from api.wire.schema import WireSchema

METHODS = ("prepaid", "usage_based")
TIER_BEHAVIORS = ("graduated", "volume")


class BasePriceSchema(WireSchema):
    """The fixed price of a plan, in major units, once per period."""

    amount = Amount(0, required=True)
    interval = Choice(*BILLING_INTERVALS, required=True)
    interval_count = interval_count(load_default=1)
    additional_currencies = Unsupported()


class ResetSchema(WireSchema):
    """How often a balance is filled again."""

    interval = Choice(*INTERVALS, required=True)
    interval_count = interval_count(load_default=1)


class TierSchema(WireSchema):
    """A price band up to and including `to` units; `inf` is the last one."""

    to = OneOf(Quantity(above=0), Choice("inf"), required=True)
    amount = Amount(0)
    flat_amount = Amount(0)
    additional_currencies = Unsupported()


class ItemPriceSchema(WireSchema):
    """The price of units beyond the included ones, for each started pack of `billing_units`."""

    interval = Choice(*BILLING_INTERVALS, required=True)
    billing_method = Choice(*METHODS, required=True)
    amount = Amount(0)
    tiers = ListOf(Shape(TierSchema))
    tier_behavior = Choice(*TIER_BEHAVIORS)
    interval_count = interval_count(load_default=1)
    billing_units = Quantity(above=0, load_default=lambda: Decimal(1))
    max_purchase = Quantity(0, allow_none=True)
    additional_currencies = Unsupported()

    @validates_schema
    def priced_once(self, data: dict[str, Any], **_: Any) -> None:
        """A price is one amount or a list of tiers."""
        if bool(data.get("tiers")) == ("amount" in data):
            raise ValidationError("must be sent, or tiers: one of the two", "amount")


class PlanItemSchema(WireSchema):
    """What a plan grants of one feature, how it resets, and what more of it costs."""

    feature_id = FeatureId(required=True)
    included = Quantity(0)
    unlimited = Flag()
    reset = Shape(ResetSchema, allow_none=True)
    price = Shape(ItemPriceSchema, allow_none=True)
    pooled = Unsupported()
    proration = Unsupported()
    rollover = Unsupported()
    expiry = Unsupported()
    threshold_billing = Unsupported()
    feature_override = Unsupported()

    @validates_schema
    def unlimited_is_alone(self, data: dict[str, Any], **_: Any) -> None:
        """There is nothing to count, reset or sell in what has no limit."""
        if data.get("unlimited") and (data.get("included") or data.get("price")):
            raise ValidationError("was true and must be false where included or price is sent", "unlimited")


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
    licenses = Unsupported()
    billing_controls = Unsupported()


class CreatePlanSchema(_PlanFieldsSchema):
    """The first version of a plan. Without `price` it is free, or paid by usage alone."""

    name = Text(NAME_CHARS, required=True)
    price = Shape(BasePriceSchema)
    free_trial = Unsupported()


class UpdatePlanSchema(_PlanFieldsSchema):
    """Only what is sent changes; `price` null takes the price away. `items` replaces all items."""

    name = Text(NAME_CHARS)
    price = Shape(BasePriceSchema, allow_none=True)
    free_trial = Unsupported()
    version = Whole(1)
    archived = Flag()
    new_plan_id = Unsupported()
    disable_version = Flag()
    force_version = Flag()
    all_versions = Unsupported()
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


class BasePriceAnswerSchema(WireSchema):
    """The fixed price of a plan."""

    amount = Amount(required=True)
    interval = Choice(*BILLING_INTERVALS, required=True)
    interval_count = interval_count()
    display = Shape(DisplaySchema)


class ResetAnswerSchema(WireSchema):
    """How often an item's balance is filled again."""

    interval = Choice(*INTERVALS, required=True)
    interval_count = interval_count()


class TierAnswerSchema(WireSchema):
    """A price band; `to` is `inf` in the last one."""

    to = OneOf(Quantity(above=0), Choice("inf"), required=True)
    amount = Amount(required=True)
    flat_amount = Amount()


class ItemPriceAnswerSchema(WireSchema):
    """The price of units beyond the included ones."""

    interval = Choice(*BILLING_INTERVALS, required=True)
    billing_units = Quantity(required=True)
    billing_method = Choice(*METHODS, required=True)
    max_purchase = Quantity(required=True, allow_none=True)
    amount = Amount()
    tiers = ListOf(Shape(TierAnswerSchema))
    tier_behavior = Choice(*TIER_BEHAVIORS)
    interval_count = interval_count()


class PlanItemAnswerSchema(WireSchema):
    """What a plan grants of one feature."""

    feature_id = FeatureId(required=True)
    included = Quantity(required=True)
    unlimited = Flag(required=True)
    reset = Shape(ResetAnswerSchema, required=True, allow_none=True)
    price = Shape(ItemPriceAnswerSchema, required=True, allow_none=True)
    pooled = Flag()
    display = Shape(DisplaySchema)


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
    customer_eligibility = Shape(EligibilitySchema)


class PlanListSchema(WireSchema):
    """The plans of a ledger."""

    list = ListOf(Shape(PlanAnswerSchema), most=100_000, required=True)
