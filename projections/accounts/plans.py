"""Which plan a customer is on, and how: the little that lists need of its subscriptions.

A plan that is held has one status. Of what is true of it at once the first counts: scheduled, past due, canceled (told
to end, and in force until then), trialing, active. A customer's current plan is one in force before a scheduled one,
a base plan before an add-on and that before a purchase, the customer's own before an entity's, the newest first. Once
nothing is held it is the base plan that ended last, as expired.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from ledger.core.events import (
    Event,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    TrialEnded,
)

FOLDS: Final[frozenset[type[Event]]] = frozenset(
    {
        PlanAttached,
        PlanScheduled,
        PlanActivated,
        PlanUnscheduled,
        PlanCanceled,
        PlanUncanceled,
        PlanExpired,
        PlanChanged,
        PlanPastDue,
        PlanPaidUp,
        TrialEnded,
    }
)


class Status(StrEnum):
    """How a customer is on its plan."""

    ACTIVE = "active"
    TRIALING = "trialing"
    SCHEDULED = "scheduled"
    PAST_DUE = "past_due"
    CANCELED = "canceled"
    EXPIRED = "expired"
    NONE = "none"


class Held(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A plan that a customer or an entity of it is on, or will be on."""

    plan_id: str
    version: int
    name: str
    add_on: bool
    one_off: bool
    of_entity: bool
    started_at: datetime
    scheduled: bool = False
    past_due: bool = False
    canceled: bool = False
    trialing: bool = False

    @property
    def status(self) -> Status:
        """The first of what is true of it."""
        if self.scheduled:
            return Status.SCHEDULED
        if self.past_due:
            return Status.PAST_DUE
        if self.canceled:
            return Status.CANCELED
        return Status.TRIALING if self.trialing else Status.ACTIVE

    @property
    def rank(self) -> tuple[bool, bool, bool, bool, float]:
        """The lowest is a customer's current plan."""
        return self.scheduled, self.one_off, self.add_on, self.of_entity, -self.started_at.timestamp()


class Over(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A version of a plan that ended, at least once."""

    plan_id: str
    version: int
    name: str
    base: bool


class Plans(msgspec.Struct, frozen=True, gc=False):
    """What a customer holds, by subscription, and what it held, the last to end last."""

    held: Mapping[str, Held] = {}
    over: tuple[Over, ...] = ()


class Current(NamedTuple):
    """A customer's current plan, how many subscriptions are in force, and what a filter finds it by."""

    plan_id: str | None
    version: int | None
    name: str | None
    status: str
    active: int
    marks: tuple[str, ...]


def evolve(plans: Plans, event: Event) -> Plans:
    """Fold one event into what is held; events about other things leave it as it is."""
    match event:
        case PlanAttached() | PlanScheduled():
            return _with(plans, event.subscription_id, _begun(event))
        case PlanUnscheduled():
            return msgspec.structs.replace(plans, held=_without(plans.held, event.subscription_id))
        case PlanExpired():
            return _expired(plans, event.subscription_id)
        case (
            PlanActivated()
            | PlanChanged()
            | PlanCanceled()
            | PlanUncanceled()
            | PlanPastDue()
            | PlanPaidUp()
            | TrialEnded()
        ):
            return _with(plans, event.subscription_id, _changed(plans.held[event.subscription_id], event))
    return plans


def current(plans: Plans) -> Current:
    """What lists show and filter by."""
    held = plans.held.values()
    active = sum(not each.scheduled and not each.one_off for each in held)
    marks = tuple(sorted(set(_marks(plans))))
    if held:
        shown = plans.held[min(plans.held, key=lambda key: (plans.held[key].rank, key))]
        return Current(shown.plan_id, shown.version, shown.name, shown.status.value, active, marks)
    last = next((each for each in reversed(plans.over) if each.base), plans.over[-1] if plans.over else None)
    if last is not None:
        return Current(last.plan_id, last.version, last.name, Status.EXPIRED.value, 0, marks)
    return Current(None, None, None, Status.NONE.value, 0, marks)


class Found(NamedTuple):
    """A version of a plan that a customer or an entity of it is on, or was, and how."""

    plan_id: str
    version: int
    status: str


def found_by(marks: Iterable[str]) -> Sequence[Found]:
    """The plans that marks stand for, each version once for each way that it is held in."""
    versions = [each.partition(" plan:") for each in marks]
    split = [(status, *plan.rpartition("@")) for status, _, plan in versions]
    return [Found(plan, int(version), status) for status, plan, at, version in split if at and _is_version(version)]


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdigit()


@lru_cache(1_000)
def mark(plan: str | None, status: str | None) -> str:
    """What a customer is found by: a plan (`pro`, or `pro@2` for a version of it), a status, or both of one plan."""
    return " ".join(part for part in (status, None if plan is None else f"plan:{plan}") if part is not None)


def _marks(plans: Plans) -> Iterator[str]:
    for held in plans.held.values():
        yield mark(None, held.status)
        for name in _names(held):
            yield mark(name, None)
            yield mark(name, held.status)
    holding = {name for held in plans.held.values() for name in _names(held)}
    for over in plans.over:
        for name in _names(over):
            if name not in holding:
                yield mark(name, Status.EXPIRED)
    if not plans.held:
        yield mark(None, Status.EXPIRED if plans.over else Status.NONE)


def _names(plan: Held | Over) -> Iterable[str]:
    return plan.plan_id, f"{plan.plan_id}@{plan.version}"


def _begun(event: PlanAttached | PlanScheduled) -> Held:
    plan, scheduled = event.plan, isinstance(event, PlanScheduled)
    return Held(
        plan.plan_id,
        plan.version,
        plan.name,
        plan.add_on,
        plan.one_off,
        event.entity_id is not None,
        event.starts_at if isinstance(event, PlanScheduled) else event.started_at,
        scheduled=scheduled,
        trialing=isinstance(event, PlanAttached) and event.trial_ends_at is not None,
    )


_Change = PlanActivated | PlanChanged | PlanCanceled | PlanUncanceled | PlanPastDue | PlanPaidUp | TrialEnded


def _changed(held: Held, event: _Change) -> Held:
    replace = msgspec.structs.replace
    match event:
        case PlanActivated():
            return replace(held, scheduled=False, started_at=event.started_at)
        case PlanChanged():
            plan = event.plan
            return replace(
                held,
                plan_id=plan.plan_id,
                version=plan.version,
                name=plan.name,
                add_on=plan.add_on,
                one_off=plan.one_off,
                trialing=event.trial_ends_at is not None,
            )
        case PlanCanceled():
            return replace(held, canceled=True)
        case PlanUncanceled():
            return replace(held, canceled=False)
        case PlanPastDue():
            return replace(held, past_due=True)
        case PlanPaidUp():
            return replace(held, past_due=False)
        case TrialEnded():
            return replace(held, trialing=False)


def _expired(plans: Plans, subscription_id: str) -> Plans:
    ended = plans.held[subscription_id]
    over = Over(ended.plan_id, ended.version, ended.name, not ended.add_on and not ended.one_off)
    others = tuple(each for each in plans.over if (each.plan_id, each.version) != (over.plan_id, over.version))
    return Plans(_without(plans.held, subscription_id), (*others, over))


def _with(plans: Plans, subscription_id: str, held: Held) -> Plans:
    if plans.held.get(subscription_id) == held:
        return plans
    return msgspec.structs.replace(plans, held={**plans.held, subscription_id: held})


def _without(held: Mapping[str, Held], subscription_id: str) -> Mapping[str, Held]:
    return {key: each for key, each in held.items() if key != subscription_id}
