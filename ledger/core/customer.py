"""A customer, whole: how its events fold, what it allows, what falls due, and which claims it holds.

The ideas are in their own files; here they meet.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Final

import msgspec

from ledger.core import entity, profile
from ledger.core.balances import adjustment, loose
from ledger.core.balances.correction import REVERSED, Reverse, decide_reverse
from ledger.core.balances.limiting import SetEntityControls, decide_controls, first_controls
from ledger.core.balances.locking import LOCK, FinalizeLock, Reserve, decide_finalize, decide_reserve
from ledger.core.balances.recalculating import RecalculateBalance, decide_recalculate
from ledger.core.balances.usage import Consume, Track, decide_consume, decide_track
from ledger.core.decider import Ask, Claim, Command, Context, Decider, real_time
from ledger.core.errors import CustomerNotFound
from ledger.core.events import (
    ChangeHeld,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    EffectReversed,
    EntityCreated,
    EntityDeleted,
    Event,
    LockClosed,
    LockOpened,
    PlanAttached,
    PlanChanged,
    PlanScheduled,
    UsageRecorded,
)
from ledger.core.folding import evolve, fold, updated
from ledger.core.invoices.documents import DocumentCommand
from ledger.core.invoices.issuing import decide_document
from ledger.core.offers.catalog import PLAN_IN_USE
from ledger.core.profile import CUSTOMER_ID, EMAIL
from ledger.core.sealed import Sealed
from ledger.core.state import Customer
from ledger.core.subscriptions.awaiting import check_pending
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, plan_cancel, plan_uncancel
from ledger.core.subscriptions.change import Attach, plan_attach
from ledger.core.subscriptions.first import BeginFirst, first_plans, plan_first
from ledger.core.subscriptions.importing import ImportPlans, plan_import
from ledger.core.subscriptions.phases import CreateSchedule, plan_schedule
from ledger.core.subscriptions.quantity import ChangeQuantities, plan_quantities
from ledger.core.subscriptions.quote import Planned, Quote
from ledger.core.subscriptions.releasing import asked, settle
from ledger.core.subscriptions.revision import Revise, plan_revise
from ledger.core.subscriptions.seats import settled
from ledger.core.subscriptions.several import AttachMany, plan_attach_many
from ledger.core.subscriptions.trial import trial_asks, trial_claims
from ledger.core.time.calendar import advance
from ledger.core.time.upcoming import next_cycle

BillingChange = (
    Attach | AttachMany | CreateSchedule | ImportPlans | Cancel | Uncancel | ChangeQuantities | Revise | BeginFirst
)


def admit(state: Customer, command: Command, context: Context) -> None:
    """Refuse a command to nobody, and a clock that cannot go where it is asked to."""
    if not state.exists and not isinstance(command, profile.CreateCustomer):
        raise CustomerNotFound(state.customer_id or f"cus_{context.stream_id.hex}")
    profile.check_clock(state, context)


def decide(state: Customer, command: Command, context: Context) -> Sequence[Event]:
    """Answer a command with the events it causes, or refuse it. What was due must have happened before."""
    if isinstance(command, profile.CreateCustomer) and not state.exists:
        return _create(state, command, context)
    moved = profile.clock_moved(state, context.moved_to)
    if not moved:
        return _decide(state, command, context)
    return [*moved, *_decide(evolve(state, moved[0]), command, context)]


def _decide(  # noqa: PLR0912  one case for each command
    state: Customer, command: Command, context: Context
) -> Sequence[Event]:
    match command:
        case Track():
            used = decide_track(state, command, context)
            return settled(state, used, context, command, paid_or_refused=command.paid_or_refused)
        case Consume():
            return settled(state, decide_consume(state, command, context), context, command)
        case adjustment.GrantBalance():
            return settled(state, loose.decide_grant(state, command, context), context, command)
        case adjustment.UpdateBalance():
            return settled(state, adjustment.decide_update(state, command, context), context, command)
        case adjustment.DeleteBalance():
            return adjustment.decide_delete(state, command, context)
        case RecalculateBalance():
            return decide_recalculate(state, command, context)
        case Reserve():
            return decide_reserve(state, command, context)
        case FinalizeLock():
            return decide_finalize(state, command, context)
        case Reverse():
            return settled(state, decide_reverse(state, command, context), context, command)
        case Attach() | AttachMany() | CreateSchedule() | ImportPlans() | Cancel() | Uncancel():
            return plan(state, command, context).events
        case ChangeQuantities() | Revise() | BeginFirst():
            return plan(state, command, context).events
        case DocumentCommand():
            return settle(state, decide_document(state, command, context), context, _decide)
        case entity.CreateEntity():
            return settled(state, entity.decide_create(state, command, context), context, command)
        case SetEntityControls():
            return decide_controls(state, command.controls, context, command.entity_id)
        case entity.DeleteEntity():
            return settled(state, entity.decide_delete(state, command, context), context, command)
        case profile.CreateCustomer():
            return profile.adopted(state, command)
        case profile.UpdateCustomer():
            return profile.decide_update(state, command, context)
        case profile.DeleteCustomer():
            return profile.decide_delete(state, context)
        case profile.MoveClock():
            return []
    raise AssertionError(f"{type(command).__name__} is not a command of a customer")


def plan(state: Customer, command: BillingChange, context: Context) -> Planned:
    """Work out a change of plans, or refuse it: what `decide` makes happen and what `preview` shows."""
    if not isinstance(command, Cancel):
        check_pending(state)  # a plan that waits to be paid may itself be cancelled
    match command:
        case Attach():
            return plan_attach(state, command, context)
        case AttachMany():
            return plan_attach_many(state, command, context)
        case CreateSchedule():
            return plan_schedule(state, command, context)
        case ImportPlans():
            return plan_import(state, command, context)
        case Cancel():
            adjustment.require_reason("Cancelling a plan", context)
            return plan_cancel(state, command, context)
        case Uncancel():
            return plan_uncancel(state, command, context)
        case ChangeQuantities():
            return plan_quantities(state, command, context)
        case Revise():
            return plan_revise(state, command, context)
        case BeginFirst():
            return plan_first(state, command, context)


def preview(state: Customer, command: BillingChange, context: Context) -> Quote:
    """What a change would do, without doing it."""
    planned = plan(state, command, context)
    if isinstance(command, Attach | Revise) and command.anchor_now:
        return Quote(planned, None)  # a cycle that begins anew has all of its price on this invoice (case 56)
    return Quote(planned, next_cycle(reduce(evolve, planned.foreseen or planned.events, state), context))


def _create(state: Customer, command: profile.CreateCustomer, context: Context) -> Sequence[Event]:
    events: list[Event] = [profile.created(command, context)]
    events += profile.clock_moved(state, context.moved_to)
    if command.controls is not None:
        events += first_controls(command.controls, context)
    for event in events:
        state = evolve(state, event)
    first = BeginFirst(tuple(each.plan_id for each in first_plans(command.plan_id, context)))
    return [*events, *plan_first(state, first, context).events]


def asks(state: Customer, command: Command) -> Sequence[Ask]:
    """The claims that a decision depends on: those the command names, and trials that a fingerprint may have had."""
    if state.held is not None and isinstance(command, DocumentCommand):
        return [*command.asks(), *asks(msgspec.structs.replace(state, held=None), asked(state.held))]
    begun = _begun(command)
    return [*command.asks(), *trial_asks(begun, _fingerprint(state, command))] if begun else command.asks()


def _begun(command: Command) -> list[str]:
    """The plans that a command may begin a trial of."""
    match command:
        case Attach():
            return [command.plan_id]
        case AttachMany():
            return [each.plan_id for each in command.plans]
        case CreateSchedule():
            return [each.plan_id for phase in command.phases[:1] for each in (*phase.plans, *command.unscheduled)]
        case profile.CreateCustomer():
            return [] if command.plan_id is None else [command.plan_id]
        case BeginFirst():
            return list(command.plan_ids)
    return []


def _fingerprint(state: Customer, command: Command) -> str | None:
    return command.fingerprint if isinstance(command, profile.CreateCustomer) else state.fingerprint


def due_at(state: Customer) -> datetime | None:
    """When the worker must look at this customer: never while its own clock stands still, or once it is gone."""
    return state.due_at if state.clock is None and state.exists else None


def claims(state: Customer, event: Event) -> Sequence[Claim]:
    """The names that an event takes and gives back in its ledger."""
    match event:
        case UsageRecorded():
            return ()
        case CustomerCreated():
            return _identity(event.customer_id, _email(event.personal), held=True)
        case CustomerUpdated():
            after = updated(state, event)
            before_claims = _identity(state.customer_id, state.email, held=False)
            after_claims = _identity(after.customer_id, after.email, held=True)
            released = {(each.kind, each.value) for each in before_claims}
            kept = released & {(each.kind, each.value) for each in after_claims}
            changed = [each for each in (*before_claims, *after_claims) if (each.kind, each.value) not in kept]
            known = [] if after.fingerprint == state.fingerprint else state.trials_used
            return [*changed, *trial_claims(known, after.fingerprint)]
        case CustomerDeleted():
            entities = [Claim(entity.ENTITY, key, held=False, per_stream=True) for key in state.entities]
            locks = [Claim(LOCK, key, held=False) for key in state.locks]
            return [*_identity(state.customer_id, state.email, held=False), *entities, *locks]
        case LockOpened():
            return [Claim(LOCK, event.lock_id)]
        case LockClosed():
            return [Claim(LOCK, event.lock_id, held=False)]
        case EffectReversed():
            return [Claim(REVERSED, str(event.position))]
        case EntityCreated():
            return [Claim(entity.ENTITY, event.entity_id, per_stream=True)]
        case EntityDeleted():
            return [Claim(entity.ENTITY, event.entity_id, held=False, per_stream=True)]
        case PlanAttached() | PlanChanged():
            used = [event.plan.plan_id] if event.trial_ends_at is not None else []
            in_use = Claim(PLAN_IN_USE, event.plan.plan_id, shared=True)
            return [in_use, *trial_claims(used, state.fingerprint)]
        case PlanScheduled():
            return [Claim(PLAN_IN_USE, event.plan.plan_id, shared=True)]
        case ChangeHeld():
            return [Claim(PLAN_IN_USE, each.plan_id, shared=True) for each in event.plans]
    return ()


def _identity(customer_id: str | None, email: str | None, *, held: bool) -> list[Claim]:
    """A customer is found by its id; only one without an id is found by its email."""
    if customer_id is not None:
        return [Claim(CUSTOMER_ID, customer_id, held)]
    return [Claim(EMAIL, email, held, personal=True)] if email is not None else []


def _email(personal: Sealed) -> str | None:
    found = personal.fields().get("email")
    return found if isinstance(found, str) else None


def business_now(state: Customer, recorded_at: datetime) -> datetime:
    """The instant a command happens at: the customer's standing clock, else real time in whole milliseconds."""
    return state.clock or real_time(state, recorded_at)


CUSTOMER: Final = Decider(
    name="customer",
    state_type=Customer,
    initial=Customer(),
    evolve=evolve,
    admit=admit,
    decide=decide,
    advance=advance,
    due_at=due_at,
    claims=claims,
    business_now=business_now,
    asks=asks,
    fold_quicker=fold,
)
