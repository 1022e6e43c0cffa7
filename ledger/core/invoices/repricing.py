"""What it costs that a subscription goes on with other terms (§2.3)."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from ledger.core.draft import Draft
from ledger.core.events import Line
from ledger.core.invoices.invoicing import accrue
from ledger.core.invoices.lines import charges, overage, refunds
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.subscription import Subscription


def reprice(draft: Draft, before: Customer, old: Subscription, billing: Billing) -> None:
    """Charge a draft what the terms it made happen cost, compared with those of `old`, as the customer was `before`."""
    draft.charge(_difference(draft, before, old, billing))
    _settle(draft, before, old, billing)


def _difference(draft: Draft, before: Customer, old: Subscription, billing: Billing) -> list[Line]:
    """Credit for the old terms and charge for the new ones, without what is the same in both.

    `bill_difference` takes whole prices where that is more than the shares that are left.
    """
    if billing.no_billing_changes or billing.proration is ProrationBehavior.NONE:
        return []
    shares = _lines(draft, before, old, whole=False)
    if billing.proration is not ProrationBehavior.BILL_DIFFERENCE:
        return shares
    whole = _lines(draft, before, old, whole=True)
    return max(shares, whole, key=lambda lines: sum(each.amount_minor for each in lines))


def _settle(draft: Draft, before: Customer, old: Subscription, billing: Billing) -> None:
    """Use beyond the grant of a feature that the plan no longer has is owed now, in full (§2.2, outstanding overage).

    Where nothing is to be charged now it waits for the next invoice.
    """
    held = {item.feature_id for item in draft.customer.subscriptions[old.subscription_id].plan.items}
    owed = [line for line in overage(before, old) if line.amount_minor and line.feature_id not in held]
    if billing.no_billing_changes:
        return
    if billing.proration is not ProrationBehavior.NONE:
        draft.charge(owed)
        return
    for line in owed:
        accrue(draft, line)


def _lines(draft: Draft, before: Customer, old: Subscription, *, whole: bool) -> list[Line]:
    new, zone = draft.customer.subscriptions[old.subscription_id], draft.context.settings.zone
    given_back = refunds(before, old, draft.now, zone, whole=whole)
    charged = [] if new.trialing else charges(draft.customer, new, draft.now, zone, whole=whole)
    paid_once = [] if old.trialing else _paid_once(before, old, draft.now, zone)
    return _without_pairs(given_back, _without(charged, paid_once))


def _paid_once(before: Customer, old: Subscription, now: datetime, zone: tzinfo) -> list[Line]:
    """What was charged when the plan started and is neither given back nor charged again."""
    return [each for each in charges(before, old, now, zone) if each.period_end is None]


def _without(lines: Sequence[Line], others: Sequence[Line]) -> list[Line]:
    left = [_about(each) for each in others]
    return [each for each in lines if not _taken(left, _about(each))]


def _without_pairs(given_back: Sequence[Line], charged: Sequence[Line]) -> list[Line]:
    """Lines that take each other back are none: what did not change is not on the invoice."""
    opposite = [_about(each) for each in charged]
    kept = [each for each in given_back if not _taken(opposite, _about(each))]
    known = [_about(each) for each in given_back]
    return [*kept, *(each for each in charged if not _taken(known, _about(each)))]


def _about(line: Line) -> tuple[object, ...]:
    """What tells a charge from others, the direction left out."""
    return line.kind, line.feature_id, line.quantity, line.unit_price_minor, line.period_end, abs(line.amount_minor)


def _taken(known: list[tuple[object, ...]], wanted: tuple[object, ...]) -> bool:
    if wanted not in known:
        return False
    known.remove(wanted)
    return True
