"""Plans that customers are on, will be on, or were on: the core's fold, with ended ones kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final as Constant
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.core.events import (
    DiscountRemoved,
    Ended,
    Event,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    QuantityChanged,
    QuantityScheduled,
    TrialEnded,
)
from ledger.core.subscriptions import subscription
from ledger.core.subscriptions.subscription import Subscription
from projections.jsonb import state_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table

EXPIRED: Constant = "expired"
UNSCHEDULED: Constant = "unscheduled"

SUBSCRIPTIONS: Constant = Table(
    "subscriptions",
    key=2,
    columns={
        "stream_id": Kind.UUID,
        "subscription_id": Kind.TEXT,
        "status": Kind.TEXT,
        "plan_id": Kind.TEXT,
        "plan_version": Kind.INTEGER,
        "add_on": Kind.BOOLEAN,
        "one_off": Kind.BOOLEAN,
        "entity_id": Kind.TEXT,
        "created_at": Kind.INSTANT,
        "started_at": Kind.INSTANT,
        "canceled_at": Kind.INSTANT,
        "expires_at": Kind.INSTANT,
        "ended_at": Kind.INSTANT,
        "ended_by": Kind.TEXT,
        "state": Kind.JSON,
    },
)

PAST: Constant = Table(
    "subscriptions_past",
    key=3,
    columns={
        "stream_id": Kind.UUID,
        "subscription_id": Kind.TEXT,
        "position": Kind.BIGINT,
        "at": Kind.INSTANT,
        "first": Kind.BOOLEAN,
        "status": Kind.TEXT,
        "past_due": Kind.BOOLEAN,
        "plan_id": Kind.TEXT,
        "one_off": Kind.BOOLEAN,
        "entity_id": Kind.TEXT,
        "created_at": Kind.INSTANT,
        "ended_at": Kind.INSTANT,
        "ended_by": Kind.TEXT,
        "state": Kind.JSON,
    },
    grows_only=True,
)


class Held(NamedTuple):
    """A subscription that has not ended, and when it was made."""

    created_at: datetime
    subscription: Subscription


State = Mapping[str, Held]


class Ending(NamedTuple):
    """When and why a subscription ended."""

    at: datetime
    cause: Ended


def restore(rows: Mapping[str, Sequence[tuple[datetime, str]]]) -> State:
    """The subscriptions of a stream that have not ended, from `created_at` and `state` of their rows."""
    found = (Held(at, msgspec.json.decode(state, type=Subscription)) for at, state in rows["subscriptions"])
    return {held.subscription.subscription_id: held for held in found}


def fold(state: State, recorded: Recorded) -> tuple[State, Sequence[Final]]:
    """Move the subscriptions of a stream by one event; one that ended is final, and so is what each was before."""
    event = recorded.event
    before = {key: held.subscription for key, held in state.items()}
    after = subscription.evolve(before, event, recorded.version)
    folded = {key: _held(state.get(key), each, recorded.at) for key, each in after.items()}
    past = [
        Final(PAST.name, past_row(recorded, each, each.subscription.status.value, first=key not in state))
        for key, each in folded.items()
        if state.get(key) is not each
    ]
    if isinstance(event, PlanUnscheduled) and event.subscription_id in state:
        past.append(Final(PAST.name, past_row(recorded, state[event.subscription_id], UNSCHEDULED)))
    if not isinstance(event, PlanExpired) or event.subscription_id not in state:
        return folded, past
    ended, ending = _ended(state[event.subscription_id], event), Ending(event.expired_at, event.cause)
    past.append(Final(PAST.name, past_row(recorded, ended, EXPIRED, ending)))
    return folded, [*past, Final(SUBSCRIPTIONS.name, row(recorded.stream_id, ended, ending))]


def changes(stream_id: UUID, before: State, after: State) -> Changes:
    """The rows of a stream that are different now."""
    found = Changes()
    for key, held in after.items():
        if before.get(key) is not held:
            found.put(SUBSCRIPTIONS.name, row(stream_id, held, None))
    for key in before.keys() - after.keys():
        found.drop(SUBSCRIPTIONS.name, (stream_id, key))
    return found


def row(stream_id: UUID, held: Held, ending: Ending | None) -> Row:
    """A subscription as it is stored."""
    each = held.subscription
    return (
        stream_id,
        each.subscription_id,
        each.status.value if ending is None else EXPIRED,
        each.plan.plan_id,
        each.plan.version,
        each.plan.add_on,
        each.plan.one_off,
        each.entity_id,
        held.created_at,
        each.started_at,
        each.canceled_at,
        each.expires_at,
        None if ending is None else ending.at,
        None if ending is None else ending.cause.value,
        state_json(each),
    )


def past_row(recorded: Recorded, held: Held, status: str, ending: Ending | None = None, *, first: bool = False) -> Row:
    """What a subscription was after an event, as it is stored."""
    each = held.subscription
    return (
        recorded.stream_id,
        each.subscription_id,
        recorded.position,
        recorded.at,
        first,
        status,
        each.past_due is not None,
        each.plan.plan_id,
        each.plan.one_off,
        each.entity_id,
        held.created_at,
        None if ending is None else ending.at,
        None if ending is None else ending.cause.value,
        state_json(each),
    )


def _held(before: Held | None, after: Subscription, at: datetime) -> Held:
    if before is None:
        return Held(at, after)
    return before if before.subscription is after else Held(before.created_at, after)


def _ended(held: Held, event: PlanExpired) -> Held:
    canceled_at = event.canceled_at or held.subscription.canceled_at
    return held._replace(subscription=msgspec.structs.replace(held.subscription, canceled_at=canceled_at))


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {
        PlanAttached,
        PlanScheduled,
        PlanActivated,
        PlanUnscheduled,
        PlanCanceled,
        PlanUncanceled,
        PlanExpired,
        PlanRenewed,
        PlanChanged,
        PlanPastDue,
        PlanPaidUp,
        TrialEnded,
        QuantityChanged,
        QuantityScheduled,
        DiscountRemoved,
    }
)

MODEL: Constant = Model(
    "subscriptions", "projections.subscriptions.sql", (SUBSCRIPTIONS, PAST), FOLDS, restore, fold, changes, revision=3
)
