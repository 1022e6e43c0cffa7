"""What passes over from one plan to the next at a switch, apart from seats in use (reference §2.2)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from msgspec.structs import replace

from ledger.core.balances.balance import Grant
from ledger.core.errors import InvalidRequest
from ledger.core.events import GrantTerms
from ledger.core.money import ZERO, add, negate, percentage, subtract, whole_units
from ledger.core.offers.catalog import Catalog
from ledger.core.period import period_at
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Carry
from ledger.core.terms import FeatureKind, Method, Rollover

Holding = tuple[str, str | None]
"""A feature, and the entity that holds it; None is the customer."""


def check_carry(field: str, carry: Carry | None, catalog: Catalog) -> None:
    """Refuse to carry over what is not consumed, such as seats: that passes on by itself, or is there or not."""
    for feature_id in (carry.feature_ids or ()) if carry is not None else ():
        if catalog.feature(feature_id).kind is not FeatureKind.CONSUMABLE:
            raise InvalidRequest(f"{field} is for consumable features, and {feature_id} is none: leave it out")


def carries(carry: Carry | None, feature_id: str) -> bool:
    """Whether a feature is among those that pass over."""
    return carry is not None and (carry.feature_ids is None or feature_id in carry.feature_ids)


def carried_usages(
    customer: Customer, outgoing: str, carry: Carry | None, grants: Sequence[GrantTerms], now: datetime, zone: tzinfo
) -> list[GrantTerms]:
    """New grants with what was used under the outgoing plan taken off; it may take them below zero.

    Several grants of a feature fill up in their order; what none of them holds stays on one that sells more as used,
    else on the first.
    """
    used: dict[Holding, Decimal] = {}
    for grant in _consumed(customer, outgoing, carry):
        holding = _heir_of(grant, grants)
        usage = min(grant.used, grant.included) if _bought_once(grant) else grant.used
        used[holding] = add(used.get(holding, ZERO), usage)
    shares = _shares(grants, used)
    return [_with_usage(each, shares.get(each.grant_id, ZERO), now, zone) for each in grants]


def _heir_of(grant: Grant, grants: Sequence[GrantTerms]) -> Holding:
    """Who goes on with what an entity used or left: the entity, where it gets the feature apart again."""
    own = grant.terms.entity_id
    apart = any(each.feature_id == grant.feature_id and each.entity_id == own for each in grants)
    return grant.feature_id, own if apart else None


def _shares(grants: Sequence[GrantTerms], used: Mapping[Holding, Decimal]) -> dict[str, Decimal]:
    shares: dict[str, Decimal] = {}
    for holding, usage in used.items():
        held = [each for each in grants if (each.feature_id, each.entity_id) == holding and each.rollover_of is None]
        if not held or usage <= ZERO:
            continue
        left = usage
        for each in held:
            shares[each.grant_id] = min(left, add(each.included, each.prepaid))
            left = subtract(left, shares[each.grant_id])
        last = next((each for each in held if _sold_as_used(each)), held[0])
        shares[last.grant_id] = add(shares[last.grant_id], left)
    return shares


def _sold_as_used(terms: GrantTerms) -> bool:
    return terms.price is not None and terms.price.method is Method.USAGE_BASED


def _with_usage(terms: GrantTerms, usage: Decimal, now: datetime, zone: tzinfo) -> GrantTerms:
    if not usage or terms.unlimited:
        return terms
    start, end = terms.period_start, terms.period_end
    if terms.reset is not None and terms.anchor is not None:
        start, end = _window(terms, now, zone)
    return replace(terms, used=add(terms.used, usage), period_start=start, period_end=end)


def _window(terms: GrantTerms, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    assert terms.reset is not None
    assert terms.anchor is not None
    if now < terms.anchor:
        return now, terms.anchor  # its first boundary was named
    period = period_at(terms.anchor, terms.reset, now, zone)
    return period.start, period.end


def carried_balances(
    customer: Customer,
    outgoing: str,
    carry: Carry | None,
    grants: Sequence[GrantTerms],
    version: int,
    now: datetime,
    zone: tzinfo,
) -> list[GrantTerms]:
    """What remained under the outgoing plan, as balances of their own that expire at the next reset.

    A debt passes over too, unless it is billed as overage by the switch.
    """
    left: dict[Holding, Decimal] = {}
    for grant in _consumed(customer, outgoing, carry):
        units = max(ZERO, grant.balance) if _sold_as_used(grant.terms) else grant.balance
        holding = (grant.feature_id, grant.terms.entity_id)
        left[holding] = add(left.get(holding, ZERO), subtract(units, _purchased(grant)))
    return [
        GrantTerms(
            f"{version}.{ordinal}",
            feature_id,
            FeatureKind.CONSUMABLE,
            now,
            entity_id,
            included=max(ZERO, units),
            used=max(ZERO, negate(units)),
            expires_at=_next_reset(feature_id, grants, now, zone),
        )
        for ordinal, ((feature_id, entity_id), units) in enumerate(left.items(), start=len(grants))
        if units
    ]


def _next_reset(feature_id: str, grants: Iterable[GrantTerms], now: datetime, zone: tzinfo) -> datetime | None:
    resetting = [each for each in grants if each.feature_id == feature_id and each.anchor is not None and each.reset]
    return min((_window(each, now, zone)[1] for each in resetting), default=None)


def _consumed(customer: Customer, outgoing: str, carry: Carry | None) -> list[Grant]:
    return [
        grant
        for grant in customer.grants.values()
        if grant.terms.subscription_id == outgoing
        and grant.terms.kind is FeatureKind.CONSUMABLE
        and grant.terms.rollover_of is None
        and not grant.terms.unlimited
        and carries(carry, grant.feature_id)
    ]


def kept_purchases(
    customer: Customer, outgoing: str | None, version: int, ordinal: int, now: datetime
) -> list[GrantTerms]:
    """What is left of units that were paid once, as balances of their own: no plan to come pays for them (§2.3)."""
    left = [
        each
        for each in customer.grants.values()
        if outgoing and each.terms.subscription_id == outgoing and not _is_over(each, now)
    ]
    return [
        GrantTerms(
            f"{version}.{number}",
            grant.feature_id,
            grant.terms.kind,
            now,
            grant.terms.entity_id,
            included=_purchased(grant),
            expires_at=grant.expires_at,
        )
        for number, grant in enumerate((each for each in left if _purchased(each)), start=ordinal)
    ]


def _bought_once(grant: Grant) -> bool:
    terms = grant.terms
    if terms.price is None or terms.kind is not FeatureKind.CONSUMABLE or terms.rollover_of is not None:
        return False
    resets = terms.reset is not None and terms.reset.repeats
    return terms.price.method is Method.PREPAID and not terms.price.every.repeats and not resets


def _purchased(grant: Grant) -> Decimal:
    """Units left of those that were paid once; what a plan includes is used up before them."""
    return max(ZERO, min(grant.balance, grant.prepaid)) if _bought_once(grant) else ZERO


def carried_rollovers(
    customer: Customer, outgoing: str | None, grants: Sequence[GrantTerms], version: int, now: datetime
) -> list[GrantTerms]:
    """Leftovers of the outgoing plan, as far as the new plan's own cap leaves room: the newest are kept (§2.2).

    A plan that rolls nothing over takes none.
    """
    found: list[GrantTerms] = []
    for heir in _heirs(grants):
        assert heir.rollover is not None
        room = rollover_cap(heir.rollover, add(heir.included, heir.prepaid))
        for old in _leftovers(customer, outgoing, heir, grants):
            if _is_over(old, now):
                continue
            units = old.balance if room is None else min(old.balance, room)
            if units > ZERO:
                found.append(_moved(old, heir, units, f"{version}.{len(grants) + len(found)}"))
                room = None if room is None else subtract(room, units)
    return found


def _is_over(grant: Grant, now: datetime) -> bool:
    """Whether it ends at the very instant at which it would pass over, or ended before."""
    return grant.expires_at is not None and grant.expires_at <= now


def _heirs(grants: Sequence[GrantTerms]) -> list[GrantTerms]:
    """The first grant of each feature and holder that rolls over."""
    first: dict[Holding, GrantTerms] = {}
    for each in grants:
        if each.rollover is not None and each.rollover_of is None:
            first.setdefault((each.feature_id, each.entity_id), each)
    return list(first.values())


def _leftovers(customer: Customer, outgoing: str | None, heir: GrantTerms, grants: Sequence[GrantTerms]) -> list[Grant]:
    """The leftovers of a plan's feature that a grant is the heir of, newest first."""
    found = [
        grant
        for grant in customer.grants.values()
        if outgoing is not None
        and grant.terms.rollover_of is not None
        and grant.feature_id == heir.feature_id
        and grant.terms.subscription_id == outgoing
        and _heir_of(grant, grants)[1] == heir.entity_id
    ]
    return sorted(found, key=lambda each: each.terms.created_at, reverse=True)


def _moved(old: Grant, heir: GrantTerms, units: Decimal, grant_id: str) -> GrantTerms:
    return replace(
        old.terms,
        grant_id=grant_id,
        entity_id=heir.entity_id,
        subscription_id=heir.subscription_id,
        plan_id=heir.plan_id,
        add_on=heir.add_on,
        included=units,
        rollover_of=heir.grant_id,
    )


def rollover_cap(rollover: Rollover, granted: Decimal) -> Decimal | None:
    """The most units that may be left over of a grant: a number, or whole units of a percentage (§2.11)."""
    if rollover.most is not None:
        return rollover.most
    if rollover.percentage is not None:
        return whole_units(percentage(granted, rollover.percentage))
    return None
