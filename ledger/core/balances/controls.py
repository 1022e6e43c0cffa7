"""Which controls count for a use: those of plans, of the customer and of the entity (reference §2.9).

An entry of the customer shadows its plans' of the same subject, and an entity's shadows both. Of several plans that
say something of one subject, the first counts; of usage limits, the most restrictive.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledger.core.balances.balance import Grant
from ledger.core.balances.deduction import Beyond
from ledger.core.money import ZERO, multiply, negate, part_of, subtract, total
from ledger.core.state import Customer
from ledger.core.terms import AutoTopup, Controls, OverageAllowed, SpendLimit, UsageAlert, UsageLimit

NOTHING: Final = Controls()
_ALL: Final = Decimal(100)


class Scoped(NamedTuple):
    """A usage limit, and the entity whose uses it counts; without one it counts all of the customer's."""

    limit: UsageLimit
    entity_id: str | None

    @property
    def key(self) -> str:
        """The name of its counter: the limit's subject, so that another number for it goes on counting."""
        limit = self.limit
        filters = ",".join(f"{name}={value}" for name, value in sorted(limit.properties.items()))
        return "|".join((self.entity_id or "", limit.feature_id, limit.interval.value, limit.anchor.value, filters))


class Effective(NamedTuple):
    """What counts for a use by a customer, or by one of its entities."""

    usage_limits: tuple[Scoped, ...] = ()
    spend_limits: Mapping[str | None, SpendLimit] = {}
    overage_allowed: Mapping[str, OverageAllowed] = {}
    usage_alerts: tuple[UsageAlert, ...] = ()
    auto_topups: Mapping[str, AutoTopup] = {}


NONE: Final = Effective()


def effective(customer: Customer, entity_id: str | None) -> Effective:
    """The controls that count for a use, each subject once."""
    if not _any(customer, entity_id):
        return NONE
    limits: dict[Any, Scoped] = {}
    merged: dict[str, dict[Any, Any]] = {
        "spend_limits": {},
        "overage_allowed": {},
        "usage_alerts": {},
        "auto_topups": {},
    }
    for controls, owner, ranked in _layers(customer, entity_id):
        for limit in controls.usage_limits:
            _limit(limits, Scoped(limit, owner), ranked=ranked)
        for name, found in merged.items():
            for entry in getattr(controls, name):
                if ranked or subject(entry) not in found:
                    found[subject(entry)] = entry
    return Effective(
        tuple(each for each in limits.values() if each.limit.enabled),
        merged["spend_limits"],
        merged["overage_allowed"],
        tuple(each for each in merged["usage_alerts"].values() if each.enabled),
        merged["auto_topups"],
    )


def _any(customer: Customer, entity_id: str | None) -> bool:
    """False for most customers, found fast: every use asks."""
    for subscription in customer.subscriptions.values():
        if subscription.plan.controls is not None:
            return True
    entity = customer.entities.get(entity_id) if entity_id is not None else None
    return customer.controls != NOTHING or (entity is not None and entity.controls != NOTHING)


def _layers(customer: Customer, entity_id: str | None) -> Iterable[tuple[Controls, str | None, bool]]:
    """Controls from the weakest to the strongest, whose uses they count, and whether they shadow those before."""
    for subscription in customer.subscriptions.values():
        said = subscription.plan.controls
        if said is not None and subscription.active and subscription.entity_id in (None, entity_id):
            yield said, subscription.entity_id, False
    if customer.controls != NOTHING:
        yield customer.controls, None, True
    entity = customer.entities.get(entity_id) if entity_id is not None else None
    if entity is not None and entity.controls != NOTHING:
        yield entity.controls, entity_id, True


def _limit(limits: dict[Any, Scoped], found: Scoped, *, ranked: bool) -> None:
    limit = found.limit
    known = limits.get(subject(limit))
    if ranked or known is None or limit.limit < known.limit.limit:
        limits[subject(limit)] = found


def subject(entry: SpendLimit | OverageAllowed | UsageLimit | UsageAlert | AutoTopup) -> Any:
    """What an entry is about: of two entries about the same, one shadows the other."""
    if isinstance(entry, UsageLimit):
        return entry.feature_id, entry.interval, tuple(sorted(entry.properties.items()))
    if isinstance(entry, UsageAlert):
        filters = tuple(sorted(entry.properties.items()))
        return entry.feature_id, entry.name, entry.threshold_type, entry.threshold, entry.basis, filters
    return entry.feature_id


def beyond(controls: Effective, grants: Iterable[Grant]) -> Mapping[str, Beyond]:
    """What the controls say of use beyond what was granted, by each feature of the grants that it may touch."""
    if not controls.spend_limits and not controls.overage_allowed:
        return {}
    held = list(grants)
    return {key: _beyond(controls, key, held) for key in dict.fromkeys(grant.feature_id for grant in held)}


def billed(customer: Customer, grant: Grant) -> bool:
    """False where a spend limit says that what is used of a balance beyond its grant is not put on invoices."""
    limits = effective(customer, grant.terms.entity_id).spend_limits
    found = limits.get(grant.feature_id, limits.get(None))
    return found is None or not found.skip_billing


def _beyond(controls: Effective, feature_id: str, held: Iterable[Grant]) -> Beyond:
    said = controls.overage_allowed.get(feature_id)
    spend = controls.spend_limits.get(feature_id, controls.spend_limits.get(None))
    allowed = said.enabled if said is not None else None
    if spend is None:
        return Beyond(allowed)
    if not spend.enabled or spend.overage_limit is None:
        return Beyond(allowed, bounded=False)
    own = [grant for grant in held if grant.feature_id == feature_id]
    over = total(negate(grant.balance) for grant in own if grant.balance < ZERO and not grant.terms.unlimited)
    return Beyond(allowed, room=max(ZERO, subtract(_ceiling(spend, own), over)))


def _ceiling(spend: SpendLimit, own: Iterable[Grant]) -> Decimal:
    """The most units beyond the grants. A percentage is of all use: 120 allows a fifth beyond what was granted."""
    limit = spend.overage_limit
    assert limit is not None
    if not spend.percentage:
        return limit
    granted = total(grant.granted for grant in own)
    return max(ZERO, part_of(multiply(granted, subtract(limit, _ALL)), _ALL))
