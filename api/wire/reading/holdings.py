"""GET reads of what customers are, hold and owe."""

from typing import Final

from api.wire.balances import BalanceRowSchema
from api.wire.entities import EntityAnswerSchema
from api.wire.fields import Choice, Currency, CustomerId, EntityId, Flag, PlanId, Text
from api.wire.invoices import InvoiceLineSchema, InvoiceRowSchema
from api.wire.nesting import FreeForm, ListOf, MapOf, Shape
from api.wire.quantities import Amount, Milliseconds, Total, Whole
from api.wire.reading.explained import ExplainedBalanceSchema, ExplainedInvoiceSchema
from api.wire.reading.fields import Position, next_cursor, rows
from api.wire.schema import WireSchema
from api.wire.subscriptions import SubscriptionFieldsSchema
from api.wire.views import ViewSchema
from ledger.core.events.invoices import Origin

PLAN_STATUSES: Final = ("active", "trialing", "scheduled", "past_due", "canceled", "expired", "none")


class CustomerRowSchema(WireSchema):
    """A customer as a flat row of the columns that were asked for; the last four are of the feature that was chosen."""

    id = CustomerId(allow_none=True)
    internal_id = Text()
    name = Text(allow_none=True)
    email = Text(allow_none=True)
    plan = Text(allow_none=True)
    plan_id = PlanId(allow_none=True)
    plan_version = Whole(1, allow_none=True)
    plan_status = Choice(*PLAN_STATUSES)
    base_price = Total(allow_none=True)
    active_subscriptions = Whole()
    balance_owed = Total()
    balance_owed_other = MapOf(Total())
    credit = Total()
    currency = Currency()
    created_at = Milliseconds()
    metadata = FreeForm()
    granted = Total(allow_none=True)
    remaining = Total(allow_none=True)
    usage = Total(allow_none=True)
    unlimited = Flag(allow_none=True)


class CustomerRowsSchema(WireSchema):
    """A page of the customer list."""

    list = rows(Shape(CustomerRowSchema))
    next_cursor = next_cursor()


class ViewsSchema(WireSchema):
    """Every saved view."""

    list = ListOf(Shape(ViewSchema), most=100_000, required=True)


class ExplainedBalanceRowSchema(BalanceRowSchema):
    """A balance, with what made each of its numbers where that was asked for."""

    explain = Shape(ExplainedBalanceSchema)


class BalanceRowsSchema(WireSchema):
    """A page of balances."""

    list = rows(Shape(ExplainedBalanceRowSchema))
    has_more = Flag(required=True)
    next_cursor = next_cursor()


class HeldRowSchema(SubscriptionFieldsSchema):
    """A subscription, or a plan paid once, with whose it is."""

    kind = Choice("subscription", "purchase", required=True)
    status = Choice("active", "scheduled", "expired", required=True)
    customer_id = CustomerId(required=True)
    entity_id = EntityId(required=True, allow_none=True)
    created_at = Milliseconds(required=True)


class HeldRowsSchema(WireSchema):
    """A page of subscriptions and purchases."""

    list = rows(Shape(HeldRowSchema))
    has_more = Flag(required=True)
    next_cursor = next_cursor()


class EntityRowsSchema(WireSchema):
    """A page of a customer's entities."""

    list = rows(Shape(EntityAnswerSchema))
    next_cursor = next_cursor()


class ReadInvoiceLineSchema(InvoiceLineSchema):
    """A line, with its amount before discounts."""

    amount_before_discounts = Amount(required=True)


class ReadInvoiceSchema(InvoiceRowSchema):
    """An invoice as operations show it, with its number and what is still owed."""

    items = ListOf(Shape(ReadInvoiceLineSchema), most=10_000, required=True)
    number = Position(required=True, allow_none=True)
    origin = Choice(*Origin, required=True)
    finalized_at = Milliseconds(required=True, allow_none=True)
    due_at = Milliseconds(required=True, allow_none=True)
    closed_at = Milliseconds(required=True, allow_none=True)
    credit_applied = Amount(required=True)
    credited = Amount(required=True)
    due = Amount(required=True)
    explain = Shape(ExplainedInvoiceSchema)


class ReadInvoicesSchema(WireSchema):
    """A page of invoices."""

    list = rows(Shape(ReadInvoiceSchema))
    next_cursor = next_cursor()
