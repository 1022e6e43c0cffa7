"""GET reads of invoices: a page of all, or of one customer's, and every number explained where that is asked for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.ids import INVOICE, local_of
from api.reads.explaining import EXPLAIN, explained, invoice_explanation
from api.reads.invoice_files import invoices_export
from api.reads.query import CURSOR, LIMIT, Parameter, choice, text
from api.reads.resource import Resource
from api.v1.lists import scene_of
from api.views.invoice import invoice
from api.views.shapes import Json, Scene
from api.wire.invoices import STATUSES
from ledger.core.errors import InvalidRequest
from ledger.core.invoices.invoice import Invoice
from ledger.core.money import to_major
from ledger.core.state import Customer
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import INVOICE_MODELS, InvoiceEntry, InvoiceFilter, Page

MOST_EXPLAINED: Final = 200
NOTHING: Final = InvoiceFilter(invoice_id="")
PARAMETERS: Final[Sequence[Parameter]] = (
    text("entity_id", "Only invoices of this entity; ids of entities are unique within a customer."),
    text("invoice_id", "Only the invoice with this id."),
    text("stripe_id", "Only the invoice with this id of Stripe's; where there is none, it is our own."),
    choice("status", "Only invoices in this status.", STATUSES),
    choice("processor_type", "Only invoices of this processor.", ("stripe", "revenuecat")),
    EXPLAIN,
    LIMIT,
    CURSOR,
)


def list_invoices(call: Call, query: dict[str, Any]) -> Response:
    """A page of the ledger's invoices."""
    return answer(call, _page(call, query, _stream(call, query, query["customer_id"])))


def list_customer_invoices(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's invoices, after what was due for it has happened."""
    return answer(call, _page(call, query, _stream(call, query, customer_id)))


def _stream(call: Call, query: dict[str, Any], customer_id: str | None) -> UUID | None:
    """Whose invoices are asked for; None for everybody's."""
    if customer_id is None:
        if query["entity_id"] is not None:
            raise InvalidRequest("entity_id was sent without customer_id: entities are unique within a customer only")
        return None
    scene = call.scene(call.look(CustomerAddress(customer_id)))
    if query["entity_id"] is not None:
        scene.customer.entity(query["entity_id"])
    return scene.stream_id


def _kept(call: Call, query: dict[str, Any], path: Mapping[str, str]) -> InvoiceFilter:
    """What a file holds: what all pages of the same question hold."""
    if query["explain"] == "true":
        raise InvalidRequest("explain was sent with the format of a file: only pages explain their numbers")
    return _filter(query, _stream(call, query, path.get("customer_id", query.get("customer_id"))))


def _page(call: Call, query: dict[str, Any], stream_id: UUID | None) -> Json:
    if query["explain"] == "true" and query["limit"] > MOST_EXPLAINED:
        raise InvalidRequest(f"limit was {query['limit']} and must be at most {MOST_EXPLAINED} with explain=true")
    keep = _filter(query, stream_id)
    with call.view(INVOICE_MODELS) as view:
        if keep is NOTHING:
            page: Page[InvoiceEntry] = Page([], None)
        else:
            page = reads.invoices(view, keep, limit=query["limit"], cursor=query["cursor"])
        customers = [Customer(customer_id=each.customer_id) for each in page.items]
        scenes = [
            scene_of(call, view, each.stream_id, customer) for each, customer in zip(page.items, customers, strict=True)
        ]
        shown = [_row(scene, each) for scene, each in zip(scenes, page.items, strict=True)]
        position = view.position
    if query["explain"] == "true":
        found = explained(call, [each.stream_id for each in page.items], position)
        for row, each in zip(shown, page.items, strict=True):
            row["explain"] = invoice_explanation(found[each.stream_id], each.invoice)
    return {"list": shown, "next_cursor": page.next_cursor}


def _filter(query: dict[str, Any], stream_id: UUID | None) -> InvoiceFilter:
    """What to keep; `NOTHING` where no invoice can be meant."""
    keep = InvoiceFilter(stream_id, query["entity_id"])
    if query["status"] is not None:
        keep = keep._replace(statuses=(query["status"],))
    if query["processor_type"] == "revenuecat":
        return NOTHING
    named = query["invoice_id"], query["stripe_id"]
    for given, ours_only in zip(named, (True, False), strict=True):
        if given is None:
            continue
        local = local_of(INVOICE, given)
        if local is None and ours_only:
            return NOTHING
        if local is None:
            keep = keep._replace(stripe_id=given)
        elif stream_id not in (None, local[0]) or keep.invoice_id not in (None, local[1]):
            return NOTHING
        else:
            stream_id = local[0]
            keep = keep._replace(stream_id=local[0], invoice_id=local[1])
    return keep


def _row(scene: Scene, entry: InvoiceEntry) -> Json:
    """An invoice as operations show it, its lines before discounts too, with its number and what is still owed."""
    found = entry.invoice
    shown = invoice(scene, found)
    for item, line in zip(shown["items"], found.lines, strict=True):
        item["amount_before_discounts"] = _major(found, line.before_discounts_minor)
    return {
        **shown,
        "number": found.number,
        "origin": found.origin.value,
        "finalized_at": entry.finalized_at,
        "due_at": found.due_at,
        "closed_at": entry.closed_at,
        "credit_applied": _major(found, found.credit_applied_minor),
        "credited": _major(found, found.credited_minor + found.returned_minor),
        "due": _major(found, found.due_minor),
    }


def _major(found: Invoice, amount_minor: int) -> Any:
    return to_major(amount_minor, found.currency)


FILE: Final = invoices_export(_kept)
RESOURCES: Final = (
    Resource(
        "/v1/customers/{customer_id}/invoices",
        "reads.customer_invoices",
        "A customer's invoices, with their lines",
        list_customer_invoices,
        PARAMETERS,
        export=FILE,
    ),
    Resource(
        "/v1/invoices",
        "reads.invoices",
        "Invoices of the ledger, with their lines",
        list_invoices,
        (text("customer_id", "Only this customer's invoices."), *PARAMETERS),
        export=FILE,
    ),
)
