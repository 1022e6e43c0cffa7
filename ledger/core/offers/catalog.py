"""The catalog: the features, plans and discounts that a ledger offers, with every version of every plan.

What a plan promised is copied into the event that attached it, so nothing here changes what a customer has.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ledger.core import decider
from ledger.core.decider import Command, Context, Decider
from ledger.core.errors import EventNameNotFound, FeatureNotFound, PlanNotFound
from ledger.core.events import (
    DiscountCreated,
    DiscountDeleted,
    DiscountUpdated,
    Event,
    FeatureCreated,
    FeatureDeleted,
    FeatureUpdated,
    PlanCreated,
    PlanDeleted,
    PlanUpdated,
    PlanVersionCreated,
)
from ledger.core.offers import discounts, features, plans
from ledger.core.offers.discounts import DeleteDiscount, PutDiscount
from ledger.core.offers.features import (
    MAX_FEATURES,
    CreateFeature,
    DeleteFeature,
    UpdateFeature,
    check_controls,
    systems_of,
)
from ledger.core.offers.plans import PLAN_IN_USE, CreatePlan, DeletePlan, UpdatePlan, settled
from ledger.core.terms import Discount, Feature, Plan

__all__ = [
    "CATALOG",
    "MAX_FEATURES",
    "PLAN_IN_USE",
    "Catalog",
    "CreateFeature",
    "CreatePlan",
    "DeleteDiscount",
    "DeleteFeature",
    "DeletePlan",
    "PutDiscount",
    "UpdateFeature",
    "UpdatePlan",
    "check_controls",
    "settled",
]


class Catalog(msgspec.Struct, frozen=True):
    """Features by id, plan versions by plan id (oldest first, gaps where one was deleted), events by name.

    `systems` are the credit systems that a feature draws on, by the feature's id; `codes` the discounts' ids by
    promotion code, folded as `discounts.folded_code` says.
    """

    version: int = 0
    features: Mapping[str, Feature] = {}
    plans: Mapping[str, tuple[Plan, ...]] = {}
    listeners: Mapping[str, tuple[str, ...]] = {}
    systems: Mapping[str, tuple[str, ...]] = {}
    discounts: Mapping[str, Discount] = {}
    codes: Mapping[str, str] = {}

    def feature(self, feature_id: str) -> Feature:
        """The feature, or `FeatureNotFound`."""
        found = self.features.get(feature_id)
        if found is None:
            raise FeatureNotFound(feature_id)
        return found

    def listening(self, event_name: str) -> tuple[Feature, ...]:
        """The features that an event name counts on, or `EventNameNotFound`."""
        found = self.listeners.get(event_name)
        if not found:
            raise EventNameNotFound(event_name)
        return tuple(self.features[feature_id] for feature_id in found)

    def plan(self, plan_id: str, version: int | None = None) -> Plan:
        """One version of a plan, the newest by default, or `PlanNotFound`."""
        versions = self.plans.get(plan_id, ())
        chosen = [plan for plan in versions if version in (None, plan.version)]
        if not chosen:
            raise PlanNotFound(plan_id, version)
        return chosen[-1]

    def newest(self) -> list[Plan]:
        """The newest version of every plan, in the order they were created."""
        return [versions[-1] for versions in self.plans.values()]

    def defaults(self) -> list[Plan]:
        """The plans that attach themselves to new customers: at most one of each group (§2.1)."""
        return [plan for plan in self.newest() if plan.auto_enable and not plan.archived]


def evolve(state: Catalog, event: Event) -> Catalog:
    """Fold one event of the catalog."""
    return msgspec.structs.replace(_evolve(state, event), version=state.version + 1)


def _evolve(state: Catalog, event: Event) -> Catalog:
    match event:
        case FeatureCreated():
            return _with_features(state, {**state.features, event.feature.feature_id: event.feature})
        case FeatureUpdated():
            return _with_features(state, {**state.features, event.after.feature_id: event.after})
        case FeatureDeleted():
            return _with_features(state, {k: v for k, v in state.features.items() if k != event.feature_id})
        case PlanCreated() | PlanVersionCreated():
            plan = event.plan
            return _with_versions(state, plan.plan_id, (*state.plans.get(plan.plan_id, ()), plan))
        case PlanUpdated():
            versions = state.plans[event.after.plan_id]
            changed = tuple(event.after if plan.version == event.after.version else plan for plan in versions)
            return _with_versions(state, event.after.plan_id, changed)
        case PlanDeleted():
            kept = tuple(plan for plan in state.plans[event.plan_id] if plan.version != event.version)
            return _with_versions(state, event.plan_id, kept)
        case DiscountCreated():
            return _with_discounts(state, {**state.discounts, event.discount.discount_id: event.discount})
        case DiscountUpdated():
            return _with_discounts(state, {**state.discounts, event.after.discount_id: event.after})
        case DiscountDeleted():
            return _with_discounts(state, {k: v for k, v in state.discounts.items() if k != event.discount_id})
    raise AssertionError(f"{type(event).__name__} does not belong to the catalog")


def _with_discounts(state: Catalog, offered: Mapping[str, Discount]) -> Catalog:
    return msgspec.structs.replace(state, discounts=offered, codes=discounts.codes_of(offered.values()))


def _with_features(state: Catalog, offered: Mapping[str, Feature]) -> Catalog:
    listeners: dict[str, tuple[str, ...]] = {}
    for feature in offered.values():
        for name in feature.event_names:
            listeners[name] = (*listeners.get(name, ()), feature.feature_id)
    return msgspec.structs.replace(state, features=offered, listeners=listeners, systems=systems_of(offered))


def _with_versions(state: Catalog, plan_id: str, versions: tuple[Plan, ...]) -> Catalog:
    offered = {**state.plans, plan_id: versions}
    if not versions:
        del offered[plan_id]
    return msgspec.structs.replace(state, plans=offered)


def decide(state: Catalog, command: Command, context: Context) -> Sequence[Event]:
    """Answer a command on the catalog with events, or refuse it."""
    match command:
        case CreateFeature():
            return features.decide_create(state, command.feature)
        case UpdateFeature():
            return features.decide_update(state, command)
        case DeleteFeature():
            return features.decide_delete(state, command.feature_id)
        case CreatePlan():
            return plans.decide_create(state, command.plan, context)
        case UpdatePlan():
            return plans.decide_update(state, command, context)
        case DeletePlan():
            return plans.decide_delete(state, command, context)
        case PutDiscount():
            return discounts.decide_put(state, command.discount)
        case DeleteDiscount():
            return discounts.decide_delete(state, command.discount_id)
    raise AssertionError(f"{type(command).__name__} is not a command of the catalog")


CATALOG: Final = Decider(
    name="catalog",
    state_type=Catalog,
    initial=Catalog(),
    evolve=evolve,
    admit=decider.admit_all,
    decide=decide,
    advance=decider.nothing_due,
    due_at=decider.never,
    claims=decider.no_claims,
    business_now=decider.real_time,
)
