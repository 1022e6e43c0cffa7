"""Rows of lists over many customers: each says whose it is."""

from datetime import datetime, tzinfo

from api.ids import SUBSCRIPTION, shown_customer, shown_local
from api.views.balance import part, rollover
from api.views.shapes import Json, Scene
from ledger.core.money import ONE
from ledger.core.period import Period
from ledger.core.subscriptions.subscription import Subscription
from projections.reads import BalanceEntry, SubscriptionEntry


def subscription_row(entry: SubscriptionEntry, due: datetime, zone: tzinfo) -> Json:
    """A subscription, an expired one too; `due` is up to when due work is done."""
    held = entry.subscription
    period = _period(entry, due, zone)
    return {
        **_held_row(entry),
        "auto_enable": held.default,
        "add_on": held.plan.add_on,
        "past_due": held.past_due is not None,
        "canceled_at": held.canceled_at,
        "trial_ends_at": held.trial_ends_at,
        "current_period_start": period.start if period else None,
        "current_period_end": period.end if period else None,
    }


def _period(entry: SubscriptionEntry, due: datetime, zone: tzinfo) -> Period | None:
    """The billing period that is open, or in which an expired subscription ended."""
    held = entry.subscription
    if entry.ended_at is None:
        return held.period(entry.clock or due, zone)
    return Period(held.period_start, held.period_end) if held.period_start and held.period_end else None


def purchase_row(entry: SubscriptionEntry, _due: datetime, _zone: tzinfo) -> Json:
    """A plan paid once."""
    return _held_row(entry)


def _held_row(entry: SubscriptionEntry) -> Json:
    held: Subscription = entry.subscription
    return {
        "id": held.external_id or shown_local(SUBSCRIPTION, entry.stream_id, held.subscription_id),
        "plan_id": held.plan.plan_id,
        "status": entry.status,
        "expires_at": entry.ended_at or held.expires_at,
        "started_at": held.started_at,
        "quantity": ONE,
        "scope": "customer" if held.entity_id is None else "entity",
        "customer_id": shown_customer(entry.customer_id, entry.stream_id),
        "entity_id": held.entity_id,
        "created_at": entry.created_at,
    }


def balance_row(scene: Scene, entry: BalanceEntry) -> Json:
    """One grant; an expired one as it stood when it ended."""
    grant = entry.grant
    return {
        **part(scene, grant),
        "feature_id": grant.feature_id,
        "status": entry.status,
        "expires_at": entry.ended_at or grant.expires_at,
        "rollovers": [rollover(each) for each in entry.rollovers],
        "customer_id": shown_customer(entry.customer_id, entry.stream_id),
        "entity_id": grant.terms.entity_id,
        "created_at": grant.terms.created_at,
    }
