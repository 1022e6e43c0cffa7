"""features.*: what a plan can grant and a product can use."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from api.call import Call, Handlers
from api.views.feature import feature, type_of
from api.views.shapes import Json
from api.wire.refusals import InvalidInputs
from ledger.core.offers.catalog import CreateFeature, DeleteFeature, UpdateFeature
from ledger.core.terms import CreditCost, CreditTier, Feature, FeatureKind
from ledger.store.addresses import CatalogAddress


def create(call: Call, body: dict[str, Any]) -> Json:
    """A new feature of the catalog."""
    made = offered(body)
    outcome = call.execute(CatalogAddress(), CreateFeature(made))
    return feature(outcome.state.feature(made.feature_id))


def offered(body: dict[str, Any]) -> Feature:
    """The feature that a body describes."""
    display = body.get("display") or {}
    return Feature(
        body["feature_id"],
        body["name"],
        kind_of(body["type"], consumable=body.get("consumable", True)),
        tuple(body.get("event_names", ())),
        display.get("singular"),
        display.get("plural"),
        credits=credit_costs(body.get("credit_schema", ())),
    )


def credit_costs(found: Iterable[dict[str, Any]]) -> tuple[CreditCost, ...]:
    """What features cost in the credits of a credit system."""
    return tuple(
        CreditCost(
            each["metered_feature_id"],
            each.get("credit_cost"),
            each["billing_units"],
            tuple(_credit_tier(tier) for tier in each.get("tiers", ())),
        )
        for each in found
    )


def _credit_tier(found: dict[str, Any]) -> CreditTier:
    to = found["to"]
    return CreditTier(to if isinstance(to, Decimal) else None, found["credit_cost"])


def kind_of(type_: str, *, consumable: bool) -> FeatureKind:
    """The core's one word for the wire's two; credits are used up."""
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
        _new_credits(call, body),
    )
    return feature(call.execute(CatalogAddress(), command).state.feature(feature_id))


def _new_kind(call: Call, body: dict[str, Any]) -> FeatureKind | None:
    if "type" not in body and "consumable" not in body:
        return None
    known = call.look(CatalogAddress()).state.feature(body["feature_id"])
    type_ = body.get("type", type_of(known))
    return kind_of(type_, consumable=body.get("consumable", known.kind is not FeatureKind.ALLOCATED))


def _new_credits(call: Call, body: dict[str, Any]) -> tuple[CreditCost, ...] | None:
    """The costs that were sent; none where the feature stops being a credit system. Raises `InvalidInputs`."""
    if body.get("type", "credit_system") != "credit_system":
        return ()
    if "credit_schema" not in body:
        return None
    known = call.look(CatalogAddress()).state.feature(body["feature_id"])
    if "type" not in body and bool(known.credits) != bool(body["credit_schema"]):
        problem = f"must have at least one entry for a credit system and none for another, and this is {type_of(known)}"
        raise InvalidInputs({"credit_schema": problem})
    return credit_costs(body["credit_schema"])


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
