"""Deleting a balance that came with no plan: what was used of it goes with it, or is taken from the others."""

from collections.abc import Mapping
from typing import Final

from flask import Response

from api.dashboard.changes.facts import account
from api.dashboard.changes.levels import level, moved, source
from api.dashboard.changes.subject import balance_path, scene_of
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.forms import SAY_WHY, by, given
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.dashboard.words import feature_name
from api.views.balance import grant_id
from api.views.shapes import Json, Scene
from ledger.core.balances.balance import Grant
from ledger.core.errors import BalanceNotFound
from ledger.core.money import ZERO

FIELDS: Final = ("source", "handling", "reason", "entity")
HANDLING: Final[Mapping[str, str]] = {
    "keep": "Leave other balances as they are",
    "move": "Take what was used from the others",
}
OF_WIRE: Final = {"balance_id": "source", "recalculate_balances": "handling"}
MISSING: Final = {"reason": SAY_WHY}


def deleting_page(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """What goes. Raises `BalanceNotFound` where there is no such balance that came with no plan."""
    return show(visitor, *_sheet(visitor, customer_id, feature_id))


def deleting_form(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """Delete it, if that still does what was shown."""
    return settle(visitor, *_sheet(visitor, customer_id, feature_id))


def _sheet(visitor: Visitor, customer_id: str, feature_id: str) -> tuple[Sheet, Change]:
    scene = scene_of(visitor, customer_id)
    name = feature_name(scene.catalog, feature_id)
    said = {**dict.fromkeys(FIELDS, ""), **given(visitor.call.request)}
    said["handling"] = said["handling"] if said["handling"] in HANDLING else "keep"
    sources = loose(scene, feature_id)
    if not sources or (said["source"] and said["source"] not in sources):
        raise BalanceNotFound(f"feature {feature_id}, {said['source'] or 'granted by hand'}")
    said["source"] = said["source"] or next(iter(sources))
    grant = sources[said["source"]]
    shown = {
        "given": said,
        "feature": name,
        "sources": {key: _told(scene, each) for key, each in sources.items()},
        "handlings": HANDLING,
        "used": grant.used > ZERO,
        "address": customer_id,
    }
    path = balance_path(customer_id, feature_id, "delete")
    missing = {} if said["reason"] else MISSING
    back = customer_path(customer_id, said["entity"])
    sheet = Sheet("changes/delete_balance.html", path, back, scene, account, shown, beside=by(OF_WIRE), missing=missing)
    payload = _asked(grant, said, {"customer_id": customer_id, "feature_id": feature_id})
    return sheet, Change("balances.delete", payload, moved, f"The balance of {name} was deleted")


def loose(scene: Scene, feature_id: str) -> dict[str, Grant]:
    """The balances of a feature that came with no plan, by the id that names each; of the customer and its entities."""
    grants = scene.customer.grants.values()
    found = [each for each in grants if each.loose and each.feature_id == feature_id]
    return {grant_id(scene, each): each for each in found if each.terms.rollover_of is None}


def _told(scene: Scene, grant: Grant) -> str:
    whose = f" of {grant.terms.entity_id}" if grant.terms.entity_id else ""
    return f"{source(scene, grant)}{whose}: {'a flag' if grant.boolean else level(scene, [grant])}"


def _asked(grant: Grant, said: Mapping[str, str], payload: Json) -> Json:
    if grant.terms.entity_id is not None:
        payload["entity_id"] = grant.terms.entity_id
    return {**payload, "balance_id": said["source"], "recalculate_balances": said["handling"] == "move"}
