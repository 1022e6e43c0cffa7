"""Invoices of a ledger, newest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from ledger.core.invoices.invoice import Invoice
from projections.cursors import BY_AGE_AND_ID
from projections.invoices.fold import to_invoice
from projections.queries.lists import Listing
from projections.queries.rows import InvoiceEntry, InvoiceFilter, Page
from projections.view import View

ALL: Final = InvoiceFilter()


def invoices(
    view: View, keep: InvoiceFilter = ALL, *, limit: int = 50, cursor: str | None = None
) -> Page[InvoiceEntry]:
    """Invoices by when they were created. Needs the models customers and invoices."""
    statuses = None if keep.statuses is None else tuple(sorted(set(keep.statuses)))
    keep = keep._replace(statuses=statuses)
    listing = Listing(view, "invoices", keep, BY_AGE_AND_ID, limit, cursor)
    rows = listing.rows("list_invoices", ("customers", "invoices"), **keep.parameters())
    return Page([_entry(row) for row in rows], listing.next_cursor)


def invoices_of(view: View, stream_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Invoice]]:
    """All invoices of some customers, oldest first. Needs the model invoices."""
    found: defaultdict[UUID, list[Invoice]] = defaultdict(list)
    for stream_id, lines, state in view.rows("read_invoices", ("invoices",), stream_ids=list(stream_ids)):
        found[stream_id].append(to_invoice(state, lines))
    return found


def _entry(row: Sequence[Any]) -> InvoiceEntry:
    _, stream_id, _, customer_id, finalized_at, closed_at, lines, state = row
    return InvoiceEntry(stream_id, customer_id, to_invoice(state, lines), finalized_at, closed_at)
