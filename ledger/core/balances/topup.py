"""Auto top-ups: when few units are left, more are bought at the price that a plan sells them for once (§2.9)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.balances.balance import Grant
from ledger.core.balances.controls import Effective
from ledger.core.balances.deduction import in_scope
from ledger.core.balances.limits import UsageWindow
from ledger.core.draft import Draft
from ledger.core.events import BalanceToppedUp, ChangeAbandoned, Counted, GrantTerms, Level, Line, LineKind
from ledger.core.invoices.lines import grant_of
from ledger.core.invoices.payment import collect
from ledger.core.invoices.pricing import cost, whole_packs
from ledger.core.money import ONE, ZERO, add, round_minor, total
from ledger.core.period import boundary
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import AutoTopup, ItemPrice, PlanItem

COOLDOWN: Final = timedelta(seconds=30)
TOP_UP: Final = "top_up"
"""What a change is meant to do that buys units by itself."""


def top_up(draft: Draft, controls: Effective, feature_id: str) -> str | None:
    """Buy units of a feature if too few are left, it may be, and there is a price to buy them at.

    Answers the id of the plan that sells them; None where nothing is bought.
    """
    wanted = controls.auto_topups.get(feature_id)
    if wanted is None or not wanted.enabled or not _too_few(draft, wanted) or not _may(draft, wanted):
        return None
    offer = _offer(draft, feature_id)
    if offer is None:
        return None
    _buy(draft, wanted, offer)
    return offer.subscription.plan.plan_id


def give_up(draft: Draft, controls: Effective, bought: Mapping[str, str], amount_minor: int, currency: str) -> None:
    """A payment for units was declined: the attempt stays on record, and is not made again for a while.

    `bought` are the features that units were wanted of, and the plans that sell them.
    """
    payment_id = draft.customer.next_id()
    collect(draft, amount_minor, currency, None)
    tried = tuple(_waiting(draft, controls.auto_topups[feature_id]) for feature_id in bought)
    draft.happen(ChangeAbandoned(payment_id, TOP_UP, tuple(dict.fromkeys(bought.values())), counted=tried))


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


class _Offer(NamedTuple):
    """Where units are sold ahead and once; `grant` is the balance that they go onto, unless they expire."""

    subscription: Subscription
    item: PlanItem
    price: ItemPrice
    grant: Grant | None


def _offer(draft: Draft, feature_id: str) -> _Offer | None:
    """Where an active plan of the customer sells the feature ahead and once."""
    for subscription in draft.customer.subscriptions.values():
        for item in subscription.plan.items if subscription.active else ():
            if item.feature_id == feature_id and item.prepaid and item.price and not item.price.every.repeats:
                grant = grant_of(draft.customer, subscription, item) if item.expiry is None else None
                if grant is not None or item.expiry is not None:
                    return _Offer(subscription, item, item.price, grant)
    return None


def _buy(draft: Draft, wanted: AutoTopup, offer: _Offer) -> None:
    units = whole_packs(offer.price, wanted.quantity)
    draft.happen(_onto(draft, wanted, offer.grant, units) if offer.grant else _apart(draft, wanted, offer, units))
    subscription, version = offer.subscription, draft.customer.version
    draft.charge(
        [
            Line(
                LineKind.TOP_UP,
                round_minor(cost(offer.price, ZERO, units)),
                subscription.plan.plan_id,
                subscription.plan.name,
                subscription.subscription_id,
                subscription.entity_id,
                offer.item.feature_id,
                units,
                offer.price.unit_price_minor,
                first_version=version,
                last_version=version,
            )
        ]
    )


def _onto(draft: Draft, wanted: AutoTopup, grant: Grant, units: Decimal) -> BalanceToppedUp:
    after = Level(add(grant.granted, units), add(grant.balance, units))
    counted = _counted(draft, wanted)
    return BalanceToppedUp(grant.feature_id, grant.grant_id, units, wanted.threshold, grant.level, after, counted)


def _apart(draft: Draft, wanted: AutoTopup, offer: _Offer, units: Decimal) -> BalanceToppedUp:
    """Units that expire so long after they were bought are a balance of their own, whatever becomes of the plan."""
    item, subscription, now = offer.item, offer.subscription, draft.now
    assert item.expiry is not None
    terms = GrantTerms(
        grant_id=draft.customer.next_id(),
        feature_id=item.feature_id,
        kind=item.kind,
        created_at=now,
        entity_id=subscription.entity_id,
        plan_id=subscription.plan.plan_id,
        add_on=subscription.plan.add_on,
        prepaid=units,
        expires_at=boundary(now, item.expiry, 1, draft.context.settings.zone),
    )
    before, after, counted = Level(ZERO, ZERO), Level(units, units), _counted(draft, wanted)
    return BalanceToppedUp(
        item.feature_id, terms.grant_id, units, wanted.threshold, before, after, counted, terms=terms
    )


def _waiting(draft: Draft, wanted: AutoTopup) -> Counted:
    return Counted(_cooldown(wanted), draft.now, draft.now + COOLDOWN, ONE)


def _counted(draft: Draft, wanted: AutoTopup) -> tuple[Counted, ...]:
    now, limit, cooldown = draft.now, wanted.purchase_limit, _waiting(draft, wanted)
    if limit is None:
        return (cooldown,)
    running = _running(draft, _purchases(wanted))
    start, end = (running.start, running.end) if running else (now, _end(draft, wanted))
    return (cooldown, Counted(_purchases(wanted), start, end, ONE))


def _end(draft: Draft, wanted: AutoTopup) -> datetime:
    assert wanted.purchase_limit is not None
    return boundary(draft.now, wanted.purchase_limit.every, 1, draft.context.settings.zone)
