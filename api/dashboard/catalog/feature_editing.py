"""Creating and changing a feature, with the costs of a credit system."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response

from api.dashboard.catalog.features import HERE
from api.dashboard.catalog.rows import Shape, Tree, numbers, said, texts
from api.dashboard.catalog.thing_form import Kind, catalog_of, form_page, form_sent
from api.dashboard.seen import Row, unsaid
from api.dashboard.visitor import Visitor
from api.dashboard.words import NOTHING, feature_name, units
from api.views.feature import feature as shown_feature
from api.views.shapes import Json
from api.wire.json import plain
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import CreditCost, Feature, FeatureKind

SHAPE: Final = Shape(objects=("display",), lists=("credit_schema", "tiers"))
TYPES: Final = {
    "metered": "Metered, consumable: used up and reset",
    "allocated": "Metered, allocated: held until freed, such as seats",
    "boolean": "Boolean: there or not",
    "credit_system": "Credit system: other features draw on it",
}
FIELDS: Final = ("feature_id", "name", "type", "event_names", "display.singular", "display.plural", "reason")


def new_page(visitor: Visitor) -> Response:
    """The empty form."""
    return form_page(visitor, FEATURE)


def new_form(visitor: Visitor) -> Response:
    """Create the feature, or show the form again: with another row, or with what is wrong."""
    return form_sent(visitor, FEATURE)


def edit_page(visitor: Visitor, feature_id: str) -> Response:
    """The form of a feature as it is."""
    return form_page(visitor, FEATURE, feature_id)


def edit_form(visitor: Visitor, feature_id: str) -> Response:
    """Change the feature, or show the form again: with another row, or with what is wrong."""
    return form_sent(visitor, FEATURE, feature_id)


def _facts(catalog: Catalog, feature_id: str, _said: Mapping[str, str]) -> Sequence[Row]:
    """All that a feature says."""
    found = catalog.features.get(feature_id)
    if found is None:
        return ()
    form = _fields(found)
    told = {
        "Name": found.name,
        "Kind": TYPES[form["type"]],
        "Names of events": ", ".join(found.event_names),
        "One is called": found.singular or "",
        "Several are called": found.plural or "",
    }
    costs = {feature_name(catalog, each.feature_id): each for each in found.credits}
    told |= {f"Credits for {name}": _credits(each) for name, each in costs.items()}
    return (*(Row("is", name, text or NOTHING) for name, text in told.items()), unsaid(repr(found).encode()))


def _credits(found: CreditCost) -> str:
    if found.tiers:
        tiers = [(units(each.cost), f" up to {units(each.to)}" if each.to else "") for each in found.tiers]
        return ", ".join(f"{cost}{reach}" for cost, reach in tiers)
    return f"{units(found.cost)} for {units(found.billing_units)}"


def _asked(form: Tree) -> Json:
    """What a form asks of `features.create` and `features.update`."""
    kind = form.get("type", "")
    found: Json = {"name": form.get("name", ""), "type": "metered" if kind == "allocated" else kind}
    if kind in ("metered", "allocated"):
        found["consumable"] = kind == "metered"
    if kind != "boolean":
        found["event_names"] = [each.strip() for each in form.get("event_names", "").splitlines() if each.strip()]
    if kind == "credit_system":
        found["credit_schema"] = [_cost(each) for each in form.get("credit_schema", [])]
    display = texts(form.get("display", {}), "singular", "plural")
    return {**found, "display": display} if display else found


def _cost(form: Tree) -> Json:
    found = {"metered_feature_id": form.get("metered_feature_id", ""), **numbers(form, "billing_units")}
    rows = form.get("tiers", [])
    if not rows:
        return {**found, **numbers(form, "credit_cost")}
    return {**found, "tiers": [_tier(each, last=number == len(rows)) for number, each in enumerate(rows, 1)]}


def _tier(form: Tree, *, last: bool) -> Json:
    to = {"to": said(form["to"])} if form.get("to") else {"to": "inf"} if last else {}
    return {**to, **numbers(form, "credit_cost")}


def _fields(found: Feature) -> Tree:
    shown = shown_feature(found)
    allocated = found.kind is FeatureKind.ALLOCATED
    return {
        "name": found.name,
        "type": "allocated" if allocated else shown["type"],
        "event_names": "\n".join(found.event_names),
        "display": {"singular": found.singular or "", "plural": found.plural or ""},
        "credit_schema": [_cost_fields(each) for each in shown.get("credit_schema", [{}])],
    }


def _cost_fields(shown: Json) -> Tree:
    if not shown:
        return {}
    found: Tree = {"metered_feature_id": shown["metered_feature_id"], "billing_units": plain(shown["billing_units"])}
    if "tiers" not in shown:
        return {**found, "credit_cost": plain(shown["credit_cost"])}
    return {**found, "tiers": [_tier_fields(each) for each in shown["tiers"]]}


def _tier_fields(shown: Json) -> Tree:
    return {"to": "" if shown["to"] == "inf" else plain(shown["to"]), "credit_cost": plain(shown["credit_cost"])}


def _names(form: Tree) -> list[str]:
    found = list(FIELDS)
    for number, cost in enumerate(form.get("credit_schema", [])):
        row = f"credit_schema.{number}"
        found += [f"{row}.{each}" for each in ("metered_feature_id", "credit_cost", "billing_units")]
        found += [
            f"{row}.tiers.{tier}.{each}" for tier in range(len(cost.get("tiers", []))) for each in ("to", "credit_cost")
        ]
    return found


def _shown(visitor: Visitor, found: Feature | None, _form: Tree) -> Json:
    counted = [each for each in catalog_of(visitor).features.values() if _counts(each, found)]
    return {"types": TYPES, "counted": counted}


def _counts(each: Feature, system: Feature | None) -> bool:
    """Whether a credit system may draw on it."""
    own = system is not None and each.feature_id == system.feature_id
    return each.kind is FeatureKind.CONSUMABLE and not each.credits and not own


FEATURE: Final = Kind[Feature](
    "feature",
    "feature_form.html",
    HERE,
    lambda _feature_id: HERE,
    SHAPE,
    lambda _catalog: {"type": "metered", "credit_schema": [{}]},
    lambda catalog, feature_id, _said: catalog.feature(feature_id),
    _fields,
    lambda form, _catalog: _asked(form),
    _facts,
    _names,
    _shown,
    lambda made: f"Feature {made['name']} saved",
    part={"consumable": "type"},
)
