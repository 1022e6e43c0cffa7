"""The features of a ledger as a list: what each is, what feeds it, what it costs in credits, which plans grant it."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.catalog.words import Band
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.dashboard.words import units
from ledger.core.offers.catalog import Catalog
from ledger.core.offers.features import users_of
from ledger.core.terms import CreditCost, Feature, FeatureKind, Plan

HERE: Final = "/features"
KINDS: Final = {
    FeatureKind.BOOLEAN: ("boolean", "there or not"),
    FeatureKind.CONSUMABLE: ("metered, consumable", "used up and reset"),
    FeatureKind.ALLOCATED: ("metered, allocated", "held until freed"),
}
CREDITS: Final = ("credit system", "others draw on it")


class Cost(NamedTuple):
    """What a feature costs in the credits of a system; by tiers where it has `bands`."""

    name: str
    says: str
    bands: Sequence[Band]


class FeatureRow(NamedTuple):
    """A feature of the list."""

    feature: Feature
    kind: tuple[str, str]
    costs: Sequence[Cost]
    plans: Sequence[Plan]
    systems: Sequence[Feature]


def list_page(visitor: Visitor) -> Response:
    """The list, or with htmx the part of it that changes."""
    search = visitor.call.request.args.get("search", "").strip()
    catalog: Catalog = visitor.call.background.catalog
    found = [each for each in catalog.features.values() if _like(each, search)]
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "search": search,
        "rows": [_row(each, catalog) for each in found if not each.archived],
        "archived": [_row(each, catalog) for each in found if each.archived],
        "any": bool(catalog.features),
    }
    return page("catalog/feature_rows.html" if visitor.part else "catalog/features.html", **shown)


def kind_words(feature: Feature) -> tuple[str, str]:
    """What a feature is, and what that means."""
    return CREDITS if feature.credits else KINDS[feature.kind]


def _like(feature: Feature, search: str) -> bool:
    return any(search.lower() in text.lower() for text in (feature.feature_id, feature.name, *feature.event_names))


def _row(feature: Feature, catalog: Catalog) -> FeatureRow:
    users = users_of(catalog, feature.feature_id)
    systems = catalog.systems.get(feature.feature_id, ())
    plans = users[: len(users) - len(systems)]
    return FeatureRow(
        feature,
        kind_words(feature),
        [_cost(each, catalog) for each in feature.credits],
        [catalog.plan(each) for each in plans],
        [catalog.feature(each) for each in systems],
    )


def _cost(found: CreditCost, catalog: Catalog) -> Cost:
    feature = catalog.features.get(found.feature_id)
    name = found.feature_id if feature is None else feature.name
    if found.tiers:
        return Cost(name, "by tiers", list(_bands(found)))
    return Cost(name, _credits(found, found.cost), ())


def _bands(found: CreditCost) -> Sequence[Band]:
    bands, after = list[Band](), "0"
    for tier in found.tiers:
        reach = f"more than {after}" if tier.to is None else f"up to {units(tier.to)}"
        bands.append(Band(reach, _credits(found, tier.cost), ""))
        after = units(tier.to)
    return bands


def _credits(found: CreditCost, cost: object) -> str:
    shown = units(cost)  # type: ignore[arg-type]  # a Decimal wherever there are no tiers
    return f"{shown} each" if found.billing_units == 1 else f"{shown} per {units(found.billing_units)}"
