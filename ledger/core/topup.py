"""Auto top-ups: when few units are left, more are bought at the price that a plan sells them for once (§2.9)."""

from datetime import datetime, timedelta
from typing import Final

from ledger.core.balance import Grant
from ledger.core.controls import Effective
from ledger.core.deduction import in_scope
from ledger.core.draft import Draft
from ledger.core.events import BalanceToppedUp, Counted, Level, Line, LineKind
from ledger.core.limits import UsageWindow
from ledger.core.lines import grant_of
from ledger.core.money import ONE, ZERO, add, round_minor, total
from ledger.core.payment import would_decline
from ledger.core.period import boundary
from ledger.core.pricing import cost, whole_packs
from ledger.core.subscription import Subscription
from ledger.core.terms import AutoTopup, ItemPrice

COOLDOWN: Final = timedelta(seconds=30)


def top_up(draft: Draft, controls: Effective, feature_id: str) -> None:
    """Buy units of a feature if too few are left, it may be, and there is a price to buy them at."""
    wanted = controls.auto_topups.get(feature_id)
    if wanted is None or not wanted.enabled or not _too_few(draft, wanted) or not _may(draft, wanted):
        return
    offer = _offer(draft, feature_id)
    if offer is None or would_decline(draft.customer, draft.context.settings.collects):
        return
    _buy(draft, wanted, *offer)


def _too_few(draft: Draft, wanted: AutoTopup) -> bool:
    grants = in_scope(draft.customer.grants.values(), wanted.feature_id, None)
    left = total(max(ZERO, grant.balance) for grant in grants)
    return left < wanted.threshold and not any(grant.terms.unlimited for grant in grants)


def _may(draft: Draft, wanted: AutoTopup) -> bool:
    """False for a while after the last one, and when the limit of purchases is reached."""
    if _running(draft, _cooldown(wanted)) is not None:
        return False
    bought = _running(draft, _purchases(wanted))
    limit = wanted.purchase_limit
    return limit is None or bought is None or bought.units < limit.limit


def _cooldown(wanted: AutoTopup) -> str:
    return f"top_up_cooldown|{wanted.feature_id}"


def _purchases(wanted: AutoTopup) -> str:
    return f"top_up|{wanted.feature_id}"


def _running(draft: Draft, key: str) -> UsageWindow | None:
    found = draft.customer.windows.get(key)
    return found if found is not None and found.start <= draft.now < found.end else None


def _offer(draft: Draft, feature_id: str) -> tuple[Subscription, Grant, ItemPrice] | None:
    """Where a plan of the customer sells the feature ahead and once: the plan, its balance and its price."""
    for subscription in draft.customer.subscriptions.values():
        for item in subscription.plan.items:
            if item.feature_id == feature_id and item.prepaid and item.price and not item.price.every.repeats:
                grant = grant_of(draft.customer, subscription, item) if subscription.active else None
                if grant is not None:
                    return subscription, grant, item.price
    return None


def _buy(draft: Draft, wanted: AutoTopup, subscription: Subscription, grant: Grant, price: ItemPrice) -> None:
    units = whole_packs(price, wanted.quantity)
    after = Level(add(grant.granted, units), add(grant.balance, units))
    draft.happen(
        BalanceToppedUp(
            grant.feature_id, grant.grant_id, units, wanted.threshold, grant.level, after, _counted(draft, wanted)
        )
    )
    plan, version = subscription.plan, draft.customer.version
    draft.charge(
        [
            Line(
                LineKind.TOP_UP,
                round_minor(cost(price, ZERO, units)),
                plan.plan_id,
                plan.name,
                subscription.subscription_id,
                subscription.entity_id,
                grant.feature_id,
                units,
                price.unit_price_minor,
                first_version=version,
                last_version=version,
            )
        ]
    )


def _counted(draft: Draft, wanted: AutoTopup) -> tuple[Counted, ...]:
    now, limit = draft.now, wanted.purchase_limit
    cooldown = Counted(_cooldown(wanted), now, now + COOLDOWN, ONE)
    if limit is None:
        return (cooldown,)
    running = _running(draft, _purchases(wanted))
    start, end = (running.start, running.end) if running else (now, _end(draft, wanted))
    return (cooldown, Counted(_purchases(wanted), start, end, ONE))


def _end(draft: Draft, wanted: AutoTopup) -> datetime:
    assert wanted.purchase_limit is not None
    return boundary(draft.now, wanted.purchase_limit.every, 1, draft.context.settings.zone)
