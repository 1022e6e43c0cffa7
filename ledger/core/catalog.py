"""The catalog: the features and plans that a ledger offers, with every version of every plan.

What a plan promised is copied into the event that attached it, so nothing here changes what a customer has.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from ledger.core import decider
from ledger.core.decider import Ask, Claim, Command, Context, Decider
from ledger.core.errors import (
    EventNameNotFound,
    FeatureExists,
    FeatureNotFound,
    InUse,
    InvalidRequest,
    PlanExists,
    PlanNotFound,
)
from ledger.core.events import (
    Event,
    FeatureCreated,
    FeatureDeleted,
    FeatureUpdated,
    PlanCreated,
    PlanDeleted,
    PlanUpdated,
    PlanVersionCreated,
)
from ledger.core.offer import check_plan
from ledger.core.period import Every
from ledger.core.terms import Controls, CreditCost, Feature, FeatureKind, Plan, PlanItem

MAX_FEATURES: Final = 1_000
MAX_PLAN_VERSIONS: Final = 5_000
PLAN_IN_USE: Final = "plan"


class Catalog(msgspec.Struct, frozen=True):
    """Features by id, plan versions by plan id (oldest first, gaps where one was deleted), events by name.

    `systems` are the credit systems that a feature draws on, by the feature's id.
    """

    version: int = 0
    features: Mapping[str, Feature] = {}
    plans: Mapping[str, tuple[Plan, ...]] = {}
    listeners: Mapping[str, tuple[str, ...]] = {}
    systems: Mapping[str, tuple[str, ...]] = {}

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


class CreatePlan(Command, frozen=True):
    """`version` and `created_at` of the plan are the catalog's to give; what the command holds there is replaced."""

    plan: Plan


class UpdatePlan(Command, frozen=True):
    """Change the fields in `changes` (names of `Plan`). A plan that anybody has ever had gets a next version."""

    plan_id: str
    changes: Mapping[str, object]
    version: int | None = None
    disable_version: bool = False
    force_version: bool = False

    def asks(self) -> Sequence[Ask]:
        return [Ask(PLAN_IN_USE, self.plan_id)]


class DeletePlan(Command, frozen=True):
    plan_id: str
    all_versions: bool = False

    def asks(self) -> Sequence[Ask]:
        return [Ask(PLAN_IN_USE, self.plan_id)]


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
    raise AssertionError(f"{type(event).__name__} does not belong to the catalog")


def _with_features(state: Catalog, features: Mapping[str, Feature]) -> Catalog:
    listeners: dict[str, tuple[str, ...]] = {}
    for feature in features.values():
        for name in feature.event_names:
            listeners[name] = (*listeners.get(name, ()), feature.feature_id)
    systems: dict[str, tuple[str, ...]] = {}
    for feature in features.values():
        for cost in feature.credits:
            systems[cost.feature_id] = (*systems.get(cost.feature_id, ()), feature.feature_id)
    return msgspec.structs.replace(state, features=features, listeners=listeners, systems=systems)


def _with_versions(state: Catalog, plan_id: str, versions: tuple[Plan, ...]) -> Catalog:
    plans = {**state.plans, plan_id: versions}
    if not versions:
        del plans[plan_id]
    return msgspec.structs.replace(state, plans=plans)


def decide(state: Catalog, command: Command, context: Context) -> Sequence[Event]:
    """Answer a command on the catalog with events, or refuse it."""
    match command:
        case CreateFeature():
            return _create_feature(state, command.feature)
        case UpdateFeature():
            return _update_feature(state, command)
        case DeleteFeature():
            users = _plans_with(state, state.feature(command.feature_id).feature_id)
            if users:
                raise InUse(f"Feature {command.feature_id}", users)
            return [FeatureDeleted(command.feature_id)]
        case CreatePlan():
            return _create_plan(state, command.plan, context)
        case UpdatePlan():
            return _update_plan(state, command, context)
        case DeletePlan():
            return _delete_plan(state, command, context)
    raise AssertionError(f"{type(command).__name__} is not a command of the catalog")


def _create_feature(state: Catalog, feature: Feature) -> Sequence[Event]:
    if feature.feature_id in state.features:
        raise FeatureExists(feature.feature_id)
    if len(state.features) >= MAX_FEATURES:
        raise InvalidRequest(f"A ledger may have at most {MAX_FEATURES} features")
    return [FeatureCreated(feature)]


