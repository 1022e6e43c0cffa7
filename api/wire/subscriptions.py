"""subscriptions.list and purchases.list: which plans customers hold. A purchase is a plan paid once."""

from api.wire.common import RowPageSchema
from api.wire.fields import Choice, CustomerId, EntityId, Flag, PlanId, Text
from api.wire.nesting import ListOf, Shape
from api.wire.plans import PlanAnswerSchema
from api.wire.quantities import Milliseconds, Quantity
from api.wire.schema import WireSchema


class ListHeldPlansSchema(RowPageSchema):
    """Active and scheduled ones unless `statuses` says otherwise."""

    statuses = ListOf(
        Choice("active", "scheduled", "past_due", "expired"), least=1, load_default=lambda: ["active", "scheduled"]
    )
    plan_id = PlanId()


class _HeldPlanSchema(WireSchema):
    """What subscriptions and purchases have in common."""

    plan_id = PlanId(required=True)
    expires_at = Milliseconds(required=True, allow_none=True)
    started_at = Milliseconds(required=True)
    quantity = Quantity(required=True)
    scope = Choice("customer", "entity")


class SubscriptionFieldsSchema(_HeldPlanSchema):
    """A plan in force, or scheduled."""

    id = Text(required=True)
    auto_enable = Flag(required=True)
    add_on = Flag(required=True)
    past_due = Flag(required=True)
    canceled_at = Milliseconds(required=True, allow_none=True)
    trial_ends_at = Milliseconds(required=True, allow_none=True)
    current_period_start = Milliseconds(required=True, allow_none=True)
    current_period_end = Milliseconds(required=True, allow_none=True)


class SubscriptionAnswerSchema(SubscriptionFieldsSchema):
    """A subscription inside a customer or an entity."""

    status = Choice("active", "scheduled", required=True)
    plan = Shape(PlanAnswerSchema)


class PurchaseAnswerSchema(_HeldPlanSchema):
    """A purchase inside a customer or an entity."""

    plan = Shape(PlanAnswerSchema)


class SubscriptionRowSchema(SubscriptionFieldsSchema):
    """A subscription, with whose it is."""

    status = Choice("active", "scheduled", "expired", required=True)
    customer_id = CustomerId(required=True)
    entity_id = EntityId(required=True, allow_none=True)
    created_at = Milliseconds(required=True)


class PurchaseRowSchema(_HeldPlanSchema):
    """A purchase, with whose it is."""

    id = Text(required=True)
    status = Choice("active", "scheduled", "expired", required=True)
    customer_id = CustomerId(required=True)
    entity_id = EntityId(required=True, allow_none=True)
    created_at = Milliseconds(required=True)


class SubscriptionListSchema(WireSchema):
    """A page of subscriptions."""

    list = ListOf(Shape(SubscriptionRowSchema), required=True)
    has_more = Flag(required=True)
    next_cursor = Text(required=True, allow_none=True)


class PurchaseListSchema(WireSchema):
    """A page of purchases."""

    list = ListOf(Shape(PurchaseRowSchema), required=True)
    has_more = Flag(required=True)
    next_cursor = Text(required=True, allow_none=True)
