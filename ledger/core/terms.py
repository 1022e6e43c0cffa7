"""What the catalog offers, as values: features, prices, plan items and plans.

These values are copied whole into the events that create and attach them, so they obey the rule of events:
a field may be added with a default, never changed or removed. Amounts are minor units.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from ledger.core.money import ONE, ZERO
from ledger.core.period import Every, Interval


class FeatureKind(StrEnum):
    """Boolean: there or not. Consumable: used up and reset. Allocated: held until freed, such as seats."""

    BOOLEAN = "boolean"
    CONSUMABLE = "consumable"
    ALLOCATED = "allocated"


class CreditTier(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A band of a credit cost, up to and including `to` units of the period (None: without end)."""

    to: Decimal | None
    cost: Decimal


class CreditCost(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What `billing_units` of a feature cost in credits: one cost, or graduated tiers."""

    feature_id: str
    cost: Decimal | None = None
    billing_units: Decimal = ONE
    tiers: tuple[CreditTier, ...] = ()


class Feature(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Something a plan can grant and a product can use. With `credits` it is a credit system: others draw on it."""

    feature_id: str
    name: str
    kind: FeatureKind
    event_names: tuple[str, ...] = ()
    singular: str | None = None
    plural: str | None = None
    archived: bool = False
    credits: tuple[CreditCost, ...] = ()


class Method(StrEnum):
    """How units are paid for: ahead, as a quantity, or afterwards, as used."""

    PREPAID = "prepaid"
    USAGE_BASED = "usage_based"


class TierBehavior(StrEnum):
    """Graduated: each band at its own price. Volume: the whole quantity at the band it falls in (§2.3)."""

    GRADUATED = "graduated"
    VOLUME = "volume"


class Tier(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A price band up to and including `to` units (None: without end); prices per pack, in minor units.

    `currencies` has the unit price and the flat amount in other currencies.
    """

    to: Decimal | None
    unit_price_minor: Decimal
    flat_minor: Decimal = ZERO
    currencies: dict[str, tuple[Decimal, Decimal]] = {}


class ItemPrice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The price of units beyond the included ones: `unit_price_minor` for each started pack of `billing_units`."""

    every: Every
    method: Method
    unit_price_minor: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    tier_behavior: TierBehavior = TierBehavior.GRADUATED
    billing_units: Decimal = ONE
    max_purchase: Decimal | None = None
    currencies: dict[str, Decimal] = {}


class BasePrice(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The fixed price of a plan, in minor units of the plan's currency, once per period; and in other currencies."""

    amount_minor: int
    every: Every
    currencies: dict[str, int] = {}


class OnIncrease(StrEnum):
    """When more units bought ahead, or more seats, are billed (§2.3)."""

    BILL_IMMEDIATELY = "bill_immediately"
    PRORATE_IMMEDIATELY = "prorate_immediately"
    PRORATE_NEXT_CYCLE = "prorate_next_cycle"
    BILL_NEXT_CYCLE = "bill_next_cycle"


class OnDecrease(StrEnum):
    """When fewer units bought ahead, or fewer seats, are credited (§2.3)."""

    PRORATE = "prorate"
    PRORATE_IMMEDIATELY = "prorate_immediately"
    PRORATE_NEXT_CYCLE = "prorate_next_cycle"
    NONE = "none"
    NO_PRORATIONS = "no_prorations"


class Proration(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How a change of quantity within a period is billed."""

    on_increase: OnIncrease = OnIncrease.PRORATE_IMMEDIATELY
    on_decrease: OnDecrease = OnDecrease.PRORATE_IMMEDIATELY


class Rollover(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How much of what is left over outlives a reset: up to `most` units, or a percentage of what was granted.

    Leftovers expire `months` months after the reset they survived; without a number they never do.
    """

    most: Decimal | None = None
    percentage: Decimal | None = None
    months: int | None = None


class OnTrialEnd(StrEnum):
    """What follows a trial: the plan is paid for, or the plan from before comes back (§2.4)."""

    BILL = "bill"
    REVERT = "revert"


class FreeTrial(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Time at the beginning that costs nothing: days, months or years (§2.5)."""

    length: Every
    card_required: bool = False
    on_end: OnTrialEnd = OnTrialEnd.BILL


class SpendLimit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How far below zero a feature may go: units, or a percentage of what was granted. For all features without an id.

    A limit that is not enabled takes every bound away (§2.9). `skip_billing`: such overage is not put on invoices.
    """

    feature_id: str | None = None
    overage_limit: Decimal | None = None
    percentage: bool = False
    enabled: bool = False
    skip_billing: bool = False


class LimitAnchor(StrEnum):
    """What the windows of a usage limit are counted from."""

    BILLING_CYCLE = "billing_cycle"
    UTC = "utc"


class UsageLimit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How many units may be used in a window, whatever is left; with `properties`, of uses that carry them all."""

    feature_id: str
    limit: Decimal
    interval: Interval
    anchor: LimitAnchor = LimitAnchor.BILLING_CYCLE
    properties: dict[str, str] = {}
    enabled: bool = True


class UsageAlert(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A threshold to be told of: `usage`, `usage_percentage`, `remaining` or `remaining_percentage` of a `basis`."""

    threshold: Decimal
    threshold_type: str
    feature_id: str | None = None
    enabled: bool = True
    basis: str = "balance"
    properties: dict[str, str] = {}
    name: str | None = None


class PurchaseLimit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How many top-ups may happen in an interval."""

    every: Every
    limit: int


class AutoTopup(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Buy `quantity` units whenever less than `threshold` remain."""

    feature_id: str
    threshold: Decimal
    quantity: Decimal
    enabled: bool = False
    purchase_limit: PurchaseLimit | None = None


class OverageAllowed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Whether a feature may be used beyond what was granted, in place of what its price says."""

    feature_id: str
    enabled: bool = False


class Controls(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The limits of a plan, a customer or an entity (§2.9)."""

    spend_limits: tuple[SpendLimit, ...] = ()
    usage_limits: tuple[UsageLimit, ...] = ()
    usage_alerts: tuple[UsageAlert, ...] = ()
    auto_topups: tuple[AutoTopup, ...] = ()
    overage_allowed: tuple[OverageAllowed, ...] = ()


class Discount(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What may be taken off: a percentage, or an amount in minor units of one currency.

    It counts on one invoice (`once`), for `months` months, or for good; on the plans in `plan_ids`, or on all.
    """

    discount_id: str
    name: str
    percent: Decimal | None = None
    amount_minor: int | None = None
    currency: str | None = None
    once: bool = False
    months: int | None = None
    plan_ids: tuple[str, ...] = ()
    promotion_codes: tuple[str, ...] = ()


class PlanItem(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a plan grants of one feature, how it resets, and what more of it costs.

    Units bought once expire `expiry` after each purchase. With an `entity_feature_id` each entity of that feature has a
    balance of its own of it, and the customer none (§2.12).
    """

    feature_id: str
    kind: FeatureKind
    included: Decimal = ZERO
    unlimited: bool = False
    reset: Every | None = None
    price: ItemPrice | None = None
    proration: Proration | None = None
    rollover: Rollover | None = None
    expiry: Every | None = None
    entity_feature_id: str | None = None

    @property
    def prepaid(self) -> bool:
        return self.price is not None and self.price.method is Method.PREPAID

    @property
    def usage_based(self) -> bool:
        return self.price is not None and self.price.method is Method.USAGE_BASED


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One version of a plan: the promise that an attach copies. A `custom` one was made for its customer alone."""

    plan_id: str
    version: int
    name: str
    created_at: datetime
    currency: str = "usd"
    description: str | None = None
    group: str = ""
    add_on: bool = False
    auto_enable: bool = False
    base: BasePrice | None = None
    items: tuple[PlanItem, ...] = ()
    archived: bool = False
    anchor_to_month_start: bool = False
    ignore_past_due: bool = False
    metadata: dict[str, str | int | bool | None] = {}
    free_trial: FreeTrial | None = None
    controls: Controls | None = None
    custom: bool = False

    @property
    def priced(self) -> bool:
        """True when anything about the plan costs money."""
        return self.base is not None or any(item.price is not None for item in self.items)

    @property
    def cycles(self) -> list[Every]:
        """The intervals at which parts of the plan are billed again; none for a free plan."""
        found: list[Every] = []
        if self.base is not None and self.base.every.repeats:
            found.append(self.base.every)
        for item in self.items:
            if item.price is not None and item.price.every.repeats and item.price.every not in found:
                found.append(item.price.every)
        return found

    @property
    def cycle(self) -> Every | None:
        """The longest interval at which the plan is billed; None for a free plan (§2.4: end of the longest)."""
        return max(self.cycles, key=lambda each: each.rank, default=None)

    @property
    def one_off(self) -> bool:
        """True when everything it costs is paid once: a purchase, not a subscription."""
        return not self.cycles and self.priced
