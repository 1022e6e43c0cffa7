"""What a request asks of a list of invoices: which of them, created when, due when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.ids import INVOICE, local_of
from api.reads.explaining import EXPLAIN
from api.reads.moments import PAST
from api.reads.query import CURSOR, LIMIT, Parameter, choice, instant, text
from api.wire.invoices import STATUSES
from api.wire.refusals import InvalidInputs
from projections.reads import InvoiceEntry, InvoiceFilter

NOTHING: Final = InvoiceFilter(invoice_id="")
RANGES: Final = ("created_from", "created_to", "due_from", "due_to")
PARAMETERS: Final[Sequence[Parameter]] = (
    text("entity_id", "Only invoices of this entity; ids of entities are unique within a customer."),
    text("invoice_id", "Only the invoice with this id."),
    text("stripe_id", "Only the invoice with this id of Stripe's; where there is none, it is our own."),
    choice("status", "Only invoices in this status.", STATUSES),
    instant("created_from", "Created from this instant on."),
    instant("created_to", "Created up to this instant."),
    instant("due_from", "To be paid from this instant on; a draft that says no day is in no such range."),
    instant("due_to", "To be paid up to this instant."),
    choice("processor_type", "Only invoices of this processor.", ("stripe", "revenuecat")),
    EXPLAIN,
    *PAST,
    LIMIT,
    CURSOR,
)


def filter_of(query: dict[str, Any], stream_id: UUID | None) -> InvoiceFilter:
    """What to keep; `NOTHING` where no invoice can be meant."""
    ranges = {name: query[name] for name in RANGES}
    keep = InvoiceFilter(stream_id, query["entity_id"], **ranges)
    if query["status"] is not None:
        keep = keep._replace(statuses=(query["status"],))
    if query["processor_type"] == "revenuecat":
        return NOTHING
    return of_ids(keep, query["invoice_id"], query["stripe_id"])


def of_ids(keep: InvoiceFilter, invoice_id: str | None, stripe_id: str | None) -> InvoiceFilter:
    """The same with the ids that were asked for; an invoice that Stripe does not know has our own id for both."""
    for given, ours_only in ((invoice_id, True), (stripe_id, False)):
        if given is None:
            continue
        local = local_of(INVOICE, given)
        if local is None and ours_only:
            return NOTHING
        if local is None:
            keep = keep._replace(stripe_id=given)
        elif keep.stream_id not in (None, local[0]) or keep.invoice_id not in (None, local[1]):
            return NOTHING
        else:
            keep = keep._replace(stream_id=local[0], invoice_id=local[1])
    return keep


def check_ranges(query: dict[str, Any]) -> None:
    """Raises `InvalidInputs` for a range that ends before it begins."""
    problems = {
        end: f"was before {start} and must not be"
        for start, end in (RANGES[:2], RANGES[2:])
        if query[start] and query[end] and query[start] > query[end]
    }
    if problems:
        raise InvalidInputs(problems)


def keeps(keep: InvoiceFilter, entry: InvoiceEntry) -> bool:
    """The question of `list_invoices.sql`, of one invoice."""
    found = entry.invoice
    wanted = (
        (keep.stream_id, entry.stream_id),
        (keep.entity_id, found.entity_id),
        (keep.invoice_id, found.invoice_id),
        (keep.stripe_id, found.stripe_id),
    )
    in_status = keep.statuses is None or found.status.value in keep.statuses
    in_time = _within(keep.created_from, found.created_at, keep.created_to)
    in_time = in_time and _within(keep.due_from, found.due_at, keep.due_to)
    return keep is not NOTHING and in_status and in_time and all(asked in (None, has) for asked, has in wanted)


def _within(start: datetime | None, instant: datetime | None, end: datetime | None) -> bool:
    if instant is None:
        return start is None and end is None
    return (start is None or start <= instant) and (end is None or instant <= end)
