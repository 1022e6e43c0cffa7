"""What requests that change plans have in common: how a plan is customised, discounted, invoiced and collected.

Amounts are major units of the currency that the customer is billed in.
"""

from typing import Any

from marshmallow import ValidationError, validates_schema

from api.wire import limits
from api.wire.common import BILLING_INTERVALS, INTERVALS, interval_count
from api.wire.controls import ControlsSchema
from api.wire.fields import Choice, EntityId, FeatureId, Flag, Identifier, JsonSchema, PlanId, Text, WireField
from api.wire.items import PlanItemSchema
from api.wire.nesting import ListOf, Shape, Unsupported
from api.wire.plans import FreeTrialSchema
from api.wire.prices import METHODS, BasePriceSchema
from api.wire.quantities import Amount, Milliseconds, Quantity, Whole
from api.wire.schema import WireSchema, instance_of

ANY_INTERVAL = (*INTERVALS, *(each for each in BILLING_INTERVALS if each not in INTERVALS))
PAYMENT_METHOD_TYPES = (
    "card", "customer_balance", "us_bank_account", "sepa_debit", "bacs_debit", "acss_debit", "link",
)  # fmt: skip
PRORATIONS = ("prorate_immediately", "none", "bill_difference")
TERMS_DAYS_MAX = 3_660


class FeatureQuantitySchema(WireSchema):
    """How many units of a prepaid feature, in all: included ones count."""

    feature_id = FeatureId(required=True)
    quantity = Quantity(0)
    adjustable = Unsupported(neutral=(True,))


class ItemFilterSchema(WireSchema):
    """Names items to take out of a plan: those that match everything that is sent."""

    feature_id = FeatureId()
    billing_method = Choice(*METHODS)
    interval = Choice(*ANY_INTERVAL)
    interval_count = interval_count()
    included = Quantity(0)

    @validates_schema
    def counts_an_interval(self, data: dict[str, Any], **_: Any) -> None:
        """A number of nothing matches nothing."""
        if "interval_count" in data and "interval" not in data:
            raise ValidationError("was not sent and must be sent with interval_count", "interval")


class PlanTermsSchema(WireSchema):
    """A plan's price and items for one customer alone. `price` null takes the base price away."""

    price = Shape(BasePriceSchema, allow_none=True)
    items = ListOf(Shape(PlanItemSchema))


class PatchedTermsSchema(PlanTermsSchema):
    """The same, or some items more and some fewer, and limits of its own."""

    add_items = ListOf(Shape(PlanItemSchema))
    remove_items = ListOf(Shape(ItemFilterSchema))
    billing_controls = Shape(ControlsSchema)
    upsert_licenses = Unsupported()
    remove_licenses = Unsupported()

    @validates_schema
    def replaces_or_patches(self, data: dict[str, Any], **_: Any) -> None:
        """All items are replaced, or some are added and taken out."""
        for name in ("add_items", "remove_items"):
            if "items" in data and data.get(name):
                raise ValidationError("was sent and must not be where items is: that replaces every item", name)


class CustomizeSchema(PatchedTermsSchema):
    """A plan for one customer alone; `free_trial` null takes the trial away."""

    free_trial = Shape(FreeTrialSchema, allow_none=True)


class InvoiceModeSchema(WireSchema):
    """Invoice and wait for the money, in place of charging it now. `finalize` is the older `issue_method`."""

    enabled = Flag(required=True)
    enable_plan_immediately = Flag(load_default=False)
    finalize = Flag()
    issue_method = Choice("draft", "finalize", "send")
    invoice_template_id = Unsupported()
    net_terms_days = Whole(0, TERMS_DAYS_MAX)
    payment_method_types = ListOf(Choice(*PAYMENT_METHOD_TYPES))

    @validates_schema
    def says_once_how_far(self, data: dict[str, Any], **_: Any) -> None:
        """Two fields for one thing must not contradict each other."""
        if "finalize" in data and "issue_method" in data and data["finalize"] == (data["issue_method"] == "draft"):
            raise ValidationError("contradicts issue_method and must be left out", "finalize")


class DiscountRefSchema(WireSchema):
    """A discount of the catalog, by its id or by a promotion code."""

    reward_id = Identifier()
    promotion_code = Identifier()

    @validates_schema
    def names_one_discount(self, data: dict[str, Any], **_: Any) -> None:
        """An empty discount is a mistake; two names may be two discounts."""
        if len(data) != 1:
            was = "was not sent and must be" if not data else "was sent and must not be where promotion_code is"
            raise ValidationError(f"{was}, or promotion_code: one of the two", "reward_id")


class DiscountIdSchema(WireSchema):
    """A discount to take off a subscription."""

    reward_id = Identifier(required=True)


class CustomLineSchema(WireSchema):
    """A line as the caller writes it; below zero it is a credit."""

    amount = Amount(required=True)
    description = Text(required=True)


class DatedLineSchema(CustomLineSchema):
    """The same, with the period it covers."""

    period_start = Milliseconds()
    period_end = Milliseconds()

    @validates_schema
    def covers_a_period(self, data: dict[str, Any], **_: Any) -> None:
        """A period has a start and a later end."""
        whole_period(data)


def whole_period(data: dict[str, Any]) -> None:
    """Refuse half a period, and one that ends before it starts."""
    for one, other in (("period_start", "period_end"), ("period_end", "period_start")):
        if one not in data and other in data:
            raise ValidationError(f"was not sent and must be sent with {other}", one)
    if "period_start" in data and data["period_end"] <= data["period_start"]:
        raise ValidationError("is not after period_start and must be", "period_end")


class PriceFilterSchema(WireSchema):
    """Names a price by how often it is billed."""

    interval = Choice(*BILLING_INTERVALS)
    interval_count = interval_count()

    @validates_schema
    def counts_an_interval(self, data: dict[str, Any], **_: Any) -> None:
        """A number of nothing matches nothing."""
        if "interval_count" in data and "interval" not in data:
            raise ValidationError("was not sent and must be sent with interval_count", "interval")


class FeatureLineSchema(PriceFilterSchema):
    """Names the line of one price of a feature."""

    feature_id = FeatureId(required=True)
    billing_behavior = Choice(*METHODS, required=True)


class BasePriceLine(WireField):
    """True for the line of the base price; an object narrows it to one interval. Becomes a dict, or False."""

    must_be = "true, or an object with interval and interval_count"

    def read(self, value: Any) -> Any:
        if type(value) is bool:
            return {} if value else False
        if type(value) is dict:
            return instance_of(PriceFilterSchema).load(value)
        raise self.wrong(value)

    def describe(self) -> JsonSchema:
        word = {"type": "string", "enum": list(BILLING_INTERVALS)}
        count = {"type": "integer", "minimum": 1, "maximum": limits.INTERVAL_COUNT_MAX}
        return {
            "anyOf": [
                {"type": "boolean"},
                {"type": "object", "properties": {"interval": word, "interval_count": count}},
            ]
        }


class RemoveLineSchema(WireSchema):
    """Names computed lines to leave out: of a plan all, or its base price, or prices of its features."""

    plan_id = PlanId(required=True)
    entity_id = EntityId(allow_none=True)
    direction = Choice("charge", "refund")
    price = BasePriceLine()
    feature_quantities = ListOf(Shape(FeatureLineSchema))
    license_quantities = Unsupported()


class CarrySchema(WireSchema):
    """What passes over to the next plan: of these features, or of all consumable ones."""

    enabled = Flag(required=True)
    feature_ids = ListOf(FeatureId(), least=1)
