"""What each grant of units stands at: the core's fold, with expired ones kept as they last stood."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final as Constant
from typing import NamedTuple
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
from ledger.core.money import EXACT, ZERO, add, subtract
from ledger.core.terms import FeatureKind
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

SUMS: Constant = Table(
    "balance_sums",
    key=2,
    columns={
        "stream_id": Kind.UUID,
        "feature_id": Kind.TEXT,
        "granted": Kind.NUMERIC,
        "remaining": Kind.NUMERIC,
        "usage": Kind.NUMERIC,
        "unlimited": Kind.BOOLEAN,
    },
    follows=True,
)


class Sums(NamedTuple):
    """What a customer has of a feature in all, its entities' balances included. `remaining` never shows a debt."""

    granted: Decimal
    remaining: Decimal
    usage: Decimal
    unlimited: bool


_grant: Constant = msgspec.json.Decoder(Grant)


def restore(rows: Mapping[str, Sequence[tuple[str]]]) -> State:
    """The grants of a stream that have not ended, from the `state` of their rows."""
    found = [_grant.decode(state) for (state,) in rows["balances"]]
    return {grant.terms.grant_id: grant for grant in found}


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
    found, touched = Changes(), set[str]()
    for key, grant in after.items():
        if before.get(key) is not grant:
            found.put(BALANCES.name, row(stream_id, grant, None))
            touched.add(grant.terms.feature_id)
    for key in before.keys() - after.keys():
        found.drop(BALANCES.name, (stream_id, key))
        touched.add(before[key].terms.feature_id)
    _put_sums(found, stream_id, before, after, touched)
    return found


def _put_sums(found: Changes, stream_id: UUID, before: State, after: State, touched: Iterable[str]) -> None:
    """The sums of the features of which any balance is another now."""
    for feature_id in touched:
        now = sums_of(after.values(), feature_id)
        if now is not None:
            found.put(SUMS.name, (stream_id, feature_id, *now))
        elif sums_of(before.values(), feature_id) is not None:
            found.drop(SUMS.name, (stream_id, feature_id))


def sums_of(grants: Iterable[Grant], feature_id: str) -> Sums | None:
    """The sums over the balances of a feature as a customer's own read shows them (`standing`); None where it has
    none, and for a feature that is only on or off.
    """
    granted = remaining = left = ZERO
    held, unlimited = False, False
    for grant in grants:
        terms, kept = grant.terms, grant.balance
        if terms.feature_id != feature_id or terms.kind is FeatureKind.BOOLEAN:
            continue
        given = add(grant.included, grant.prepaid) if grant.prepaid else grant.included
        if held:
            granted, left, unlimited = add(granted, given), add(left, kept), unlimited or terms.unlimited
            remaining = add(remaining, kept) if kept > ZERO else remaining
        else:  # most features have one grant
            granted, left, unlimited, held = given, kept, terms.unlimited, True
            remaining = kept if kept > ZERO else ZERO
    if not held:
        return None
    # A number is kept in one spelling: which one a sum comes to depends on the way it was reached.
    spelt = EXACT.normalize
    return Sums(spelt(granted), spelt(remaining), spelt(subtract(granted, left)), unlimited)


def size(state: State) -> int:
    """About how many kilobytes the grants of a stream take in memory."""
    return 1 + len(state) * 4 // 3


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
    "balances",
    "projections.balances.sql",
    (BALANCES, ENDED, SUMS),
    FOLDS,
    restore,
    fold,
    changes,
    revision=4,
    size=size,
)
