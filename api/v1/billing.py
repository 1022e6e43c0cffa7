"""billing.attach, billing.update and their previews: plans come, change and go."""

from typing import Any, Final

from api.call import Call, Handlers
from api.ids import SUBSCRIPTION, shown_customer
from api.v1.payments import require_paid
from api.v1.references import local_id
from api.views.invoice import changed_invoice
from api.views.preview import attach_preview, update_preview
from api.views.shapes import Json, Scene
from api.wire.refusals import InvalidInputs
from ledger.core.cancellation import Cancel, Uncancel, When
from ledger.core.change import Attach, Schedule
from ledger.core.customer import BillingChange, preview
from ledger.core.decider import Context
from ledger.core.errors import InvalidRequest, Refusal
from ledger.core.events import Quantity
from ledger.core.quantity import ChangeQuantities
from ledger.store.addresses import CustomerAddress


class CurrencyMismatch(Refusal):
    code = "currency_mismatch"

    def __init__(self, asked: str, billed: str) -> None:
        super().__init__(f"currency was {asked} and this customer is billed in {billed}: leave it out")


def attach(call: Call, body: dict[str, Any]) -> Json:
    """Put a plan on a customer or an entity."""
    command = _attach(body)
    if "currency" in body:
        _check_currency(call.scene(call.look(CustomerAddress(body["customer_id"]))), body["currency"])
    return _changed(call, body, command)


def preview_attach(call: Call, body: dict[str, Any]) -> Json:
    """What attaching would cost and do; nothing is written."""
    scene = call.scene(call.look(CustomerAddress(body["customer_id"])))
    if "currency" in body:
        _check_currency(scene, body["currency"])
    return attach_preview(scene, preview(scene.customer, _attach(body), _context(call, scene)))


def update(call: Call, body: dict[str, Any]) -> Json:
    """Change quantities of a held plan, cancel it, or take a cancellation back."""
    return _changed(call, body, _update(call, body))


def preview_update(call: Call, body: dict[str, Any]) -> Json:
    """What such a change would cost and do; nothing is written."""
    command = _update(call, body)
    scene = call.scene(call.look(CustomerAddress(body["customer_id"])))
    return update_preview(scene, preview(scene.customer, command, _context(call, scene)))


def _changed(call: Call, body: dict[str, Any], command: BillingChange) -> Json:
    outcome = call.execute(CustomerAddress(body["customer_id"]), command)
    require_paid(outcome)
    scene = call.scene(outcome)
    shown: Json = {"customer_id": shown_customer(scene.customer.customer_id, scene.stream_id), "payment_url": None}
    if "entity_id" in body:
        shown["entity_id"] = body["entity_id"]
    return shown | changed_invoice(scene, outcome.events)


def _context(call: Call, scene: Scene) -> Context:
    return Context(scene.now, scene.catalog, scene.settings, scene.stream_id, reasoned=call.by.reason is not None)


def _check_currency(scene: Scene, asked: str) -> None:
    if asked != scene.currency:
        raise CurrencyMismatch(asked, scene.currency)


def _attach(body: dict[str, Any]) -> Attach:
    schedule = body.get("plan_schedule")
    return Attach(
        body["plan_id"],
        body.get("version"),
        body.get("entity_id"),
        _quantities(body),
        body.get("subscription_id"),
        None if schedule is None else Schedule(schedule),
    )


def _update(call: Call, body: dict[str, Any]) -> BillingChange:
    which: dict[str, Any] = {
        "plan_id": body.get("plan_id"),
        "subscription_id": local_id(call, SUBSCRIPTION, body["customer_id"], body.get("subscription_id")),
        "entity_id": body.get("entity_id"),
    }
    action = body.get("cancel_action")
    if action is None:
        return ChangeQuantities(quantities=_quantities(body), **which)
    if body.get("feature_quantities"):
        raise InvalidRequest("Send one of cancel_action and feature_quantities: they are two changes")
    return Uncancel(**which) if action == "uncancel" else Cancel(when=When(action), **which)


def _quantities(body: dict[str, Any]) -> tuple[Quantity, ...]:
    asked = body.get("feature_quantities", [])
    seen: set[str] = set()
    for index, each in enumerate(asked):
        if "quantity" not in each:
            raise InvalidInputs({f"feature_quantities.{index}.quantity": "was not sent and must be a number above 0"})
        if each["feature_id"] in seen:
            raise InvalidInputs({f"feature_quantities.{index}.feature_id": "was sent twice and must be sent once"})
        seen.add(each["feature_id"])
    return tuple(Quantity(each["feature_id"], each["quantity"]) for each in asked)


HANDLERS: Final[Handlers] = {
    "billing.attach": attach,
    "billing.preview_attach": preview_attach,
    "billing.update": update,
    "billing.preview_update": preview_update,
}
