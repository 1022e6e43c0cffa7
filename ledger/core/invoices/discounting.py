"""Discounts: which ones a subscription has, and what they take off its lines (reference §2.2, `discounts`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from msgspec.structs import replace

from ledger.core.draft import Draft
from ledger.core.errors import DiscountNotFound, InvalidInput, InvalidRequest
from ledger.core.events import AppliedDiscount, DiscountRemoved, Line, LineDiscount, LineKind
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.money import percentage, ratio, round_minor, spread
from ledger.core.offers.catalog import Catalog
from ledger.core.offers.discounts import folded_code
from ledger.core.period import Every, Interval, boundary
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing, DiscountRef
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Discount, Plan


def discounts_after(
    held: Sequence[AppliedDiscount], billing: Billing, plan: Plan, draft: Draft
) -> tuple[AppliedDiscount, ...]:
    """The discounts a subscription goes on with: those it has, without the removed ones, and the added ones.

    One that is for other plans only does not pass on to this plan.
    Refuses a reference that names no discount, one that is not for this plan or currency, and the removal of one that
    is not there.
    """
    kept = {each.discount_id: each for each in held if _passes_on(each, plan, draft.context.catalog)}
    for reward_id in billing.remove_discounts:
        if kept.pop(reward_id, None) is None:
            raise InvalidRequest(f"remove_discounts: the subscription has no discount {reward_id}: leave it out")
    zone = draft.context.settings.zone
    for index, ref in enumerate(billing.discounts):
        found = find_discount(draft.context.catalog, ref, index)
        _check(found, plan)
        kept[found.discount_id] = applied(found, draft.now, zone)
    return tuple(kept.values())


def _passes_on(held: AppliedDiscount, plan: Plan, catalog: Catalog) -> bool:
    found = catalog.discounts.get(held.discount_id)
    return found is None or not found.plan_ids or plan.plan_id in found.plan_ids


def find_discount(catalog: Catalog, ref: DiscountRef, index: int) -> Discount:
    """The discount of the catalog that a caller means, or a refusal."""
    if (ref.reward_id is None) == (ref.promotion_code is None):
        raise InvalidInput(f"discounts.{index} must name one of reward_id and promotion_code")
    if ref.reward_id is not None:
        found = catalog.discounts.get(ref.reward_id)
        if found is None:
            raise DiscountNotFound(f"the id {ref.reward_id}")
        return found
    code = folded_code(ref.promotion_code or "")
    for each in catalog.discounts.values():
        if code in map(folded_code, each.promotion_codes):
            return each
    raise DiscountNotFound(f"the promotion code {ref.promotion_code}")


def _check(discount: Discount, plan: Plan) -> None:
    if discount.plan_ids and plan.plan_id not in discount.plan_ids:
        raise InvalidRequest(f"Discount {discount.discount_id} is not for plan {plan.plan_id}: leave it out")
    if discount.amount_minor is not None and discount.currency not in (None, plan.currency):
        raise InvalidRequest(
            f"Discount {discount.discount_id} is an amount in {discount.currency} and the plan is billed in "
            f"{plan.currency}: choose another discount"
        )


def applied(discount: Discount, now: datetime, zone: tzinfo) -> AppliedDiscount:
    """A discount with its terms as they are now, and the end of its months."""
    ends_at = None if discount.months is None else boundary(now, Every(Interval.MONTH, discount.months), 1, zone)
    return AppliedDiscount(
        discount.discount_id, discount.name, discount.percent, discount.amount_minor, discount.once, ends_at
    )


def take_off(draft: Draft) -> None:
    """Take what subscriptions have discounts for off a draft's lines; one that counts once is then gone.

    Percentages are rounded line by line, half away from zero. An amount counts once on an invoice, however many
    subscriptions have it: it is spread over their charges, and never takes them below zero. A credit for time that was
    charged gives back what was charged for it, whatever discounts count now.
    """
    draft.lines = [as_charged(draft.before, line) for line in draft.lines]
    for discount, holders in _discounts(draft):
        before = draft.lines
        draft.lines = discounted(before, discount, holders)
        if discount.once and draft.lines != before:
            for key in holders:
                if key in draft.customer.subscriptions:
                    draft.happen(DiscountRemoved(key, discount.discount_id))


def as_charged(customer: Customer, line: Line) -> Line:
    """A credit for a price's time, less the part that discounts took off when that time was charged."""
    if not _gives_back(line) or line.discounts:
        return line
    charged = [each for each in _charged(customer) if _same_price(each, line)]
    whole = sum(each.before_discounts_minor for each in charged)
    taken: dict[str, LineDiscount] = {}
    for each in (discount for one in charged for discount in one.discounts):
        known = taken.get(each.discount_id, replace(each, amount_minor=0))
        taken[each.discount_id] = replace(known, amount_minor=known.amount_minor + each.amount_minor)
    for each in taken.values():
        share = round_minor(ratio(Decimal(line.before_discounts_minor), each.amount_minor, whole))
        discounts = (*line.discounts, replace(each, amount_minor=share))
        line = replace(line, amount_minor=line.amount_minor - share, discounts=discounts)
    return line


