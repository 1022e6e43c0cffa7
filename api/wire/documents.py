"""invoices.create, insert, finalize, pay, void, write_off and update. Amounts are major units."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.changing import (
    PAYMENT_METHOD_TYPES,
    TERMS_DAYS_MAX,
    DatedLineSchema,
    DiscountRefSchema,
    whole_period,
)
from api.wire.common import BILLING_INTERVALS, interval_count
from api.wire.fields import (
    Choice,
    Currency,
    CustomerId,
    EntityId,
    FeatureId,
    Flag,
    Identifier,
    PlanId,
    Text,
)
from api.wire.invoices import STATUSES, InvoiceRowSchema, InvoiceSummarySchema
from api.wire.limits import PLAN_VERSION_MAX
from api.wire.nesting import ListOf, Shape, Unsupported
from api.wire.prices import METHODS, UnitPriceSchema
from api.wire.quantities import Amount, Milliseconds, Quantity, Whole
from api.wire.schema import WireSchema


class InvoiceRefSchema(WireSchema):
    """An invoice, by the id that answers carry."""

    invoice_id = Identifier(required=True)


class UpdateInvoiceSchema(InvoiceRefSchema):
    """How an invoice that is not closed may be paid; of a draft also all its lines, and when it is due."""

    payment_method_types = ListOf(Choice(*PAYMENT_METHOD_TYPES), least=1)
    custom_line_items = ListOf(Shape(DatedLineSchema), least=1)
    due_date = Milliseconds()

    @validates_schema
    def changes_something(self, data: dict[str, Any], **_: Any) -> None:
        """A change of nothing is a mistake."""
        if not data.keys() & {"payment_method_types", "custom_line_items", "due_date"}:
            raise ValidationError(
                "was not sent and must be, or custom_line_items or due_date of a draft", "payment_method_types"
            )


class InvoiceAnswerSchema(WireSchema):
    """An invoice as it stands after what was asked."""

    invoice = Shape(InvoiceRowSchema, required=True)


class _PeriodSchema(WireSchema):
    """A period that lines are for."""

    period_start = Milliseconds()
    period_end = Milliseconds()

    @validates_schema
    def covers_a_period(self, data: dict[str, Any], **_: Any) -> None:
        """A period has a start and a later end."""
        whole_period(data)


class InvoicedBaseSchema(WireSchema):
    """A base price for this invoice only."""

    amount = Amount(0, required=True)
    interval = Choice(*BILLING_INTERVALS, required=True)
    interval_count = interval_count(load_default=1)
    processors = Unsupported()


class InvoicedPriceSchema(UnitPriceSchema):
    """A price of units for this invoice only."""

    processors = Unsupported()


class InvoicedItemSchema(WireSchema):
    """What units of a feature cost on this invoice."""

    feature_id = FeatureId(required=True)
    price = Shape(InvoicedPriceSchema)
    feature_override = Unsupported()


class InvoicedTermsSchema(WireSchema):
    """A plan's prices for this invoice only; `price` null takes the base price away, `items` replaces all items."""

    price = Shape(InvoicedBaseSchema, allow_none=True)
    items = ListOf(Shape(InvoicedItemSchema))


class InvoicedQuantitySchema(_PeriodSchema):
    """Units to bill at the plan's price for them; included ones are not counted."""

    feature_id = FeatureId(required=True)
    billing_behavior = Choice(*METHODS, required=True)
    quantity = Quantity(0)
    usage = Unsupported()
    prorate = Flag()

    @validates_schema
    def says_how_many(self, data: dict[str, Any], **_: Any) -> None:
        """There is nothing else that the number could be read from."""
        if "quantity" not in data:
            raise ValidationError("was not sent and must be a number of at least 0", "quantity")


class InvoicedPlanSchema(_PeriodSchema):
    """A plan whose prices make lines. Without an entity it is for the request's own; null is for the customer."""

    plan_id = PlanId(required=True)
    version = Whole(1, PLAN_VERSION_MAX)
    entity_id = EntityId(allow_none=True)
    customize = Shape(InvoicedTermsSchema)
    feature_quantities = ListOf(Shape(InvoicedQuantitySchema))
    license_quantities = Unsupported()
    discounts = ListOf(Shape(DiscountRefSchema))
    prorate = Flag()


