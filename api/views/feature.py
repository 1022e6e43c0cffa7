"""A feature on the wire."""

from api.views.shapes import Json
from ledger.core.terms import Feature, FeatureKind


def feature(found: Feature) -> Json:
    """One feature of the catalog."""
    shown: Json = {
        "id": found.feature_id,
        "name": found.name,
        "type": "boolean" if found.kind is FeatureKind.BOOLEAN else "metered",
        "consumable": found.kind is FeatureKind.CONSUMABLE,
        "archived": found.archived,
        "event_names": list(found.event_names),
    }
    if found.singular is not None or found.plural is not None:
        shown["display"] = {"singular": found.singular, "plural": found.plural}
    return shown
