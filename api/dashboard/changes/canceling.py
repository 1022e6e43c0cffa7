"""Cancelling a plan, now or at the end of its period, and taking that back."""

from typing import Final
from urllib.parse import quote

from flask import Response

from api.dashboard.changes.previewing import Change, Sheet, settle, show
from api.dashboard.gate import Visitor
from api.views.shapes import Json
from api.views.subscription import subscriptions
from ledger.core.errors import InvalidInput
from ledger.store.addresses import CustomerAddress

WHEN: Final = {
    "cancel_end_of_cycle": "At the end of the period",
    "cancel_immediately": "Now",
}
REFUND: Final = {
    "": "Credit the unused time",
    "prorated": "Refund the unused time",
    "full": "Refund the last payment",
    "none": "No credit and no refund",
}


def cancel_page(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The form: when, and what becomes of what was paid."""
    return show(visitor, *_sheet(visitor, customer_id, subscription_id, "cancel_end_of_cycle", ""))


def cancel_form(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """What it would do or, once it was confirmed, the change."""
    form = visitor.call.request.form
    action, refund = form.get("action", ""), form.get("refund", "")
    return settle(visitor, *_sheet(visitor, customer_id, subscription_id, action, refund))


def uncancel_page(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """What taking the cancellation back does."""
    return show(visitor, *_sheet(visitor, customer_id, subscription_id, "uncancel", ""))


def uncancel_form(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The plan goes on."""
    return settle(visitor, *_sheet(visitor, customer_id, subscription_id, "uncancel", ""))


def _sheet(
    visitor: Visitor, customer_id: str, subscription_id: str, action: str, refund: str
) -> tuple[Sheet, Change | None]:
    held = _held(visitor, customer_id, subscription_id)
    verb = "uncancel" if action == "uncancel" else "cancel"
    path = f"/customers/{quote(customer_id, safe='')}/plans/{quote(subscription_id, safe='')}/{verb}"
    reason = visitor.call.request.form.get("reason", "")
    shown = {"reason": reason, "held": held, "action": action, "refund": refund, "when_": WHEN, "refunds": REFUND}
    payload: Json = {"customer_id": customer_id, "subscription_id": subscription_id, "cancel_action": action}
    if action == "cancel_immediately" and refund == "none":
        payload["proration_behavior"] = "none"
    elif action == "cancel_immediately" and refund:
        payload["refund_last_payment"] = refund
    change = Change("billing.update", "billing.preview_update", payload)
    return Sheet("changes/cancel.html", path, customer_id, shown), change


def _held(visitor: Visitor, customer_id: str, subscription_id: str) -> Json:
    """The plan that is meant, with its name. Raises `InvalidInput` for one that the customer is not on."""
    scene = visitor.call.scene(visitor.call.look(CustomerAddress(customer_id)))
    for each in subscriptions(scene, None):
        if each["id"] == subscription_id:
            versions = scene.catalog.plans.get(each["plan_id"], ())
            return {**each, "name": versions[-1].name if versions else each["plan_id"]}
    raise InvalidInput(f"{customer_id} is not on the plan {subscription_id} any more: look at its plans again")
