"""features.*: what a plan can grant and a product can use."""

from typing import Any, Final

from api.call import Call, Handlers
from api.views.feature import feature
from api.views.shapes import Json
from ledger.core.catalog import CreateFeature, DeleteFeature, UpdateFeature
from ledger.core.terms import Feature, FeatureKind
from ledger.store.addresses import CatalogAddress


def create(call: Call, body: dict[str, Any]) -> Json:
    """A new feature of the catalog."""
    display = body.get("display") or {}
    made = Feature(
        body["feature_id"],
        body["name"],
        kind_of(body["type"], consumable=body.get("consumable", True)),
        tuple(body.get("event_names", ())),
        display.get("singular"),
        display.get("plural"),
    )
    outcome = call.execute(CatalogAddress(), CreateFeature(made))
    return feature(outcome.state.feature(made.feature_id))


def kind_of(type_: str, *, consumable: bool) -> FeatureKind:
    """The core's one word for the wire's two."""
    if type_ == "boolean":
        return FeatureKind.BOOLEAN
    return FeatureKind.CONSUMABLE if consumable else FeatureKind.ALLOCATED


def get(call: Call, body: dict[str, Any]) -> Json:
    """One feature."""
    return feature(call.look(CatalogAddress()).state.feature(body["feature_id"]))


def list_all(call: Call, _body: dict[str, Any]) -> Json:
    """Every feature, in the order they were created."""
    return {"list": [feature(each) for each in call.look(CatalogAddress()).state.features.values()]}


def update(call: Call, body: dict[str, Any]) -> Json:
    """Change what was sent."""
    feature_id = body["feature_id"]
    display = body.get("display") or {}
    names = body.get("event_names")
    command = UpdateFeature(
        feature_id,
        body.get("name"),
        _new_kind(call, body),
        None if names is None else tuple(names),
        display.get("singular"),
        display.get("plural"),
        body.get("archived"),
    )
    return feature(call.execute(CatalogAddress(), command).state.feature(feature_id))


def _new_kind(call: Call, body: dict[str, Any]) -> FeatureKind | None:
    if "type" not in body and "consumable" not in body:
        return None
    known = call.look(CatalogAddress()).state.feature(body["feature_id"])
    type_ = body.get("type", "boolean" if known.kind is FeatureKind.BOOLEAN else "metered")
    return kind_of(type_, consumable=body.get("consumable", known.kind is not FeatureKind.ALLOCATED))


def delete(call: Call, body: dict[str, Any]) -> Json:
    """Take a feature away that no plan grants."""
    call.execute(CatalogAddress(), DeleteFeature(body["feature_id"]))
    return {"success": True}


HANDLERS: Final[Handlers] = {
    "features.create": create,
    "features.get": get,
    "features.list": list_all,
    "features.update": update,
    "features.delete": delete,
}
