"""Several plans at once: billing.multi_attach, create_schedule and import. Amounts are major units."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.billing import AttachPreviewSchema, ChangeAnswerSchema, PaidInvoiceSchema, RequiredActionSchema
from api.wire.changing import (
    PRORATIONS,
    DiscountRefSchema,
    FeatureQuantitySchema,
    InvoiceModeSchema,
    PatchedTermsSchema,
    PlanTermsSchema,
)
from api.wire.common import INTERVALS
from api.wire.customer_data import CustomerDataSchema
from api.wire.customers import CustomerAnswerSchema
from api.wire.fields import Choice, Currency, CustomerId, Email, EntityId, FeatureId, Flag, Identifier, PlanId, Text
from api.wire.limits import NAME_CHARS
from api.wire.nesting import ListOf, OneOf, Shape, Unsupported
from api.wire.plans import FreeTrialSchema
from api.wire.quantities import Milliseconds, Quantity, Whole
from api.wire.schema import WireSchema

PHASES_MAX = 50


class PlanOfManySchema(WireSchema):
    """One of several plans. Without an entity it is for the request's own; null is for the customer."""

    plan_id = PlanId(required=True)
    entity_id = EntityId(allow_none=True)
    feature_quantities = ListOf(Shape(FeatureQuantitySchema))
    version = Whole(1, limits.PLAN_VERSION_MAX)
    customize = Shape(PlanTermsSchema)
    subscription_id = Identifier()


class PhasePlanSchema(PlanOfManySchema):
    """A plan of a phase."""

    customize = Shape(PatchedTermsSchema)
    license_quantities = Unsupported()


class _ManySchema(WireSchema):
    """What attaching several plans now and in phases has in common; `success_url` is read and never used."""

    customer_id = CustomerId(required=True)
    entity_id = EntityId()
    free_trial = Shape(FreeTrialSchema, allow_none=True)
    currency = Currency()
    invoice_mode = Shape(InvoiceModeSchema)
    discounts = ListOf(Shape(DiscountRefSchema))
    billing_behavior = Choice(*PRORATIONS)
    billing_cycle_anchor = Choice("now")
    success_url = Text()
    redirect_mode = Choice("if_required", "never", not_offered=("always",), load_default="if_required")
    enable_plan_immediately = Flag()
    checkout_session_params = Unsupported()


class EntityDataSchema(WireSchema):
    """What creates the entity that is named, where it does not exist."""

    feature_id = FeatureId(required=True)
    name = Text(NAME_CHARS)
    billing_controls = Unsupported()


class MultiAttachSchema(_ManySchema):
    """Attaches plans in order, all or none, on one invoice."""

    plans = ListOf(Shape(PlanOfManySchema), least=1, required=True)
    starts_at = Milliseconds()
    new_billing_subscription = Flag()
    customer_data = Shape(CustomerDataSchema)
    entity_data = Shape(EntityDataSchema)

    @validates_schema
    def names_the_entity(self, data: dict[str, Any], **_: Any) -> None:
        """Data of nobody are a mistake."""
        if "entity_data" in data and "entity_id" not in data:
            raise ValidationError("was not sent and must be sent with entity_data", "entity_id")


class MultiAttachPreviewSchema(AttachPreviewSchema):
    """billing.preview_multi_attach."""


class OffsetSchema(WireSchema):
    """How long after the phase before."""

    duration_type = Choice("month", "year", required=True)
    duration_count = Whole(1, limits.INTERVAL_COUNT_MAX, required=True)


class PhaseSchema(WireSchema):
    """Plans from an instant on. The first phase starts now."""

    plans = ListOf(Shape(PhasePlanSchema), required=True)
    starts_at = OneOf(Choice("now"), Milliseconds())
    starting_after = Shape(OffsetSchema)
    billing_cycle_anchor = OneOf(Choice("phase_start"), Milliseconds())
    proration_behavior = Choice(*PRORATIONS)

    @validates_schema
    def starts_once(self, data: dict[str, Any], **_: Any) -> None:
        """An instant, or a distance from the phase before."""
        if "starts_at" in data and "starting_after" in data:
            raise ValidationError("was sent and must not be where starts_at is", "starting_after")


class CreateScheduleSchema(_ManySchema):
    """Puts the first phase's plans in force now and schedules the others."""

    phases = ListOf(Shape(PhaseSchema), least=1, most=PHASES_MAX, required=True)
    unscheduled_plans = ListOf(Shape(PhasePlanSchema))
    no_billing_changes = Flag()
    preserve_add_ons = Flag()


