"""Credits: what units of a feature cost in a credit system, and how many units some credits pay for (reference §2.8).

A cost is proportional to the units: `cost` credits for each `billing_units`, or graduated bands that count from what
the feature has drawn in the period. Credits and units are kept to 12 decimal places, as on the wire.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.balances.balance import Grant
from ledger.core.money import ZERO, add, multiply, part_below, part_of, subtract, total
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import CreditCost


class Rate(NamedTuple):
    """What one feature costs in one credit system, from `drawn` units on that it drew there before in the period."""

    cost: CreditCost
    drawn: Decimal = ZERO

    def moved(self, units: Decimal) -> "Rate":
        """The rate after so many more units; below zero: after they were given back."""
        return Rate(self.cost, max(ZERO, add(self.drawn, units)))

    def credits(self, units: Decimal) -> Decimal:
        """The credits that the next `units` cost."""
        return part_of(subtract(self._sum(add(self.drawn, units)), self._sum(self.drawn)), self.cost.billing_units)

    def covered(self, amount: Decimal, most: Decimal) -> Decimal:
        """The units, at most `most`, that an amount of credits pays for next."""
        end = add(self.drawn, most)
        bands = ((max(floor, self.drawn), min(top or end, end), cost) for floor, top, cost in self._bands())
        return _afford(bands, multiply(amount, self.cost.billing_units))

    def refunded(self, amount: Decimal, most: Decimal) -> Decimal:
        """The last units drawn, at most `most`, that cost no more than an amount of credits."""
        start = subtract(self.drawn, most)
        bands = ((max(floor, start), min(top or self.drawn, self.drawn), cost) for floor, top, cost in self._bands())
        return _afford(reversed(list(bands)), multiply(amount, self.cost.billing_units))

    def _sum(self, units: Decimal) -> Decimal:
        """The cost of the first `units` of the period, times the billing units."""
        parts = ((min(top or units, units), floor, cost) for floor, top, cost in self._bands() if floor < units)
        return total(multiply(subtract(top, floor), cost) for top, floor, cost in parts)

    def _bands(self) -> Iterator[tuple[Decimal, Decimal | None, Decimal]]:
        """From, up to (None: without end), and the credits for each billing units between them."""
        if not self.cost.tiers:
            yield ZERO, None, self.cost.cost if self.cost.cost is not None else ZERO
        floor = ZERO
        for tier in self.cost.tiers:
            yield floor, tier.to, tier.cost
            floor = tier.to if tier.to is not None else floor


def _afford(bands: Iterable[tuple[Decimal, Decimal, Decimal]], left: Decimal) -> Decimal:
    """The units of consecutive bands that so much pays for, until it is used up."""
    found = ZERO
    for floor, top, cost in bands:
        room = subtract(top, floor)
        if room <= ZERO:
            continue
        price = multiply(room, cost)
        if price > left:
            return add(found, part_below(left, cost))
        found, left = add(found, room), subtract(left, price)
    return found


NO_RATES: Final[Mapping[str, Rate]] = {}


def rates(catalog: Catalog, feature_id: str, grants: Iterable[Grant]) -> Mapping[str, Rate]:
    """What a feature costs in each credit system that it draws on, by the id of the system, given all its grants."""
    if feature_id not in catalog.systems:
        return NO_RATES
    held = list(grants)
    costs = _costs(catalog, feature_id)
    return {system_id: Rate(cost, _drawn(held, system_id, cost)) for system_id, cost in costs}


def _costs(catalog: Catalog, feature_id: str) -> Iterator[tuple[str, CreditCost]]:
    for system_id in catalog.systems.get(feature_id, ()):
        for cost in catalog.features[system_id].credits:
            if cost.feature_id == feature_id:
                yield system_id, cost


def _drawn(grants: Iterable[Grant], system_id: str, cost: CreditCost) -> Decimal:
    return total(each.drawn.get(cost.feature_id, ZERO) for each in grants if each.feature_id == system_id)
