"""Which balances usage comes from, and how far down (reference §2.7).

Taking runs in two passes over the grants in deduction order: down to zero, then into overage where it is
allowed. Giving back runs the other way: debts first, then up to what was granted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from ledger.core.balances.balance import Grant
from ledger.core.balances.credits import NO_RATES, Rate
from ledger.core.events import Allocation, Draw
from ledger.core.money import ZERO, add, negate, subtract
from ledger.core.terms import FeatureKind, Method

_NEVER = datetime.max.replace(tzinfo=UTC)


class Overage(StrEnum):
    """What happens to units that no balance can take: dropped (cap), a debt (overflow), or a refusal (reject)."""

    CAP = "cap"
    OVERFLOW = "overflow"
    REJECT = "reject"


class Beyond(NamedTuple):
    """What a customer's controls say of use beyond the grants of one feature (§2.9).

    `allowed` goes before what prices say; None leaves it to them. `bounded` False takes every bound away. `room` is how
    many more units of all balances together a spend limit leaves; None without one.
    """

    allowed: bool | None = None
    bounded: bool = True
    room: Decimal | None = None


class Rules(NamedTuple):
    """What else counts when a use is spread over balances, each by feature.

    `rates` are the costs in the credit systems it may draw on, `headroom` the credits that usage limits leave of them.
    A `strict` spread never puts free seats into debt: that is for a check, which asks for what remains (§2.8).
    """

    rates: Mapping[str, Rate] = NO_RATES
    beyond: Mapping[str, Beyond] = {}
    headroom: Mapping[str, Decimal] = {}
    strict: bool = False


PLAIN: Final = Rules()
_BY_PRICE: Final = Beyond()


class Taken(NamedTuple):
    """What each grant gave, in its own units; the units that credits stand for; and what found no balance."""

    allocations: list[Allocation]
    left: Decimal
    drawn: list[Draw]


def in_scope(grants: Iterable[Grant], feature_id: str, entity_id: str | None) -> list[Grant]:
    """The grants that usage of a feature may touch: an entity's own and its customer's; for a customer, all (§2.12)."""
    return [
        grant
        for grant in grants
        if grant.terms.feature_id == feature_id and (entity_id is None or grant.terms.entity_id in (None, entity_id))
    ]


def in_order(
    grants: Iterable[Grant],
    entity_id: str | None,
    *,
    longest_first: bool = False,
    direct: str | None = None,
    named: Collection[str] = (),
) -> list[Grant]:
    """Grants in the order they are deducted from: leftovers, then the keys of §2.7, the grant's own id at last.

    `direct` is the feature that is used: its own grants come before credits. `named` are features of which a usage
    limit names this use by its properties.
    """

    def key(grant: Grant) -> tuple[Any, ...]:
        terms = grant.terms
        interval = terms.reset.rank if terms.reset and terms.reset.repeats else (0, 0)
        expires_at = grant.expires_at or _NEVER
        return (
            terms.rollover_of is None,
            expires_at if terms.rollover_of is not None else _NEVER,
            terms.feature_id not in named,
            (terms.entity_id is None) == (entity_id is not None),
            not grant.boolean,
            terms.feature_id != direct if direct is not None else False,
            not terms.unlimited,
            terms.reset is None or not terms.reset.repeats,
            tuple(-part for part in interval) if longest_first else interval,
            expires_at,
            terms.entity_id or "",
            terms.add_on,
            not grant.prepaid,
            terms.created_at,
            tuple(int(part) for part in terms.grant_id.split(".")),
        )

    ordered = list(grants)
    if len(ordered) > 1:
        ordered.sort(key=key)
    return ordered


def overage_allowed(grant: Grant) -> bool:
    """True when units beyond the grant are sold as they are used."""
    price = grant.terms.price
    return price is not None and price.method is Method.USAGE_BASED


def bought_ahead_seats(grant: Grant) -> bool:
    """True for held units that are paid before they are taken: no more of them are taken than were bought (§2.7)."""
    price = grant.terms.price
    return grant.terms.kind is FeatureKind.ALLOCATED and price is not None and price.method is Method.PREPAID


def overage_room(grant: Grant) -> Decimal | None:
    """Units that may still be taken below zero; None without limit, zero where overage is not allowed."""
    if not overage_allowed(grant):
        return ZERO
    price = grant.terms.price
    assert price is not None
    if price.max_purchase is None:
        return None
    return max(ZERO, add(price.max_purchase, min(grant.balance, ZERO)))


def take(ordered: Sequence[Grant], value: Decimal, overage: Overage) -> tuple[list[Allocation], Decimal]:
    """Take `value` (> 0) from grants of one feature in order; answers the allocations and what was left over."""
    taken = spend(ordered, value, overage)
    return taken.allocations, taken.left


def give_back(ordered: Sequence[Grant], value: Decimal, overage: Overage) -> tuple[list[Allocation], Decimal]:
    """Give `value` (> 0) back to grants of one feature; answers the allocations, below zero, and what was left over."""
    given = restore(ordered, value, overage)
    return given.allocations, given.left


def spend(ordered: Sequence[Grant], value: Decimal, overage: Overage, rules: Rules = PLAIN) -> Taken:
    """Take `value` (> 0) units of a feature from grants in order, within the rules."""
    if rules is PLAIN:
        for grant in ordered:
            if grant.balance >= value or grant.terms.unlimited:  # nearly every use, so it is not spread at all
                return Taken([Allocation(grant.terms.grant_id, value)], ZERO, [])
            if grant.balance > ZERO:
                break  # one that is used up gives nothing, but this one gives a part
    spread = _Spread(value, rules)
    for grant in ordered:
        spread.take(grant, None if grant.terms.unlimited else grant.balance)
        if not spread.left:
            return spread.taken()
    for grant in _may_go_below(ordered, rules):
        spread.take_beyond(grant, _room(grant, rules))
    main = next((each for each in ordered if each.terms.rollover_of is None), None)
    if overage is Overage.OVERFLOW and main is not None:
        spread.take_beyond(main, None)
    return spread.taken()


def restore(ordered: Sequence[Grant], value: Decimal, overage: Overage, rules: Rules = PLAIN) -> Taken:
    """Give `value` (> 0) units back: debts to zero, then up to the grants, never above unless it may overflow.

    A loose balance that is used up comes last where usage has moved on to one that resets later: its own
    reset fills it sooner (§2.7, live example: the emptied daily balance got nothing back while others had room).
    Leftovers come after all of these: they are not what is filled again.
    """
    spread = _Spread(value, rules)
    turns = _turns(ordered)
    for grant in turns:
        spread.give(grant, max(ZERO, subtract(min(ZERO, grant.granted), grant.balance)))
    for grant in turns:
        room = ZERO if grant.terms.unlimited else max(ZERO, subtract(grant.granted, max(grant.balance, ZERO)))
        spread.give(grant, room)
    main = next((each for each in ordered if each.terms.rollover_of is None), None)
    if overage is Overage.OVERFLOW and main is not None:
        spread.give(main, None)
    return spread.taken()


class _Spread:
    """One use while it is spread over grants: what each gave so far, and what is left."""

    def __init__(self, value: Decimal, rules: Rules) -> None:
        self.left = value
        self._amounts: dict[str, Decimal] = {}
        self._units: dict[str, Decimal] = {}
        self._rates, self._headroom = rules.rates, rules.headroom
        self._rooms = {key: each.room for key, each in rules.beyond.items() if each.room is not None}

    def take(self, grant: Grant, most: Decimal | None) -> None:
        """Take from a grant as much as is left, at most `most` of its own units (None: without end)."""
        if most is not None and most <= ZERO:
            return
        if grant.terms.feature_id in self._rates:
            self._take_credits(grant, most)
            return
        part = self.left if most is None or most >= self.left else most
        self._note(grant.terms.grant_id, part)
        self.left = subtract(self.left, part)

    def take_beyond(self, grant: Grant, most: Decimal | None) -> None:
        """Take below zero, within the room that a spend limit leaves to all balances of the feature together."""
        room = self._rooms.get(grant.feature_id)
        if not self.left:
            return
        before = self._amounts.get(grant.grant_id, ZERO)
        bounds = [each for each in (most, room) if each is not None]
        self.take(grant, min(bounds, default=None))
        if room is not None:
            beyond = subtract(self._amounts.get(grant.grant_id, ZERO), before)
            self._rooms[grant.feature_id] = subtract(room, beyond)

    def _take_credits(self, grant: Grant, most: Decimal | None) -> None:
        system, rate = grant.feature_id, self._rates[grant.feature_id]
        headroom = self._headroom.get(system)
        if headroom is not None:
            most = headroom if most is None else min(most, headroom)
        cost = rate.credits(self.left)
        if most is None or cost <= most:
            units, amount = self.left, cost
        else:
            units, amount = rate.covered(most, self.left), most
        if units <= ZERO:
            return
        self._note_credits(grant, units, amount)
        if headroom is not None:
            self._headroom = {**self._headroom, system: subtract(headroom, amount)}

    def give(self, grant: Grant, most: Decimal | None) -> None:
        """Give to a grant as much as is left, at most `most` of its own units; credits, as far as they were drawn."""
        if not self.left or (most is not None and most <= ZERO):
            return
        if grant.terms.feature_id in self._rates:
            self._give_credits(grant, most)
            return
        part = self.left if most is None else min(self.left, most)
        self._note(grant.grant_id, negate(part))
        self.left = subtract(self.left, part)

    def _give_credits(self, grant: Grant, most: Decimal | None) -> None:
        rate = self._rates[grant.feature_id]
        drawn = add(grant.drawn.get(rate.cost.feature_id, ZERO), self._units.get(grant.grant_id, ZERO))
        units = min(self.left, drawn, rate.drawn)
        if units <= ZERO:
            return
        amount = rate.moved(negate(units)).credits(units)
        if most is not None and amount > most:
            units, amount = rate.refunded(most, units), most
        if units > ZERO:
            self._note_credits(grant, negate(units), negate(amount))

    def _note_credits(self, grant: Grant, units: Decimal, amount: Decimal) -> None:
        self._rates = {**self._rates, grant.feature_id: self._rates[grant.feature_id].moved(units)}
        self._note(grant.grant_id, amount)
        self._units[grant.grant_id] = add(self._units.get(grant.grant_id, ZERO), units)
        self.left = subtract(self.left, units.copy_abs())

    def _note(self, grant_id: str, amount: Decimal) -> None:
        before = self._amounts.get(grant_id)
        self._amounts[grant_id] = amount if before is None else add(before, amount)

    def taken(self) -> Taken:
        """What the grants gave, or got back below zero."""
        allocations = [Allocation(key, amount) for key, amount in self._amounts.items()]
        return Taken(allocations, self.left, [Draw(key, units) for key, units in self._units.items()])


def _may_go_below(ordered: Sequence[Grant], rules: Rules) -> Sequence[Grant]:
    """Where overage is put: what has a price for it first, so that it is billed."""
    return sorted(ordered, key=lambda grant: not overage_allowed(grant)) if rules.beyond else ordered


def _room(grant: Grant, rules: Rules) -> Decimal | None:
    """How far below zero a grant may go by its price and the customer's controls; None without end."""
    if grant.terms.unlimited or grant.terms.rollover_of is not None:
        return ZERO
    says = rules.beyond.get(grant.feature_id, _BY_PRICE)
    priced = overage_allowed(grant)
    if not (priced if says.allowed is None else says.allowed):
        return None if _free_and_allocated(grant) and not rules.strict else ZERO
    return overage_room(grant) if priced and says.bounded else None


def _turns(ordered: Sequence[Grant]) -> list[Grant]:
    passed: list[Grant] = []
    kept: list[Grant] = []
    moved_on = False
    for grant in reversed(ordered):
        resets = grant.loose and grant.terms.reset is not None and grant.terms.reset.repeats
        last = grant.terms.rollover_of is not None or (moved_on and resets and grant.balance == ZERO)
        (passed if last else kept).append(grant)
        moved_on = moved_on or (resets and not grant.idle)
    return [*reversed(kept), *reversed(passed)]


def _free_and_allocated(grant: Grant) -> bool:
    return grant.terms.kind is FeatureKind.ALLOCATED and grant.terms.price is None
