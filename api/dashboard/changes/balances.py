"""A balance by hand: grant, set or deduct, each with a reason, and what it would change shown before it is done."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import Response

from api.dashboard.doing import do, rehearse
from api.dashboard.forms import beside
from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import fresh_number, page
from api.errors import status_of
from api.views.balance import balances
from api.views.shapes import Json, Scene
from ledger.core.errors import Refusal
from ledger.store.addresses import CustomerAddress

ACTIONS: Final[Mapping[str, str]] = {"grant": "Grant", "set": "Set", "deduct": "Deduct"}
MOST_CHARS: Final = 30
OF_WIRE: Final = dict.fromkeys(("remaining", "add_to_balance"), "amount")


def balance_page(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """The form, with what there is now."""
    asked = visitor.call.request.args
    given = {"action": asked.get("action", "grant"), "amount": "", "reason": "", "entity": asked.get("entity", "")}
    return _form(visitor, customer_id, feature_id, given)


def balance_form(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """First what it would change; once that was seen and confirmed, and nothing else changed it meanwhile, do it."""
    form = visitor.call.request.form
    given = {name: form.get(name, "").strip() for name in ("action", "amount", "reason", "entity")}
    amount = _number(given["amount"])
    if given["action"] not in ACTIONS or amount is None:
        wrong = {"amount": "Give a number above zero, or for Set zero"}
        return _form(visitor, customer_id, feature_id, given, wrong, status=HTTPStatus.BAD_REQUEST)
    payload = _payload(customer_id, feature_id, given, amount)
    try:
        scene = _scene(visitor, customer_id)
        before = _standing(scene, feature_id, given["entity"])
        after = _standing(
            replace(scene, customer=rehearse(visitor, "balances.update", payload)), feature_id, given["entity"]
        )
        seen = form.get("seen")
        if seen is None or seen != _mark(before):
            changed = seen is not None
            return _form(visitor, customer_id, feature_id, given, preview=(before, after), changed=changed)
        do(visitor, "balances.update", payload)
    except Refusal as refusal:
        return _form(visitor, customer_id, feature_id, given, beside(refusal, OF_WIRE), status=status_of(refusal))
    back = f"?entity={quote(given['entity'])}" if given["entity"] else ""
    return leave_for(visitor.call.request, f"/customers/{quote(customer_id, safe='')}{back}")


def _payload(customer_id: str, feature_id: str, given: dict[str, str], amount: Decimal) -> Json:
    which = {"customer_id": customer_id, "feature_id": feature_id}
    if given["entity"]:
        which["entity_id"] = given["entity"]
    match given["action"]:
        case "set":
            return {**which, "remaining": amount}
        case "deduct":
            return {**which, "add_to_balance": -amount}
    return {**which, "add_to_balance": amount}


def _number(text: str) -> Decimal | None:
    """The number that somebody wrote; None for what is none, or below zero."""
    try:
        found = Decimal(text.replace(",", "").replace(" ", "")) if len(text) <= MOST_CHARS else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and found >= 0 else None


def _scene(visitor: Visitor, customer_id: str) -> Scene:
    return visitor.call.scene(visitor.call.look(CustomerAddress(customer_id)))


def _standing(scene: Scene, feature_id: str, entity_id: str) -> Json | None:
    """The sums of a feature; None where there is no balance of it."""
    found: Json | None = balances(scene, entity_id or None).get(feature_id)
    return found


def _mark(standing: Json | None) -> str:
    """What was seen of a balance, so that it is noticed when it is another one by then."""
    return "none" if standing is None else f"{standing['granted']}/{standing['remaining']}"


def _form(
    visitor: Visitor,
    customer_id: str,
    feature_id: str,
    given: dict[str, str],
    wrong: dict[str, str] | None = None,
    *,
    preview: tuple[Json | None, Json | None] | None = None,
    changed: bool = False,
    status: int = HTTPStatus.OK,
) -> Response:
    scene = _scene(visitor, customer_id)
    feature = scene.catalog.features.get(feature_id)
    before = _standing(scene, feature_id, given["entity"])
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": "/customers",
        "address": customer_id,
        "feature_id": feature_id,
        "feature": feature_id if feature is None else feature.name,
        "actions": ACTIONS,
        "given": given,
        "wrong": wrong or {},
        "now": before,
        "preview": preview,
        "seen": None if preview is None else _mark(preview[0]),
        "changed": changed,
        "once": visitor.call.request.form.get("once") or fresh_number(),
    }
    return page("changes/balance.html", status, **shown)
