"""How a customer's events fold: each idea folds its own part, and here they meet."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ledger.core.balances import balance, limits, uses
from ledger.core.balances.lock import Lock
from ledger.core.events import (
    BalanceReset,
    BalanceToppedUp,
    ChangeAbandoned,
    ClockMoved,
    ControlsChanged,
    Counted,
    CurrencySet,
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
    PlanExpired,
    UsageRecorded,
)
from ledger.core.invoices import invoice
from ledger.core.sealed import Sealed
from ledger.core.state import Customer, Entity
from ledger.core.subscriptions import held, subscription
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.time.falling_due import next_due_at

MOST_ENDED: Final = 200
"""How many names of subscriptions that ended are remembered."""

IDENTITY: Final[frozenset[type[Event]]] = frozenset(
    {
        ClockMoved,
        ControlsChanged,
        CurrencySet,
        CustomerCreated,
        CustomerDeleted,
        CustomerUpdated,
        EntityCreated,
        EntityDeleted,
    }
)
"""The events that say who a customer is: no other is asked."""

SET_ASIDE: Final[frozenset[type[Event]]] = frozenset(
    {
        BalanceReset,
        BalanceToppedUp,
        ChangeAbandoned,
        EffectReversed,
        LockClosed,
        LockOpened,
        PlanAttached,
        PlanChanged,
        PlanExpired,
    }
)
"""The events that leave something to be remembered beside: no other is asked."""


def evolve(state: Customer, event: Event) -> Customer:
    """Fold one event into the customer. Never refuses: it already happened."""
    if type(event) is UsageRecorded:
        return uses.used(state, event)
    version, kind = state.version + 1, type(event)
    grants = balance.evolve(state.grants, event) if kind in balance.MOVES else state.grants
    subscriptions, account = state.subscriptions, state.account
    if kind in subscription.MOVES:
        subscriptions = subscription.evolve(subscriptions, event, version)
    if kind in invoice.MOVES:
        account = invoice.evolve(account, event)
    said = identity(state, event) if kind in IDENTITY else state
    after = msgspec.structs.replace(
        set_aside(said, event) if kind in SET_ASIDE else said,
        version=version,
        grants=grants,
        subscriptions=subscriptions,
        account=account,
        held=held.evolve(state.held, event, version),
    )
    if _same_calendar(state, after):
        return after
    return msgspec.structs.replace(after, due_at=next_due_at(after))


def _same_calendar(before: Customer, after: Customer) -> bool:
    """True where nothing that falls due was touched."""
    return (
        after.grants is before.grants
        and after.subscriptions is before.subscriptions
        and after.locks is before.locks
        and after.account.accrued is before.account.accrued
        and after.held is before.held
    )


def fold(state: Customer, events: Iterable[Event]) -> Customer:
    """Fold events in order: what `evolve` answers for one after the other, sooner where uses follow one another."""
    run = uses.Run(state)
    for event in events:
        if type(event) is not UsageRecorded or not run.takes(event):
            run = uses.Run(evolve(run.end(), event))
    return run.end()


def _counted(state: Customer, counted: Iterable[Counted]) -> Customer:
    return msgspec.structs.replace(state, windows=limits.evolve(state.windows, counted))


def identity(state: Customer, event: Event) -> Customer:
    """Fold what an event says of who a customer and its entities are, and of the limits they set themselves."""
    match event:
        case CustomerCreated():
            return msgspec.structs.replace(
                state,
                customer_id=event.customer_id,
                personal=event.personal,
                created_at=event.created_at,
                currency=event.currency,
                send_email_receipts=event.send_email_receipts,
            )
        case CustomerUpdated():
            return updated(state, event)
        case CustomerDeleted():
            return msgspec.structs.replace(state, deleted_at=event.deleted_at)
        case CurrencySet():
            return msgspec.structs.replace(state, currency=event.after)
        case ClockMoved():
            return msgspec.structs.replace(state, clock=event.after)
        case EntityCreated():
            made = Entity(event.entity_id, event.feature_id, event.name, event.created_at)
            return msgspec.structs.replace(state, entities={**state.entities, event.entity_id: made})
        case EntityDeleted():
            kept = {key: each for key, each in state.entities.items() if key != event.entity_id}
            return msgspec.structs.replace(state, entities=kept)
        case ControlsChanged():
            return _controlled(state, event)
    return state


def set_aside(state: Customer, event: Event) -> Customer:
    """Fold what an event leaves to be remembered of trials, plans that ended, locks and what counts toward limits."""
    match event:
        case PlanAttached() | PlanChanged() if event.trial_ends_at is not None:
            return msgspec.structs.replace(state, trials_used=_once(state.trials_used, event.plan.plan_id))
        case PlanExpired():
            return _ended(state, state.subscriptions[event.subscription_id])
        case LockOpened():
            opened = _counted(state, event.counted)
            return msgspec.structs.replace(opened, locks={**state.locks, event.lock_id: Lock.opened(event)})
        case LockClosed():
            closed = _counted(state, event.counted)
            kept_locks = {key: each for key, each in state.locks.items() if key != event.lock_id}
            return msgspec.structs.replace(closed, locks=kept_locks)
        case BalanceReset() if state.locks:
            locks = {key: each.reset(event.grant_id) for key, each in state.locks.items()}
            return msgspec.structs.replace(state, locks=locks)
        case BalanceToppedUp() | ChangeAbandoned() | EffectReversed() if event.counted:
            return _counted(state, event.counted)
    return state


def _ended(state: Customer, ended: Subscription) -> Customer:
    plan_id, names = ended.plan.plan_id, (ended.subscription_id, ended.external_id)
    known = {**state.ended_ids, **{name: plan_id for name in names if name is not None}}
    latest = dict(list(known.items())[-MOST_ENDED:])
    return msgspec.structs.replace(state, ended_plans=_once(state.ended_plans, plan_id), ended_ids=latest)


def _once(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _controlled(state: Customer, event: ControlsChanged) -> Customer:
    if event.entity_id is None:
        return msgspec.structs.replace(state, controls=event.after)
    entity = msgspec.structs.replace(state.entities[event.entity_id], controls=event.after)
    return msgspec.structs.replace(state, entities={**state.entities, event.entity_id: entity})


def updated(state: Customer, event: CustomerUpdated) -> Customer:
    """The customer with what an update says of it; what is forgotten stays as it is."""
    personal: Mapping[str, object] = {**state.personal.fields(), **event.after.fields()}
    known = {key: value for key, value in personal.items() if value is not None}
    receipts = event.send_email_receipts
    return msgspec.structs.replace(
        state,
        customer_id=event.customer_id_after or state.customer_id,
        personal=state.personal if event.after.forgotten else Sealed(known),
        send_email_receipts=state.send_email_receipts if receipts is None else receipts,
    )