class PhaseAnswerSchema(WireSchema):
    """A phase as it stands: when it starts, and the subscriptions that it made."""

    phase_id = Text(required=True)
    starts_at = Milliseconds(required=True)
    customer_product_ids = ListOf(Text(), most=10_000, required=True)


class ScheduleAnswerSchema(WireSchema):
    """billing.create_schedule."""

    customer_id = CustomerId(required=True)
    entity_id = EntityId(required=True, allow_none=True)
    status = Choice("created", "pending_payment", required=True)
    schedule_id = Text(required=True, allow_none=True)
    phases = ListOf(Shape(PhaseAnswerSchema), required=True)
    payment_url = Text(required=True, allow_none=True)
    invoice = Shape(PaidInvoiceSchema)
    required_action = Shape(RequiredActionSchema)


class MultiAttachAnswerSchema(ChangeAnswerSchema):
    """billing.multi_attach."""


class BalanceFilterSchema(WireSchema):
    """Which balance, where a plan has several of one feature."""

    interval = Choice("lifetime", *(each for each in INTERVALS if each != "one_off"), allow_none=True)
    billing_behavior = Choice("included", "prepaid", "usage_based")


class ImportedBalanceSchema(WireSchema):
    """Where a balance stands: what was used of it, or what remains."""

    feature_id = FeatureId(required=True)
    filter = Shape(BalanceFilterSchema)
    usage = Quantity()
    balance = Quantity()
    next_reset_at = Milliseconds()

    @validates_schema
    def says_it_once(self, data: dict[str, Any], **_: Any) -> None:
        """One follows from the other."""
        if "usage" in data and "balance" in data:
            raise ValidationError("was sent and must not be where usage is", "balance")


class ImportedQuantitySchema(WireSchema):
    """Units of a prepaid feature, in all."""

    feature_id = FeatureId(required=True)
    quantity = Quantity(0, required=True)


class ImportedPlanSchema(WireSchema):
    """A plan as it is held elsewhere."""

    plan_id = PlanId(required=True)
    version = Whole(1, limits.PLAN_VERSION_MAX)
    status = Choice("active", "trialing", "past_due", "canceled", "expired", load_default="active")
    started_at = Milliseconds()
    quantity = Whole(1, 1)
    feature_quantities = ListOf(Shape(ImportedQuantitySchema))
    balances = ListOf(Shape(ImportedBalanceSchema))


class LinkSchema(WireSchema):
    """The subscription's id where it was."""

    subscription_id = Identifier()
    schedule_id = Unsupported()


class BillableSchema(WireSchema):
    """One plan, and how it is billed elsewhere."""

    processor = Choice("stripe", "revenuecat")
    link = Shape(LinkSchema)
    billing_cycle_anchor = Milliseconds()
    plan = Shape(ImportedPlanSchema)

    @validates_schema
    def has_a_plan(self, data: dict[str, Any], **_: Any) -> None:
        """Nothing is billed without one."""
        if "plan" not in data:
            raise ValidationError("was not sent and must be an object", "plan")


class ImportedCustomerSchema(WireSchema):
    """What is known of the customer; what is sent is changed."""

    name = Text(NAME_CHARS)
    email = Email()
    fingerprint = Text(NAME_CHARS)
    created_at = Unsupported()


class ImportSchema(WireSchema):
    """Puts plans in force as they stand elsewhere, with nothing billed; `dry_run` says what would be."""

    customer_id = CustomerId(required=True)
    billables = ListOf(Shape(BillableSchema), least=1, required=True)
    customer_data = Shape(ImportedCustomerSchema)
    processors = Unsupported()
    dry_run = Flag(load_default=False)


class ImportedSchema(WireSchema):
    """What became of one plan; `skipped` when it was attached already."""

    plan_id = PlanId(required=True)
    processor = Text(required=True)
    customer_product_id = Text(required=True, allow_none=True)
    status = Text(required=True)
    skipped = Flag(required=True)
    reason = Text()


class ImportAnswerSchema(WireSchema):
    """billing.import; the customer is null after a dry run."""

    customer_id = CustomerId(required=True)
    flashed = ListOf(Shape(ImportedSchema), required=True)
    customer = Shape(CustomerAnswerSchema, required=True, allow_none=True)
