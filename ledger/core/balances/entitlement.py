"""What a plan grants: its items as new balances, their reset periods, and what is carried over on a switch."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from ledger.core.balances.balance import Grant
from ledger.core.balances.deduction import in_scope
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import GrantTerms, Quantity, Window
from ledger.core.invoices.pricing import whole_packs
from ledger.core.money import ZERO, add, subtract, total
from ledger.core.period import Period, boundary, period_at
from ledger.core.state import Customer
from ledger.core.subscriptions.carrying import carried_rollovers, kept_purchases
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import FeatureKind, Plan, PlanItem


def check_quantities(plan: Plan, quantities: Sequence[Quantity]) -> None:
    """Refuse quantities of features that the plan does not sell ahead, and those beyond what may be bought."""
    for each in quantities:
        sold = [item for item in plan.items if item.prepaid and item.feature_id == each.feature_id]
        if not sold:
            raise InvalidInput(f"feature_quantities: plan {plan.plan_id} sells no prepaid {each.feature_id}")
        if len(sold) > 1:
            raise InvalidRequest(
                f"feature_quantities: plan {plan.plan_id} sells {each.feature_id} ahead in {len(sold)} ways, and a "
                "quantity cannot say which: leave one of its items in a new version of the plan"
            )
        item = sold[0]
        if each.quantity < ZERO:
            raise InvalidInput(f"feature_quantities: quantity of {each.feature_id} must not be negative")
        limit = item.price.max_purchase if item.price else None
        if limit is not None and subtract(each.quantity, item.included) > limit:
            raise InvalidRequest(f"At most {limit:f} units of {each.feature_id} can be bought beyond the included ones")


def prepaid_units(item: PlanItem, quantities: Iterable[Quantity]) -> Decimal:
    """Units bought ahead: the quantity, a total (§2.2), beyond the included ones, in whole packs."""
    wanted = next((each.quantity for each in quantities if each.feature_id == item.feature_id), ZERO)
    if item.price is None or not item.prepaid:
        return ZERO
    return whole_packs(item.price, subtract(wanted, item.included))


class Granting:
    """Makes the grants of one subscription, with ids derived from the stream version of the event that carries them."""

    def __init__(
        self, customer: Customer, subscription_id: str, plan: Plan, entity_id: str | None, zone: tzinfo, version: int
    ) -> None:
        self._customer, self._plan, self._entity_id, self._zone = customer, plan, entity_id, zone
        self._subscription_id, self._version = subscription_id, version

    def grants(
        self, quantities: Sequence[Quantity], anchor: datetime, now: datetime, outgoing: str | None
    ) -> tuple[GrantTerms, ...]:
        """The grants that the plan's items make at `now`, resetting from `anchor`.

        Seats in use and leftovers of the `outgoing` plan pass over to them.
        """
        shares = [
            (item, entity_id, first) for item, first in _firsts(self._plan.items) for entity_id in self._holders(item)
        ]
        made = [
            self._grant(ordinal, item, entity_id, prepaid_units(item, quantities), anchor, now, used)
            for ordinal, (item, entity_id, first) in enumerate(shares)
            for used in (self._seats(item, entity_id, outgoing) if first else ZERO,)
        ]
        over = (*made, *carried_rollovers(self._customer, outgoing, made, self._version, now))
        return (*over, *kept_purchases(self._customer, outgoing, self._version, len(over), now))

    def to_entity(
        self, entity_id: str, feature_id: str, anchor: datetime, now: datetime, ordinal: int = 0
    ) -> tuple[GrantTerms, ...]:
        """The grants that an entity of a feature gets when it comes later than the plan; ids go on from `ordinal`."""
        items = [each for each in self._plan.items if each.entity_feature_id == feature_id]
        return tuple(
            self._grant(number, item, entity_id, ZERO, anchor, now, ZERO)
            for number, item in enumerate(items, start=ordinal)
        )

    def _holders(self, item: PlanItem) -> list[str | None]:
        """Who gets a balance of an item: whom the plan is for, or each entity that the item is for (§2.12)."""
        if item.entity_feature_id is None or self._entity_id is not None:
            return [self._entity_id]
        return [*entities_of(self._customer, item.entity_feature_id)]

    def _seats(self, item: PlanItem, entity_id: str | None, outgoing: str | None) -> Decimal:
        apart = () if entity_id is not None else with_own(self._customer, self._plan, item.feature_id)
        return seats_in_use(self._customer, item, entity_id, outgoing, apart)

    def _grant(
        self,
        ordinal: int,
        item: PlanItem,
        entity_id: str | None,
        prepaid: Decimal,
        anchor: datetime,
        now: datetime,
        used: Decimal,
    ) -> GrantTerms:
        repeats = item.reset is not None and item.reset.repeats
        bounded = repeats and (used or item.rollover)
        period = period_at(anchor, item.reset, now, self._zone) if bounded and item.reset else None
        return GrantTerms(
            grant_id=f"{self._version}.{ordinal}",
            feature_id=item.feature_id,
            kind=item.kind,
            created_at=now,
            entity_id=entity_id,
            subscription_id=self._subscription_id,
            plan_id=self._plan.plan_id,
            add_on=self._plan.add_on,
            included=item.included,
            prepaid=prepaid,
            used=used,
            unlimited=item.unlimited,
            reset=item.reset,
            anchor=anchor if repeats else None,
            period_start=period.start if period else None,
            period_end=period.end if period else None,
            expires_at=None if item.expiry is None else boundary(now, item.expiry, 1, self._zone),
            price=item.price,
            rollover=item.rollover,
        )


def _firsts(items: Sequence[PlanItem]) -> list[tuple[PlanItem, bool]]:
    """Items, and whether each is the first of its feature among those that grant to the same."""
    seen: set[tuple[str, str | None]] = set()
    found = []
    for item in items:
        key = (item.feature_id, item.entity_feature_id)
        found.append((item, key not in seen))
        seen.add(key)
    return found


def entities_of(customer: Customer, feature_id: str) -> list[str]:
    """The customer's entities that belong to a feature, the oldest first."""
    return [each.entity_id for each in customer.entities.values() if each.feature_id == feature_id]


