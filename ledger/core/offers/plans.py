"""The plans of a catalog and their versions (reference §2.1 and §2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from ledger.core.decider import Ask, Command, Context
from ledger.core.errors import InUse, InvalidInput, InvalidRequest, PlanExists
from ledger.core.events import Event, PlanCreated, PlanDeleted, PlanUpdated, PlanVersionCreated
from ledger.core.offers.features import check_controls
from ledger.core.offers.offer import check_default, check_plan
from ledger.core.period import Every
from ledger.core.terms import FeatureKind, Plan, PlanItem

if TYPE_CHECKING:
    from ledger.core.offers.catalog import Catalog

MAX_PLAN_VERSIONS: Final = 5_000
PLAN_IN_USE: Final = "plan"
PROMISED: Final = frozenset({"base", "items", "add_on", "group", "free_trial", "controls"})
"""What a customer was promised: a change of it makes a next version where somebody has the plan."""


class CreatePlan(Command, frozen=True):
    """`version` and `created_at` of the plan are the catalog's to give; what the command holds there is replaced."""

    plan: Plan


class UpdatePlan(Command, frozen=True):
    """Change the fields in `changes` (names of `Plan`). A plan that anybody has ever had gets a next version.

    `disable_version` changes it in place all the same, `force_version` makes a next version in any case, and
    `all_versions` changes every version in place. `new_plan_id` is for a plan that nobody has ever had.
    """

    plan_id: str
    changes: Mapping[str, object]
    version: int | None = None
    disable_version: bool = False
    force_version: bool = False
    all_versions: bool = False
    new_plan_id: str | None = None

    def asks(self) -> Sequence[Ask]:
        return [Ask(PLAN_IN_USE, self.plan_id)]


class DeletePlan(Command, frozen=True):
    plan_id: str
    all_versions: bool = False

    def asks(self) -> Sequence[Ask]:
        return [Ask(PLAN_IN_USE, self.plan_id)]


def decide_create(state: Catalog, offered: Plan, context: Context) -> Sequence[Event]:
    """Offer the first version of a plan."""
    if offered.plan_id in state.plans:
        raise PlanExists(offered.plan_id)
    _check_room(state)
    plan = msgspec.structs.replace(
        offered,
        version=1,
        created_at=context.now,
        currency=context.settings.currency,
        items=settled(state, offered.items),
    )
    _check(state, plan)
    return [PlanCreated(plan)]


def decide_update(state: Catalog, command: UpdatePlan, context: Context) -> Sequence[Event]:
    """Change a plan in place, or as its next version, or under another id."""
    _check_together(command)
    chosen = state.plan(command.plan_id, command.version)
    if command.new_plan_id not in (None, command.plan_id):
        return _renamed(state, command, context)
    if command.all_versions:
        changes = [_changed(state, each, command) for each in state.plans[command.plan_id]]
        return [event for each in changes for event in each]
    in_use = (PLAN_IN_USE, command.plan_id) in context.claims
    after = _after(state, chosen, command)
    if command.force_version or (in_use and _promises(chosen, after) and not command.disable_version):
        _check_room(state)
        newest = state.plan(command.plan_id).version
        return [PlanVersionCreated(msgspec.structs.replace(after, version=newest + 1, created_at=context.now))]
    return [] if after == chosen else [PlanUpdated(chosen, after)]


def decide_delete(state: Catalog, command: DeletePlan, context: Context) -> Sequence[Event]:
    """Take back the newest version of a plan that nobody has ever had, or all of them."""
    newest = state.plan(command.plan_id)
    _check_unused(state, command.plan_id, context, "archive it with plans.update instead")
    versions = state.plans[command.plan_id] if command.all_versions else (newest,)
    return [PlanDeleted(command.plan_id, plan.version) for plan in versions]


