"""billing.attach, update and their previews: plans come, change and go. Amounts are major units."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.changing import (
    PRORATIONS,
    CarrySchema,
    CustomizeSchema,
    CustomLineSchema,
    DatedLineSchema,
    DiscountIdSchema,
    DiscountRefSchema,
    FeatureQuantitySchema,
    InvoiceModeSchema,
    RemoveLineSchema,
)
from api.wire.fields import Choice, Currency, CustomerId, EntityId, FeatureId, Flag, Identifier, PlanId, Text
from api.wire.limits import PLAN_VERSION_MAX
from api.wire.lines import PreviewLineSchema, UsageLineSchema
from api.wire.nesting import ListOf, MapOf, OneOf, Shape, Unsupported
from api.wire.plans import FreeTrialSchema, PlanAnswerSchema
from api.wire.quantities import Amount, Milliseconds, Quantity, Whole
from api.wire.schema import WireSchema


class _ChangeSchema(WireSchema):
    """What attaching and updating have in common.

    `success_url` is read and never used: no payment here ever leaves for a page that would come back to it.
    """

    customer_id = CustomerId(required=True)
    entity_id = EntityId()
    feature_quantities = ListOf(Shape(FeatureQuantitySchema))
    version = Whole(1, PLAN_VERSION_MAX)
    free_trial = Shape(FreeTrialSchema, allow_none=True)
    customize = Shape(CustomizeSchema)
    invoice_mode = Shape(InvoiceModeSchema)
    proration_behavior = Choice(*PRORATIONS)
    redirect_mode = Choice("if_required", "never", not_offered=("always",), load_default="if_required")
    subscription_id = Identifier()
    discounts = ListOf(Shape(DiscountRefSchema))
    remove_discounts = ListOf(Shape(DiscountIdSchema))
    billing_cycle_anchor = OneOf(Choice("now"), Milliseconds())
    custom_line_items = ListOf(Shape(CustomLineSchema), least=1)
    remove_lines = ListOf(Shape(RemoveLineSchema))
    add_lines = ListOf(Shape(DatedLineSchema))
    no_billing_changes = Flag()
    carry_over_usages = Shape(CarrySchema)
    license_quantities = Unsupported()


class AttachSchema(_ChangeSchema):
    """Puts a plan on a customer or an entity: now, or where it replaces a dearer one, at the end of the period.

    `success_url` and `metadata` are for a payment provider: they are read and go nowhere as long as there is none.
    """

    plan_id = PlanId(required=True)
    currency = Currency()
    plan_schedule = Choice("immediate", "end_of_cycle")
    starts_at = Milliseconds()
    ends_at = Milliseconds()
    success_url = Text()
    new_billing_subscription = Flag()
    enable_plan_immediately = Flag()
    carry_over_balances = Shape(CarrySchema)
    metadata = MapOf(Text(empty=True))
    remove_plan_ids = ListOf(PlanId())
    checkout_session_params = Unsupported()
    long_lived_checkout = Unsupported()
    processor_subscription_id = Unsupported()
    tax = Unsupported()
    tax_rate_id = Unsupported()
    billing_details = Unsupported()


class RecalculateSchema(WireSchema):
    """Whether debts are spread over what other balances of a feature have left."""

    enabled = Flag(required=True)


class UpdateSubscriptionSchema(_ChangeSchema):
    """Changes a plan that is held: its quantities, version, terms or trial; or cancels or uncancels it."""

    plan_id = PlanId()
    cancel_action = Choice("cancel_immediately", "cancel_end_of_cycle", "uncancel")
    refund_last_payment = Choice("prorated", "full")
    recalculate_balances = Shape(RecalculateSchema)
    subscription_params = Unsupported()

    @validates_schema
    def names_a_subscription(self, data: dict[str, Any], **_: Any) -> None:
        """A customer alone does not say which."""
        if "plan_id" not in data and "subscription_id" not in data:
            raise ValidationError("was not sent and must be, or subscription_id", "plan_id")

    @validates_schema
    def refunds_or_prorates(self, data: dict[str, Any], **_: Any) -> None:
        """Money goes back, or the time that is left is credited; only where the plan ends now (§2.3)."""
        if "refund_last_payment" not in data:
            return
        if "proration_behavior" in data:
            raise ValidationError("was sent and must not be where proration_behavior is", "refund_last_payment")
        if data.get("cancel_action") != "cancel_immediately":
            problem = "was sent and is for cancel_action cancel_immediately alone: leave it out"
            raise ValidationError(problem, "refund_last_payment")


class PaidInvoiceSchema(WireSchema):
    """The invoice that the change caused."""

    status = Text(required=True, allow_none=True)
    stripe_id = Text(required=True)
    total = Amount(required=True)
    currency = Currency(required=True)
    hosted_invoice_url = Text(required=True, allow_none=True)


class RequiredActionSchema(WireSchema):
    """What the payment still needs."""

    code = Choice("3ds_required", "payment_method_required", "payment_failed", "payment_processing", required=True)
    reason = Text(required=True)


class ChangeAnswerSchema(WireSchema):
    """What billing.attach and billing.update answer."""

    customer_id = CustomerId(required=True)
    payment_url = Text(required=True, allow_none=True)
    entity_id = EntityId()
    invoice = Shape(PaidInvoiceSchema)
    required_action = Shape(RequiredActionSchema)


class PreviewQuantitySchema(WireSchema):
    """Units of a prepaid feature after the change."""

    feature_id = FeatureId(required=True)
    quantity = Quantity(required=True)


class PlanChangeSchema(WireSchema):
    """A plan that comes or goes."""

    plan_id = PlanId(required=True)
    feature_quantities = ListOf(Shape(PreviewQuantitySchema), required=True)
    effective_at = Milliseconds(required=True, allow_none=True)
    canceled_at = Milliseconds(required=True, allow_none=True)
    expires_at = Milliseconds(required=True, allow_none=True)
    plan = Shape(PlanAnswerSchema)


class NextCycleSchema(WireSchema):
    """The next invoice, as far as it is known."""

    starts_at = Milliseconds(required=True)
    subtotal = Amount(required=True)
    total = Amount(required=True)
    line_items = ListOf(Shape(PreviewLineSchema), required=True)
    usage_line_items = ListOf(Shape(UsageLineSchema), required=True)


class _PreviewSchema(WireSchema):
    """What the change would cost, and what it would do; nothing is written."""

    customer_id = CustomerId(required=True)
    line_items = ListOf(Shape(PreviewLineSchema), required=True)
    subtotal = Amount(required=True)
    total = Amount(required=True)
    currency = Currency(required=True)
    incoming = ListOf(Shape(PlanChangeSchema), required=True)
    outgoing = ListOf(Shape(PlanChangeSchema), required=True)
    resets_usage = Flag()
    next_cycle = Shape(NextCycleSchema)


class AttachPreviewSchema(_PreviewSchema):
    """billing.preview_attach."""

    redirect_to_checkout = Flag(required=True)
    checkout_type = Choice("stripe_checkout", "autumn_checkout", required=True, allow_none=True)


class RefundPreviewSchema(WireSchema):
    """Money that would go back to the payer in place of a credit."""

    amount = Amount(required=True)
    currency = Currency(required=True)


class UpdatePreviewSchema(_PreviewSchema):
    """billing.preview_update; `intent` is what the change amounts to."""

    refund = Shape(RefundPreviewSchema)
    intent = Choice(
        "update_plan", "update_quantity", "cancel_immediately", "cancel_end_of_cycle", "uncancel", "none", required=True
    )
