"""The values that events are made of.

They are copied into events for ever, so they obey the rule of events: a field may be added with a default,
never changed or removed. Programs that do not know the field never read it: they refuse a newer schema.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from ledger.core.money import ZERO
from ledger.core.period import Every
from ledger.core.terms import FeatureKind, ItemPrice, Plan, Rollover


class Allocation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units taken from one grant; negative when they were given back."""

    grant_id: str
    amount: Decimal


class Window(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The reset period that a grant was found in when it stopped being idle."""

    grant_id: str
    start: datetime
    end: datetime


class Level(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where one grant stands: what was granted and what of it remains (below zero: overage)."""

    granted: Decimal
    remaining: Decimal


class GrantTerms(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A new balance, with everything that later folds need to know of it.

    Loose when there is no `subscription_id`. Units that were left over from a period are a grant of their own, with
    the id of the balance they came from in `rollover_of` and their amount in `included`. `used` units were carried in
    from before; only then, and only with a `reset`, are the period's bounds here: an idle window has none
    (architecture.md, "Time").
    """

    grant_id: str
    feature_id: str
    kind: FeatureKind
    created_at: datetime
    entity_id: str | None = None
    subscription_id: str | None = None
    plan_id: str | None = None
    add_on: bool = False
    included: Decimal = ZERO
    prepaid: Decimal = ZERO
    used: Decimal = ZERO
    unlimited: bool = False
    reset: Every | None = None
    anchor: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    expires_at: datetime | None = None
    price: ItemPrice | None = None
    balance_id: str | None = None
    rollover: Rollover | None = None
    rollover_of: str | None = None
    drawn: dict[str, Decimal] = {}


class Quantity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The total units bought ahead of a prepaid feature, included ones counted."""

    feature_id: str
    quantity: Decimal


class Ended(StrEnum):
    """Why a plan ended."""

    CANCELED = "canceled"
    REPLACED = "replaced"
    ENTITY_DELETED = "entity_deleted"
    ENDED = "ended"


class Change(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One grant before and after."""

    grant_id: str
    before: Level
    after: Level


class Draw(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units of the feature that was used which one grant of credits paid for; its allocation is in credits."""

    grant_id: str
    units: Decimal


class Counted(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Units that count toward a usage limit in the window from `start` to `end`. `limit` is the limit's key."""

    limit: str
    start: datetime
    end: datetime
    units: Decimal


class AppliedDiscount(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A discount on a subscription, with its terms as they were: a percentage or an amount in minor units.

    It counts on invoices made before `ends_at`; without one it counts for good. A `once` one is gone after one invoice.
    """

    discount_id: str
    name: str
    percent: Decimal | None = None
    amount_minor: int | None = None
    once: bool = False
    ends_at: datetime | None = None


class LineDiscount(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a discount took off a line, in minor units above zero."""

    discount_id: str
    name: str
    amount_minor: int
    percent: Decimal | None = None


class LineKind(StrEnum):
    """What a line of an invoice is for."""

    BASE = "base"
    PREPAID = "prepaid"
    SEATS = "seats"
    USAGE = "usage"
    CUSTOM = "custom"
    TOP_UP = "top_up"
    CORRECTION = "correction"


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of what is owed, in whole minor units after discounts; below zero for a credit.

    `quantity` is units of the feature, or 1. `prorated` says that the amount is a share of the price of
    `unit_price_minor`. `credit` marks what is given back of a line charged before. The stream versions
    `first_version` to `last_version` are the events it came from. `description` is there where a caller wrote one.
    """

    kind: LineKind
    amount_minor: int
    plan_id: str | None = None
    plan_name: str | None = None
    subscription_id: str | None = None
    entity_id: str | None = None
    feature_id: str | None = None
    quantity: Decimal = Decimal(1)
    unit_price_minor: Decimal | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    prorated: bool = False
    credit: bool = False
    discounts: tuple[LineDiscount, ...] = ()
    description: str | None = None
    first_version: int | None = None
    last_version: int | None = None

    @property
    def before_discounts_minor(self) -> int:
        return self.amount_minor + sum(each.amount_minor for each in self.discounts)


class Promise(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A plan with what was bought of it, as it was held: what a trial that reverts goes back to."""

    plan: Plan
    quantities: tuple[Quantity, ...] = ()
    external_id: str | None = None
