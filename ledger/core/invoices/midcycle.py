"""Units that are paid ahead become more or fewer within a period: what that costs, and when it is billed (§2.3)."""

from decimal import Decimal
from enum import Enum, auto
from typing import Final

from ledger.core.draft import Draft
from ledger.core.events import Line, LineKind
from ledger.core.invoices.invoicing import accrue
from ledger.core.invoices.lines import line
from ledger.core.money import ZERO, subtract
from ledger.core.period import period_at
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import OnDecrease, OnIncrease, PlanItem, Proration


class Due(Enum):
    """When a difference is billed: all of the price now, the time that is left now or on the next invoice, or never."""

    WHOLE_NOW = auto()
    SHARE_NOW = auto()
    SHARE_LATER = auto()
    NEVER = auto()


_ON_INCREASE: Final = {
    OnIncrease.BILL_IMMEDIATELY: Due.WHOLE_NOW,
    OnIncrease.PRORATE_IMMEDIATELY: Due.SHARE_NOW,
    OnIncrease.PRORATE_NEXT_CYCLE: Due.SHARE_LATER,
    OnIncrease.BILL_NEXT_CYCLE: Due.NEVER,
}
_ON_DECREASE: Final = {
    OnDecrease.PRORATE: Due.SHARE_NOW,
    OnDecrease.PRORATE_IMMEDIATELY: Due.SHARE_NOW,
    OnDecrease.PRORATE_NEXT_CYCLE: Due.SHARE_LATER,
    OnDecrease.NONE: Due.NEVER,
    OnDecrease.NO_PRORATIONS: Due.NEVER,
}


def stays_paid(item: PlanItem) -> bool:
    """True when units that are given up are not credited: they stay paid, and held, until the renewal."""
    return (item.proration or Proration()).on_decrease in (OnDecrease.NONE, OnDecrease.NO_PRORATIONS)


def bill_difference(
    draft: Draft,
    subscription: Subscription,
    item: PlanItem,
    before_minor: Decimal,
    after_minor: Decimal,
    units: Decimal,
    billing: Billing | None = None,
) -> None:
    """Bill what `units` more (below zero: fewer) make of a price, as the item or the caller says.

    Nothing in a trial, and nothing of a price that is paid once when units are given up.
    """
    due = _due(item, units, subtract(after_minor, before_minor), billing or Billing())
    if before_minor == after_minor or due is Due.NEVER or subscription.trialing:
        return
    owed = _line(draft, subscription, item, subtract(after_minor, before_minor), units, whole=due is Due.WHOLE_NOW)
    if owed.period_end is None and units < ZERO:
        return
    if due is Due.SHARE_LATER:
        accrue(draft, owed)
    else:
        draft.charge([owed])


def _due(item: PlanItem, units: Decimal, amount_minor: Decimal, billing: Billing) -> Due:
    if billing.no_billing_changes or billing.proration is ProrationBehavior.NONE:
        return Due.NEVER
    if billing.proration is ProrationBehavior.BILL_DIFFERENCE:
        return Due.WHOLE_NOW if amount_minor > ZERO else Due.SHARE_NOW
    terms = item.proration or Proration()
    return _ON_INCREASE[terms.on_increase] if units > ZERO else _ON_DECREASE[terms.on_decrease]


def _line(
    draft: Draft, subscription: Subscription, item: PlanItem, amount: Decimal, units: Decimal, *, whole: bool
) -> Line:
    assert item.price is not None
    zone, every = draft.context.settings.zone, item.price.every
    period = period_at(subscription.anchor, every, draft.now, zone) if every.repeats else None
    return line(
        draft.customer,
        subscription,
        LineKind.PREPAID if item.prepaid else LineKind.SEATS,
        amount.copy_abs(),
        period,
        draft.now,
        sign=-1 if amount < ZERO else 1,
        item=item,
        quantity=units,
        whole=whole,
    )
