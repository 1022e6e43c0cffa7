"""A schedule of phases: which plans are in force from when on (reference: billing.create_schedule)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import ClassVar, NamedTuple

import msgspec
from msgspec.structs import replace

from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import PlanUncanceled, PlanUnscheduled
from ledger.core.invoices.invoicing import finish
from ledger.core.period import Every, boundary
from ledger.core.state import Customer
from ledger.core.subscriptions.attach_rules import waits_for_payment
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.change import Attach, Schedule, attach, offered, order_of
from ledger.core.subscriptions.quote import Planned
from ledger.core.subscriptions.several import of_many
from ledger.core.subscriptions.subscription import Subscription, main_plan, scheduled_plans
from ledger.core.subscriptions.switching import end_at, schedule


class Phase(msgspec.Struct, frozen=True):
    """Plans from an instant on: `starts_at`, or `starting_after` the phase before; the first one starts now."""

    plans: tuple[Attach, ...]
    starts_at: datetime | None = None
    starting_after: Every | None = None
    anchor_at_start: bool = False
    anchor_at: datetime | None = None
    proration: ProrationBehavior = ProrationBehavior.PRORATE_IMMEDIATELY


class CreateSchedule(Command, frozen=True):
    """Put the first phase's plans in force now and schedule the others, in place of what was scheduled before."""

    waits_as: ClassVar[str | None] = "schedule"

    phases: tuple[Phase, ...]
    entity_id: str | None = None
    unscheduled: tuple[Attach, ...] = ()
    billing: Billing = Billing()


class Place(NamedTuple):
    """Where one plan takes the place of another: a scope and a group. An add-on has a place of its own."""

    entity_id: str | None
    group: str
    add_on: str | None


class Run(NamedTuple):
    """A plan in its place, from a phase until another one; None is without end."""

    attach: Attach
    first: int
    until: int | None


def plan_schedule(customer: Customer, command: CreateSchedule, context: Context) -> Planned:
    """Work out a schedule, or refuse it."""
    draft = Draft(customer, context)
    if waits_for_payment(command.billing):
        raise InvalidRequest("invoice_mode: a schedule starts now, paid or not: send enable_plan_immediately true")
    starts = _starts(draft, command.phases)
    places = _places(draft, command)
    for place in places:
        _drop_waiting(draft, place)
    for runs in places.values():
        _run(draft, command, starts, runs)
    for each in command.unscheduled:
        attach(draft, replace(of_many(each, context), billing=command.billing))
    return finish(draft, "update_plan", command.billing, asked=command)


def _starts(draft: Draft, phases: Sequence[Phase]) -> list[datetime]:
    """The instant of every phase, rising from now."""
    if not phases:
        raise InvalidInput("phases was empty and must have at least one phase")
    first = phases[0]
    if first.starting_after is not None or (first.starts_at is not None and first.starts_at > draft.now):
        raise InvalidRequest("phases.0 starts now: leave out starts_at, or schedule a single plan with billing.attach")
    starts = [draft.now]
    for index, phase in enumerate(phases[1:], start=1):
        starts.append(_start(draft, phase, index, starts[-1]))
    for index, (before, after) in enumerate(pairwise(starts), start=1):
        if after <= before:
            raise InvalidRequest(f"phases.{index}.starts_at must be after the start of the phase before it")
    return starts


def _start(draft: Draft, phase: Phase, index: int, before: datetime) -> datetime:
    if (phase.starts_at is None) == (phase.starting_after is None):
        raise InvalidInput(f"phases.{index} must say when it starts: one of starts_at and starting_after")
    if phase.starting_after is not None:
        return boundary(before, phase.starting_after, 1, draft.context.settings.zone)
    assert phase.starts_at is not None
    return phase.starts_at


def _places(draft: Draft, command: CreateSchedule) -> dict[Place, list[Run]]:
    """Which plans follow each other in which place. A place has one plan in a phase."""
    found: dict[Place, list[Run]] = {}
    for index, phase in enumerate(command.phases):
        if not phase.plans:
            raise InvalidInput(f"phases.{index}.plans was empty and must name at least one plan")
        _check_proration(phase, index)
        for wanted in phase.plans:
            _add(found, _place(draft, wanted), Run(wanted, index, index + 1), index)
    _check_unscheduled(draft, command, found)
    last = len(command.phases)
    return {place: [_endless(run, last) for run in runs] for place, runs in found.items()}


def _check_proration(phase: Phase, index: int) -> None:
    if index and phase.proration is ProrationBehavior.BILL_DIFFERENCE:
        raise InvalidRequest(f"phases.{index}.proration_behavior: bill_difference is for the first phase alone")
    if index and phase.anchor_at is not None:
        raise InvalidRequest(
            f"phases.{index}.billing_cycle_anchor must be phase_start: an instant is for the first phase"
        )


