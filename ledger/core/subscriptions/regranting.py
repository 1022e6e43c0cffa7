"""Balances of a plan whose terms change while it goes on: what was used stays used (§2.2, "Usage on a switch").

An item that grants the same as before keeps its balance. Any other one gets a new balance, with the usage of the item
it takes the place of: the one of the same feature, sold in the same way if there are several.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from ledger.core.balances.balance import Grant
from ledger.core.balances.entitlement import entities_of, prepaid_units, seats_in_use
from ledger.core.draft import Draft
from ledger.core.events import GrantTerms, Quantity
from ledger.core.invoices.lines import grant_of
from ledger.core.money import ZERO, add, subtract, total
from ledger.core.period import period_at
from ledger.core.subscriptions.carrying import carried_rollovers
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import FeatureKind, Plan, PlanItem


class Wanted(NamedTuple):
    """What a subscription is to grant from now on; `resets` is what resets are counted from, where that moves."""

    plan: Plan
    quantities: Sequence[Quantity]
    resets: datetime | None = None


class _Pair(NamedTuple):
    """An item to be granted, with the one it takes the place of and that one's balance, and to whom."""

    item: PlanItem
    old: PlanItem | None
    grant: Grant | None
    entity_id: str | None


def regranted(
    draft: Draft, subscription: Subscription, wanted: Wanted
) -> tuple[tuple[str, ...], tuple[GrantTerms, ...]]:
    """The grants that end, and those that take their place."""
    pairs = _pairs(draft, subscription, wanted.plan)
    kept = {pair.grant.grant_id for pair in pairs if pair.grant is not None and _same(pair, subscription, wanted)}
    mine = [each for each in draft.customer.grants.values() if _belongs(each, subscription)]
    ended = [each.grant_id for each in mine if each.grant_id not in kept and each.terms.rollover_of is None]
    matched = {pair.grant.grant_id for pair in pairs if pair.grant is not None}
    lost = [each for each in mine if each.grant_id not in matched and each.terms.rollover_of is None]
    grants: list[GrantTerms] = []
    for pair in pairs:
        if pair.grant is None or pair.grant.grant_id not in kept:
            orphaned = _take_usage(lost, pair)
            grants.append(_terms(draft, subscription, wanted, pair, orphaned, len(grants)))
    leftovers = [each.grant_id for each in mine if each.terms.rollover_of in ended]
    moved = carried_rollovers(draft.customer, subscription.subscription_id, grants, draft.version, draft.now)
    return (*ended, *leftovers), (*grants, *moved)


def _belongs(grant: Grant, subscription: Subscription) -> bool:
    return grant.terms.subscription_id == subscription.subscription_id


def _pairs(draft: Draft, subscription: Subscription, plan: Plan) -> list[_Pair]:
    """Each new item with the old one it takes the place of: the same one, else the most alike of its feature."""
    left = list(subscription.plan.items)
    found: dict[int, PlanItem] = {}
    for alike in (_equal, _sold_alike, _of_one_feature):
        for index, item in enumerate(plan.items):
            old = None if index in found else next((each for each in left if alike(each, item)), None)
            if old is not None:
                left.remove(old)
                found[index] = old
    pairs = [
        _Pair(item, old, None if old is None else _held(draft, subscription, old, item, entity_id), entity_id)
        for index, item in enumerate(plan.items)
        for old in (found.get(index),)
        for entity_id in _holders(draft, subscription, item)
    ]
    return sorted(pairs, key=lambda each: each.entity_id == subscription.entity_id)


def _holders(draft: Draft, subscription: Subscription, item: PlanItem) -> list[str | None]:
    if item.entity_feature_id is None or subscription.entity_id is not None:
        return [subscription.entity_id]
    return [*entities_of(draft.customer, item.entity_feature_id)]


def _held(
    draft: Draft, subscription: Subscription, old: PlanItem, item: PlanItem, entity_id: str | None
) -> Grant | None:
    """The balance whose place a new one takes: of the same holder."""
    if subscription.entity_id is None and old.entity_feature_id != item.entity_feature_id:
        return None
    own = entity_id if item.entity_feature_id is not None else None
    return grant_of(draft.customer, subscription, old, own)


