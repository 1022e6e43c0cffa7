"""A feature on the wire."""

from api.views.shapes import Json
from ledger.core.terms import CreditCost, Feature, FeatureKind


def feature(found: Feature) -> Json:
    """One feature of the catalog."""
    shown: Json = {
        "id": found.feature_id,
        "name": found.name,
        "type": type_of(found),
        "consumable": found.kind is FeatureKind.CONSUMABLE,
        "archived": found.archived,
        "event_names": list(found.event_names),
    }
    if found.credits:
        shown["credit_schema"] = [_cost(each) for each in found.credits]
    if found.singular is not None or found.plural is not None:
        shown["display"] = {"singular": found.singular, "plural": found.plural}
    return shown


def type_of(found: Feature) -> str:
    """The wire's word for a kind of feature."""
    if found.credits:
        return "credit_system"
    return "boolean" if found.kind is FeatureKind.BOOLEAN else "metered"


def _cost(cost: CreditCost) -> Json:
    shown: Json = {"metered_feature_id": cost.feature_id, "billing_units": cost.billing_units}
    if not cost.tiers:
        return {**shown, "credit_cost": cost.cost}
    tiers = [{"to": "inf" if each.to is None else each.to, "credit_cost": each.cost} for each in cost.tiers]
    return {**shown, "tiers": tiers, "tier_behavior": "graduated"}
