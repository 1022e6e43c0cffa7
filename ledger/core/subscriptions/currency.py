"""Which currency a customer is billed in, and what a plan costs in it (reference §2.2, `currency`)."""

from msgspec.structs import replace

from ledger.core.draft import Draft
from ledger.core.errors import Refusal
from ledger.core.events import CurrencySet
from ledger.core.invoices.invoicing import currency_of
from ledger.core.state import Customer
from ledger.core.terms import BasePrice, ItemPrice, Plan, PlanItem, Tier


class CurrencyMismatch(Refusal):
    code = "currency_mismatch"


class CustomerBilledIn(CurrencyMismatch):
    def __init__(self, billed: str, asked: str) -> None:
        super().__init__(f"currency was {asked} and this customer is billed in {billed}: send that, or leave it out")


class NoPriceIn(CurrencyMismatch):
    def __init__(self, what: str, currency: str) -> None:
        super().__init__(f"{what} has no price in {currency}: add it to the plan's currencies, or choose another plan")


def settle_currency(draft: Draft, asked: str | None, *, priced: bool) -> str:
    """The currency that a plan is billed in; the first priced plan in a currency that was asked for fixes it.

    Refuses another currency than the one that a customer is billed in already.
    """
    current = currency_of(draft.customer, draft.context)
    if asked is None or (asked == current and draft.customer.currency is not None):
        return current
    if asked != current and _fixed(draft.customer):
        raise CustomerBilledIn(current, asked)
    if priced:
        draft.happen(CurrencySet(None, asked))
    return asked


def _fixed(customer: Customer) -> bool:
    billed = bool(customer.account.invoices or customer.account.accrued)
    return customer.currency is not None or billed or any(each.plan.priced for each in customer.subscriptions.values())


def in_currency(plan: Plan, currency: str) -> Plan:
    """The plan with all of its prices in a currency, or `NoPriceIn`."""
    if plan.currency == currency:
        return plan
    what = f"Plan {plan.plan_id}"
    base = None if plan.base is None else _base(plan.base, what, currency)
    items = tuple(_item(item, f"{what}, item of feature {item.feature_id},", currency) for item in plan.items)
    return replace(plan, currency=currency, base=base, items=items)


def _base(base: BasePrice, what: str, currency: str) -> BasePrice:
    if currency not in base.currencies:
        raise NoPriceIn(what, currency)
    return replace(base, amount_minor=base.currencies[currency], currencies={})


def _item(item: PlanItem, what: str, currency: str) -> PlanItem:
    return item if item.price is None else replace(item, price=_price(item.price, what, currency))


def _price(price: ItemPrice, what: str, currency: str) -> ItemPrice:
    if price.tiers:
        return replace(price, tiers=tuple(_tier(each, what, currency) for each in price.tiers))
    if currency not in price.currencies:
        raise NoPriceIn(what, currency)
    return replace(price, unit_price_minor=price.currencies[currency], currencies={})


def _tier(tier: Tier, what: str, currency: str) -> Tier:
    if currency not in tier.currencies:
        raise NoPriceIn(what, currency)
    unit, flat = tier.currencies[currency]
    return replace(tier, unit_price_minor=unit, flat_minor=flat, currencies={})
