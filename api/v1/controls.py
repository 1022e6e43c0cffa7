"""Billing controls, from the wire's words to the core's values."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from api.wire.fields import shown
from api.wire.json import plain
from api.wire.refusals import InvalidInputs
from ledger.core.period import Every, Interval
from ledger.core.terms import (
    AutoTopup,
    Controls,
    LimitAnchor,
    OverageAllowed,
    PurchaseLimit,
    SpendLimit,
    UsageAlert,
    UsageLimit,
)


def controls(found: dict[str, Any], before: Controls | None = None) -> Controls:
    """The limits that a body sets: each list that was sent takes the place of the one `before`."""
    kept = before or Controls()
    return Controls(
        tuple(map(_spend_limit, found["spend_limits"])) if "spend_limits" in found else kept.spend_limits,
        _usage_limits(found["usage_limits"]) if "usage_limits" in found else kept.usage_limits,
        tuple(map(_usage_alert, found["usage_alerts"])) if "usage_alerts" in found else kept.usage_alerts,
        tuple(map(_auto_topup, found["auto_topups"])) if "auto_topups" in found else kept.auto_topups,
        tuple(map(_overage_allowed, found["overage_allowed"])) if "overage_allowed" in found else kept.overage_allowed,
    )


def _spend_limit(found: dict[str, Any]) -> SpendLimit:
    return SpendLimit(
        found.get("feature_id"),
        found.get("overage_limit"),
        found["limit_type"] == "usage_percentage",
        found["enabled"],
        found["skip_overage_billing"],
    )


def _usage_limits(found: Iterable[dict[str, Any]]) -> tuple[UsageLimit, ...]:
    limits = tuple(map(_usage_limit, found))
    windows = [(each.feature_id, each.interval, each.anchor, sorted(each.properties.items())) for each in limits]
    for window in windows:
        if windows.count(window) > 1:
            where = "billing_controls.usage_limits"
            raise InvalidInputs({where: f"has two limits of {window[0]} for the same window and must have one"})
    return limits


def _usage_limit(found: dict[str, Any]) -> UsageLimit:
    return UsageLimit(
        found["feature_id"],
        found["limit"],
        Interval(found["interval"]),
        LimitAnchor(found["anchor"]),
        _properties(found),
        found["enabled"],
    )


def _properties(found: dict[str, Any]) -> dict[str, str]:
    """What a use must carry, as text: a number and a boolean stand for the text that JSON has for them."""
    asked = found["filter"]["properties"] if "filter" in found else {}
    return {name: _as_text(name, value) for name, value in asked.items()}


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return plain(Decimal(value))
    if isinstance(value, str):
        return value
    raise InvalidInputs({f"filter.properties.{name}": f"was {shown(value)} and must be text, a number or a boolean"})


def _usage_alert(found: dict[str, Any]) -> UsageAlert:
    return UsageAlert(
        found["threshold"],
        found["threshold_type"],
        found.get("feature_id"),
        found["enabled"],
        found["basis"],
        _properties(found),
        found.get("name"),
    )


def _auto_topup(found: dict[str, Any]) -> AutoTopup:
    limit = found.get("purchase_limit")
    most = limit and PurchaseLimit(Every(Interval(limit["interval"]), limit["interval_count"]), limit["limit"])
    return AutoTopup(found["feature_id"], found["threshold"], found["quantity"], found["enabled"], most or None)


def _overage_allowed(found: dict[str, Any]) -> OverageAllowed:
    return OverageAllowed(found["feature_id"], found["enabled"])
