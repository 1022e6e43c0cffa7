"""The answers of check and track."""

from decimal import Decimal
from typing import Any

from api.ids import shown_customer
from api.views.balance import balance, deductions, flag
from api.views.shapes import Json, Scene
from ledger.core.events import UsageRecorded
from ledger.store.requests import StepOutcome


def checked(scene: Scene, asked: dict[str, Any], required: Decimal, *, allowed: bool) -> Json:
    """balances.check: the answer, and the balance or the flag that it rests on."""
    feature_id, entity_id = asked["feature_id"], asked.get("entity_id")
    return {
        "allowed": allowed,
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "entity_id": entity_id,
        "required_balance": required,
        "balance": balance(scene, feature_id, entity_id),
        "flag": flag(scene, feature_id, entity_id),
    }


def tracked(scene: Scene, asked: dict[str, Any], value: Decimal, step: StepOutcome) -> Json:
    """balances.track: what was recorded and the balance afterwards; several features are under `balances`."""
    entity_id, event_name = asked.get("entity_id"), asked.get("event_name")
    shown = _track_head(scene, asked, value)
    used = [event for event in step.events if isinstance(event, UsageRecorded)]
    if event_name is None:
        shown["balance"] = balance(scene, asked["feature_id"], entity_id)
    else:
        shown["balance"] = balance(scene, used[0].feature_id, entity_id) if len(used) == 1 else None
        shown["balances"] = {each.feature_id: balance(scene, each.feature_id, entity_id) for each in used}
    if used:
        shown["deductions"] = deductions(scene, used)
    return shown


def accepted(scene: Scene, asked: dict[str, Any], value: Decimal) -> Json:
    """balances.track with `async`: as durable, without the balance."""
    return {**_track_head(scene, asked, value), "balance": None}


def _track_head(scene: Scene, asked: dict[str, Any], value: Decimal) -> Json:
    shown: Json = {"customer_id": shown_customer(scene.customer.customer_id, scene.stream_id), "value": value}
    if "entity_id" in asked:
        shown["entity_id"] = asked["entity_id"]
    if "event_name" in asked:
        shown["event_name"] = asked["event_name"]
    return shown
