"""The features and plans that the examples are about, and short ways to write more of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from ledger.core.offers.catalog import Catalog
from ledger.core.period import Every, Interval
from ledger.core.terms import (
    BasePrice,
    CreditCost,
    Feature,
    FeatureKind,
    ItemPrice,
    Method,
    Plan,
    PlanItem,
    Tier,
    TierBehavior,
)

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAY: Final = Every(Interval.DAY)
MONTH: Final = Every(Interval.MONTH)
YEAR: Final = Every(Interval.YEAR)
ONCE: Final = Every(Interval.ONE_OFF)


def units(number: float | str) -> Decimal:
    """A quantity as it is written."""
    return Decimal(str(number))


def consumable(feature_id: str, *event_names: str) -> Feature:
    return Feature(feature_id, feature_id.title(), FeatureKind.CONSUMABLE, event_names)


def allocated(feature_id: str) -> Feature:
    return Feature(feature_id, feature_id.title(), FeatureKind.ALLOCATED)


def boolean(feature_id: str) -> Feature:
    return Feature(feature_id, feature_id.title(), FeatureKind.BOOLEAN)


MESSAGES: Final = consumable("messages", "message.sent")
WORDS: Final = consumable("words", "message.sent")
USERS: Final = allocated("users")
WORKFLOWS: Final = allocated("workflows")
SSO: Final = boolean("sso")
ACTION1: Final = consumable("action1")
ACTION2: Final = consumable("action2")
CREDITS: Final = Feature(
    "credits",
    "Credits",
    FeatureKind.CONSUMABLE,
    credits=(CreditCost("action1", Decimal("0.2")), CreditCost("action2", Decimal("0.6"))),
)
FEATURES: Final = {
    each.feature_id: each for each in (MESSAGES, WORDS, USERS, WORKFLOWS, SSO, ACTION1, ACTION2, CREDITS)
}


def included(feature: Feature, number: float | str, reset: Every | None = MONTH) -> PlanItem:
    """Units that a plan includes; held ones never reset."""
    return PlanItem(
        feature.feature_id,
        feature.kind,
        units(number),
        reset=None if feature.kind is FeatureKind.ALLOCATED else reset,
    )


def unlimited(feature: Feature) -> PlanItem:
    return PlanItem(feature.feature_id, feature.kind, unlimited=True)


def switched_on(feature: Feature) -> PlanItem:
    return PlanItem(feature.feature_id, feature.kind)


def metered(
    feature: Feature, number: float | str, price_minor: float | str, *, every: Every = MONTH, most: int | None = None
) -> PlanItem:
    """Units that a plan includes, and more sold one by one as they are used."""
    price = ItemPrice(every, Method.USAGE_BASED, units(price_minor), max_purchase=None if most is None else units(most))
    reset = None if feature.kind is FeatureKind.ALLOCATED else every
    return PlanItem(feature.feature_id, feature.kind, units(number), reset=reset, price=price)


def prepaid(
    feature: Feature,
    number: float | str,
    pack_minor: float | str,
    pack_units: float | str = 100,
    *,
    every: Every = MONTH,
    most: int | None = None,
) -> PlanItem:
    """Units that a plan includes, and more sold ahead in packs."""
    price = ItemPrice(
        every,
        Method.PREPAID,
        units(pack_minor),
        billing_units=units(pack_units),
        max_purchase=None if most is None else units(most),
    )
    reset = None if feature.kind is FeatureKind.ALLOCATED else every
    return PlanItem(feature.feature_id, feature.kind, units(number), reset=reset, price=price)


def tiered(
    feature: Feature,
    number: float | str,
    tiers: Sequence[tuple[int | None, int]],
    *,
    behavior: TierBehavior = TierBehavior.GRADUATED,
    pack_units: int = 100,
) -> PlanItem:
    """Units sold ahead in packs whose price depends on how many are bought; prices per pack in minor units."""
    bands = tuple(Tier(None if to is None else units(to), units(price)) for to, price in tiers)
    price = ItemPrice(MONTH, Method.PREPAID, None, bands, behavior, units(pack_units))
    return PlanItem(feature.feature_id, feature.kind, units(number), reset=MONTH, price=price)


def plan(
    plan_id: str,
    dollars: int,
    *items: PlanItem,
    every: Every = MONTH,
    add_on: bool = False,
    auto_enable: bool = False,
    group: str = "",
    version: int = 1,
) -> Plan:
    """A plan with a base price in dollars (none when it is zero)."""
    return Plan(
        plan_id,
        version,
        plan_id.title(),
        START,
        base=BasePrice(dollars * 100, every) if dollars else None,
        items=items,
        add_on=add_on,
        auto_enable=auto_enable,
        group=group,
    )


def offering(*plans: Plan) -> Catalog:
    """A catalog with every feature and these plans."""
    listeners: dict[str, tuple[str, ...]] = {}
    for feature in FEATURES.values():
        for name in feature.event_names:
            listeners[name] = (*listeners.get(name, ()), feature.feature_id)
    systems: dict[str, tuple[str, ...]] = {}
    for feature in FEATURES.values():
        for cost in feature.credits:
            systems[cost.feature_id] = (*systems.get(cost.feature_id, ()), feature.feature_id)
    versions: dict[str, tuple[Plan, ...]] = {}
    for each in plans:
        versions[each.plan_id] = (*versions.get(each.plan_id, ()), each)
    return Catalog(0, FEATURES, versions, listeners, systems)


FREE: Final = plan("free", 0, included(MESSAGES, 100))
PRO: Final = plan("pro", 20, included(MESSAGES, 500))
PREMIUM: Final = plan("premium", 50, included(MESSAGES, 1000))
PRO_ANNUAL: Final = plan("pro_annual", 200, included(MESSAGES, 500), every=YEAR)
EXTRA: Final = plan("extra", 20, included(WORDS, 200), add_on=True)
CATALOG: Final = offering(FREE, PRO, PREMIUM, PRO_ANNUAL, EXTRA)
