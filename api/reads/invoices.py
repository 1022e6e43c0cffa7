"""GET reads of invoices: a page of all, or of one customer's, and every number explained where that is asked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.explaining import explained, invoice_explanation
from api.reads.invoice_files import invoices_export
from api.reads.invoice_query import NOTHING, PARAMETERS, check_ranges, filter_of, keeps
from api.reads.past import Then, Whose, page, then_of, whose
from api.reads.query import text
from api.reads.resource import Resource
from api.v1.lists import scene_of
from api.views.invoice import invoice
from api.views.shapes import Json, Scene
from ledger.core.errors import InvalidRequest
from ledger.core.invoices.invoice import Invoice
from ledger.core.money import to_major
from ledger.core.state import Customer
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.projection import Recorded
from projections.queries.past import invoices_at, invoices_of_then
from projections.reads import INVOICE_MODELS, InvoiceEntry, InvoiceFilter, Page

MOST_EXPLAINED: Final = 200


def list_invoices(call: Call, query: dict[str, Any]) -> Response:
    """A page of the ledger's invoices."""
    return _answered(call, query, query["customer_id"])


def list_customer_invoices(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's invoices, after what was due for it has happened."""
    return _answered(call, query, customer_id)


def _answered(call: Call, query: dict[str, Any], customer_id: str | None) -> Response:
    check_ranges(query)
    if query["explain"] == "true" and query["limit"] > MOST_EXPLAINED:
        raise InvalidRequest(f"limit was {query['limit']} and must be at most {MOST_EXPLAINED} with explain=true")
    then = then_of(call, query)
    if then is None:
        return answer(call, _page(call, query, _stream(call, query, customer_id)))
    if customer_id is None:
        _check_scope(query)
        return answer(call, _page_then(call, query, then))
    return answer(call, _page_of_then(call, query, whose_then(call, query, then, customer_id)))


def _check_scope(query: dict[str, Any]) -> None:
    if query["entity_id"] is not None:
        raise InvalidRequest("entity_id was sent without customer_id: entities are unique within a customer only")


def _stream(call: Call, query: dict[str, Any], customer_id: str | None) -> UUID | None:
    """Whose invoices are asked for; None for everybody's."""
    if customer_id is None:
        _check_scope(query)
        return None
    scene = call.scene(call.look(CustomerAddress(customer_id)))
    if query["entity_id"] is not None:
        scene.customer.entity(query["entity_id"])
    return scene.stream_id


def whose_then(call: Call, query: dict[str, Any], then: Then, customer_id: str) -> Whose:
    """The customer whose invoices of a moment are asked for. Raises `CustomerNotFound`, `EntityNotFound`."""
    found = whose(call, then, customer_id)
    if query["entity_id"] is not None:
        found.stood.customer.entity(query["entity_id"])
    return found


def _kept(call: Call, query: dict[str, Any], path: Mapping[str, str], then: Then | None) -> InvoiceFilter:
    """What a file holds: what all pages of the same question hold."""
    if query["explain"] == "true":
        raise InvalidRequest("explain was sent with the format of a file: only pages explain their numbers")
    check_ranges(query)
    customer_id = path.get("customer_id", query.get("customer_id"))
    if then is None or customer_id is None:
        return filter_of(query, _stream(call, query, customer_id))
    return filter_of(query, whose_then(call, query, then, customer_id).stood.stream_id)


def _page_then(call: Call, query: dict[str, Any], then: Then) -> Json:
    """A page of the ledger's invoices as they were."""
    keep, when = filter_of(query, None), then.when
    with call.view(INVOICE_MODELS) as view:
        if keep is NOTHING:
            found: Page[InvoiceEntry] = Page([], None)
        else:
            found = invoices_at(view, keep, when, then.asked, limit=query["limit"], cursor=query["cursor"])
    now = when.at or when.known_at
    shown = [
        _row(then.scene(each.stream_id, Customer(customer_id=each.customer_id), now), each) for each in found.items
    ]
    return _explained(call, query, found, shown, when.position)


def _page_of_then(call: Call, query: dict[str, Any], found: Whose) -> Json:
    """A page of one customer's invoices as they were."""
    stood, keep = found.stood, filter_of(query, found.stood.stream_id)
    with call.view(INVOICE_MODELS, stream_id=stood.stream_id) as view:
        entries = [each for each in invoices_of_then(view, found.owner, stood.ahead) if keeps(keep, each)]
    paged = page(call, "invoices_then", (keep, found.then.asked), entries, _key, query, stood.stream_id)
    shown = [_row(found.scene(Customer(customer_id=each.customer_id)), each) for each in paged.items]
    return _explained(call, query, paged, shown, stood.position, stood.ahead)


def _key(entry: InvoiceEntry) -> tuple[datetime, str]:
    return entry.invoice.created_at, entry.invoice.invoice_id


def _explained(
    call: Call,
    query: dict[str, Any],
    found: Page[InvoiceEntry],
    shown: list[Json],
    position: int,
    ahead: Sequence[Recorded] = (),
) -> Json:
    if query["explain"] == "true":
        why = explained(call, [each.stream_id for each in found.items], position, ahead)
        for row, each in zip(shown, found.items, strict=True):
            row["explain"] = invoice_explanation(why[each.stream_id], each.invoice)
    return {"list": shown, "next_cursor": found.next_cursor}


def _page(call: Call, query: dict[str, Any], stream_id: UUID | None) -> Json:
    keep = filter_of(query, stream_id)
    with call.view(INVOICE_MODELS, stream_id=stream_id) as view:
        if keep is NOTHING:
            found: Page[InvoiceEntry] = Page([], None)
        else:
            found = reads.invoices(view, keep, limit=query["limit"], cursor=query["cursor"])
        customers = [Customer(customer_id=each.customer_id) for each in found.items]
        scenes = [
            scene_of(call, view, each.stream_id, customer)
            for each, customer in zip(found.items, customers, strict=True)
        ]
        shown = [_row(scene, each) for scene, each in zip(scenes, found.items, strict=True)]
        position = view.position
    return _explained(call, query, found, shown, position)


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
