"""The invoices of a customer: those to come, those that were made, and the sheet of one of them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from flask import Response

from api.dashboard.customer.subject import Subject, sheet, subject
from api.dashboard.visitor import Visitor
from api.dashboard.words import exact_money
from api.ids import INVOICE, local_of
from api.reads.explaining import explained, invoice_explanation
from api.views.invoice import invoice_id, invoice_preview, summary, upcoming
from api.views.line import describe
from api.views.shapes import Json
from api.views.timeline import timeline_entry
from api.wire.json import milliseconds
from ledger.core.errors import InvoiceNotFound
from ledger.core.events import Line
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.money import to_major
from ledger.core.subscriptions.quote import NextCycle
from projections import reads
from projections.reads import TIMELINE_MODELS, TimelineEntry, TimelineFilter

SHOWN: Final = 12
MOST: Final = 1_000
MOST_HISTORY: Final = 200
AT_ONCE: Final = 5_000  # events of a customer up to which its lines are explained without being asked for
HISTORY: Final = ("invoice", "payment", "credit_note")
WORDS: Final = {InvoiceStatus.OPEN: "unpaid"}
ACTIONS: Final = {
    InvoiceStatus.DRAFT: ("finalize",),
    InvoiceStatus.OPEN: ("pay", "credit", "void", "write_off"),
    InvoiceStatus.PAID: ("credit",),
}
"""What can be done with an invoice by its status (docs/billing-rules.md)."""


def invoice_section(found: Subject, cycles: Sequence[NextCycle]) -> Json:
    """What comes and what was, the newest first; the latest alone unless all are asked for."""
    made = [each for each in reversed(list(found.customer.account.invoices.values())) if _seen(found, each.lines, each)]
    most = MOST if found.visitor.call.request.args.get("invoices") == "all" else SHOWN
    ahead = [] if found.deleted else [each for each in cycles if _seen(found, each.lines, None)]
    return {
        "upcoming": [_upcoming(found, each) for each in ahead],
        "rows": [_row(found, each) for each in made[:most]],
        "count": len(made),
        "hidden": max(0, len(made) - most),
    }


def _seen(found: Subject, lines: Iterable[Line], invoice: Invoice | None) -> bool:
    """Of an entity, the invoices that are its own or have a line of it."""
    entity_id = found.entity_id
    if entity_id is None or (invoice is not None and invoice.entity_id == entity_id):
        return True
    return any(line.entity_id == entity_id for line in lines)


def _row(found: Subject, invoice: Invoice) -> Json:
    return {
        **summary(found.scene, invoice),
        "id": invoice_id(found.scene, invoice),
        "number": invoice.number,
        "word": word(invoice),
        "plans": _plans(invoice.lines),
        "due": to_major(invoice.due_minor, invoice.currency),
    }


def word(invoice: Invoice) -> str:
    """The status of an invoice as people say it: an open one is unpaid."""
    if invoice.status is InvoiceStatus.PAID and invoice.refunded_minor:
        return "refunded" if invoice.refunded_minor >= invoice.paid_minor else "partly refunded"
    return WORDS.get(invoice.status, invoice.status.value)


def _plans(lines: Iterable[Line]) -> list[str]:
    return list(dict.fromkeys(line.plan_name or line.plan_id for line in lines if line.plan_id is not None))


def invoice_of(found: Subject, wire_id: str) -> Invoice:
    """The customer's invoice of an id. Raises `InvoiceNotFound`, also for those of others."""
    local = local_of(INVOICE, wire_id)
    invoice = found.customer.account.invoices.get(local[1]) if local and local[0] == found.stream_id else None
    if invoice is None:
        raise InvoiceNotFound(wire_id)
    return invoice


def invoice_page(visitor: Visitor, customer_id: str, invoice_id: str) -> Response:
    """The sheet of one invoice; whoever may change it also sees where its lines came from."""
    found = subject(visitor, customer_id)
    invoice = invoice_of(found, invoice_id)
    told = visitor.may_change and (found.customer.version <= AT_ONCE or visitor.call.request.args.get("origin") == "1")
    origins = _origins(found, invoice) if told else [None] * len(invoice.lines)
    return sheet(
        found,
        "invoice.html",
        invoice=_sheet(found, invoice),
        lines=[_line(found, invoice, line, told) for line, told in zip(invoice.lines, origins, strict=True)],
        history=_history(found, invoice),
        untold=visitor.may_change and not told,
        actions=ACTIONS.get(invoice.status, ()) if found.may_change else (),
    )


