"""Billing controls on the wire: a plan's as it offers them, a customer's as they are in force."""

from collections.abc import Mapping
from typing import Any

from api.views.shapes import Json, Scene, every, present
from ledger.core.balances.controls import Scoped
from ledger.core.balances.held_controls import own_controls
from ledger.core.balances.held_controls import plan_controls as of_plans
from ledger.core.balances.limits import window
from ledger.core.terms import AutoTopup, Controls, OverageAllowed, SpendLimit, UsageAlert, UsageLimit


def plan_controls(found: Controls) -> Json:
    """The limits that a plan gives its customers; a kind of which there are none is left out."""
    return _listed(
        {
            "spend_limits": map(spend_limit, found.spend_limits),
            "usage_limits": map(usage_limit, found.usage_limits),
            "usage_alerts": map(usage_alert, found.usage_alerts),
            "auto_topups": map(auto_topup, found.auto_topups),
            "overage_allowed": map(overage_allowed, found.overage_allowed),
        }
    )


def held_controls(scene: Scene, entity_id: str | None) -> Json:
    """The limits of a customer or an entity: its own, then those of its plans that it says nothing about."""
    own, plans = own_controls(scene.customer, entity_id), of_plans(scene.customer, entity_id)
    if own == plans:  # both empty, as for nearly everybody
        return {}
    first, second = _held(scene, entity_id, own, "customer"), _held(scene, entity_id, plans, "plan")
    return _listed({name: (*found, *second[name]) for name, found in first.items()})


def _held(scene: Scene, entity_id: str | None, found: Controls, source: str) -> dict[str, list[Json]]:
    said = {} if entity_id is not None and source == "customer" else {"source": source}
    kinds: dict[str, list[Json]] = {
        "spend_limits": [spend_limit(each) for each in found.spend_limits],
        "usage_limits": [_counted(scene, entity_id, each) for each in found.usage_limits],
        "usage_alerts": [usage_alert(each) for each in found.usage_alerts],
        "auto_topups": [auto_topup(each) for each in found.auto_topups],
        "overage_allowed": [overage_allowed(each) for each in found.overage_allowed],
    }
    return {name: [{**each, **said} for each in shown] for name, shown in kinds.items()}


def _counted(scene: Scene, entity_id: str | None, found: UsageLimit) -> Json:
    if not scene.counted:
        return usage_limit(found)
    counter = window(scene.customer, Scoped(found, entity_id), scene.now, scene.zone)
    return {**usage_limit(found), "usage": counter.units}


def _listed(kinds: Mapping[str, Any]) -> Json:
    return {name: shown for name, found in kinds.items() if (shown := list(found))}


def spend_limit(found: SpendLimit) -> Json:
    """How far beyond the grant a feature may go."""
    return present(
        {
            "feature_id": found.feature_id,
            "enabled": found.enabled,
            "limit_type": "usage_percentage" if found.percentage else "absolute",
            "overage_limit": found.overage_limit,
            "skip_overage_billing": found.skip_billing,
        }
    )


def usage_limit(found: UsageLimit) -> Json:
    """How many units may be used in a window."""
    return present(
        {
            "feature_id": found.feature_id,
            "limit": found.limit,
            "interval": found.interval.value,
            "enabled": found.enabled,
            "anchor": found.anchor.value,
            "filter": {"properties": found.properties} if found.properties else None,
        }
    )


def usage_alert(found: UsageAlert) -> Json:
    """A threshold to be told of."""
    return present(
        {
            "threshold": found.threshold,
            "threshold_type": found.threshold_type,
            "feature_id": found.feature_id,
            "enabled": found.enabled,
            "basis": found.basis,
            "filter": {"properties": found.properties} if found.properties else None,
            "name": found.name,
        }
    )


def auto_topup(found: AutoTopup) -> Json:
    """Units that are bought by themselves."""
    limit = found.purchase_limit
    return present(
        {
            "feature_id": found.feature_id,
            "threshold": found.threshold,
            "quantity": found.quantity,
            "enabled": found.enabled,
            "purchase_limit": {**every(limit.every), "limit": limit.limit} if limit else None,
        }
    )


def overage_allowed(found: OverageAllowed) -> Json:
    """Whether a feature may be used beyond its grant."""
    return {"feature_id": found.feature_id, "enabled": found.enabled}
