"""entities.*: a customer's seats, workspaces, projects: whatever holds balances of its own inside it."""

from api.wire.balances import BalanceAnswerSchema, FlagAnswerSchema
from api.wire.common import PageSchema, PlanFilterSchema
from api.wire.controls import EntityControlsAnswerSchema, EntityControlsSchema, NewEntityControlsSchema
from api.wire.customer_data import CustomerDataSchema
from api.wire.fields import Choice, CustomerId, EntityId, FeatureId, Text
from api.wire.invoices import InvoiceSummarySchema
from api.wire.limits import NAME_CHARS, PAGE_ROWS_MAX
from api.wire.nesting import ListOf, MapOf, Shape, Unsupported
from api.wire.quantities import Milliseconds
from api.wire.schema import WireSchema
from api.wire.subscriptions import PurchaseAnswerSchema, SubscriptionAnswerSchema


class CreateEntitySchema(WireSchema):
    """Takes one unit of `feature_id`. With `customer_data` a customer that does not exist is created first."""

    customer_id = CustomerId(required=True)
    entity_id = EntityId(required=True)
    feature_id = FeatureId(required=True)
    name = Text(NAME_CHARS, allow_none=True)
    customer_data = Shape(CustomerDataSchema)
    billing_controls = Shape(EntityControlsSchema)


class EntityRefSchema(WireSchema):
    """entities.get and entities.delete. The customer may be left out where only one has an entity of this id."""

    entity_id = EntityId(required=True)
    customer_id = CustomerId()


class UpdateEntitySchema(EntityRefSchema):
    """What the SDKs can change of an entity are its billing controls."""

    billing_controls = Shape(NewEntityControlsSchema)


class ListEntitiesSchema(PageSchema):
    """Entities of one customer or of all."""

    plans = ListOf(Shape(PlanFilterSchema))
    subscription_status = Choice("active", "scheduled")
    search = Text(NAME_CHARS, empty=True)
    customer_id = CustomerId()
    processors = Unsupported()


class EntityAnswerSchema(WireSchema):
    """One entity, with what it holds."""

    id = EntityId(required=True, allow_none=True)
    name = Text(required=True, allow_none=True)
    created_at = Milliseconds(required=True)
    env = Choice("sandbox", "live", required=True)
    subscriptions = ListOf(Shape(SubscriptionAnswerSchema), most=10_000, required=True)
    purchases = ListOf(Shape(PurchaseAnswerSchema), most=10_000, required=True)
    balances = MapOf(Shape(BalanceAnswerSchema), most=10_000, required=True)
    flags = MapOf(Shape(FlagAnswerSchema), most=10_000, required=True)
    customer_id = CustomerId(allow_none=True)
    feature_id = FeatureId(allow_none=True)
    billing_controls = Shape(EntityControlsAnswerSchema)
    invoices = ListOf(Shape(InvoiceSummarySchema), most=10_000)


class EntityListSchema(WireSchema):
    """A page of entities."""

    list = ListOf(Shape(EntityAnswerSchema), most=PAGE_ROWS_MAX, required=True)
    next_cursor = Text(required=True, allow_none=True)