class CreateInvoiceSchema(_PeriodSchema):
    """An invoice of plans' prices and lines of one's own; with `preview` it is only worked out."""

    customer_id = CustomerId(required=True)
    entity_id = EntityId()
    plans = ListOf(Shape(InvoicedPlanSchema))
    custom_line_items = ListOf(Shape(DatedLineSchema))
    discounts = ListOf(Shape(DiscountRefSchema))
    invoice_template_id = Unsupported()
    net_terms_days = Whole(0, TERMS_DAYS_MAX)
    issue_date = Milliseconds()
    due_date = Milliseconds()
    tax_rate_id = Unsupported()
    payment_method_types = ListOf(Choice(*PAYMENT_METHOD_TYPES))
    preview = Flag(load_default=False)
    issue_method = Choice("draft", "finalize", "send", load_default="send")

    @validates_schema
    def has_lines(self, data: dict[str, Any], **_: Any) -> None:
        """An invoice of nothing is a mistake."""
        if not data.get("plans") and not data.get("custom_line_items"):
            raise ValidationError("was not sent and must be, or custom_line_items", "plans")


class WorkedOutLineSchema(WireSchema):
    """A line of an invoice, before and after its discounts."""

    plan_id = PlanId(required=True, allow_none=True)
    feature_id = FeatureId(required=True, allow_none=True)
    entity_id = EntityId(required=True, allow_none=True)
    description = Text(required=True)
    amount = Amount(required=True)
    amount_after_discounts = Amount(required=True)
    quantity = Quantity(required=True, allow_none=True)
    prorated = Flag(required=True)
    period_start = Milliseconds(required=True, allow_none=True)
    period_end = Milliseconds(required=True, allow_none=True)


class InvoiceCreditsSchema(WireSchema):
    """The customer's credit balance, and what this invoice uses of it."""

    balance = Amount(required=True)
    currency = Currency(required=True)
    applied = Amount()


class TaxSchema(WireSchema):
    """Tax is not worked out here, so it is null always."""

    total = Amount(required=True)
    amount_inclusive = Amount(required=True)
    amount_exclusive = Amount(required=True)
    status = Text(required=True)


class WorkedOutSchema(WireSchema):
    """An invoice as it is, or would be. No tax is ever worked out."""

    currency = Currency(required=True)
    lines = ListOf(Shape(WorkedOutLineSchema), most=10_000, required=True)
    subtotal = Amount(required=True)
    discount_total = Amount(required=True)
    tax = Shape(TaxSchema, required=True, allow_none=True)
    total = Amount(required=True)
    amount_due = Amount(required=True)
    issue_date = Milliseconds(required=True)
    due_date = Milliseconds(required=True, allow_none=True)
    invoice_credits = Shape(InvoiceCreditsSchema)


class CreatedInvoiceSchema(WireSchema):
    """invoices.create: the invoice, null for a preview, and how it was worked out."""

    invoice = Shape(InvoiceRowSchema, required=True, allow_none=True)
    preview = Shape(WorkedOutSchema, required=True)


class InsertedInvoiceSchema(WireSchema):
    """An invoice that another system made, as it stands there."""

    customer_id = CustomerId(required=True)
    stripe_id = Identifier(required=True)
    status = Choice(*STATUSES, required=True)
    total = Amount(0, required=True)
    created_at = Milliseconds(required=True)
    plan_ids = ListOf(PlanId())
    processor_type = Choice("stripe", not_offered=("revenuecat",))
    amount_paid = Amount(0, allow_none=True)
    refunded_amount = Amount(0)
    currency = Currency()
    hosted_invoice_url = Unsupported()


class InsertInvoicesSchema(WireSchema):
    """Invoices of other systems: all are kept, or none."""

    invoices = ListOf(Shape(InsertedInvoiceSchema), least=1, required=True)


class KeptInvoiceSchema(InvoiceSummarySchema):
    """An invoice of another system as it is kept here."""

    id = Text(required=True)
    customer_id = CustomerId(required=True)
    amount_paid = Amount(required=True, allow_none=True)
    refunded_amount = Amount(required=True)


class InsertedInvoicesSchema(WireSchema):
    """What was inserted, or brought up to date, in the order of the request."""

    invoices = ListOf(Shape(KeptInvoiceSchema), required=True)
