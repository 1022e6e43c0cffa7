"""Plans for one customer alone: a catalog plan with a price, items or a trial of its own (reference §2.2)."""

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.offers.catalog import Catalog
from ledger.core.offers.offer import check_plan
from ledger.core.offers.plans import settled
from ledger.core.period import Every
from ledger.core.subscriptions.currency import in_currency
from ledger.core.terms import BasePrice, Controls, FreeTrial, Method, Plan, PlanItem


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

    @property
    def empty(self) -> bool:
        """True when nothing of the plan itself changes; a trial alone makes no plan of one's own."""
        return (
            self.price is UNSET
            and self.items is None
            and not self.add_items
            and not self.remove_items
            and self.controls is None
        )


def trial_named(customize: Customize | None, trial: FreeTrial | UnsetType | None) -> FreeTrial | UnsetType | None:
    """The trial that a caller names: that of the customisation goes before the one beside it."""
    return trial if customize is None or customize.free_trial is UNSET else customize.free_trial


def customised(plan: Plan, customize: Customize | None, catalog: Catalog, currency: str) -> Plan:
    """The plan as one customer gets it, in its currency: `custom` where its terms are not the catalog's.

    Prices of the customisation are amounts of that currency. Refuses what no plan of the catalog may be either.
    """
    if customize is None or customize.empty:
        return in_currency(plan, currency)
    if customize.items is not None and (customize.add_items or customize.remove_items):
        raise InvalidRequest("customize.items replaces every item: leave out add_items and remove_items")
    base = plan.base if customize.price is UNSET else customize.price
    items = plan.items if customize.items is None else customize.items
    for index, each in enumerate(customize.remove_items):
        items = _without(items, each, index)
    return _checked(_priced(plan, base, items, customize, catalog, currency))


def _priced(
    plan: Plan,
    base: BasePrice | None,
    items: tuple[PlanItem, ...],
    customize: Customize,
    catalog: Catalog,
    currency: str,
) -> Plan:
    """What stays of the plan is brought to the currency; what the caller wrote is in it already."""
    kept_base = base if customize.price is UNSET else None
    kept_items = items if customize.items is None else ()
    kept = in_currency(replace(plan, base=kept_base, items=kept_items), currency)
    written = (*(customize.items or ()), *customize.add_items)
    return replace(
        kept,
        base=kept.base if customize.price is UNSET else base,
        items=(*kept.items, *settled(catalog, written)),
        controls=plan.controls if customize.controls is None else customize.controls,
        custom=True,
    )


def _checked(plan: Plan) -> Plan:
    check_plan((), replace(plan, auto_enable=False))
    return plan


def _without(items: tuple[PlanItem, ...], which: ItemFilter, index: int) -> tuple[PlanItem, ...]:
    if which == ItemFilter():
        raise InvalidInput(f"customize.remove_items.{index} was empty and must name items, by feature_id for example")
    kept = tuple(item for item in items if not _matches(item, which))
    if len(kept) == len(items):
        raise InvalidInput(f"customize.remove_items.{index} matches no item of the plan: leave it out")
    return kept


def _matches(item: PlanItem, which: ItemFilter) -> bool:
    every = item.price.every if item.price is not None else item.reset
    said = (
        (which.feature_id, item.feature_id),
        (which.method, item.price.method if item.price is not None else None),
        (which.every, every),
        (which.interval, None if every is None else every.interval.value),
        (which.included, item.included),
    )
    return all(wanted is None or wanted == found for wanted, found in said)
