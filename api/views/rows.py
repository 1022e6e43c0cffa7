"""Rows of lists over many customers: each says whose it is."""

from api.ids import SUBSCRIPTION, shown_customer, shown_local
from api.views.balance import part
from api.views.shapes import Json, Scene
from ledger.core.money import ONE
from ledger.core.subscription import Subscription
from projections.reads import BalanceEntry, SubscriptionEntry


def subscription_row(entry: SubscriptionEntry) -> Json:
    """A subscription, an expired one too."""
    held = entry.subscription
    return {
        **_held_row(entry),
        "auto_enable": held.default,
        "add_on": held.plan.add_on,
        "past_due": False,
        "canceled_at": held.canceled_at,
        "trial_ends_at": None,
        "current_period_start": held.period_start,
        "current_period_end": held.period_end,
    }


def purchase_row(entry: SubscriptionEntry) -> Json:
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
        "rollovers": [],
        "customer_id": shown_customer(entry.customer_id, entry.stream_id),
        "entity_id": grant.terms.entity_id,
        "created_at": grant.terms.created_at,
    }
