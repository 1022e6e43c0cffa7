"""A balance by hand: grant, set or deduct, each with a reason, and what it would change shown before it is done."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response

from api.dashboard.changes.facts import account
from api.dashboard.changes.levels import level, moved, source
from api.dashboard.changes.subject import balance_path, scene_of
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.forms import SAY_WHY, beside, by, given, number
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.dashboard.words import feature_name
from api.views.balance import grant_id
from api.views.shapes import Json, Scene
from api.wire.refusals import InvalidInputs
from ledger.core.balances.balance import Grant
from ledger.core.balances.standing import held

ACTIONS: Final[Mapping[str, str]] = {"grant": "Grant", "set": "Set", "deduct": "Deduct"}
AMOUNTS: Final[Mapping[str, str]] = {"grant": "How many more", "set": "What remains", "deduct": "How many fewer"}
DONE: Final[Mapping[str, str]] = {
    "grant": "Units were granted",
    "set": "The balance was set",
    "deduct": "Units were deducted",
}
FIELDS: Final = ("action", "amount", "reason", "entity", "source")
OF_WIRE: Final = {"remaining": "amount", "add_to_balance": "amount", "balance_id": "source", "entity_id": "entity"}
USUAL: Final = "All of them, in the order they are used"


def balance_page(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """The form, with what there is now."""
    return show(visitor, *_sheet(visitor, customer_id, feature_id))


def balance_form(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """First what it would change; once that was seen and confirmed, and nothing else changed it meanwhile, do it."""
    return settle(visitor, *_sheet(visitor, customer_id, feature_id))


def _sheet(visitor: Visitor, customer_id: str, feature_id: str) -> tuple[Sheet, Change | None]:
    scene = scene_of(visitor, customer_id)
    said = {**dict.fromkeys(FIELDS, ""), **given(visitor.call.request)}
    said["action"] = said["action"] if said["action"] in ACTIONS else "grant"
    entity_id = whose(scene, feature_id, said["entity"])
    sources = _sources(scene, feature_id, entity_id)
    shown: dict[str, Any] = {
        "given": said,
        "feature": feature_name(scene.catalog, feature_id),
        "actions_": ACTIONS,
        "amount_label": AMOUNTS[said["action"]],
        "now": level(scene, sources.values()),
        "sources": {"": USUAL}
        | {key: f"{source(scene, each)}: {level(scene, [each])}" for key, each in sources.items()},
        "shared": bool(said["entity"]) and entity_id is None,
        "address": customer_id,
    }
    wrong, payload = _read(said, {"customer_id": customer_id, "feature_id": feature_id}, entity_id)
    missing = {name: sentence for name, sentence in _MISSING.items() if not said[name]}
    path = balance_path(customer_id, feature_id)
    back = customer_path(customer_id, said["entity"])
    sheet = Sheet(
        "changes/balance.html", path, back, scene, account, shown, beside=by(OF_WIRE), wrong=wrong, missing=missing
    )
    return sheet, None if payload is None else Change("balances.update", payload, moved, DONE[said["action"]])


_MISSING: Final[Mapping[str, str]] = {
    "amount": "Give a number",
    "reason": SAY_WHY,
}


def whose(scene: Scene, feature_id: str, entity_id: str) -> str | None:
    """Whose balance is meant: the entity's own, or where it has none the one that all of the customer shares."""
    own = any(each.feature_id == feature_id and each.terms.entity_id == entity_id for each in _grants(scene))
    return entity_id if own and entity_id else None


def _grants(scene: Scene) -> list[Grant]:
    return list(scene.customer.grants.values())


def _sources(scene: Scene, feature_id: str, entity_id: str | None) -> dict[str, Grant]:
    """The balances that there are to choose from, by the id that names each, in the order they are used."""
    ordered = held(_grants(scene), feature_id, entity_id, longest_first=scene.settings.reverse_deduction_order)
    return {grant_id(scene, each): each for each in ordered if each.terms.entity_id == entity_id and not each.boolean}


def _read(said: Mapping[str, str], payload: Json, entity_id: str | None) -> tuple[dict[str, str], Json | None]:
    """What is wrong with the form, and what it asks for, if that can be said yet."""
    if not said["amount"]:
        return {}, None
    try:
        amount = number("amount", said["amount"])
    except InvalidInputs as refusal:
        return beside(refusal), None
    if said["action"] != "set" and not amount:
        return {"amount": f"This was 0 and must be above 0 to {said['action']} something"}, None
    if entity_id is not None:
        payload["entity_id"] = entity_id
    if said["source"]:
        payload["balance_id"] = said["source"]
    ways = {"set": ("remaining", amount), "grant": ("add_to_balance", amount), "deduct": ("add_to_balance", -amount)}
    name, value = ways[said["action"]]
    return {}, {**payload, name: value}