def _origins(found: Subject, invoice: Invoice) -> Sequence[Json | None]:
    """The events behind every line. A customer's whole history is folded for it."""
    call, stream_id = found.visitor.call, found.stream_id
    why = explained(call, [stream_id], found.position, found.ahead)[stream_id]
    told: Sequence[Json] = invoice_explanation(why, invoice)["items"]
    return told if len(told) == len(invoice.lines) else [None] * len(invoice.lines)


def upcoming_page(visitor: Visitor, customer_id: str, at: str) -> Response:
    """The sheet of an invoice that comes next, by its instant in milliseconds. Raises `InvoiceNotFound`."""
    found = subject(visitor, customer_id)
    for cycle in [] if found.deleted else upcoming(found.scene):
        if str(milliseconds(cycle.starts_at)) == at:
            return sheet(found, "upcoming.html", invoice=_upcoming(found, cycle))
    raise InvoiceNotFound(at)


def _upcoming(found: Subject, cycle: NextCycle) -> Json:
    return {
        **invoice_preview(found.scene, cycle),
        "at": str(milliseconds(cycle.starts_at)),
        "plans": _plans(cycle.lines),
        "discount": to_major(cycle.total_minor - cycle.subtotal_minor, found.scene.currency),
    }


def _sheet(found: Subject, invoice: Invoice) -> Json:
    starts = [line.period_start for line in invoice.lines if line.period_start]
    ends = [line.period_end for line in invoice.lines if line.period_end]
    before = sum(line.before_discounts_minor for line in invoice.lines)
    return {
        **_row(found, invoice),
        "origin": invoice.origin.value.replace("_", " "),
        "due_at": invoice.due_at,
        "entity": found.called(invoice.entity_id),
        "period": (min(starts), max(ends)) if starts and ends else None,
        "subtotal": _major(invoice, before),
        "discounts": _discounts(invoice),
        "credit_applied": _major(invoice, invoice.credit_applied_minor),
        "paid": _major(invoice, invoice.paid_minor),
        "credited": _major(invoice, invoice.credited_minor + invoice.returned_minor),
        "refunded": _major(invoice, invoice.refunded_minor),
        "to_credit": _major(invoice, -invoice.total_minor) if invoice.total_minor < 0 else None,
    }


def _discounts(invoice: Invoice) -> list[tuple[str, Decimal]]:
    """What each discount took off, summed over the lines."""
    sums: dict[str, int] = {}
    for line in invoice.lines:
        for each in line.discounts:
            sums[each.name] = sums.get(each.name, 0) + each.amount_minor
    return [(name, _major(invoice, -minor)) for name, minor in sums.items()]


def _line(found: Subject, invoice: Invoice, line: Line, told: Json | None) -> Json:
    unit = line.unit_price_minor
    return {
        "description": describe(found.scene, line),
        "kind": line.kind.value.replace("_", " "),
        "quantity": line.quantity,
        "unit_price": "" if unit is None else exact_money(to_major(unit, invoice.currency), invoice.currency),
        "prorated": line.prorated,
        # What we describe ourselves names its days; what a caller described may not.
        "period": (line.period_start, line.period_end) if line.description and line.period_start else None,
        "entity": found.called(line.entity_id),
        "before_discounts": _major(invoice, line.before_discounts_minor),
        "amount": _major(invoice, line.amount_minor),
        "origin": told,
    }


def _history(found: Subject, invoice: Invoice) -> list[Json]:
    """What happened to an invoice, its payments and credit notes with it, oldest first."""
    entries: list[TimelineEntry] = []
    with found.visitor.call.view(TIMELINE_MODELS, stream_id=found.stream_id) as view:
        for kind in HISTORY:
            keep = TimelineFilter(stream_id=found.stream_id, kind=kind, at_from=invoice.created_at)
            entries += reads.timeline(view, keep, oldest_first=True, limit=MOST_HISTORY, when=found.when).items
    own = [each for each in entries if (each.links or {}).get("invoice_id") == invoice.invoice_id]
    return [timeline_entry(each) for each in sorted(own, key=lambda each: each.position)]


def _major(invoice: Invoice, minor: int) -> Any:
    return to_major(minor, invoice.currency)