def _equal(old: PlanItem, new: PlanItem) -> bool:
    return old == new


def _sold_alike(old: PlanItem, new: PlanItem) -> bool:
    method = old.price.method if old.price is not None else None
    return old.feature_id == new.feature_id and method == (new.price.method if new.price is not None else None)


def _of_one_feature(old: PlanItem, new: PlanItem) -> bool:
    return old.feature_id == new.feature_id


def _same(pair: _Pair, subscription: Subscription, wanted: Wanted) -> bool:
    """Whether the balance that is there can stay as it is."""
    item, old, grant, _ = pair
    if old is None or grant is None or replace(old, proration=item.proration) != item:
        return False
    if wanted.resets is not None and grant.terms.anchor not in (None, wanted.resets):
        return False
    return prepaid_units(item, wanted.quantities) == prepaid_units(old, subscription.quantities)


def _take_usage(lost: list[Grant], pair: _Pair) -> Decimal:
    """What was used of balances of this feature that no new item takes the place of; an entity goes on with its own."""
    holders = {pair.entity_id} if pair.item.entity_feature_id else {each.terms.entity_id for each in lost}
    found = [
        each
        for each in lost
        if each.feature_id == pair.item.feature_id and not each.boolean and each.terms.entity_id in holders
    ]
    for each in found:
        lost.remove(each)
    return total(each.used for each in found)


def _terms(
    draft: Draft, subscription: Subscription, wanted: Wanted, pair: _Pair, orphaned: Decimal, ordinal: int
) -> GrantTerms:
    item, used = pair.item, add(_used(draft, pair), orphaned)
    anchor = wanted.resets or _reset_anchor(draft, subscription, pair.grant)
    start, end = _window(draft, item, anchor) if used else (None, None)
    return GrantTerms(
        grant_id=f"{draft.version}.{ordinal}",
        feature_id=item.feature_id,
        kind=item.kind,
        created_at=draft.now,
        entity_id=pair.entity_id,
        subscription_id=subscription.subscription_id,
        plan_id=wanted.plan.plan_id,
        add_on=wanted.plan.add_on,
        included=item.included,
        prepaid=add(prepaid_units(item, wanted.quantities), _bought_besides(subscription, pair)),
        used=used,
        unlimited=item.unlimited,
        reset=item.reset,
        anchor=anchor if _resets(item) else None,
        period_start=start,
        period_end=end,
        price=item.price,
        rollover=item.rollover,
        drawn=dict(pair.grant.drawn) if used and pair.grant is not None else {},
    )


def _used(draft: Draft, pair: _Pair) -> Decimal:
    """Usage of the balance before; for a feature that is new on the plan, seats that nothing holds yet."""
    if pair.grant is not None:
        return pair.grant.used
    if pair.item.kind is not FeatureKind.ALLOCATED:
        return ZERO
    return seats_in_use(draft.customer, pair.item, pair.entity_id, None)


def _bought_besides(subscription: Subscription, pair: _Pair) -> Decimal:
    """Units of a balance that were bought apart from its quantity, such as top-ups."""
    if pair.grant is None or pair.old is None:
        return ZERO
    return max(ZERO, subtract(pair.grant.prepaid, prepaid_units(pair.old, subscription.quantities)))


def _resets(item: PlanItem) -> bool:
    return item.reset is not None and item.reset.repeats


def _reset_anchor(draft: Draft, subscription: Subscription, grant: Grant | None) -> datetime:
    """What a balance's resets are counted from: what they were before, or those of the plan's other balances."""
    if grant is not None and grant.terms.anchor is not None:
        return grant.terms.anchor
    others = [each.terms.anchor for each in draft.customer.grants.values() if _belongs(each, subscription)]
    return next((each for each in others if each is not None), subscription.anchor)


def _window(draft: Draft, item: PlanItem, anchor: datetime) -> tuple[datetime | None, datetime | None]:
    if item.reset is None or not item.reset.repeats:
        return None, None
    if draft.now < anchor:
        return draft.now, anchor  # its first boundary was named
    return period_at(anchor, item.reset, draft.now, draft.context.settings.zone)