def settled(state: Catalog, items: Sequence[PlanItem]) -> tuple[PlanItem, ...]:
    """Items with what an attach needs to know: their features' kinds, and when they reset.

    Units of a consumable that are billed by the period are counted by it when nothing else is said; units that are
    held until freed never reset (§2.1, plan item).
    """
    for item in items:
        _check_entities(state, item)
    return tuple(
        msgspec.structs.replace(item, kind=(kind := state.feature(item.feature_id).kind), reset=_reset(item, kind))
        for item in items
    )


def _check_entities(state: Catalog, item: PlanItem) -> None:
    of = None if item.entity_feature_id is None else state.feature(item.entity_feature_id)
    if of is not None and of.kind is not FeatureKind.ALLOCATED:
        raise InvalidInput(
            f"item of feature {item.feature_id}: entity_feature_id {of.feature_id} is {of.kind.value}, and entities "
            "belong to a non-consumable metered feature, such as seats"
        )


def _reset(item: PlanItem, kind: FeatureKind) -> Every | None:
    if kind is FeatureKind.ALLOCATED:
        return None
    if item.reset is None and item.price is not None and item.price.every.repeats:
        return item.price.every
    return item.reset


def _changed(state: Catalog, before: Plan, command: UpdatePlan) -> Sequence[Event]:
    after = _after(state, before, command)
    return [] if after == before else [PlanUpdated(before, after)]


def _after(state: Catalog, before: Plan, command: UpdatePlan) -> Plan:
    changed = msgspec.structs.replace(before, **command.changes)
    after = msgspec.structs.replace(changed, items=settled(state, changed.items))
    if _promises(before, after) or command.force_version:
        _check(state, after)
    elif after.auto_enable and not after.archived:
        # What was promised before a rule was made can still be named and archived.
        check_default(state.defaults(), after)
    return after


def _promises(before: Plan, after: Plan) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in PROMISED)


def _renamed(state: Catalog, command: UpdatePlan, context: Context) -> Sequence[Event]:
    """The same versions under another id; the old id is free again."""
    new_id = command.new_plan_id
    assert new_id is not None
    if new_id in state.plans:
        raise PlanExists(new_id)
    _check_unused(state, command.plan_id, context, "its id stays; create another plan and archive this one")
    events: list[Event] = []
    for before in state.plans[command.plan_id]:
        chosen = command.all_versions or before is state.plan(command.plan_id, command.version)
        kept = _after(state, before, command) if chosen else before
        after = msgspec.structs.replace(kept, plan_id=new_id)
        events.append(PlanVersionCreated(after) if events else PlanCreated(after))
    return [*events, *(PlanDeleted(command.plan_id, each.version) for each in state.plans[command.plan_id])]


def _check(state: Catalog, plan: Plan) -> None:
    check_plan(state.defaults(), plan)
    if plan.controls is not None:
        check_controls(state, plan.controls)


def _check_together(command: UpdatePlan) -> None:
    if command.force_version and command.disable_version:
        raise InvalidInput("force_version asks for a next version and disable_version for none: send one of them")
    if command.all_versions and (command.version is not None or command.force_version):
        raise InvalidInput("all_versions changes every version in place: leave out version and force_version")
    if command.new_plan_id is not None and command.force_version:
        raise InvalidInput("new_plan_id is for a plan that nobody has, which needs no next version: send one of them")


def _check_unused(state: Catalog, plan_id: str, context: Context, fix: str) -> None:
    if (PLAN_IN_USE, plan_id) in context.claims:
        raise InvalidRequest(f"Plan {plan_id} has or had customers: {fix}")
    discounts = [each.discount_id for each in state.discounts.values() if plan_id in each.plan_ids]
    if discounts:
        raise InUse(f"Plan {plan_id}", [f"discount {each}" for each in discounts])


def _check_room(state: Catalog) -> None:
    if sum(map(len, state.plans.values())) >= MAX_PLAN_VERSIONS:
        raise InvalidRequest(f"A ledger may have at most {MAX_PLAN_VERSIONS} plan versions")
