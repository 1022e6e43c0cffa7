"""invoices.issue_credit_note: taking part of a final invoice back. Amounts are major units."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.documents import InvoiceRefSchema
from api.wire.fields import Choice, Currency, Flag, Identifier, Lines, Text
from api.wire.nesting import ListOf, Shape
from api.wire.quantities import Amount, Quantity
from api.wire.schema import WireSchema


class CreditedLineSchema(WireSchema):
    """What is taken back of one line: an amount before discounts, some of its units, or all of it."""

    id = Identifier(required=True)
    amount = Amount(above=0)
    quantity = Quantity(above=0)

    @validates_schema
    def says_it_once(self, data: dict[str, Any], **_: Any) -> None:
        """An amount or a number of units."""
        if "amount" in data and "quantity" in data:
            raise ValidationError("was sent and must not be where amount is", "quantity")


class IssueCreditNoteSchema(InvoiceRefSchema):
    """Takes part of a final invoice back, of what is open first. `send_email` is read: no mail is ever sent."""

    amount = Amount(above=0)
    lines = ListOf(Shape(CreditedLineSchema), least=1)
    destination = Choice("customer_balance", "refund", "out_of_band", load_default="customer_balance")
    send_email = Flag()
    reason = Choice("duplicate", "fraudulent", "order_change", "product_unsatisfactory")
    memo = Lines()
    preview = Flag(load_default=False)

    @validates_schema
    def says_it_once(self, data: dict[str, Any], **_: Any) -> None:
        """An amount of the whole, or of lines."""
        if ("amount" in data) == ("lines" in data):
            sent = "was sent and must not be where lines is"
            raise ValidationError(sent if "amount" in data else "was not sent and must be, or lines", "amount")


class NotedLineSchema(WireSchema):
    """What a credit note takes back of a line."""

    invoice_line_item_id = Text(required=True, allow_none=True)
    description = Text(required=True, allow_none=True)
    quantity = Quantity(required=True, allow_none=True)
    amount = Amount(required=True)
    discount_amount = Amount(required=True)


class CreditNoteSchema(WireSchema):
    """A credit note; a preview has no id, number or status."""

    id = Text(required=True, allow_none=True)
    invoice_id = Text(required=True)
    number = Text(required=True, allow_none=True)
    status = Text(required=True, allow_none=True)
    currency = Currency(required=True)
    subtotal = Amount(required=True)
    discount_amount = Amount(required=True)
    tax_amount = Amount(required=True)
    total = Amount(required=True)
    pre_payment_amount = Amount(required=True)
    post_payment_amount = Amount(required=True)
    refund_amount = Amount(required=True)
    credit_amount = Amount(required=True)
    out_of_band_amount = Amount(required=True)
    reason = Text(required=True, allow_none=True)
    memo = Lines(required=True, allow_none=True)
    pdf = Text(required=True, allow_none=True)
    lines = ListOf(Shape(NotedLineSchema), required=True)


class CreditNoteAnswerSchema(WireSchema):
    """invoices.issue_credit_note."""

    credit_note = Shape(CreditNoteSchema, required=True)
