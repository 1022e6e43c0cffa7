"""What the timeline knows of a stream when it tells an event: names, plans, and where balances stand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from ledger.core import balance
from ledger.core.balance import Grant
from ledger.core.events import (
    CustomerCreated,
    CustomerUpdated,
    Event,
    GrantTerms,
    PlanAttached,
    PlanExpired,
    PlanScheduled,
    PlanUnscheduled,
    UsageRecorded,
)
from ledger.core.money import ZERO, add, subtract
from ledger.core.terms import FeatureKind, Plan
from projections.jsonb import state_json

NOWHEN: Final = datetime(1970, 1, 1, tzinfo=UTC)  # sums look at no instant


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plan that a stream is on or will be on, by the name it was attached under."""

    plan_id: str
    version: int
    name: str
    entity_id: str | None = None


class Memo(msgspec.Struct, frozen=True):
    """A stream's past, as far as sentences need it."""

    customer_id: str | None = None
    plans: Mapping[str, Named] = {}
    grants: Mapping[str, Grant] = {}


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A grant as it is kept for the next sentence: no more than the fold and the sums look at."""

    grant_id: str
    feature_id: str
    kind: FeatureKind
    entity_id: str | None
    subscription_id: str | None
    plan_id: str | None
    unlimited: bool
    included: Decimal
    prepaid: Decimal
    balance: Decimal


class KeptMemo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A memo as it is kept: this is written again with every use, so it is small."""

    customer_id: str | None = None
    plans: Mapping[str, Named] = {}
    grants: Sequence[Kept] = ()


def keep(memo: Memo) -> bytes:
    """A memo as JSON."""
    return state_json(KeptMemo(memo.customer_id, memo.plans, [_keep(grant) for grant in memo.grants.values()]))


def recall(data: str | bytes) -> Memo:
    """The memo that was kept."""
    kept = _kept.decode(data)
    return Memo(kept.customer_id, kept.plans, {each.grant_id: _recall(each) for each in kept.grants})


def _keep(grant: Grant) -> Kept:
    terms = grant.terms
    return Kept(
        terms.grant_id,
        terms.feature_id,
        terms.kind,
        terms.entity_id,
        terms.subscription_id,
        terms.plan_id,
        terms.unlimited,
        grant.included,
        grant.prepaid,
        grant.balance,
    )


def _recall(kept: Kept) -> Grant:
    terms = GrantTerms(
        kept.grant_id,
        kept.feature_id,
        kept.kind,
        NOWHEN,
        entity_id=kept.entity_id,
        subscription_id=kept.subscription_id,
        plan_id=kept.plan_id,
        unlimited=kept.unlimited,
    )
    return Grant(terms, kept.included, kept.prepaid, kept.balance)


class Amounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a feature stands in a scope: units granted, remaining (a debt shows as none) and used."""

    granted: Decimal
    remaining: Decimal
    usage: Decimal
    unlimited: bool = False


_kept = msgspec.json.Decoder(KeptMemo)


def evolve(memo: Memo, event: Event) -> Memo:
    """Move the memo by one event."""
    grants = balance.evolve(memo.grants, event)
    if type(event) is UsageRecorded:
        return memo if grants is memo.grants else Memo(memo.customer_id, memo.plans, grants)
    plans, customer_id = memo.plans, memo.customer_id
    match event:
        case CustomerCreated():
            customer_id = event.customer_id
        case CustomerUpdated():
            customer_id = event.customer_id_after or customer_id
        case PlanAttached() | PlanScheduled():
            plans = {**plans, event.subscription_id: named(event.plan, event.entity_id)}
        case PlanExpired() | PlanUnscheduled():
            plans = {key: each for key, each in plans.items() if key != event.subscription_id}
    if plans is memo.plans and grants is memo.grants and customer_id == memo.customer_id:
        return memo
    return Memo(customer_id, plans, grants)


def named(plan: Plan, entity_id: str | None = None) -> Named:
    """A plan as it is remembered."""
    return Named(plan.plan_id, plan.version, plan.name, entity_id)


def amounts(grants: Iterable[Grant], feature_id: str, entity_id: str | None) -> Amounts | None:
    """The sums over the grants that usage of a feature may touch (as `standing` counts); None where there is none."""
    granted = remaining = usage = ZERO
    found = unlimited = False
    for grant in grants:
        terms, left = grant.terms, grant.balance
        if terms.feature_id != feature_id or not (entity_id is None or terms.entity_id in (None, entity_id)):
            continue
        given = add(grant.included, grant.prepaid) if grant.prepaid else grant.included
        kept, used = left if left > ZERO else ZERO, subtract(given, left)
        if found:
            granted, remaining, usage = add(granted, given), add(remaining, kept), add(usage, used)
        else:  # most features have one grant
            granted, remaining, usage = given, kept, used
        found, unlimited = True, unlimited or terms.unlimited
    return Amounts(granted, remaining, usage, unlimited) if found else None
