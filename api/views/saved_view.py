"""A saved view on the wire."""

from api.views.shapes import Json
from ledger.store.saved_views import SavedView


def saved_view(found: SavedView) -> Json:
    """A view, and the path that opens it."""
    return {
        "id": found.view_id,
        "name": found.name,
        "query": found.query,
        "url": f"/v1/customers?view={found.view_id}",
        "created_at": found.created_at,
        "created_by": found.created_by,
        "updated_at": found.updated_at,
        "updated_by": found.updated_by,
    }
