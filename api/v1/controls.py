"""Billing controls, from the wire's words to the core's values."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

from api.wire.fields import shown
from api.wire.json import plain
from api.wire.refusals import InvalidInputs
from ledger.core.balances.controls import subject
from ledger.core.balances.limiting import NewControls
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

T = TypeVar("T")


def controls(found: dict[str, Any]) -> Controls:
    """The limits that a plan gives its customers."""
    return new_controls(found).onto(Controls())


def new_controls(found: dict[str, Any]) -> NewControls:
    """The kinds of limits that a body sets anew; a kind that was not sent stays as it is."""
    return NewControls(
        _each(_spend_limit, found.get("spend_limits")),
        _usage_limits(found["usage_limits"]) if "usage_limits" in found else None,
        _each(_usage_alert, found.get("usage_alerts")),
        _each(_auto_topup, found.get("auto_topups")),
        _each(_overage_allowed, found.get("overage_allowed")),
    )


def _each(read: Callable[[dict[str, Any]], T], found: list[dict[str, Any]] | None) -> tuple[T, ...] | None:
    return None if found is None else tuple(map(read, found))


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
    subjects = [subject(each) for each in limits]
    for limit in limits:
        if subjects.count(subject(limit)) > 1:
            problem = f"has two limits of {limit.feature_id} for each {limit.interval.value} and must have one"
            raise InvalidInputs({"billing_controls.usage_limits": problem})
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
