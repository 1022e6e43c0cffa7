"""Invoices on the wire, in major units of their own currency. `stripe_id` is our id where another system gave none."""

from collections.abc import Sequence

from api.ids import INVOICE, shown_customer, shown_local
from api.views.line import describe, feature_name, lines
from api.views.shapes import Json, Scene
from ledger.core.decider import Context
from ledger.core.events import Event, InvoiceCreated, Line, PaymentFailed, PaymentNeedsAction
from ledger.core.invoices.invoice import Invoice
from ledger.core.money import to_major
from ledger.core.subscriptions.quote import NextCycle
from ledger.core.time.upcoming import next_invoices

LINE = "_line_"
_REASONS = {
    "3ds_required": "The payer must confirm the payment",
    "payment_method_required": "The customer has no payment method that can be charged",
    "payment_failed": "The payment was declined: update the customer's payment method, then pay the invoice",
    "payment_processing": "The payment is on its way and not yet confirmed",
}


def invoices(scene: Scene) -> list[Json]:
    """A customer's invoices, the newest first."""
    return [summary(scene, each) for each in reversed(list(scene.customer.account.invoices.values()))]


def invoice_id(scene: Scene, found: Invoice) -> str:
    """The id that addresses an invoice."""
    return shown_local(INVOICE, scene.stream_id, found.invoice_id)


def summary(scene: Scene, found: Invoice) -> Json:
    """An invoice inside its customer."""
    return {
        "plan_ids": found.plan_ids,
        "stripe_id": found.stripe_id or invoice_id(scene, found),
        "status": found.status.value,
        "total": to_major(found.total_minor, found.currency),
        "currency": found.currency,
        "created_at": found.created_at,
        "processor_type": "stripe",
        "hosted_invoice_url": None,
    }


def invoice(scene: Scene, found: Invoice) -> Json:
    """An invoice with whose it is, what of it is paid, and its lines."""
    return {
        **kept(scene, found),
        "entity_id": found.entity_id,
        "items": [_item(scene, found, index, each) for index, each in enumerate(found.lines)],
    }


def kept(scene: Scene, found: Invoice) -> Json:
    """An invoice with whose it is and what of it is paid."""
    return {
        **summary(scene, found),
        "id": invoice_id(scene, found),
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "amount_paid": to_major(found.paid_minor, found.currency),
        "refunded_amount": to_major(found.refunded_minor, found.currency),
    }


def line_id(scene: Scene, found: Invoice, index: int) -> str:
    """The id of a line: that of its invoice, and its place on it."""
    return f"{invoice_id(scene, found)}{LINE}{index}"


def _item(scene: Scene, found: Invoice, index: int, line: Line) -> Json:
    amount = to_major(line.amount_minor, found.currency)
    quantity = None if line.feature_id is None else line.quantity
    entities = [] if line.entity_id is None else [{"entity_id": line.entity_id, "quantity": quantity, "amount": amount}]
    return {
        "id": line_id(scene, found, index),
        "description": describe(scene, line),
        "period_start": line.period_start,
        "period_end": line.period_end,
        "plan_id": line.plan_id,
        "feature_id": line.feature_id,
        "feature_name": feature_name(scene, line),
        "quantity": quantity,
        "amount": amount,
        "entities": entities,
    }


def changed_invoice(scene: Scene, events: Sequence[Event]) -> Json:
    """What the answer of a change says of money: the invoice it made, and what its payment still needs."""
    made = next((each for each in events if isinstance(each, InvoiceCreated)), None)
    if made is None:
        return {}
    found = scene.customer.account.invoices[made.invoice_id]
    shown = summary(scene, found)
    part = {name: shown[name] for name in ("status", "stripe_id", "total", "currency", "hosted_invoice_url")}
    code = _needed(events, made.invoice_id)
    return {"invoice": part} | ({"required_action": {"code": code, "reason": _REASONS[code]}} if code else {})


def _needed(events: Sequence[Event], local_id: str) -> str | None:
    for event in events:
        match event:
            case PaymentNeedsAction(invoice_id=asked, code=code) if asked == local_id:
                return code if code in _REASONS else "payment_processing"
            case PaymentFailed(invoice_id=asked) if asked == local_id:
                return "payment_failed"
    return None


def invoice_previews(scene: Scene) -> list[Json]:
    """The invoices that come next, one for each end of a period: what was used until now, and what is paid ahead."""
    return [invoice_preview(scene, cycle) for cycle in upcoming(scene)]


def upcoming(scene: Scene) -> list[NextCycle]:
    """The invoices that come next, with the lines they would have now."""
    return next_invoices(scene.customer, Context(scene.now, scene.catalog, scene.settings, scene.stream_id))


def invoice_preview(scene: Scene, cycle: NextCycle) -> Json:
    """An invoice that comes next."""
    plan_ids = dict.fromkeys(line.plan_id for line in cycle.lines if line.plan_id is not None)
    return {
        "plan_ids": list(plan_ids),
        "invoice_at": cycle.starts_at,
        "currency": scene.currency,
        "subtotal": to_major(cycle.subtotal_minor, scene.currency),
        "total": to_major(cycle.total_minor, scene.currency),
        "line_items": lines(scene, cycle.lines, scene.currency, plan_id=next(iter(plan_ids), "")),
    }
