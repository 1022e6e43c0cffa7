"""May a customer use so much of a feature? Asked as a product asks it, and answered in words. Nothing is written."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from flask import Response

from api.dashboard.changes.recording import counted
from api.dashboard.changes.subject import scene_of
from api.dashboard.doing import do
from api.dashboard.forms import beside, given, number
from api.dashboard.page import page
from api.dashboard.paths import customer_path, segment
from api.dashboard.visitor import Visitor
from api.dashboard.words import feature_name, units
from api.errors import status_of
from api.views.shapes import Json, Scene
from api.wire.json import render
from ledger.core.errors import Refusal
from ledger.core.money import ONE
from ledger.core.terms import FeatureKind

OF_WIRE: Final = {"required_balance": "required", "feature_id": "feature"}


def checking_page(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """The question and, once it is asked, the answer. Raises `FeatureNotFound`."""
    scene = scene_of(visitor, customer_id)
    features = counted(scene, feature_id)
    said = {"required": "1", "feature": feature_id, "entity": "", **given(visitor.call.request)}
    said["feature"] = said["feature"] if said["feature"] in features else feature_id
    wrong: Mapping[str, str] = {}
    answer, status = None, HTTPStatus.OK
    try:
        answer = _ask(visitor, customer_id, said)
    except Refusal as refusal:
        wrong, status = beside(refusal, OF_WIRE), status_of(refusal)
    return page(
        "changes/check.html",
        status,
        visitor=visitor,
        here="/customers",
        path=f"{customer_path(customer_id)}/check/{segment(feature_id)}",
        back=customer_path(customer_id, said["entity"]),
        address=customer_id,
        feature=features[feature_id],
        features=features,
        given=said,
        wrong=wrong,
        answer=None if answer is None else {**answer, "facts": list(_facts(scene, answer))},
        verdict="" if answer is None else _verdict(scene, said, answer),
        raw="" if answer is None else msgspec.json.format(render(answer), indent=2).decode(),
    )


def _ask(visitor: Visitor, customer_id: str, said: Mapping[str, str]) -> Json:
    payload: Json = {"customer_id": customer_id, "feature_id": said["feature"]}
    if said["required"]:
        payload["required_balance"] = number("required", said["required"])
    if said["entity"]:
        payload["entity_id"] = said["entity"]
    return do(visitor, "balances.check", payload)


def _verdict(scene: Scene, said: Mapping[str, str], answer: Json) -> str:
    """The answer as a sentence."""
    feature = scene.catalog.feature(said["feature"])
    whom, name = said["entity"] or answer["customer_id"], feature.name
    if feature.kind is FeatureKind.BOOLEAN:
        return f"Yes: {whom} has {name}." if answer["allowed"] else f"No: {whom} does not have {name}."
    required = number("required", said["required"]) if said["required"] else ONE
    wanted = f"{units(required)} {name}"
    if answer["allowed"]:
        return f"Yes: {whom} may use {wanted} now."
    if answer["balance"] is None:
        return f"No: {whom} has no balance that {name} could be taken from."
    held = answer["balance"]
    if held["feature_id"] == said["feature"] and held["remaining"] < required:
        return f"No: {whom} may not use {wanted} now, {units(held['remaining'])} remain."
    return f"No: {whom} may not use {wanted} now. What remains, or a limit, does not allow it."


def _facts(scene: Scene, answer: Json) -> Iterator[tuple[str, str]]:
    """What the answer rests on: each balance, and whether more than remains may be used."""
    shown = answer.get("balances") or {"": answer["balance"]}
    for each in shown.values():
        if each is None:
            continue
        name = feature_name(scene.catalog, each["feature_id"])
        left = "unlimited" if each["unlimited"] else f"{units(each['remaining'])} of {units(each['granted'])}"
        yield f"{name} remaining", left
        if not each["unlimited"]:
            yield f"{name} beyond that", "allowed, and billed or owed" if each["overage_allowed"] else "not allowed"
