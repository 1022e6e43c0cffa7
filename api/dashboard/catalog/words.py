"""What a plan promises, in plain words: prices, items, tiers, limits."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from api.dashboard.words import exact_money, units
from ledger.core.money import to_major
from ledger.core.period import Every, Interval
from ledger.core.terms import (
    BasePrice,
    Feature,
    FeatureKind,
    FreeTrial,
    ItemPrice,
    Method,
    OnDecrease,
    OnIncrease,
    OnTrialEnd,
    PlanItem,
    Rollover,
    Tier,
    TierBehavior,
)

INTERVALS: Final[Mapping[Interval, tuple[str, str]]] = {
    Interval.ONE_OFF: ("once", "once"),
    Interval.MINUTE: ("minute", "minutes"),
    Interval.HOUR: ("hour", "hours"),
    Interval.DAY: ("day", "days"),
    Interval.WEEK: ("week", "weeks"),
    Interval.MONTH: ("month", "months"),
    Interval.QUARTER: ("quarter", "quarters"),
    Interval.SEMI_ANNUAL: ("half-year", "half-years"),
    Interval.YEAR: ("year", "years"),
}
"""One of each interval and several."""
INCREASE: Final = {
    OnIncrease.BILL_IMMEDIATELY: "more is billed in full at once",
    OnIncrease.PRORATE_IMMEDIATELY: "more is billed for the rest of the period at once",
    OnIncrease.PRORATE_NEXT_CYCLE: "more is billed for the rest of the period on the next invoice",
    OnIncrease.BILL_NEXT_CYCLE: "more is billed from the next period on",
}
DECREASE: Final = {
    OnDecrease.PRORATE: "less is credited for the rest of the period",
    OnDecrease.PRORATE_IMMEDIATELY: "less is credited for the rest of the period at once",
    OnDecrease.PRORATE_NEXT_CYCLE: "less is credited for the rest of the period on the next invoice",
    OnDecrease.NONE: "less counts from the next period on",
    OnDecrease.NO_PRORATIONS: "less counts at once and is not credited",
}


class Band(NamedTuple):
    """A tier as a row: which units, what one costs, what is added once."""

    units: str
    price: str
    flat: str


class ItemWords(NamedTuple):
    """An item: what it grants, how more of it is sold, and what else holds. `bands` are its tiers."""

    feature_id: str
    name: str
    grant: str
    sold: str
    bands: Sequence[Band]
    notes: Sequence[str]

    @property
    def sentence(self) -> str:
        """All of it in one line, for comparing."""
        bands = "; ".join(", ".join(part for part in each if part) for each in self.bands)
        return " · ".join(part for part in (self.grant, self.sold, bands, *self.notes) if part)


def per(every: Every) -> str:
    """How often something is paid: `per month`, `every 3 months`, `once`."""
    one, several = INTERVALS[every.interval]
    if not every.repeats:
        return one
    return f"per {one}" if every.count == 1 else f"every {every.count} {several}"


def each(every: Every) -> str:
    """How often something comes again: `each month`, `every 3 months`."""
    return per(every).replace("per ", "each ") if every.repeats else "once, for good"


def lasting(every: Every) -> str:
    """How long something lasts: `14 days`."""
    one, several = INTERVALS[every.interval]
    return f"{every.count} {one if every.count == 1 else several}"


def base_words(base: BasePrice | None, currency: str) -> str:
    """The fixed price of a plan."""
    if base is None:
        return "no fixed price"
    others = [exact_money(to_major(amount, other), other) for other, amount in base.currencies.items()]
    return f"{' or '.join([exact_money(to_major(base.amount_minor, currency), currency), *others])} {per(base.every)}"


def trial_words(trial: FreeTrial | None) -> str:
    """The trial of a plan."""
    if trial is None:
        return "none"
    end = {OnTrialEnd.BILL: "then it is billed", OnTrialEnd.REVERT: "then the plan before it comes back"}[trial.on_end]
    return f"{lasting(trial.length)}{', card required' if trial.card_required else ''}, {end}"


def item_words(item: PlanItem, features: Mapping[str, Feature], currency: str) -> ItemWords:
    """One item of a plan."""
    feature = features.get(item.feature_id)
    name = item.feature_id if feature is None else feature.name
    price = item.price
    return ItemWords(
        item.feature_id,
        name,
        _grant(item),
        "" if price is None else _sold(price, item, currency),
        () if price is None else bands(price, currency),
        list(_notes(item, features)),
    )


def bands(price: ItemPrice, currency: str) -> Sequence[Band]:
    """The tiers of a price, each from where the one before ends."""
    found, after = list[Band](), Decimal(0)
    for tier in price.tiers:
        found.append(_band(tier, after, price, currency))
        after = after if tier.to is None else tier.to
    return found


def _band(tier: Tier, after: Decimal, price: ItemPrice, currency: str) -> Band:
    reach = f"more than {units(after)}" if tier.to is None else f"up to {units(tier.to)}"
    if tier.to is None and not after:
        reach = "any number"
    unit = _unit(tier.unit_price_minor, currency, price.billing_units)
    others = [_unit(amount, other, price.billing_units) for other, (amount, _) in tier.currencies.items()]
    flats = [(tier.flat_minor, currency), *((flat, other) for other, (_, flat) in tier.currencies.items())]
    flat = " or ".join(exact_money(to_major(amount, code), code) for amount, code in flats if amount)
    return Band(reach, " or ".join([unit, *others]), f"plus {flat} once" if flat else "")


def _unit(amount_minor: Decimal, currency: str, pack: Decimal) -> str:
    shown = exact_money(to_major(amount_minor, currency), currency)
    return f"{shown} each" if pack == 1 else f"{shown} per {units(pack)}"


def _grant(item: PlanItem) -> str:
    if item.kind is FeatureKind.BOOLEAN:
        return "included"
    if item.unlimited:
        return "unlimited"
    if not item.included:
        return "none included"
    return f"{units(item.included)} {'included' if item.reset is None else each(item.reset)}"


def _sold(price: ItemPrice, item: PlanItem, currency: str) -> str:
    how = {Method.PREPAID: "bought ahead", Method.USAGE_BASED: "billed as used"}[price.method]
    if price.tiers:
        kind = {TierBehavior.GRADUATED: "by graduated tiers", TierBehavior.VOLUME: "by volume"}[price.tier_behavior]
        shown = f"{kind}, {per(price.every)}"
    else:
        costs = [(price.unit_price_minor or Decimal(0), currency), *((a, c) for c, a in price.currencies.items())]
        shown = f"{' or '.join(_unit(amount, code, price.billing_units) for amount, code in costs)} {per(price.every)}"
    more = "more at " if item.included and not price.tiers else "more " if item.included else ""
    most = "" if price.max_purchase is None else f", at most {units(price.max_purchase)}"
    return f"{more}{shown}, {how}{most}"


def _notes(item: PlanItem, features: Mapping[str, Feature]) -> Sequence[str]:
    found = list[str]()
    if item.rollover is not None:
        found.append(_rolls_over(item.rollover))
    if item.expiry is not None:
        found.append(f"what is bought expires after {lasting(item.expiry)}")
    if item.proration is not None:
        found.append(f"{INCREASE[item.proration.on_increase]}; {DECREASE[item.proration.on_decrease]}")
    if item.entity_feature_id is not None:
        of = features.get(item.entity_feature_id)
        found.append(f"a balance of its own for each of {item.entity_feature_id if of is None else of.name}")
    return found


def _rolls_over(rollover: Rollover) -> str:
    most = "what is left over" if rollover.most is None else f"up to {units(rollover.most)} left over"
    if rollover.percentage is not None:
        most = f"up to {units(rollover.percentage)} % left over"
    kept = "is kept" if rollover.most is None and rollover.percentage is None else "are kept"
    if rollover.months is None:
        return f"{most} {kept} for good"
    return f"{most} {kept} for {lasting(Every(Interval.MONTH, rollover.months))}"
