"""Recalculating a feature: debts of some of its balances are paid from what others of the same scope have left."""

from collections.abc import Sequence
from typing import Final

from flask import Response

from api.dashboard.changes.balances import whose
from api.dashboard.changes.facts import account
from api.dashboard.changes.levels import moved
from api.dashboard.changes.subject import balance_path, scene_of
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.doing import Foreseen
from api.dashboard.forms import SAY_WHY, given
from api.dashboard.paths import customer_path
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor

MISSING: Final = {"reason": SAY_WHY}
UP_TO_DATE: Final = "Already up to date: no balance is in debt beside another that has something left"


def recalculating_page(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """What it would move. Raises `FeatureNotFound`."""
    return show(visitor, *_sheet(visitor, customer_id, feature_id))


def recalculating_form(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """Move it, if that still is what was shown."""
    return settle(visitor, *_sheet(visitor, customer_id, feature_id))


def _sheet(visitor: Visitor, customer_id: str, feature_id: str) -> tuple[Sheet, Change]:
    scene, said = scene_of(visitor, customer_id), given(visitor.call.request)
    name, entity = scene.catalog.feature(feature_id).name, said.get("entity", "")
    entity_id = whose(scene, feature_id, entity)
    shown = {
        "given": {"reason": said.get("reason", ""), "entity": entity},
        "feature": name,
        "shared": bool(entity) and entity_id is None,
        "address": customer_id,
    }
    payload = {"customer_id": customer_id, "feature_id": feature_id, **({"entity_id": entity_id} if entity_id else {})}
    path = balance_path(customer_id, feature_id, "recalculate")
    missing = {} if said.get("reason") else MISSING
    back = customer_path(customer_id, entity)
    sheet = Sheet("changes/recalculate.html", path, back, scene, account, shown, missing=missing)
    return sheet, Change("balances.recalculate", payload, _paid, f"The balances of {name} were recalculated")


def _paid(found: Foreseen) -> Sequence[Row]:
    return moved(found) or [Row("nothing", UP_TO_DATE)]
