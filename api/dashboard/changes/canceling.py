"""Cancelling a plan, now or at the end of its period, and taking that back."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from flask import Response

from api.dashboard.changes.facts import account
from api.dashboard.changes.quoting import quoted
from api.dashboard.changes.subject import held_plan, plan_path, scene_of
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.forms import given
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.views.shapes import Json


class Way(NamedTuple):
    """A way to end a plan, and what follows from it."""

    label: str
    consequence: str


AT_END: Final = "cancel_end_of_cycle"
NOW: Final = "cancel_immediately"
WAYS: Final[Mapping[str, Way]] = {
    AT_END: Way("At the end of the period", "Everything stays as it is until the period ends; then the plan stops."),
    NOW: Way("Now", "The plan stops at once, with all that it grants; what becomes of unused time is chosen below."),
}
UNBEGUN: Final[Mapping[str, Way]] = {NOW: Way("Now", "The plan is taken off the schedule and never begins.")}
DONE: Final = {AT_END: "ends with its period", NOW: "has ended", "uncancel": "goes on"}
REFUNDS: Final = {
    "": "Credit the unused time to later invoices",
    "prorated": "Refund the unused time to the payment method",
    "full": "Refund the whole last payment",
    "none": "Neither credit nor refund",
}


def cancel_page(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The form: when, and what becomes of what was paid."""
    return show(visitor, *_sheet(visitor, customer_id, subscription_id, "cancel"))


def cancel_form(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """What it would do or, once it was confirmed, the change."""
    return settle(visitor, *_sheet(visitor, customer_id, subscription_id, "cancel"))


def uncancel_page(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """What taking the cancellation back does."""
    return show(visitor, *_sheet(visitor, customer_id, subscription_id, "uncancel"))


def uncancel_form(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The plan goes on."""
    return settle(visitor, *_sheet(visitor, customer_id, subscription_id, "uncancel"))


def _sheet(visitor: Visitor, customer_id: str, subscription_id: str, verb: str) -> tuple[Sheet, Change]:
    scene = scene_of(visitor, customer_id)
    held, said = held_plan(scene, customer_id, subscription_id), given(visitor.call.request)
    ways = WAYS if held.active else UNBEGUN
    action = "uncancel" if verb == "uncancel" else _one_of(ways, said.get("action", ""))
    refund = _one_of(REFUNDS, said.get("refund", ""))
    shown = {
        "given": {"action": action, "refund": refund, "reason": said.get("reason", "")},
        "held": held,
        "address": customer_id,
        "ways": ways,
        "refunds": REFUNDS if held.active else {},
    }
    payload = _payload(customer_id, subscription_id, action, refund if held.active else "")
    path = plan_path(customer_id, subscription_id, verb)
    sheet = Sheet("changes/cancel.html", path, customer_path(customer_id), scene, account, shown)
    return sheet, Change("billing.update", payload, quoted, f"{held.plan.name} {DONE[action]}")


def _one_of(choices: Mapping[str, object], said: str) -> str:
    return said if said in choices else next(iter(choices))


def _payload(customer_id: str, subscription_id: str, action: str, refund: str) -> Json:
    payload: Json = {"customer_id": customer_id, "subscription_id": subscription_id, "cancel_action": action}
    if action == NOW and refund == "none":
        payload["proration_behavior"] = "none"
    elif action == NOW and refund:
        payload["refund_last_payment"] = refund
    return payload