def with_own(customer: Customer, plan: Plan, feature_id: str) -> list[str]:
    """The entities to which a plan of the customer grants a feature apart from the others."""
    return [
        entity_id
        for item in plan.items
        if item.feature_id == feature_id and item.entity_feature_id is not None
        for entity_id in entities_of(customer, item.entity_feature_id)
    ]


def reset_anchor(customer: Customer, subscription: Subscription) -> datetime:
    """The instant that resets of a plan's balances are counted from: kept across every immediate switch (§2.2)."""
    anchors = [
        grant.terms.anchor
        for grant in customer.grants.values()
        if grant.terms.subscription_id == subscription.subscription_id and grant.terms.anchor is not None
    ]
    return anchors[0] if anchors else subscription.anchor


def seats_in_use(
    customer: Customer, item: PlanItem, entity_id: str | None, outgoing: str | None, apart: Collection[str] = ()
) -> Decimal:
    """Allocated units that a new grant takes over: those of the plan it replaces, and entities nobody holds yet.

    What entities `apart` hold passes over to balances of their own.
    Allocated usage carries over on a switch (§2.2, "Usage on a switch"); consumable usage does not.
    """
    if item.kind is not FeatureKind.ALLOCATED:
        return ZERO
    held = in_scope(customer.grants.values(), item.feature_id, None)
    carried = total(
        each.used
        for each in held
        if outgoing and each.terms.subscription_id == outgoing and _passes_to(each, entity_id, apart)
    )
    if entity_id is not None:
        return carried
    counted = total(each.used for each in held)
    entities = sum(1 for entity in customer.entities.values() if entity.feature_id == item.feature_id)
    return add(carried, max(ZERO, subtract(Decimal(entities), counted)))


def _passes_to(grant: Grant, entity_id: str | None, apart: Collection[str]) -> bool:
    return grant.terms.entity_id == entity_id if entity_id is not None else grant.terms.entity_id not in apart


def window(grant: Grant, now: datetime, zone: tzinfo) -> Period | None:
    """The reset period that a grant is in at `now`; None when it never resets."""
    reset, anchor = grant.terms.reset, grant.terms.anchor
    if reset is None or anchor is None or not reset.repeats:
        return None
    if grant.period_start is not None and grant.period_end is not None and grant.period_start <= now < grant.period_end:
        return Period(grant.period_start, grant.period_end)
    if now < anchor:
        return Period(min(grant.terms.created_at, now), anchor)  # its first boundary was named
    return period_at(anchor, reset, now, zone)


def windows_opened(grants: Iterable[Grant], touched: Iterable[str], now: datetime, zone: tzinfo) -> tuple[Window, ...]:
    """The periods of touched grants that were idle until now: their first change says which period it falls in.

    One that is held back from its reset stays in the period that it was used in.
    """
    ids = set(touched)
    found = []
    for grant in grants:
        if (
            grant.grant_id in ids
            and grant.terms.reset is not None
            and (grant.period_end is None or (grant.idle and grant.period_end <= now))
        ):
            period = window(grant, now, zone)
            if period is not None:
                found.append(Window(grant.grant_id, period.start, period.end))
    return tuple(found)
