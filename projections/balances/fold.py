"""What each grant of units stands at: the core's fold, with expired ones kept as they last stood."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final as Constant
from uuid import UUID

import msgspec

from ledger.core.balances import balance
from ledger.core.balances.balance import Grant
from ledger.core.events import (
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceRecalculated,
    BalanceReset,
    BalanceSet,
    BalanceToppedUp,
    EffectReversed,
    EntityCreated,
    EntityDeleted,
    Event,
    LockClosed,
    LockOpened,
    PlanActivated,
    PlanAttached,
    PlanChanged,
    PlanExpired,
    QuantityChanged,
    SeatsKept,
    UsageBackdated,
    UsageRecorded,
)
from projections.jsonb import state_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table

ACTIVE: Constant = "active"
EXPIRED: Constant = "expired"

BALANCES: Constant = Table(
    "balances",
    key=2,
    columns={
        "stream_id": Kind.UUID,
        "grant_id": Kind.TEXT,
        "status": Kind.TEXT,
        "feature_id": Kind.TEXT,
        "entity_id": Kind.TEXT,
        "plan_id": Kind.TEXT,
        "subscription_id": Kind.TEXT,
        "rollover_of": Kind.TEXT,
        "unlimited": Kind.BOOLEAN,
        "granted": Kind.NUMERIC,
        "remaining": Kind.NUMERIC,
        "created_at": Kind.INSTANT,
        "expires_at": Kind.INSTANT,
        "ended_at": Kind.INSTANT,
        "state": Kind.JSON,
    },
)

ENDED: Constant = Table(
    "balances_ended",
    key=2,
    columns={"stream_id": Kind.UUID, "grant_id": Kind.TEXT, "position": Kind.BIGINT},
    grows_only=True,
)

State = Mapping[str, Grant]


def restore(rows: Mapping[str, Sequence[tuple[str]]]) -> State:
    """The grants of a stream that have not ended, from the `state` of their rows."""
    found = (msgspec.json.decode(state, type=Grant) for (state,) in rows["balances"])
    return {grant.grant_id: grant for grant in found}


def fold(state: State, recorded: Recorded) -> tuple[State, Sequence[Final]]:
    """Move the grants of a stream by one event. One that expired is final: by itself, with its plan, or used up."""
    event = recorded.event
    after = balance.evolve(state, event)
    if not isinstance(event, PlanExpired | PlanChanged | BalanceExpired | BalanceReset):
        return after, ()
    ended = [grant for key, grant in state.items() if key not in after]
    ended_at = event.expired_at if isinstance(event, PlanExpired) else recorded.at
    finals = [Final(BALANCES.name, row(recorded.stream_id, grant, ended_at)) for grant in ended]
    where = [Final(ENDED.name, (recorded.stream_id, grant.grant_id, recorded.position)) for grant in ended]
    return after, [*finals, *where]


def changes(stream_id: UUID, before: State, after: State) -> Changes:
    """The rows of a stream that are different now. A deleted balance, or an entity's, leaves no row."""
    found = Changes()
    for key, grant in after.items():
        if before.get(key) is not grant:
            found.put(BALANCES.name, row(stream_id, grant, None))
    for key in before.keys() - after.keys():
        found.drop(BALANCES.name, (stream_id, key))
    return found


def row(stream_id: UUID, grant: Grant, ended_at: datetime | None) -> Row:
    """A grant as it is stored."""
    terms = grant.terms
    return (
        stream_id,
        terms.grant_id,
        ACTIVE if ended_at is None else EXPIRED,
        terms.feature_id,
        terms.entity_id,
        terms.plan_id,
        terms.subscription_id,
        terms.rollover_of,
        terms.unlimited,
        grant.granted,
        grant.balance,
        terms.created_at,
        grant.expires_at,
        ended_at,
        state_json(grant),
    )


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {
        UsageRecorded,
        UsageBackdated,
        LockOpened,
        LockClosed,
        EntityCreated,
        EntityDeleted,
        PlanAttached,
        PlanActivated,
        PlanChanged,
        PlanExpired,
        QuantityChanged,
        SeatsKept,
        BalanceGranted,
        BalanceSet,
        BalanceDeducted,
        BalanceDeleted,
        BalanceExpired,
        BalanceReset,
        BalanceRecalculated,
        BalanceToppedUp,
        EffectReversed,
    }
)

MODEL: Constant = Model(
    "balances", "projections.balances.sql", (BALANCES, ENDED), FOLDS, restore, fold, changes, revision=3
)
