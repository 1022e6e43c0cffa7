"""A customer, whole: how its events fold, what it allows, what falls due, and which claims it holds.

The ideas are in their own files; here they meet.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Final

from ledger.core import adjustment, entity, profile
from ledger.core.calendar import advance
from ledger.core.cancellation import Cancel, Uncancel, plan_cancel, plan_uncancel
from ledger.core.catalog import PLAN_IN_USE
from ledger.core.change import Attach, plan_attach, start
from ledger.core.decider import Claim, Command, Context, Decider, real_time
from ledger.core.draft import Draft
from ledger.core.errors import CustomerNotFound
from ledger.core.events import (
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    EntityCreated,
    EntityDeleted,
    Event,
    PlanAttached,
    PlanScheduled,
    UsageRecorded,
)
from ledger.core.folding import evolve, updated
from ledger.core.invoicing import finish
from ledger.core.limiting import SetEntityControls, decide_controls, first_controls
from ledger.core.profile import CUSTOMER_ID, EMAIL
from ledger.core.quantity import ChangeQuantities, plan_quantities
from ledger.core.quote import Planned, Quote
from ledger.core.sealed import Sealed
from ledger.core.seats import settled
from ledger.core.state import Customer
from ledger.core.terms import Plan
from ledger.core.upcoming import next_cycle
from ledger.core.usage import Consume, Track, decide_consume, decide_track

BillingChange = Attach | Cancel | Uncancel | ChangeQuantities


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


def _decide(state: Customer, command: Command, context: Context) -> Sequence[Event]:
    match command:
        case Track():
            return settled(state, decide_track(state, command, context), context)
        case Consume():
            return settled(state, decide_consume(state, command, context), context)
        case adjustment.GrantBalance():
            return settled(state, adjustment.decide_grant(state, command, context), context)
        case adjustment.UpdateBalance():
            return settled(state, adjustment.decide_update(state, command, context), context)
        case adjustment.DeleteBalance():
            return adjustment.decide_delete(state, command, context)
        case Attach() | Cancel() | Uncancel() | ChangeQuantities():
            return plan(state, command, context).events
        case entity.CreateEntity():
            return settled(state, entity.decide_create(state, command, context), context)
        case SetEntityControls():
            return decide_controls(state, command.controls, context, command.entity_id)
        case entity.DeleteEntity():
            return settled(state, entity.decide_delete(state, command, context), context)
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
    match command:
        case Attach():
            return plan_attach(state, command, context)
        case Cancel():
            adjustment.require_reason("Cancelling a plan", context)
            return plan_cancel(state, command, context)
        case Uncancel():
            return plan_uncancel(state, command, context)
        case ChangeQuantities():
            return plan_quantities(state, command, context)


def preview(state: Customer, command: BillingChange, context: Context) -> Quote:
    """What a change would do, without doing it."""
    planned = plan(state, command, context)
    return Quote(planned, next_cycle(reduce(evolve, planned.events, state), context))


def _create(state: Customer, command: profile.CreateCustomer, context: Context) -> Sequence[Event]:
    events: list[Event] = [profile.created(command, context)]
    events += profile.clock_moved(state, context.moved_to)
    if command.controls is not None:
        events += first_controls(command.controls, context)
    for event in events:
        state = evolve(state, event)
    draft = Draft(state, context)
    for offered in _first_plans(command, context):
        start(draft, Attach(offered.plan_id), offered, default=True)
    return [*events, *finish(draft, "update_plan").events]


def _first_plans(command: profile.CreateCustomer, context: Context) -> Sequence[Plan]:
    defaults = context.catalog.defaults()
    if command.plan_id is None:
        return defaults
    chosen = context.catalog.plan(command.plan_id)
    return [*(each for each in defaults if each.group != chosen.group), chosen]


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
            return [each for each in (*before_claims, *after_claims) if (each.kind, each.value) not in kept]
        case CustomerDeleted():
            entities = [Claim("entity", key, held=False, per_stream=True) for key in state.entities]
            return [*_identity(state.customer_id, state.email, held=False), *entities]
        case EntityCreated():
            return [Claim("entity", event.entity_id, per_stream=True)]
        case EntityDeleted():
            return [Claim("entity", event.entity_id, held=False, per_stream=True)]
        case PlanAttached() | PlanScheduled():
            return [Claim(PLAN_IN_USE, event.plan.plan_id, shared=True)]
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
)
