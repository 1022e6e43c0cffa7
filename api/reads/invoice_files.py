"""Invoices as a file: one flat row each, amounts in major units of their own currency."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

from api.call import Call
from api.reads.past import Then, then_of
from api.reads.resource import Column, Export, Kind, Rows
from ledger.core.money import exponent
from projections.reads import INVOICE_MODELS, InvoiceFilter

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
            with call.view(INVOICE_MODELS, stream_id=kept.stream_id) as view:
                found = view.stream(
                    "export_invoices_then", INVOICE_MODELS, **kept.parameters(), **then.when.parameters()
                )
                yield Rows(then.when.position, None, map(_in_major, found))
            return
        with call.view(INVOICE_MODELS, stream_id=kept.stream_id) as view:
            found = view.stream("export_invoices", INVOICE_MODELS, **kept.parameters())
            yield Rows(view.position, view.due, map(_in_major, found))

    return Export("invoices", COLUMNS, rows)


def _in_major(row: Sequence[Any]) -> Sequence[Any]:
    places = -exponent(row[_CURRENCY])
    amounts = [Decimal(amount).scaleb(places) for amount in row[_FIRST_AMOUNT:_PAST_AMOUNTS]]
    return (*row[:_FIRST_AMOUNT], *amounts, *row[_PAST_AMOUNTS:])
