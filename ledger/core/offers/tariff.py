"""What a price may look like, before anything is sold at it (reference §2.1, billing intervals and plan items)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from ledger.core.errors import InvalidInput
from ledger.core.money import ZERO
from ledger.core.period import Every, Interval
from ledger.core.terms import BasePrice, ItemPrice, Tier

BILLED: Final = frozenset(Interval) - {Interval.MINUTE, Interval.HOUR, Interval.DAY}
CURRENCY_LETTERS: Final = 3


def check_every(where: str, every: Every, intervals: Iterable[Interval] = Interval) -> None:
    """Refuse an interval that is not one of those offered, and a count below one."""
    if every.interval not in intervals:
        known = ", ".join(each for each in Interval if each in intervals)
        raise InvalidInput(f"{where} was {every.interval} and must be one of {known}")
    if every.count < 1:
        raise InvalidInput(f"{where} must count at least 1 interval, and counted {every.count}")


def check_currency(where: str, currency: str) -> None:
    """Refuse what cannot be the code of a currency."""
    if len(currency) != CURRENCY_LETTERS or not (currency.isascii() and currency.isalpha() and currency.islower()):
        raise InvalidInput(f"{where}: {currency!r} is not the code of a currency such as eur")


def check_base(base: BasePrice | None, currency: str) -> None:
    """Refuse a fixed price below zero, in any currency."""
    if base is None:
        return
    check_every("price.interval", base.every, BILLED)
    if min([base.amount_minor, *base.currencies.values()]) < 0:
        raise InvalidInput("price.amount must not be negative")
    _check_currencies("price", base.currencies, currency)


def check_price(where: str, price: ItemPrice, currency: str) -> None:
    """Refuse a price of units that contradicts itself."""
    check_every(f"{where}: price.interval", price.every, BILLED)
    if (price.unit_price_minor is None) == (not price.tiers):
        raise InvalidInput(f"{where}: give either price.amount or price.tiers")
    if price.billing_units <= ZERO:
        raise InvalidInput(f"{where}: price.billing_units must be above zero")
    if price.max_purchase is not None and price.max_purchase < ZERO:
        raise InvalidInput(f"{where}: price.max_purchase must not be negative")
    if min(_amounts(price)) < ZERO:
        raise InvalidInput(f"{where}: a price must not be negative")
    if price.tiers and not rising([tier.to for tier in price.tiers]):
        raise InvalidInput(f'{where}: tiers must rise and end with to: "inf"')
    if price.tiers and price.currencies:
        raise InvalidInput(f"{where}: prices in other currencies belong inside each tier")
    _check_currencies(where, price.currencies, currency)
    _check_tiers(where, price.tiers, currency)


def rising(bounds: Sequence[Decimal | None]) -> bool:
    """Whether the upper bounds of bands rise from above zero to a last one without end."""
    inner = [bound for bound in bounds[:-1] if bound is not None]
    return bounds[-1] is None and len(inner) == len(bounds) - 1 and all(a < b for a, b in pairwise([ZERO, *inner]))


def _amounts(price: ItemPrice) -> list[Decimal]:
    amounts = [each for tier in price.tiers for each in (tier.unit_price_minor, tier.flat_minor)]
    others = [each for tier in price.tiers for band in tier.currencies.values() for each in band]
    return [*amounts, *others, *price.currencies.values(), price.unit_price_minor or ZERO]


def _check_tiers(where: str, tiers: Sequence[Tier], currency: str) -> None:
    for tier in tiers:
        _check_currencies(where, tier.currencies, currency)
        if set(tier.currencies) != set(tiers[0].currencies):
            raise InvalidInput(f"{where}: every tier must have its price in the same currencies")


def _check_currencies(where: str, currencies: Iterable[str], own: str) -> None:
    for currency in currencies:
        check_currency(where, currency)
        if currency == own:
            raise InvalidInput(f"{where}: {currency} is the plan's own currency: it is not an additional one")
