"""The features of a catalog, and what they cost in the credits of a credit system (reference §2.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from ledger.core.decider import Command
from ledger.core.errors import FeatureExists, InUse, InvalidInput, InvalidRequest
from ledger.core.events import Event, FeatureCreated, FeatureDeleted, FeatureUpdated
from ledger.core.money import ZERO
from ledger.core.offers.tariff import rising
from ledger.core.terms import Controls, CreditCost, Feature, FeatureKind

if TYPE_CHECKING:
    from ledger.core.offers.catalog import Catalog

MAX_FEATURES: Final = 1_000
CHANGEABLE: Final = ("name", "kind", "event_names", "singular", "plural", "archived", "credits")


class CreateFeature(Command, frozen=True):
    feature: Feature


class UpdateFeature(Command, frozen=True):
    """Change the fields that are not None. A kind only changes while no plan grants the feature."""

    feature_id: str
    name: str | None = None
    kind: FeatureKind | None = None
    event_names: tuple[str, ...] | None = None
    singular: str | None = None
    plural: str | None = None
    archived: bool | None = None
    credits: tuple[CreditCost, ...] | None = None


class DeleteFeature(Command, frozen=True):
    feature_id: str


def systems_of(features: Mapping[str, Feature]) -> Mapping[str, tuple[str, ...]]:
    """The credit systems that each feature draws on, in the order they were created."""
    systems: dict[str, tuple[str, ...]] = {}
    for system in features.values():
        for cost in system.credits:
            systems[cost.feature_id] = (*systems.get(cost.feature_id, ()), system.feature_id)
    return systems


def decide_create(state: Catalog, feature: Feature) -> Sequence[Event]:
    """Offer a new feature. Refuses an id that is taken, and costs in credits that contradict themselves."""
    if feature.feature_id in state.features:
        raise FeatureExists(feature.feature_id)
    if len(state.features) >= MAX_FEATURES:
        raise InvalidRequest(f"A ledger may have at most {MAX_FEATURES} features")
    _check_credits(state, feature)
    return [FeatureCreated(feature)]


def decide_update(state: Catalog, command: UpdateFeature) -> Sequence[Event]:
    """Change a feature. Refuses another kind while plans grant it or credit systems count it."""
    before = state.feature(command.feature_id)
    given = {name: value for name in CHANGEABLE if (value := getattr(command, name)) is not None}
    after = msgspec.structs.replace(before, **given)
    users = users_of(state, before.feature_id)
    if (after.kind, bool(after.credits)) != (before.kind, bool(before.credits)) and users:
        raise InUse(f"The type of feature {before.feature_id}", users)
    _check_credits(state, after)
    return [] if after == before else [FeatureUpdated(before, after)]


def decide_delete(state: Catalog, feature_id: str) -> Sequence[Event]:
    """Take a feature away that no plan grants and no credit system counts."""
    users = users_of(state, state.feature(feature_id).feature_id)
    if users:
        raise InUse(f"Feature {feature_id}", users)
    return [FeatureDeleted(feature_id)]


def users_of(state: Catalog, feature_id: str) -> list[str]:
    """The plans that grant a feature in any version, or limit it, and the credit systems it draws on."""
    plans = [
        plan_id
        for plan_id, versions in state.plans.items()
        if any(feature_id in (item.feature_id, item.entity_feature_id) for plan in versions for item in plan.items)
        or any(plan.controls is not None and feature_id in limited_by(plan.controls) for plan in versions)
    ]
    return [*plans, *state.systems.get(feature_id, ())]


def check_controls(catalog: Catalog, controls: Controls) -> None:
    """Refuse limits of features that do not exist (`FeatureNotFound`), or that are there or not and never counted."""
    for feature_id in limited_by(controls):
        if catalog.feature(feature_id).kind is FeatureKind.BOOLEAN:
            raise InvalidRequest(
                f"Feature {feature_id} is there or not and never counted: leave it out of billing_controls"
            )


def limited_by(controls: Controls) -> Collection[str]:
    """The features that limits name."""
    named: list[str | None] = [each.feature_id for each in controls.spend_limits]
    named += [each.feature_id for each in controls.usage_limits]
    named += [each.feature_id for each in controls.usage_alerts]
    named += [each.feature_id for each in controls.auto_topups]
    named += [each.feature_id for each in controls.overage_allowed]
    return dict.fromkeys(each for each in named if each is not None)


def _check_credits(state: Catalog, system: Feature) -> None:
    if not system.credits:
        return
    if system.kind is not FeatureKind.CONSUMABLE:
        raise InvalidInput(f"Credits of {system.feature_id} are used up: a credit system must be consumable")
    named = [cost.feature_id for cost in system.credits]
    for cost in system.credits:
        where = f"credit_schema of {system.feature_id}, feature {cost.feature_id}"
        if named.count(cost.feature_id) > 1:
            raise InvalidInput(f"{where}: was named twice and must be named once")
        _check_counted(where, system, state.feature(cost.feature_id))
        _check_cost(where, cost)


def _check_counted(where: str, system: Feature, counted: Feature) -> None:
    if counted.credits or counted.feature_id == system.feature_id:
        raise InvalidInput(f"{where}: a credit system cannot draw on credits: name the metered features themselves")
    if counted.kind is not FeatureKind.CONSUMABLE:
        raise InvalidInput(f"{where}: it is {counted.kind} and not used up, so it costs no credits")


def _check_cost(where: str, cost: CreditCost) -> None:
    if (cost.cost is None) == (not cost.tiers):
        raise InvalidInput(f"{where}: give either credit_cost or tiers")
    if cost.billing_units <= ZERO:
        raise InvalidInput(f"{where}: billing_units must be above zero")
    if min([cost.cost or ZERO, *(tier.cost for tier in cost.tiers)]) < ZERO:
        raise InvalidInput(f"{where}: a cost must not be negative")
    if cost.tiers and not rising([tier.to for tier in cost.tiers]):
        raise InvalidInput(f'{where}: tiers must rise and end with to: "inf"')
