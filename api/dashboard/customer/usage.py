"""What a customer may use and has used: one row a feature, one below it for each source, and what made the numbers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from flask import Response

from api.dashboard.customer.subject import Subject, sheet, subject
from api.dashboard.visitor import Visitor
from api.dashboard.words import feature_name
from api.reads.explaining import balance_explanation, explained
from api.views.balance import balance, balances, flags, part, rollover
from api.views.shapes import Json
from ledger.core.balances.balance import Grant
from ledger.core.balances.standing import held
from ledger.core.errors import FeatureNotFound
from ledger.core.money import ZERO

NEARLY: Final = 80  # percent used from which a bar warns
MOST_SOURCES: Final = 50
MOST_TOLD: Final = 60  # events of a number that are told one by one
NUMBERS: Final[Mapping[str, str]] = {"granted": "Granted", "usage": "Used", "remaining": "Remaining"}


def usage_section(found: Subject) -> Json:
    """Every metered feature that is held, by name, and the flags."""
    rows = [_row(found, sums) for sums in balances(found.scene, found.entity_id).values()]
    pills = [_flag(found, each) for each in flags(found.scene, found.entity_id).values()]
    return {
        "rows": sorted(rows, key=lambda each: str(each["name"]).lower()),
        "flags": sorted(pills, key=lambda each: str(each["name"]).lower()),
    }


def _row(found: Subject, sums: Json) -> Json:
    feature_id = sums["feature_id"]
    grants = [grant for grant in _grants(found, feature_id) if grant.terms.rollover_of is None]
    sources = [_source(found, grant) for grant in grants[:MOST_SOURCES]]
    leftovers = sums.get("rollovers", ())
    catalog = found.scene.catalog
    feature = catalog.features.get(feature_id)
    return {
        **sums,
        **measure(sums),
        "name": feature_name(found.scene.catalog, feature_id),
        "sources": sources,
        "leftovers": leftovers,
        "hidden": len(grants) - len(sources),
        "costs": [] if feature is None else [_cost(found, each) for each in feature.credits],
        "draws_on": [
            feature_name(found.scene.catalog, each) for each in found.scene.catalog.systems.get(feature_id, ())
        ],
    }


def measure(sums: Mapping[str, Any]) -> Json:
    """How much of a balance is used in whole percent, and whether that is nearly all of it."""
    granted, used = sums["granted"], sums["usage"]
    percent = int(used * 100 / granted) if granted and used > 0 else 100 if used > 0 else 0
    level = "full" if percent >= 100 else "high" if percent >= NEARLY else ""
    return {"percent": percent, "level": level, "over": max(ZERO, used - granted)}


def _grants(found: Subject, feature_id: str) -> list[Grant]:
    reverse = found.scene.settings.reverse_deduction_order
    return held(found.customer.grants.values(), feature_id, found.entity_id, longest_first=reverse)


def _source(found: Subject, grant: Grant) -> Json:
    shown = part(found.scene, grant)
    return {
        **shown,
        **measure({"granted": grant.granted, "usage": grant.used}),
        "granted": grant.granted,
        "loose": grant.loose,
        "from": _plan_name(found, grant) if grant.terms.plan_id else "Granted by hand",
        "entity": found.called(grant.terms.entity_id),
        "drawn": [(feature_name(found.scene.catalog, key), value) for key, value in grant.drawn.items()],
    }


def _plan_name(found: Subject, grant: Grant) -> str:
    plan = found.customer.subscriptions.get(grant.terms.subscription_id or "")
    return plan.plan.name if plan is not None else grant.terms.plan_id or ""


def _cost(found: Subject, cost: Any) -> Json:
    return {"name": feature_name(found.scene.catalog, cost.feature_id), "cost": cost.cost, "units": cost.billing_units}


def _flag(found: Subject, flag: Json) -> Json:
    return {
        "name": feature_name(found.scene.catalog, flag["feature_id"]),
        "plan_id": flag["plan_id"],
        "expires_at": flag["expires_at"],
    }


def explain_page(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """The events behind every number of a feature, source by source. Raises `FeatureNotFound` where none is held."""
    found = subject(visitor, customer_id)
    sums = balance(found.scene, feature_id, found.entity_id)
    if sums is None:
        raise FeatureNotFound(feature_id)
    why = explained(visitor.call, [found.stream_id], found.position, found.ahead)[found.stream_id]
    sources = [_told(found, grant, balance_explanation(why, grant)) for grant in _grants(found, feature_id)]
    return sheet(found, "explain.html", name=feature_name(found.scene.catalog, feature_id), sums=sums, sources=sources)


def _told(found: Subject, grant: Grant, numbers: Json) -> Json:
    left_over = grant.terms.rollover_of is not None
    return {
        **_source(found, grant),
        "left_over": rollover(grant) if left_over else None,
        "numbers": [(label, shown[name], parts(numbers.get(name, ()))) for name, label, shown in _standing(grant)],
    }


def _standing(grant: Grant) -> list[tuple[str, str, Mapping[str, Decimal]]]:
    shown = {"granted": grant.granted, "usage": grant.used, "remaining": max(ZERO, grant.balance)}
    return [(name, label, shown) for name, label in NUMBERS.items()]


def parts(told: Sequence[Json]) -> list[Json]:
    """The events behind a number, the newest first; of many, the earliest together."""
    many = list(told)
    if len(many) > MOST_TOLD:
        early, late = many[: -MOST_TOLD + 1], many[-MOST_TOLD + 1 :]
        many = [_together(early), *late]
    return many[::-1]


def _together(early: Sequence[Json]) -> Json:
    first, last = early[0], early[-1]
    return {
        **last,
        "first_position": first.get("first_position", first["position"]),
        "events": sum(each.get("events", 1) for each in early),
        "before": first["before"],
        "change": last["after"] - first["before"],
    }
