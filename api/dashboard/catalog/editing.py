"""Creating and changing a plan: what saving would do is shown before it is done."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response

from api.dashboard.catalog.comparing import differences, facts
from api.dashboard.catalog.control_fields import NAME as CONTROLS
from api.dashboard.catalog.control_fields import control_names
from api.dashboard.catalog.listing import HERE, count_holders, offered_features
from api.dashboard.catalog.plan import chosen
from api.dashboard.catalog.plan_fields import EMPTY, SHAPE, fields_of, request_of
from api.dashboard.catalog.rows import Tree
from api.dashboard.catalog.thing_form import Kind, catalog_of, form_page, form_sent
from api.dashboard.catalog.words import DECREASE, INCREASE, INTERVALS
from api.dashboard.control_forms import KINDS
from api.dashboard.doing import ForeseenCatalog
from api.dashboard.paths import segment
from api.dashboard.seen import Row, unsaid
from api.dashboard.visitor import Visitor
from api.dashboard.words import NOTHING
from api.views.shapes import Json
from api.wire.common import BILLING_INTERVALS
from ledger.core.events import PlanUpdated, PlanVersionCreated
from ledger.core.offers.catalog import PLAN_IN_USE, Catalog
from ledger.core.terms import FeatureKind, Plan

HOW: Final = {
    "": "A new version if somebody has had the plan",
    "force_version": "A new version in any case",
    "disable_version": "In place",
    "all_versions": "In place, in every version",
}
"""How a change is kept; the names are those of the API."""
PLAN_FIELDS: Final = (
    "plan_id", "name", "description", "group", "add_on", "auto_enable", "reason", "price.amount", "price.interval",
    "price.interval_count", "price.additional_currencies", "free_trial.duration_length", "free_trial.duration_type",
    "free_trial.on_end",
)  # fmt: skip
ITEM_FIELDS: Final = (
    "feature_id", "unlimited", "included", "reset.interval", "reset.interval_count", "price.billing_method",
    "price.interval", "price.interval_count", "price.amount", "price.billing_units", "price.max_purchase",
    "price.tier_behavior", "price.additional_currencies", "rollover.expiry_duration_type", "rollover.max",
    "rollover.max_percentage", "rollover.expiry_duration_length", "expiry.duration", "expiry.length",
    "proration.on_increase", "proration.on_decrease", "entity_feature_id",
)  # fmt: skip
TIER_FIELDS: Final = ("to", "amount", "flat_amount", "additional_currencies")


def new_page(visitor: Visitor) -> Response:
    """The empty form, with room for a first item."""
    return form_page(visitor, PLAN)


def new_form(visitor: Visitor) -> Response:
    """Create the plan and go to it, or show the form again: with another row, or with what is wrong."""
    return form_sent(visitor, PLAN)


def edit_page(visitor: Visitor, plan_id: str) -> Response:
    """The form of the newest version, or of the one that the address names."""
    return form_page(visitor, PLAN, plan_id)


def edit_form(visitor: Visitor, plan_id: str) -> Response:
    """Another row, or what saving would do or, once that was confirmed, it is done."""
    return form_sent(visitor, PLAN, plan_id)


def _empty(catalog: Catalog) -> Tree:
    return {**EMPTY, "items": [{}] if offered_features(catalog) else []}


def _find(catalog: Catalog, plan_id: str, said: Mapping[str, str]) -> Plan:
    return chosen(catalog, plan_id, said.get("version", ""))


def _request(form: Tree, catalog: Catalog) -> Json:
    return request_of(form, {each.feature_id for each in catalog.features.values() if each.kind is FeatureKind.BOOLEAN})


def _more(catalog: Catalog, found: Plan, form: Tree) -> Json:
    """Which version is meant, and how the change is kept."""
    how = form.get("how", "")
    return {
        **({} if _newest(catalog, found) or how == "all_versions" else {"version": found.version}),
        **({how: True} if how and how in HOW else {}),
    }


def _newest(catalog: Catalog, found: Plan) -> bool:
    return catalog.plan(found.plan_id).version == found.version


def _facts(catalog: Catalog, plan_id: str, said: Mapping[str, str]) -> Sequence[Row]:
    """All that the plan says, and which version of it is the newest."""
    if plan_id not in catalog.plans:
        return ()
    found = _find(catalog, plan_id, said)
    told = [Row("is", name, text or NOTHING) for name, text in facts(found, catalog.features).items()]
    newest = Row("is", "Newest version", str(catalog.plan(plan_id).version))
    return (newest, *told, unsaid(repr(found).encode()))


def _rows(catalog: Catalog, found: Plan, foreseen: ForeseenCatalog) -> Sequence[Row]:
    """What saving would do: which version it makes or changes, and of that what is another."""
    events = foreseen.events
    if not events:
        return ()
    made = next((each.plan for each in events if isinstance(each, PlanVersionCreated)), None)
    changed = [each for each in events if isinstance(each, PlanUpdated)]
    same = [each.after for each in changed if each.after.version == found.version]
    after = made or (same[0] if same else changed[0].after)
    before = catalog.plan(found.plan_id) if made is not None else catalog.plan(found.plan_id, after.version)
    in_use = (PLAN_IN_USE, found.plan_id) in foreseen.context.claims
    versions = ", ".join(str(each.after.version) for each in changed)
    changes = [
        Row("change", each.what, each.after, each.before) for each in differences(before, after, catalog.features)
    ]
    if made is not None:
        return (Row("made", "A new version is made", str(made.version)), *changes)
    return (Row("in_place", "Changed in place", versions, "in use" if in_use else ""), *changes)


def _names(form: Tree) -> list[str]:
    """The fields that the form shows, and the heads of its items."""
    items = [
        name
        for number, item in enumerate(form.get("items", []))
        for name in (
            f"items.{number}",
            *(f"items.{number}.{each}" for each in ITEM_FIELDS),
            *(
                f"items.{number}.price.tiers.{tier}.{each}"
                for tier in range(len(item.get("price", {}).get("tiers", [])))
                for each in TIER_FIELDS
            ),
        )
    ]
    return [*PLAN_FIELDS, *items, *control_names(form.get(CONTROLS))]


def _shown(visitor: Visitor, plan: Plan | None, form: Tree) -> Json:
    catalog = catalog_of(visitor)
    held = {each.get("feature_id") for each in form.get("items", [])}
    shown: dict[str, Any] = {
        "features": [each for each in catalog.features.values() if not each.archived or each.feature_id in held],
        "newest": plan is None or _newest(catalog, plan),
        "currency": visitor.call.background.settings.currency if plan is None else plan.currency,
        "billed": [(each, INTERVALS_SHOWN[each]) for each in BILLING_INTERVALS],
        "resets": list(INTERVALS_SHOWN.items()),
        "increase": {each.value: text for each, text in INCREASE.items()},
        "decrease": {each.value: text for each, text in DECREASE.items()},
        "how": HOW,
        "kinds": KINDS,
        "customers": "" if plan is None else count_holders(visitor, [plan.plan_id])[plan.plan_id],
    }
    return shown


def _saved(made: Json) -> str:
    return f"Plan {made['name']} saved, version {made['version']}"


INTERVALS_SHOWN: Final = {each.value: one for each, (one, _) in INTERVALS.items()}
PLAN: Final = Kind[Plan](
    "plan",
    "plan_form.html",
    HERE,
    lambda plan_id: f"{HERE}/{segment(plan_id)}",
    SHAPE,
    _empty,
    _find,
    fields_of,
    _request,
    _facts,
    _names,
    _shown,
    _saved,
    more=_more,
    rows=_rows,
)
