"""Plans for one customer alone: a catalog plan with a price, items or a trial of its own (reference §2.2)."""

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from ledger.core.period import Every
from ledger.core.terms import BasePrice, Controls, FreeTrial, Method, PlanItem


class ItemFilter(msgspec.Struct, frozen=True):
    """Names items to take out: those that match everything that is said."""

    feature_id: str | None = None
    method: Method | None = None
    every: Every | None = None
    interval: str | None = None
    included: Decimal | None = None


class Customize(msgspec.Struct, frozen=True):
    """What to change of a plan: `price` None takes the base price away, `items` replaces all, the others patch."""

    price: BasePrice | UnsetType | None = UNSET
    items: tuple[PlanItem, ...] | None = None
    add_items: tuple[PlanItem, ...] = ()
    remove_items: tuple[ItemFilter, ...] = ()
    free_trial: FreeTrial | UnsetType | None = UNSET
    controls: Controls | None = None
