"""customers.*: who is billed."""

from api.wire.balances import BalanceAnswerSchema, FlagAnswerSchema
from api.wire.common import PageSchema, PlanFilterSchema, TimeRangeSchema
from api.wire.controls import CustomerControlsAnswerSchema, NewControlsSchema
from api.wire.customer_data import CustomerDataSchema
from api.wire.fields import Choice, Currency, CustomerId, Email, EntityId, FeatureId, Flag, PlanId, Text
from api.wire.invoices import InvoicePreviewSchema, InvoiceSummarySchema
from api.wire.limits import NAME_CHARS, PAGE_ROWS_MAX
from api.wire.nesting import FreeForm, ListOf, MapOf, Shape, Unsupported
from api.wire.quantities import Milliseconds, Quantity
from api.wire.schema import WireSchema
from api.wire.subscriptions import PurchaseAnswerSchema, SubscriptionAnswerSchema

EXPAND = (
    "invoices", "invoice_previews", "entities", "trials_used", "subscriptions.plan", "purchases.plan",
    "balances.feature", "flags.feature",
)  # fmt: skip
EXPAND_NOT_OFFERED = (
    "rewards", "referrals", "payment_method", "billing_details",
    "billing_controls.auto_topups.purchase_limit",
)  # fmt: skip


def _expand() -> ListOf:
    return ListOf(Choice(*EXPAND, not_offered=EXPAND_NOT_OFFERED), load_default=list)


class GetOrCreateCustomerSchema(CustomerDataSchema):
    """The customer of this id, or of this e-mail where the id is null; created where there is none."""

    customer_id = CustomerId(load_default=None)
    billing_details = Unsupported()
    expand = _expand()


class GetCustomerSchema(WireSchema):
    """By the caller's id, or by the internal one."""

    customer_id = CustomerId(required=True)
    expand = _expand()


class ListCustomersSchema(PageSchema):
    """Customers by creation, newest first unless `sort_order` says otherwise."""

    plans = ListOf(Shape(PlanFilterSchema))
    subscription_status = Choice("active", "scheduled")
    search = Text(NAME_CHARS, empty=True)
    sort_order = Choice("asc", "desc", load_default="desc")
    created_at_range = Shape(TimeRangeSchema)
    processors = Unsupported()


class UpdateCustomerSchema(WireSchema):
    """Only what is sent changes; null takes a value away."""

    customer_id = CustomerId(required=True)
    name = Text(NAME_CHARS, allow_none=True)
    email = Email(allow_none=True)
    fingerprint = Text(NAME_CHARS, allow_none=True)
    metadata = FreeForm(allow_none=True)
    send_email_receipts = Flag()
    new_customer_id = CustomerId()
    currency = Currency(allow_none=True)
    billing_controls = Shape(NewControlsSchema)
    stripe_id = Unsupported()
    config = Unsupported()
    billing_details = Unsupported()


class DeleteCustomerSchema(WireSchema):
    """The customer takes no more commands; its history stays."""

    customer_id = CustomerId(required=True)
    delete_in_stripe = Unsupported()


class AdvanceTestClockSchema(WireSchema):
    """Moves a sandbox customer's own clock, forward only; what falls due on the way happens."""

    customer_id = CustomerId(required=True)
    frozen_time = Milliseconds(required=True)


class TestClockAnswerSchema(WireSchema):
    """Where the clock stands now. It is `ready` at once: nothing is left to happen later."""

    __test__ = False

    customer_id = CustomerId(required=True)
    frozen_time = Milliseconds(required=True)
    status = Choice("ready", required=True)


class LicenseSchema(WireSchema):
    """Seats of a licence plan. Licences are not offered, so none is ever listed."""

    license_plan_id = PlanId(required=True)
    parent_plan_id = PlanId(required=True)
    license_plan_name = Text(required=True)
    granted = Quantity(required=True)
    usage = Quantity(required=True)
    remaining = Quantity(required=True)
    paid_quantity = Quantity(required=True)


class ListedEntitySchema(WireSchema):
    """An entity inside a customer."""

    id = EntityId(required=True, allow_none=True)
    name = Text(required=True, allow_none=True)
    created_at = Milliseconds(required=True)
    env = Choice("sandbox", "live", required=True)
    customer_id = CustomerId(allow_none=True)
    feature_id = FeatureId(allow_none=True)


class ListedCustomerSchema(WireSchema):
    """A customer, with what it holds. `internal_id` addresses it just as well, and always exists; `id` may be null."""

    id = CustomerId(required=True, allow_none=True)
    internal_id = Text(required=True)
    name = Text(required=True, allow_none=True)
    email = Email(required=True, allow_none=True)
    created_at = Milliseconds(required=True)
    fingerprint = Text(required=True, allow_none=True)
    stripe_id = Text(required=True, allow_none=True)
    env = Choice("sandbox", "live", required=True)
    metadata = FreeForm(required=True)
    send_email_receipts = Flag(required=True)
    billing_controls = Shape(CustomerControlsAnswerSchema, required=True)
    subscriptions = ListOf(Shape(SubscriptionAnswerSchema), most=10_000, required=True)
    purchases = ListOf(Shape(PurchaseAnswerSchema), most=10_000, required=True)
    licenses = ListOf(Shape(LicenseSchema), required=True)
    balances = MapOf(Shape(BalanceAnswerSchema), most=10_000, required=True)
    flags = MapOf(Shape(FlagAnswerSchema), most=10_000, required=True)


class TrialUsedSchema(WireSchema):
    """A plan whose trial the customer has had."""

    plan_id = PlanId(required=True)
    customer_id = CustomerId(required=True)
    fingerprint = Text(allow_none=True)


class CustomerAnswerSchema(ListedCustomerSchema):
    """A customer alone, with what `expand` asked for."""

    entities = ListOf(Shape(ListedEntitySchema), most=10_000)
    invoices = ListOf(Shape(InvoiceSummarySchema), most=10_000)
    invoice_previews = ListOf(Shape(InvoicePreviewSchema), most=10_000)
    trials_used = ListOf(Shape(TrialUsedSchema), most=10_000)


class CustomerListSchema(WireSchema):
    """A page of customers."""

    list = ListOf(Shape(ListedCustomerSchema), most=PAGE_ROWS_MAX, required=True)
    next_cursor = Text(required=True, allow_none=True)
