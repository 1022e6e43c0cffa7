"""What a plan may look like: the rules an offer keeps before anybody can be attached to it (reference §2.1)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.invoices.pricing import billed_ahead
from ledger.core.money import ZERO
from ledger.core.offers.tariff import check_base, check_every, check_price
from ledger.core.period import Every, Interval
from ledger.core.terms import FeatureKind, FreeTrial, Plan, PlanItem, Rollover

TRIED_FOR: Final = (Interval.DAY, Interval.MONTH, Interval.YEAR)
PURCHASES_EXPIRE_AFTER: Final = (Interval.DAY, Interval.WEEK, Interval.MONTH, Interval.YEAR)
ALL_OF_IT: Final = Decimal(100)


def check_plan(defaults: Sequence[Plan], plan: Plan) -> None:
    """Refuse a plan that contradicts itself, or a second default of its group."""
    if plan.auto_enable:
        check_default(defaults, plan)
    check_base(plan.base, plan.currency)
    for item in plan.items:
        _check_item(item, plan.currency)
    _check_apart(plan.items)
    if plan.free_trial is not None:
        _check_trial(plan, plan.free_trial)


def check_default(defaults: Sequence[Plan], plan: Plan) -> None:
    """Refuse a default plan that costs money, and a second one of its group."""
    if plan.priced:
        raise InvalidRequest(
            f"Plan {plan.plan_id} costs money, so it cannot be enabled by itself: set auto_enable to false"
        )
    for other in defaults:
        if other.plan_id != plan.plan_id and other.group == plan.group and not (other.add_on or plan.add_on):
            raise InvalidRequest(
                f"Plan {other.plan_id} is the default of group {plan.group!r} already: there is one per group"
            )


def _check_trial(plan: Plan, trial: FreeTrial) -> None:
    check_every("free_trial.duration_type", trial.length, TRIED_FOR)
    if plan.one_off:
        raise InvalidRequest(f"Plan {plan.plan_id} is bought once and cannot be tried: leave out free_trial")


def _check_apart(items: Sequence[PlanItem]) -> None:
    """A plan may have several items of one feature, as long as a request can say which of them it means."""
    seen: set[tuple[object, ...]] = set()
    for item in items:
        key = _told_apart_by(item)
        if key in seen:
            raise InvalidRequest(
                f"Two items of feature {item.feature_id} cannot be told apart: they have the same reset and the same "
                "kind of price, or are both prepaid; make them one, or sell one of them with another plan"
            )
        seen.add(key)


def _told_apart_by(item: PlanItem) -> tuple[object, ...]:
    price = item.price
    if price is not None and item.prepaid:
        return item.feature_id, price.method  # a quantity that is bought names its feature alone
    sold = (price.method, price.every) if price is not None else None
    return item.feature_id, item.entity_feature_id, sold, item.reset, item.included, item.unlimited


def _check_item(item: PlanItem, currency: str) -> None:
    where = f"item of feature {item.feature_id}"
    if item.kind is FeatureKind.BOOLEAN and (item.price is not None or item.reset is not None or item.included):
        raise InvalidInput(f"{where}: a boolean feature is there or not; leave out included, reset and price")
    if item.included < ZERO:
        raise InvalidInput(f"{where}: included must not be negative")
    if item.unlimited and item.price is not None:
        raise InvalidInput(f"{where}: unlimited units have no price; leave out one of unlimited and price")
    if item.reset is not None:
        check_every(f"{where}: reset.interval", item.reset)
    if item.price is not None:
        check_price(where, item.price, currency)
    if item.rollover is not None:
        _check_rollover(where, item, item.rollover)
    _check_purchases(where, item)
    if item.entity_feature_id is not None:
        _check_each_entity(where, item)


def _check_each_entity(where: str, item: PlanItem) -> None:
    """Each entity gets what is included, and more of it as it is used: what is paid ahead is the customer's (§2.12)."""
    if item.entity_feature_id == item.feature_id:
        raise InvalidInput(f"{where}: entity_feature_id was the item's own feature and must be that of the entities")
    if item.price is not None and billed_ahead(item):
        raise InvalidRequest(
            f"{where}: units bought ahead and seats that cost something are the customer's, not each entity's; leave "
            "out entity_feature_id, or attach a plan to the entity"
        )


def _check_rollover(where: str, item: PlanItem, rollover: Rollover) -> None:
    if item.kind is not FeatureKind.CONSUMABLE or item.unlimited:
        raise InvalidRequest(f"{where}: nothing is left over of what is held or has no limit; leave out rollover")
    if item.reset is None or not item.reset.repeats:
        raise InvalidRequest(f"{where}: nothing outlives a reset that never comes; leave out rollover, or send reset")
    check_rolls_over(where, item.reset)
    if rollover.most is not None and rollover.percentage is not None:
        raise InvalidInput(f"{where}: give one of rollover.max and rollover.max_percentage")
    if rollover.most is not None and rollover.most < ZERO:
        raise InvalidInput(f"{where}: rollover.max must not be negative")
    if rollover.percentage is not None and not ZERO <= rollover.percentage <= ALL_OF_IT:
        raise InvalidInput(f"{where}: rollover.max_percentage must be from 0 to 100")
    if rollover.months is not None and rollover.months < 1:
        raise InvalidInput(f"{where}: rollover.expiry_duration_length must be at least 1")


def check_rolls_over(where: str, reset: Every) -> None:
    """Refuse leftovers of minutes and hours: each would be an event and a balance of its own, for ever."""
    if reset.interval in (Interval.MINUTE, Interval.HOUR):
        raise InvalidRequest(
            f"{where}: rollover goes with a reset each day or less often, and reset.interval was"
            f" {reset.interval.value}; leave out rollover"
        )


def _check_purchases(where: str, item: PlanItem) -> None:
    """Proration is for units bought ahead and for seats; units expire after a purchase where they are bought once."""
    held = item.kind is FeatureKind.ALLOCATED and item.price is not None
    if item.proration is not None and not (item.prepaid or held):
        raise InvalidRequest(f"{where}: only units bought ahead and seats are prorated; leave out proration")
    if item.expiry is None:
        return
    check_every(f"{where}: expiry.duration", item.expiry, PURCHASES_EXPIRE_AFTER)
    if item.price is None or not item.prepaid or item.price.every.repeats:
        raise InvalidRequest(f"{where}: only units that are bought once, ahead, expire; leave out expiry")
