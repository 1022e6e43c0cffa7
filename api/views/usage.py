"""The answers of check and track, and uses in a list."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from api.ids import BALANCE, USE, shown_customer, shown_local
from api.views.balance import deductions, drawn_on, flag
from api.views.shapes import Json, Scene, every
from ledger.core.balances.spending import Use, credits_for
from ledger.core.decider import Context
from ledger.core.events import UsageBackdated, UsageRecorded
from ledger.core.state import Customer
from ledger.store.requests import StepOutcome
from projections.reads import Deducted, UsageEntry


def checked(scene: Scene, use: Use, before: Customer, *, allowed: bool) -> Json:
    """balances.check: the answer, and the balance or the flag that it rests on.

    What was required is told in units of that balance: of one of credits, what the use cost in them `before`.
    """
    shown = _balances(scene, [use.feature_id], use.entity_id)
    paying = (shown["balance"] or {}).get("feature_id", use.feature_id)
    context = Context(scene.now, scene.catalog, scene.settings, scene.stream_id)
    return {
        "allowed": allowed,
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "entity_id": use.entity_id,
        "required_balance": use.value if paying == use.feature_id else credits_for(before, use, paying, context),
        **shown,
        "flag": flag(scene, use.feature_id, use.entity_id),
    }


def tracked(scene: Scene, asked: dict[str, Any], value: Decimal, step: StepOutcome) -> Json:
    """balances.track: what was recorded and the balance afterwards; several features are under `balances`."""
    entity_id = asked.get("entity_id")
    used = [event for event in step.events if isinstance(event, UsageRecorded | UsageBackdated)]
    features = [asked["feature_id"]] if "feature_id" in asked else [each.feature_id for each in used]
    shown = {**_track_head(scene, asked, value), **_balances(scene, features, entity_id, several="event_name" in asked)}
    if used:
        shown["deductions"] = deductions(scene, used)
    return shown


def _balances(scene: Scene, features: Sequence[str], entity_id: str | None, *, several: bool = False) -> Json:
    """The balance of a feature, or of the credits that pay for it; where there may be `several`, all of them."""
    found: dict[str, Json | None] = dict.fromkeys(features)
    for each in features:
        found |= drawn_on(scene, each, entity_id)
    held = next((each for each in found.values() if each is not None), None)
    shown: Json = {"balance": held if len(features) == 1 else None}
    if several or any(each in scene.catalog.systems for each in features):
        shown["balances"] = found
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


def use(entry: UsageEntry) -> Json:
    """One use in a list, with what it took from each balance; a balance that is gone is named by its id alone."""
    return {
        "id": shown_local(USE, entry.stream_id, f"{entry.version}.0"),
        "timestamp": entry.at,
        "feature_id": entry.feature_id,
        "customer_id": shown_customer(entry.customer_id, entry.stream_id),
        "value": entry.value,
        "properties": dict(entry.properties),
        "deductions": [_deduction(entry, each) for each in entry.deductions] or None,
    }


def _deduction(entry: UsageEntry, taken: Deducted) -> Json:
    grant, own_id = taken.grant, shown_local(BALANCE, entry.stream_id, taken.grant_id)
    if grant is None:
        return {"balance_id": own_id, "feature_id": entry.feature_id, "plan_id": None, "reset": None,
                "value": taken.amount}  # fmt: skip
    terms = grant.terms
    return {
        "balance_id": terms.balance_id or own_id,
        "feature_id": terms.feature_id,
        "plan_id": terms.plan_id,
        "reset": {**every(terms.reset), "resets_at": grant.resets_at} if terms.reset else None,
        "value": taken.amount,
    }
