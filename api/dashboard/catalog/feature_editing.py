"""Creating and changing a feature, with the costs of a credit system."""

from http import HTTPStatus
from typing import Any, Final

from flask import Response

from api.dashboard.catalog.features import HERE
from api.dashboard.catalog.rows import Shape, Tree, act, flat, numbers, said, texts, tree
from api.dashboard.catalog.wrong import placed
from api.dashboard.doing import do
from api.dashboard.forms import once_after
from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import page
from api.dashboard.paths import segment
from api.errors import status_of
from api.views.feature import feature as shown_feature
from api.views.shapes import Json
from api.wire.json import plain
from ledger.core.errors import Refusal
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import Feature, FeatureKind

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
    return _page(visitor, None, {"type": "metered", "credit_schema": [{}]})


def new_form(visitor: Visitor) -> Response:
    """Create the feature, or show the form again: with another row, or with what is wrong."""
    sent = visitor.call.request.form
    form = tree(sent, SHAPE)
    if act(form, sent, SHAPE):
        return _page(visitor, None, form)
    return _settled(visitor, None, form, "features.create", {"feature_id": form.get("feature_id", ""), **_asked(form)})


def edit_page(visitor: Visitor, feature_id: str) -> Response:
    """The form of a feature as it is."""
    found = visitor.call.background.catalog.feature(feature_id)
    return _page(visitor, found, _fields(found))


def edit_form(visitor: Visitor, feature_id: str) -> Response:
    """Change the feature, or show the form again: with another row, or with what is wrong."""
    sent = visitor.call.request.form
    found = visitor.call.background.catalog.feature(feature_id)
    form = tree(sent, SHAPE)
    if act(form, sent, SHAPE):
        return _page(visitor, found, form)
    was, becomes = _asked(_fields(found)), _asked(form)
    changes = {name: each for name, each in becomes.items() if each != was.get(name)}
    return _settled(visitor, found, form, "features.update", {"feature_id": feature_id, **changes})


def _settled(visitor: Visitor, found: Feature | None, form: Tree, operation: str, payload: Json) -> Response:
    try:
        made = do(visitor, operation, payload)
    except Refusal as refusal:
        wrong = placed(refusal, _names(form))
        return _page(visitor, found, form, wrong, status_of(refusal))
    return leave_for(visitor.call.request, HERE, f"Feature {made['name']} {'created' if found is None else 'saved'}")


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


def _page(
    visitor: Visitor,
    found: Feature | None,
    form: Tree,
    wrong: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    catalog: Catalog = visitor.call.background.catalog
    counted = [each for each in catalog.features.values() if _counts(each, found)]
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "feature": found,
        "path": "/new/feature" if found is None else f"{HERE}/{segment(found.feature_id)}/edit",
        "form": form,
        "given": dict(flat(form)),
        "wrong": wrong or {},
        "types": TYPES,
        "counted": counted,
        "once": once_after(visitor.call.request),
    }
    return page("catalog/feature_form.html", status, **shown)


def _counts(each: Feature, system: Feature | None) -> bool:
    """Whether a credit system may draw on it."""
    own = system is not None and each.feature_id == system.feature_id
    return each.kind is FeatureKind.CONSUMABLE and not each.credits and not own
