"""Invoices as a file: one flat row each, amounts in major units of their own currency."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

from api.call import Call
from api.ids import INVOICE, shown_customer, shown_local
from api.reads.past import Then, then_of
from api.reads.resource import Column, Export, Kind, Rows
from ledger.core.money import exponent
from projections.queries.past import invoice_parameters, to_invoice_entry
from projections.reads import INVOICE_MODELS, InvoiceEntry, InvoiceFilter

_CURRENCY: Final = 6
_FIRST_AMOUNT, _PAST_AMOUNTS = 7, 13

COLUMNS: Final = (
    Column("id", Kind.TEXT, "The invoice's id."),
    Column("number", Kind.INTEGER, "Its number, without gaps in a ledger; none while it is a draft."),
    Column("customer_id", Kind.TEXT, "Whose it is."),
    Column("entity_id", Kind.TEXT, "The entity that it is for."),
    Column("status", Kind.TEXT, "draft, open, paid, void or uncollectible."),
    Column("origin", Kind.TEXT, "What made it."),
    Column("currency", Kind.TEXT, "ISO 4217, in small letters."),
    Column("total", Kind.NUMBER, "The sum of its lines."),
    Column("credit_applied", Kind.NUMBER, "Paid from the credit balance."),
    Column("amount_paid", Kind.NUMBER, "Paid by the payer."),
    Column("refunded_amount", Kind.NUMBER, "Given back to the payer."),
    Column("credited", Kind.NUMBER, "Taken back by credit notes."),
    Column("due", Kind.NUMBER, "Still to be paid."),
    Column("created_at", Kind.INSTANT, "When it was made."),
    Column("finalized_at", Kind.INSTANT, "When it became final."),
    Column("due_at", Kind.INSTANT, "By when it is to be paid."),
    Column("closed_at", Kind.INSTANT, "When it was paid, voided or given up."),
    Column("stripe_id", Kind.TEXT, "Its id at Stripe; none where there is none."),
    Column("plan_ids", Kind.JSON, "The plans that its lines are of."),
)
Filtering = Callable[[Call, dict[str, Any], Mapping[str, str], Then | None], InvoiceFilter]
"""What of a ledger's invoices a request asks for: from its query, and from what stands in its path."""


def invoices_export(keep: Filtering) -> Export:
    """The file of a list of invoices that is kept to what `keep` says."""

    @contextmanager
    def rows(call: Call, query: dict[str, Any], **path: str) -> Iterator[Rows]:
        then = then_of(call, query)
        kept = keep(call, query, path, then)
        if then is not None:
            with call.view(INVOICE_MODELS) as view:
                found = view.stream("stream_invoices_then", INVOICE_MODELS, **invoice_parameters(kept, then.when))
                yield Rows(then.when.position, None, (_flat(to_invoice_entry(row)) for row in found))
            return
        asked = kept._asdict() | {"statuses": None if kept.statuses is None else list(kept.statuses)}
        with call.view(INVOICE_MODELS) as view:
            found = view.stream("export_invoices", ("customers", "invoices"), **asked)
            yield Rows(view.position, view.due, map(_in_major, found))

    return Export("invoices", COLUMNS, rows)


def _flat(entry: InvoiceEntry) -> Sequence[Any]:
    """An invoice of the past as `export_invoices.sql` makes one of now."""
    found = entry.invoice
    amounts = (
        found.total_minor,
        found.credit_applied_minor,
        found.paid_minor,
        found.refunded_minor,
        found.credited_minor + found.returned_minor,
        found.due_minor,
    )
    row = (
        shown_local(INVOICE, entry.stream_id, found.invoice_id),
        found.number,
        shown_customer(entry.customer_id, entry.stream_id),
        found.entity_id,
        found.status.value,
        found.origin.value,
        found.currency,
        *amounts,
    )
    instants = (found.created_at, entry.finalized_at, found.due_at, entry.closed_at)
    return _in_major((*row, *instants, found.stripe_id, _listed(found.plan_ids)))


def _listed(texts: Sequence[str]) -> str:
    # As PostgreSQL writes JSON.
    return json.dumps(list(texts), ensure_ascii=False)


def _in_major(row: Sequence[Any]) -> Sequence[Any]:
    places = -exponent(row[_CURRENCY])
    amounts = [Decimal(amount).scaleb(places) for amount in row[_FIRST_AMOUNT:_PAST_AMOUNTS]]
    return (*row[:_FIRST_AMOUNT], *amounts, *row[_PAST_AMOUNTS:])
