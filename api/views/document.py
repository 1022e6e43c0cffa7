"""How an invoice was worked out, and what a credit note takes back. Amounts are major units."""

from collections.abc import Mapping
from typing import Any

from api.ids import CREDIT_NOTE, shown_local
from api.views.line import describe
from api.views.shapes import Json, Scene
from ledger.core.events import CreditNoteIssued, CreditTo, Line
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.money import to_major


def worked_out(scene: Scene, found: Invoice, credit_minor: int) -> Json:
    """Lines and sums of an invoice; `credit_minor` is the customer's credit before it."""
    currency, total = found.currency, found.total_minor
    draft = found.status is InvoiceStatus.DRAFT
    applied = max(0, min(credit_minor, total)) if draft else found.credit_applied_minor
    subtotal = sum(line.before_discounts_minor for line in found.lines)
    return {
        "currency": currency,
        "lines": [_line(scene, each, currency) for each in found.lines],
        "subtotal": to_major(subtotal, currency),
        "discount_total": to_major(subtotal - total, currency),
        "tax": None,
        "total": to_major(total, currency),
        "amount_due": to_major(max(0, total - applied), currency),
        "issue_date": found.created_at,
        "due_date": found.due_at,
        "invoice_credits": {
            "balance": to_major(credit_minor, currency),
            "currency": currency,
            "applied": to_major(applied, currency),
        },
    }


def _line(scene: Scene, line: Line, currency: str) -> Json:
    return {
        "plan_id": line.plan_id,
        "feature_id": line.feature_id,
        "entity_id": line.entity_id,
        "description": describe(scene, line),
        "amount": to_major(line.before_discounts_minor, currency),
        "amount_after_discounts": to_major(line.amount_minor, currency),
        "quantity": None if line.feature_id is None else line.quantity,
        "prorated": line.prorated,
        "period_start": line.period_start,
        "period_end": line.period_end,
    }


def credit_note(scene: Scene, note: CreditNoteIssued, body: Mapping[str, Any], *, issued: bool) -> Json:
    """A credit note as it was asked for in `body`; one that is only worked out has no id and no status."""
    currency = scene.customer.account.invoices[note.invoice_id].currency
    total = note.invoice_minor + note.paid_minor
    discount = sum(line.amount_minor - line.before_discounts_minor for line in note.lines)

    def to(destination: CreditTo) -> Any:
        return to_major(note.paid_minor if note.to is destination else 0, currency)

    return {
        "id": shown_local(CREDIT_NOTE, scene.stream_id, note.note_id) if issued else None,
        "invoice_id": body["invoice_id"],
        "number": None,
        "status": "issued" if issued else None,
        "currency": currency,
        "subtotal": to_major(total + discount, currency),
        "discount_amount": to_major(discount, currency),
        "tax_amount": to_major(0, currency),
        "total": to_major(total, currency),
        "pre_payment_amount": to_major(note.invoice_minor, currency),
        "post_payment_amount": to_major(note.paid_minor, currency),
        "refund_amount": to(CreditTo.REFUND),
        "credit_amount": to(CreditTo.BALANCE),
        "out_of_band_amount": to(CreditTo.OUT_OF_BAND),
        "reason": note.cause,
        "memo": note.memo.text() if note.memo else None,
        "pdf": None,
        "lines": [
            _noted(scene, line, asked["id"], currency)
            for line, asked in zip(note.lines, body.get("lines", ()), strict=True)
        ],
    }


def _noted(scene: Scene, line: Line, item_id: str, currency: str) -> Json:
    return {
        "invoice_line_item_id": item_id,
        "description": describe(scene, line),
        "quantity": None if line.feature_id is None else line.quantity,
        "amount": to_major(-line.before_discounts_minor, currency),
        "discount_amount": to_major(line.amount_minor - line.before_discounts_minor, currency),
    }
