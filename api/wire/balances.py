"""balances.create, list, update, delete, finalize: balances by hand, and the shape of every balance."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire.common import INTERVALS, RowPageSchema, interval_count
from api.wire.features import FeatureAnswerSchema
from api.wire.fields import Choice, CustomerId, EntityId, FeatureId, Flag, Identifier, PlanId, Text
from api.wire.items import BalanceRolloverSchema, ResetSchema
from api.wire.limits import TEXT_CHARS
from api.wire.nesting import FreeForm, ListOf, OneOf, Shape
from api.wire.prices import METHODS, TIER_BEHAVIORS
from api.wire.quantities import Amount, Milliseconds, Quantity, Total
from api.wire.schema import WireSchema


class CreateBalanceSchema(WireSchema):
    """A loose balance: granted by hand, not by a plan."""

    customer_id = CustomerId(required=True)
    feature_id = FeatureId(required=True)
    entity_id = EntityId()
    included_grant = Quantity(0)
    unlimited = Flag()
    reset = Shape(ResetSchema)
    expires_at = Milliseconds()
    next_reset_at = Milliseconds()
    balance_id = Identifier()
    rollover = Shape(BalanceRolloverSchema)

    @validates_schema
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """What contradicts itself is refused, not half ignored."""
        if data.get("unlimited") and "included_grant" in data:
            raise ValidationError("was sent and must be left out where unlimited is true", "included_grant")
        if "reset" in data and "expires_at" in data:
            raise ValidationError(
                "was sent and must be left out where reset is sent: a balance resets or expires", "expires_at"
            )


class UpdateBalanceSchema(WireSchema):
    """Set a balance (`remaining`, `usage`, `included_grant`) or add to it; a negative addition deducts."""

    customer_id = CustomerId(required=True)
    feature_id = FeatureId(required=True)
    entity_id = EntityId()
    remaining = Quantity()
    add_to_balance = Quantity()
    usage = Quantity()
    included_grant = Quantity(0)
    interval = Choice(*INTERVALS)
    balance_id = Identifier()
    next_reset_at = Milliseconds()
    expires_at = Milliseconds()

    @validates_schema
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """At most one of the three ways to change an amount, and something to change."""
        ways = [name for name in ("remaining", "add_to_balance", "usage") if name in data]
        if len(ways) > 1:
            raise ValidationError(f"was sent and must be left out where {ways[0]} is sent", ways[1])
        if not ways and not data.keys() & {"included_grant", "next_reset_at", "expires_at"}:
            raise ValidationError(
                "was not sent and must be, or one of add_to_balance, usage, included_grant, next_reset_at, expires_at",
                "remaining",
            )
        if data.get("add_to_balance") == 0:
            raise ValidationError("was 0 and must be above 0 to grant, or below 0 to deduct", "add_to_balance")


class DeleteBalanceSchema(WireSchema):
    """A loose balance goes, by its own id or by its feature."""

    customer_id = CustomerId(required=True)
    entity_id = EntityId()
    feature_id = FeatureId()
    balance_id = Identifier()
    interval = Choice(*INTERVALS)
    recalculate_balances = Flag(load_default=False)

    @validates_schema
    def names_a_balance(self, data: dict[str, Any], **_: Any) -> None:
        """A customer alone does not say which balance."""
        if "feature_id" not in data and "balance_id" not in data:
            raise ValidationError("was not sent and must be, or balance_id", "feature_id")


class RecalculateBalanceSchema(WireSchema):
    """Pays the debts of some balances of a feature from what others of the customer, or of the entity, have left."""

    customer_id = CustomerId(required=True)
    feature_id = FeatureId(required=True)
    entity_id = EntityId()


class FinalizeSchema(WireSchema):
    """Ends the lock of a check: `confirm` keeps the deduction (`override_value` units of it), `release` undoes it."""

    lock_id = Identifier(TEXT_CHARS, required=True)
    action = Choice("confirm", "release", required=True)
    override_value = Quantity(0)
    properties = FreeForm()


class ListBalancesSchema(RowPageSchema):
    """Balances row by row, of one customer or of all."""

    statuses = ListOf(Choice("active", "expired"), load_default=lambda: ["active"])
    plan_id = PlanId(allow_none=True)
    feature_id = FeatureId()


class ShownResetSchema(WireSchema):
    """`multiple` where a balance is the sum of several that reset at different times."""

    interval = Choice(*INTERVALS, "multiple", required=True)
    resets_at = Milliseconds(required=True, allow_none=True)
    interval_count = interval_count()


class ShownTierSchema(WireSchema):
    """A price band of a balance."""

    to = OneOf(Quantity(above=0), Choice("inf"), required=True)
    amount = Amount(required=True)
    flat_amount = Amount()


class ShownPriceSchema(WireSchema):
    """What more units of a balance cost."""

    billing_units = Quantity(required=True)
    billing_method = Choice(*METHODS, required=True)
    max_purchase = Quantity(required=True, allow_none=True)
    amount = Amount()
    tiers = ListOf(Shape(ShownTierSchema))
    tier_behavior = Choice(*TIER_BEHAVIORS)


class BalancePartSchema(WireSchema):
    """One grant inside a balance. `id` names it in balances.update and balances.delete."""

    id = Text(required=True)
    plan_id = PlanId(required=True, allow_none=True)
    included_grant = Total(required=True)
    prepaid_grant = Total(required=True)
    remaining = Total(required=True)
    usage = Total(required=True)
    unlimited = Flag(required=True)
    reset = Shape(ShownResetSchema, required=True, allow_none=True)
    price = Shape(ShownPriceSchema, required=True, allow_none=True)
    expires_at = Milliseconds(required=True, allow_none=True)
    source = Choice("customer", "entity")


class ShownRolloverSchema(WireSchema):
    """Units carried over from an earlier period."""

    granted = Total(required=True)
    balance = Total(required=True)
    expires_at = Milliseconds(required=True)


class BalanceAnswerSchema(WireSchema):
    """All that a customer or an entity holds of one feature; `breakdown` has each grant."""

    feature_id = FeatureId(required=True)
    granted = Total(required=True)
    remaining = Total(required=True)
    usage = Total(required=True)
    unlimited = Flag(required=True)
    overage_allowed = Flag(required=True)
    max_purchase = Quantity(required=True, allow_none=True)
    next_reset_at = Milliseconds(required=True, allow_none=True)
    feature = Shape(FeatureAnswerSchema)
    breakdown = ListOf(Shape(BalancePartSchema), most=10_000)
    rollovers = ListOf(Shape(ShownRolloverSchema), most=10_000)


class FlagAnswerSchema(WireSchema):
    """A boolean feature that is held."""

    id = Text(required=True)
    plan_id = PlanId(required=True, allow_none=True)
    expires_at = Milliseconds(required=True, allow_none=True)
    feature_id = FeatureId(required=True)
    feature = Shape(FeatureAnswerSchema)


class BalanceRowSchema(BalancePartSchema):
    """One grant, with whose it is."""

    feature_id = FeatureId(required=True)
    status = Choice("active", "expired", required=True)
    rollovers = ListOf(Shape(ShownRolloverSchema), required=True)
    customer_id = CustomerId(required=True)
    entity_id = EntityId(required=True, allow_none=True)
    created_at = Milliseconds(required=True)


class BalanceListSchema(WireSchema):
    """A page of balances."""

    list = ListOf(Shape(BalanceRowSchema), required=True)
    has_more = Flag(required=True)
    next_cursor = Text(required=True, allow_none=True)


class DeductionSchema(WireSchema):
    """What one use of a product took from one grant; negative where it gave back."""

    balance_id = Text(required=True)
    feature_id = FeatureId(required=True)
    plan_id = PlanId(required=True, allow_none=True)
    reset = Shape(ShownResetSchema, required=True, allow_none=True)
    value = Quantity(required=True)
