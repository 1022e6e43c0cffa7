"""invoices.list, and the shapes of an invoice. Amounts are major units of the invoice's currency."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.common import PageSchema
from api.wire.fields import (
    Choice,
    Currency,
    CustomerId,
    EntityId,
    FeatureId,
    Identifier,
    PlanId,
    Text,
)
from api.wire.limits import PAGE_ROWS_MAX
from api.wire.lines import PreviewLineSchema
from api.wire.nesting import ListOf, Shape, Unsupported
from api.wire.quantities import Amount, Milliseconds, Quantity
from api.wire.schema import WireSchema

STATUSES = ("draft", "open", "void", "paid", "uncollectible")


class ListInvoicesSchema(PageSchema):
    """Invoices, newest first, of one customer or of all."""

    customer_id = CustomerId()
    entity_id = EntityId()
    invoice_id = Identifier()
    stripe_id = Identifier()
    status = ListOf(Choice(*STATUSES), least=1)
    processor_types = Unsupported(neutral=(["stripe"],))

    @validates_schema
    def entity_needs_its_customer(self, data: dict[str, Any], **_: Any) -> None:
        """Entity ids are unique within a customer only."""
        if "entity_id" in data and "customer_id" not in data:
            raise ValidationError("was not sent and must be sent with entity_id", "customer_id")


class InvoiceSummarySchema(WireSchema):
    """An invoice inside a customer or an entity. `stripe_id` is our own invoice id where there is no Stripe."""

    plan_ids = ListOf(PlanId(), required=True)
    stripe_id = Text(required=True)
    status = Choice(*STATUSES, required=True)
    total = Amount(required=True)
    currency = Currency(required=True)
    created_at = Milliseconds(required=True)
    processor_type = Choice("stripe")
    hosted_invoice_url = Text(allow_none=True)


class InvoicePreviewSchema(WireSchema):
    """An invoice that comes by itself: when, and its lines if nothing is used until then."""

    plan_ids = ListOf(PlanId(), required=True)
    invoice_at = Milliseconds(required=True)
    currency = Currency(required=True)
    subtotal = Amount(required=True)
    total = Amount(required=True)
    line_items = ListOf(Shape(PreviewLineSchema), most=10_000, required=True)


class InvoiceEntityLineSchema(WireSchema):
    """An entity's part of a line."""

    entity_id = EntityId(required=True)
    quantity = Quantity(required=True, allow_none=True)
    amount = Amount(required=True)


class InvoiceLineSchema(WireSchema):
    """One line."""

    id = Text(required=True)
    description = Text(required=True)
    period_start = Milliseconds(required=True, allow_none=True)
    period_end = Milliseconds(required=True, allow_none=True)
    plan_id = PlanId(required=True, allow_none=True)
    feature_id = FeatureId(required=True, allow_none=True)
    feature_name = Text(required=True, allow_none=True)
    quantity = Quantity(required=True, allow_none=True)
    amount = Amount(required=True)
    entities = ListOf(Shape(InvoiceEntityLineSchema), most=10_000, required=True)


class InvoiceRowSchema(InvoiceSummarySchema):
    """An invoice, with whose it is and its lines."""

    id = Text(required=True)
    customer_id = CustomerId(required=True, allow_none=True)
    entity_id = EntityId(required=True, allow_none=True)
    amount_paid = Amount(required=True, allow_none=True)
    refunded_amount = Amount(required=True)
    items = ListOf(Shape(InvoiceLineSchema), most=10_000)


class InvoiceListSchema(WireSchema):
    """A page of invoices."""

    list = ListOf(Shape(InvoiceRowSchema), most=PAGE_ROWS_MAX, required=True)
    next_cursor = Text(required=True, allow_none=True)