def _gives_back(line: Line) -> bool:
    return line.credit and line.kind is not LineKind.CUSTOM


def _charged(customer: Customer) -> Iterator[Line]:
    for invoice in customer.account.invoices.values():
        if invoice.status is not InvoiceStatus.VOID:
            yield from (line for line in invoice.lines if line.amount_minor >= 0 and not line.credit)


def _same_price(charged: Line, credit: Line) -> bool:
    """Whether a line charged the time that a credit gives a part of back."""
    return (charged.subscription_id, charged.kind, charged.feature_id, charged.period_end) == (
        credit.subscription_id,
        credit.kind,
        credit.feature_id,
        credit.period_end,
    )


def _discounts(draft: Draft) -> Iterator[tuple[AppliedDiscount, list[str]]]:
    """The discounts that count on a draft's lines now, with the subscriptions that have them."""
    found: dict[str, tuple[AppliedDiscount, list[str]]] = {}
    known = draft.known
    for key in dict.fromkeys(line.subscription_id for line in draft.lines):
        for each in _held(known, key):
            if each.ends_at is None or draft.now < each.ends_at:
                found.setdefault(each.discount_id, (each, []))[1].append(key or "")
    yield from list(found.values())


def _held(known: Mapping[str, Subscription], key: str | None) -> Iterable[AppliedDiscount]:
    found = known.get(key or "")
    return () if found is None else found.discounts


def discounted(lines: Sequence[Line], discount: AppliedDiscount, holders: Sequence[str | None]) -> list[Line]:
    """Lines with a discount taken off those of the subscriptions that hold it."""
    if discount.percent is not None:
        percent = discount.percent
        return [
            _less(line, discount, _share(line, percent))
            if line.subscription_id in holders and not _gives_back(line)
            else line
            for line in lines
        ]
    charged = [at for at, line in enumerate(lines) if line.subscription_id in holders and line.amount_minor > 0]
    weights = [lines[at].amount_minor for at in charged]
    amount = min(discount.amount_minor or 0, sum(weights))
    shares = dict(zip(charged, spread(amount, weights) if charged else (), strict=True))
    return [_less(line, discount, shares.get(at, 0)) for at, line in enumerate(lines)]


def _share(line: Line, percent: Decimal) -> int:
    return round_minor(percentage(Decimal(line.amount_minor), percent))


def _less(line: Line, discount: AppliedDiscount, amount_minor: int) -> Line:
    if not amount_minor:
        return line
    taken = LineDiscount(discount.discount_id, discount.name, amount_minor, discount.percent)
    return replace(line, amount_minor=line.amount_minor - amount_minor, discounts=(*line.discounts, taken))