def _place(draft: Draft, wanted: Attach) -> Place:
    plan = draft.context.catalog.plan(wanted.plan_id, wanted.version)
    return Place(wanted.entity_id, plan.group, plan.plan_id if plan.add_on or plan.one_off else None)


def _add(found: dict[Place, list[Run]], place: Place, run: Run, index: int) -> None:
    runs = found.setdefault(place, [])
    if runs and runs[-1].until == index + 1:
        raise InvalidRequest(
            f"phases.{index}.plans: {run.attach.plan_id} is one of two plans for group {place.group!r}"
        )
    if runs and runs[-1].until == index and runs[-1].attach == run.attach:
        runs[-1] = runs[-1]._replace(until=index + 1)
        return
    runs.append(run)


def _check_unscheduled(draft: Draft, command: CreateSchedule, found: Iterable[Place]) -> None:
    for each in command.unscheduled:
        if _place(draft, each) in found:
            raise InvalidRequest(
                f"unscheduled_plans: plan {each.plan_id} has a place in the phases: leave out one of both"
            )


def _endless(run: Run, phases: int) -> Run:
    return run._replace(until=None) if run.until == phases else run


def _drop_waiting(draft: Draft, place: Place) -> None:
    """Drop what waits for a place; the plan that was to end for it goes on."""
    if place.add_on is not None:
        return
    held = draft.customer.subscriptions.values()
    current = main_plan(held, place.entity_id, place.group)
    waiting = scheduled_plans(held, place.entity_id, place.group)
    draft.happen(*(PlanUnscheduled(each.subscription_id) for each in waiting))
    if current is not None and (current.canceling or current.expires_at in {each.started_at for each in waiting}):
        draft.happen(PlanUncanceled(current.subscription_id, current.expires_at, current.agreed_end_at))


def _run(draft: Draft, command: CreateSchedule, starts: Sequence[datetime], runs: Sequence[Run]) -> None:
    """Let the plans of one place follow each other; the one that is there already goes on if it is the first, and else
    ends where the first one starts.
    """
    current = _current(draft, runs[0].attach)
    before: Subscription | None = None
    ended: int | None = None
    for run in runs:
        ends_at = None if run.until is None else starts[run.until]
        if before is None and current is not None and current.plan.plan_id == run.attach.plan_id:
            if ends_at is not None:
                end_at(draft, current, ends_at)
            key = current.subscription_id
        elif run.first == 0:
            key = _begin(draft, command, run, ends_at)
        elif before is None:
            key = _follow(draft, command, run, current, starts[run.first], ends_at, ends_it=True)
        else:
            follows = before if ended == run.first else None
            key = _follow(draft, command, run, follows, starts[run.first], ends_at, ends_it=False)
        before, ended = draft.customer.subscriptions[key], run.until


def _current(draft: Draft, wanted: Attach) -> Subscription | None:
    """The main plan that is in a plan's place now."""
    place = _place(draft, wanted)
    if place.add_on is not None:
        return None
    return main_plan(draft.customer.subscriptions.values(), place.entity_id, place.group)


def _begin(draft: Draft, command: CreateSchedule, run: Run, ends_at: datetime | None) -> str:
    phase, wanted = command.phases[0], run.attach
    proration = command.billing.proration
    if proration is ProrationBehavior.PRORATE_IMMEDIATELY:
        proration = phase.proration
    return attach(
        draft,
        replace(
            wanted,
            schedule=Schedule.IMMEDIATE,
            anchor_now=of_many(wanted, draft.context).anchor_now or phase.anchor_at_start,
            anchor_at=wanted.anchor_at or phase.anchor_at,
            billing=replace(command.billing, proration=proration),
        ),
        expires_at=ends_at,
    )


def _follow(
    draft: Draft,
    command: CreateSchedule,
    run: Run,
    before: Subscription | None,
    starts_at: datetime,
    ends_at: datetime | None,
    *,
    ends_it: bool,
) -> str:
    """Schedule a plan for the start of its phase, in the place of the one before it, which ends there.

    One that was there before the schedule is told so (`ends_it`).
    """
    phase = command.phases[run.first]
    wanted = replace(run.attach, free_trial=None, billing=Billing(currency=command.billing.currency))
    plan = offered(draft, wanted)
    order = replace(order_of(draft, wanted, plan, before, starts_at), expires_at=ends_at, proration=phase.proration)
    if phase.anchor_at_start:
        order = replace(order, anchor=starts_at)
    return schedule(draft, order, before, starts_at, ends_it=ends_it)
