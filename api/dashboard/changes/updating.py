"""The update sheet: a plan that goes on with other quantities, another price, version, trial or cycle."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response

from api.dashboard.changes import terms_fields as terms
from api.dashboard.changes.facts import account
from api.dashboard.changes.offered import Offered, discounts_offered, offered
from api.dashboard.changes.quoting import quoted
from api.dashboard.changes.subject import held_plan, plan_path, scene_of
from api.dashboard.changes.terms_fields import Reading, read_terms
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.forms import by, given
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.dashboard.words import units
from api.views.shapes import Json
from ledger.core.subscriptions.subscription import Subscription

FIELDS: Final = ("version", *terms.FIELDS)
HOW: Final = {"proration_behavior", "invoice_mode", "no_billing_changes"}
"""What says how a change is billed, and is none by itself."""


def update_page(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The form, with what is held."""
    return show(visitor, *_sheet(visitor, customer_id, subscription_id))


def update_form(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The preview of what the form says or, once it was confirmed, the change."""
    return settle(visitor, *_sheet(visitor, customer_id, subscription_id))


def _sheet(visitor: Visitor, customer_id: str, subscription_id: str) -> tuple[Sheet, Change | None]:
    scene = scene_of(visitor, customer_id)
    held = held_plan(scene, customer_id, subscription_id)
    chosen = offered(scene, held.plan)
    quantities = {f"quantity.{each.feature_id}": units(each.quantity) for each in held.quantities}
    said = {**dict.fromkeys(FIELDS, ""), **quantities, **given(visitor.call.request)}
    reading = _read(said, chosen, held)
    shown: dict[str, Any] = {
        "given": said,
        "held": held,
        "chosen": chosen,
        "address": customer_id,
        "terms": terms,
        "discounts": discounts_offered(scene),
        "trials": {"": "As it is", "own": "Own length", "none": "End it now" if held.trialing else "None"},
    }
    path, back = plan_path(customer_id, subscription_id, "update"), customer_path(customer_id)
    missing = {} if _asks(reading.payload) else {"": "Nothing is to change yet: say what shall be different"}
    sheet = Sheet(
        "changes/update.html",
        path,
        back,
        scene,
        account,
        shown,
        beside=by(reading.fields),
        wrong=reading.wrong,
        missing=missing,
    )
    asked = {"customer_id": customer_id, "subscription_id": subscription_id, **reading.payload}
    if reading.wrong or not _asks(reading.payload):
        return sheet, None
    return sheet, Change("billing.update", asked, quoted, f"{held.plan.name} was updated")


def _read(said: Mapping[str, str], chosen: Offered, held: Subscription) -> Reading:
    reading = Reading(said)
    read_terms(reading, chosen, held={each.feature_id: each.quantity for each in held.quantities})
    wanted = next((each for each in chosen.versions if str(each) == said["version"]), held.plan.version)
    if wanted != held.plan.version:
        reading.payload["version"] = wanted
    return reading


def _asks(payload: Json) -> bool:
    """Whether anything is to change."""
    return bool(payload.keys() - HOW)
