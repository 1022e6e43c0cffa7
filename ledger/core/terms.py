"""What the catalog offers, as values: features, prices, plan items and plans.

These values are copied whole into the events that create and attach them, so they obey the rule of events:
a field may be added with a default, never changed or removed.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from ledger.core.money import ONE, ZERO
from ledger.core.period import Every


class FeatureKind(StrEnum):
    """Boolean: there or not. Consumable: used up and reset. Allocated: held until freed, such as seats."""

    BOOLEAN = "boolean"
    CONSUMABLE = "consumable"
    ALLOCATED = "allocated"


class Feature(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something a plan can grant and a product can use."""

    feature_id: str
    name: str
    kind: FeatureKind
    event_names: tuple[str, ...] = ()
    singular: str | None = None
    plural: str | None = None
    archived: bool = False


class Method(StrEnum):
    """How units are paid for: ahead, as a quantity, or afterwards, as used."""

    PREPAID = "prepaid"
    USAGE_BASED = "usage_based"


class TierBehavior(StrEnum):
    """Graduated: each band at its own price. Volume: the whole quantity at the band it falls in (§2.3)."""

    GRADUATED = "graduated"
    VOLUME = "volume"


class Tier(msgspec.Struct, frozen=True, omit_defaults=True):
    """A price band up to and including `to` units (None: without end); prices per pack, in minor units."""

    to: Decimal | None
    unit_price_minor: Decimal
    flat_minor: Decimal = ZERO


class ItemPrice(msgspec.Struct, frozen=True, omit_defaults=True):
    """The price of units beyond the included ones: `unit_price_minor` for each started pack of `billing_units`."""

    every: Every
    method: Method
    unit_price_minor: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    tier_behavior: TierBehavior = TierBehavior.GRADUATED
    billing_units: Decimal = ONE
    max_purchase: Decimal | None = None


class BasePrice(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fixed price of a plan, in minor units of the plan's currency, once per period."""

    amount_minor: int
    every: Every


class PlanItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a plan grants of one feature, how it resets, and what more of it costs."""

    feature_id: str
    kind: FeatureKind
    included: Decimal = ZERO
    unlimited: bool = False
    reset: Every | None = None
    price: ItemPrice | None = None

    @property
    def prepaid(self) -> bool:
        return self.price is not None and self.price.method is Method.PREPAID

    @property
    def usage_based(self) -> bool:
        return self.price is not None and self.price.method is Method.USAGE_BASED


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of a plan: the promise that an attach copies."""

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

    @property
    def priced(self) -> bool:
        """True when anything about the plan costs money."""
        return self.base is not None or any(item.price is not None for item in self.items)

    @property
    def cycle(self) -> Every | None:
        """The longest interval at which the plan is billed; None for a free plan (§2.4: end of the longest)."""
        every = [self.base.every] if self.base else []
        every += [item.price.every for item in self.items if item.price is not None]
        repeating = [each for each in every if each.repeats]
        return max(repeating, key=lambda each: each.rank, default=None)

    @property
    def one_off(self) -> bool:
        """True when everything it costs is paid once: a purchase, not a subscription."""
        return self.priced and self.cycle is None