def _update_feature(state: Catalog, command: UpdateFeature) -> Sequence[Event]:
    before = state.feature(command.feature_id)
    names = ("name", "kind", "event_names", "singular", "plural", "archived", "credits")
    given = {name: getattr(command, name) for name in names if getattr(command, name) is not None}
    after = msgspec.structs.replace(before, **given)
    users = _plans_with(state, before.feature_id)
    if after.kind is not before.kind and users:
        raise InUse(f"The type of feature {before.feature_id}", users)
    return [] if after == before else [FeatureUpdated(before, after)]


def _plans_with(state: Catalog, feature_id: str) -> list[str]:
    return [
        plan_id
        for plan_id, versions in state.plans.items()
        if any(item.feature_id == feature_id for plan in versions for item in plan.items)
    ]


def _create_plan(state: Catalog, offered: Plan, context: Context) -> Sequence[Event]:
    if offered.plan_id in state.plans:
        raise PlanExists(offered.plan_id)
    plan = msgspec.structs.replace(
        offered,
        version=1,
        created_at=context.now,
        currency=context.settings.currency,
        items=settled(state, offered.items),
    )
    check_plan(state.defaults(), plan)
    check_controls(state, plan.controls or Controls())
    return [PlanCreated(plan)]


def _update_plan(state: Catalog, command: UpdatePlan, context: Context) -> Sequence[Event]:
    before = state.plan(command.plan_id, command.version)
    changed = msgspec.structs.replace(before, **command.changes)
    after = msgspec.structs.replace(changed, items=settled(state, changed.items))
    if after == before and not command.force_version:
        return []
    check_plan(state.defaults(), after)
    check_controls(state, after.controls or Controls())
    in_use = (PLAN_IN_USE, command.plan_id) in context.claims
    promised = {"base", "items", "add_on", "group"} & set(command.changes)
    if command.force_version or (in_use and promised and not command.disable_version):
        if sum(map(len, state.plans.values())) >= MAX_PLAN_VERSIONS:
            raise InvalidRequest(f"A ledger may have at most {MAX_PLAN_VERSIONS} plan versions")
        newest = state.plan(command.plan_id).version
        return [PlanVersionCreated(msgspec.structs.replace(after, version=newest + 1, created_at=context.now))]
    return [PlanUpdated(before, after)]


def _delete_plan(state: Catalog, command: DeletePlan, context: Context) -> Sequence[Event]:
    newest = state.plan(command.plan_id)
    if (PLAN_IN_USE, command.plan_id) in context.claims:
        raise InvalidRequest(f"Plan {command.plan_id} has or had customers: archive it with plans.update instead")
    versions = state.plans[command.plan_id] if command.all_versions else (newest,)
    return [PlanDeleted(command.plan_id, plan.version) for plan in versions]


def settled(state: Catalog, items: Sequence[PlanItem]) -> tuple[PlanItem, ...]:
    """Items with what an attach needs to know: their features' kinds, and when they reset.

    Units of a consumable that are billed by the period are counted by it when nothing else is said; units that are
    held until freed never reset (§2.1, plan item).
    """
    return tuple(
        msgspec.structs.replace(item, kind=(kind := state.feature(item.feature_id).kind), reset=_reset(item, kind))
        for item in items
    )


def _reset(item: PlanItem, kind: FeatureKind) -> Every | None:
    if kind is FeatureKind.ALLOCATED:
        return None
    if item.reset is None and item.price is not None and item.price.every.repeats:
        return item.price.every
    return item.reset


def check_controls(catalog: Catalog, controls: Controls) -> None:
    """Refuse limits of features that do not exist (`FeatureNotFound`), or that are there or not and never counted."""
    for feature_id in _limited(controls):
        if catalog.feature(feature_id).kind is FeatureKind.BOOLEAN:
            raise InvalidRequest(
                f"Feature {feature_id} is there or not and never counted: leave it out of billing_controls"
            )


def _limited(controls: Controls) -> Iterable[str]:
    named: list[str | None] = [each.feature_id for each in controls.spend_limits]
    named += [each.feature_id for each in controls.usage_limits]
    named += [each.feature_id for each in controls.usage_alerts]
    named += [each.feature_id for each in controls.auto_topups]
    named += [each.feature_id for each in controls.overage_allowed]
    return dict.fromkeys(each for each in named if each is not None)


def _no_claims(_state: Catalog, _event: Event) -> Sequence[Claim]:
    return ()


CATALOG: Final = Decider(
    name="catalog",
    state_type=Catalog,
    initial=Catalog(),
    evolve=evolve,
    admit=decider.admit_all,
    decide=decide,
    advance=decider.nothing_due,
    due_at=decider.never,
    claims=_no_claims,
    business_now=decider.real_time,
)
