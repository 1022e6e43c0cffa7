"""billing.attach, billing.update and their previews: plans come, change and go."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from api.call import Call, Handlers
from api.ids import SUBSCRIPTION, shown_customer
from api.v1.changing import PRICED, billing, carry, customize, quantities, trial
from api.v1.payments import require_paid
from api.v1.references import local_id
from api.views.invoice import changed_invoice
from api.views.preview import attach_preview, update_preview
from api.views.shapes import Json, Scene
from ledger.core.customer import BillingChange, preview
from ledger.core.errors import InvalidRequest
from ledger.core.events import Event
from ledger.core.subscriptions.cancellation import Cancel, Refund, Uncancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.quote import Quote
from ledger.core.subscriptions.revision import Revise
from ledger.store.addresses import CustomerAddress

REVISES: Final = (
    "feature_quantities", "version", "customize", "free_trial", "billing_cycle_anchor", "carry_over_usages",
    "recalculate_balances",
)  # fmt: skip
"""Fields that change a plan which goes on."""
BILLS: Final = (
    "custom_line_items", "add_lines", "remove_lines", "discounts", "remove_discounts", "invoice_mode",
    "proration_behavior",
)  # fmt: skip
"""Fields about lines, of which an uncancel has none."""


def attach(call: Call, body: dict[str, Any]) -> Json:
    """Put a plan on a customer or an entity."""
    return changed(call, body, _attach(call, body))


def preview_attach(call: Call, body: dict[str, Any]) -> Json:
    """What attaching would cost and do; nothing is written."""
    return attach_preview(*quoted(call, body, _attach(call, body)))


def update(call: Call, body: dict[str, Any]) -> Json:
    """Change a held plan, cancel it, or take a cancellation back."""
    return changed(call, body, _update(call, body))


def preview_update(call: Call, body: dict[str, Any]) -> Json:
    """What such a change would cost and do; nothing is written."""
    return update_preview(*quoted(call, body, _update(call, body)))


def changed(call: Call, body: Mapping[str, Any], command: BillingChange) -> Json:
    """Let a change happen: what the answer says of it. Raises `InvoicePaymentFailed`."""
    outcome = call.execute(CustomerAddress(body["customer_id"]), command)
    require_paid(outcome)
    return shown_change(call.scene(outcome), body, outcome.events)


def shown_change(scene: Scene, body: Mapping[str, Any], events: Sequence[Event]) -> Json:
    """What the answer of a change says of it."""
    shown: Json = {"customer_id": shown_customer(scene.customer.customer_id, scene.stream_id), "payment_url": None}
    if "entity_id" in body:
        shown["entity_id"] = body["entity_id"]
    return shown | changed_invoice(scene, events)


def quoted(call: Call, body: Mapping[str, Any], command: BillingChange) -> tuple[Scene, Quote]:
    """What a change would do, decided under the same context as the change itself."""
    outcome = call.ponder(CustomerAddress(body["customer_id"]), command)
    scene = call.scene(outcome)
    return scene, preview(scene.customer, command, outcome.context)


def currency_for(call: Call, body: Mapping[str, Any], parts: Iterable[Mapping[str, Any]] = ()) -> str:
    """The currency of the amounts in a request: the one that it names, else the customer's.

    The customer is looked up only where the request, or one of its `parts`, has amounts.
    """
    if "currency" in body:
        return str(body["currency"])
    if not any(name in each for each in (body, *parts) for name in PRICED):
        return ""
    return call.scene(call.look(CustomerAddress(body["customer_id"]))).currency


def _attach(call: Call, body: dict[str, Any]) -> Attach:
    currency, schedule, anchor = currency_for(call, body), body.get("plan_schedule"), body.get("billing_cycle_anchor")
    return Attach(
        plan_id=body["plan_id"],
        version=body.get("version"),
        entity_id=body.get("entity_id"),
        quantities=quantities(body),
        external_id=body.get("subscription_id"),
        schedule=None if schedule is None else Schedule(schedule),
        customize=customize(body, currency),
        free_trial=trial(body),
        starts_at=body.get("starts_at"),
        ends_at=body.get("ends_at"),
        anchor_now=anchor == "now",
        anchor_at=anchor if isinstance(anchor, datetime) else None,
        carry_balances=carry(body, "carry_over_balances"),
        carry_usages=carry(body, "carry_over_usages"),
        remove_plan_ids=tuple(body.get("remove_plan_ids", ())),
        new_billing_subscription=body.get("new_billing_subscription"),
        billing=billing(body, currency),
    )


def _update(call: Call, body: dict[str, Any]) -> BillingChange:
    which: dict[str, Any] = {
        "plan_id": body.get("plan_id"),
        "subscription_id": local_id(call, SUBSCRIPTION, body["customer_id"], body.get("subscription_id")),
        "entity_id": body.get("entity_id"),
    }
    action = body.get("cancel_action")
    if action is None:
        return _revise(call, body, which)
    for name in (*REVISES, *(BILLS if action == "uncancel" else ())):
        if body.get(name):
            raise InvalidRequest(f"Send one of cancel_action {action} and {name}: they are two changes")
    if action == "uncancel":
        return Uncancel(**which)
    refund = body.get("refund_last_payment")
    return Cancel(
        when=When(action),
        refund=None if refund is None else Refund(refund),
        billing=billing(body, currency_for(call, body)),
        **which,
    )


def _revise(call: Call, body: dict[str, Any], which: dict[str, Any]) -> BillingChange:
    if not any(name in body for name in (*REVISES[1:], *BILLS, "no_billing_changes")):
        return ChangeQuantities(quantities=quantities(body), **which)
    currency, anchor = currency_for(call, body), body.get("billing_cycle_anchor")
    return Revise(
        version=body.get("version"),
        quantities=quantities(body),
        customize=customize(body, currency),
        free_trial=trial(body),
        anchor_now=anchor == "now",
        anchor_at=anchor if isinstance(anchor, datetime) else None,
        carry_usages=carry(body, "carry_over_usages"),
        recalculate=body.get("recalculate_balances", {}).get("enabled", False),
        billing=billing(body, currency),
        **which,
    )


HANDLERS: Final[Handlers] = {
    "billing.attach": attach,
    "billing.preview_attach": preview_attach,
    "billing.update": update,
    "billing.preview_update": preview_update,
}
