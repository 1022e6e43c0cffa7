"""The discounts of a catalog: what may be taken off, and the promotion codes that name them.

A subscription copies the discount it is given, so nothing here changes what a customer has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.core.decider import Command
from ledger.core.errors import DiscountNotFound, InvalidInput, InvalidRequest
from ledger.core.events import DiscountCreated, DiscountDeleted, DiscountUpdated, Event
from ledger.core.money import ZERO
from ledger.core.offers.tariff import check_currency
from ledger.core.terms import Discount

if TYPE_CHECKING:
    from ledger.core.offers.catalog import Catalog

MAX_DISCOUNTS: Final = 1_000
ALL_OF_IT: Final = Decimal(100)


class PutDiscount(Command, frozen=True):
    """Offer a discount, or change the one of this id."""

    discount: Discount


class DeleteDiscount(Command, frozen=True):
    """Offer a discount no longer; whoever has it keeps it."""

    discount_id: str


def folded_code(code: str) -> str:
    """A promotion code as it is compared: people type them, so case and the space around them do not count."""
    return code.strip().casefold()


def codes_of(discounts: Iterable[Discount]) -> Mapping[str, str]:
    """The discount's id for every promotion code, as codes are compared."""
    return {folded_code(code): each.discount_id for each in discounts for code in each.promotion_codes}


def decide_put(state: Catalog, discount: Discount) -> Sequence[Event]:
    """Offer a discount. Refuses what takes off nothing or contradicts itself, and a code that another one has."""
    _check(discount)
    for plan_id in discount.plan_ids:
        state.plan(plan_id)
    _check_codes(state, discount)
    before = state.discounts.get(discount.discount_id)
    if before is None:
        if len(state.discounts) >= MAX_DISCOUNTS:
            raise InvalidRequest(f"A ledger may have at most {MAX_DISCOUNTS} discounts")
        return [DiscountCreated(discount)]
    return [] if before == discount else [DiscountUpdated(before, discount)]


def decide_delete(state: Catalog, discount_id: str) -> Sequence[Event]:
    """Offer a discount no longer, or `DiscountNotFound`."""
    if discount_id not in state.discounts:
        raise DiscountNotFound(f"the id {discount_id}")
    return [DiscountDeleted(discount_id)]


def _check(discount: Discount) -> None:
    where = f"discount {discount.discount_id}"
    if (discount.percent is None) == (discount.amount_minor is None):
        raise InvalidInput(f"{where}: it takes off either a percentage or an amount")
    if discount.percent is not None and not ZERO < discount.percent <= ALL_OF_IT:
        raise InvalidInput(f"{where}: a percentage must be above 0 and at most 100")
    if discount.amount_minor is not None and discount.amount_minor <= 0:
        raise InvalidInput(f"{where}: an amount must be above 0")
    if (discount.amount_minor is None) != (discount.currency is None):
        raise InvalidInput(f"{where}: an amount has a currency, and a percentage has none")
    if discount.currency is not None:
        check_currency(where, discount.currency)
    if discount.once and discount.months is not None:
        raise InvalidInput(f"{where}: it counts once or for months; leave out one of the two")
    if discount.months is not None and discount.months < 1:
        raise InvalidInput(f"{where}: months must be at least 1")


def _check_codes(state: Catalog, discount: Discount) -> None:
    codes = [folded_code(code) for code in discount.promotion_codes]
    for code, said in zip(codes, discount.promotion_codes, strict=True):
        if not code or codes.count(code) > 1:
            raise InvalidInput(f"promotion_codes of {discount.discount_id}: {said!r} was empty or sent twice")
        holder = state.codes.get(code, discount.discount_id)
        if holder != discount.discount_id:
            raise InvalidRequest(f"Promotion code {said} is one of discount {holder}: a code names one discount")
