"""invoices.*: what customers owe and have paid, made and changed by hand."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final
from uuid import UUID

from api.call import Call, Handlers
from api.ids import INVOICE, local_of
from api.reads.invoice_query import of_ids
from api.v1.billing import currency_for
from api.v1.changing import custom_lines, customize, discounts, whole_minor
from api.v1.lists import scene_of
from api.v1.named import stream_of
from api.v1.payments import require_collected
from api.views.document import credit_note, worked_out
from api.views.invoice import LINE, invoice, kept
from api.views.shapes import Json, Scene
from api.wire.refusals import InvalidInputs
from ledger.core.customer import decide
from ledger.core.errors import CustomerNotFound, InvoiceNotFound
from ledger.core.events import CreditNoteIssued, CreditTo, Event, InvoiceCreated
from ledger.core.folding import evolve
from ledger.core.invoices.documents import (
    CreateInvoice,
    CreditedLine,
    DocumentCommand,
    FinalizeInvoice,
    InsertInvoice,
    InvoicedPlan,
    InvoicedQuantity,
    IssueCreditNote,
    PayInvoice,
    UpdateInvoice,
    VoidInvoice,
    WriteOffInvoice,
)
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.money import ZERO
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import IssueMethod
from ledger.core.terms import Method
from ledger.store.addresses import CustomerAddress, internal_id
from ledger.store.requests import Outcome, Step, StepsRefused
from projections import reads
from projections.reads import INVOICE_MODELS, InvoiceFilter

Body = Mapping[str, Any]


def create(call: Call, body: dict[str, Any]) -> Json:
    """Make an invoice of plans' prices and lines of one's own; with `preview` nothing is written."""
    address, command = CustomerAddress(body["customer_id"]), _create(call, body)
    if body["preview"]:
        scene, after, events = _pondered(call, address, command)
        made = _made(after, events)
        return {"invoice": None, "preview": worked_out(scene, made, scene.customer.account.credit_minor)}
    outcome = call.execute(address, command)
    scene = call.scene(outcome)
    made = _made(scene.customer, outcome.events)
    credit = outcome.steps[0].before.account.credit_minor
    return {"invoice": invoice(scene, made), "preview": worked_out(scene, made, credit)}


def _pondered(
    call: Call, address: CustomerAddress, command: DocumentCommand
) -> tuple[Scene, Customer, Sequence[Event]]:
    """A customer as it is, how it would be after a command, and the events between."""
    outcome = call.ponder(address, command)
    scene = call.scene(outcome)
    events = decide(scene.customer, command, outcome.context)
    return scene, reduce(evolve, events, scene.customer), events


def _made(after: Customer, events: Sequence[Event]) -> Invoice:
    made = next(each for each in events if isinstance(each, InvoiceCreated))
    return after.account.invoices[made.invoice_id]


def _create(call: Call, body: Body) -> CreateInvoice:
    currency = currency_for(call, body, body.get("plans", ()))
    return CreateInvoice(
        tuple(_plan(each, body, currency) for each in body.get("plans", ())),
        custom_lines(body.get("custom_line_items", ()), currency, "custom_line_items"),
        body.get("entity_id"),
        discounts(body),
        body.get("net_terms_days"),
        body.get("issue_date"),
        body.get("due_date"),
        body.get("period_start"),
        body.get("period_end"),
        tuple(body.get("payment_method_types", ())),
        IssueMethod(body["issue_method"]),
    )


def _plan(found: Body, body: Body, currency: str) -> InvoicedPlan:
    return InvoicedPlan(
        found["plan_id"],
        found.get("version"),
        found.get("entity_id", body.get("entity_id")),
        customize(found, currency),
        tuple(
            InvoicedQuantity(
                each["feature_id"],
                Method(each["billing_behavior"]),
                each["quantity"],
                each.get("prorate"),
                each.get("period_start"),
                each.get("period_end"),
            )
            for each in found.get("feature_quantities", ())
        ),
        discounts(found),
        found.get("prorate", True),
        found.get("period_start"),
        found.get("period_end"),
    )


def insert(call: Call, body: dict[str, Any]) -> Json:
    """Keep invoices that other systems made: all of them, or none."""
    steps = [_inserted(call, each, f"invoices.{index}") for index, each in enumerate(body["invoices"])]
    try:
        outcome = call.execute_all(steps)
    except StepsRefused as refused:
        raise refused.refusals[min(refused.refusals)] from None
    shown = []
    for index, each in enumerate(body["invoices"]):
        scene = call.scene(outcome, step=index)
        held = scene.customer.account.invoices.values()
        found = next(one for one in held if one.stripe_id == each["stripe_id"])
        shown.append(kept(scene, found))
    return {"invoices": shown}


def _inserted(call: Call, found: Body, where: str) -> Step:
    address = CustomerAddress(found["customer_id"])
    currency = found.get("currency") or call.scene(call.look(address)).currency
    paid = found.get("amount_paid")
    command = InsertInvoice(
        found["stripe_id"],
        InvoiceStatus(found["status"]),
        whole_minor(found["total"], currency, f"{where}.total"),
        found["created_at"],
        tuple(found.get("plan_ids", ())),
        None if paid is None else whole_minor(paid, currency, f"{where}.amount_paid"),
        whole_minor(found.get("refunded_amount", ZERO), currency, f"{where}.refunded_amount"),
        currency,
    )
    return Step(address, command)


def finalize(call: Call, body: dict[str, Any]) -> Json:
    """Make a draft final: it gets its number, and is owed."""
    stream_id, local = _ref(body)
    return _answer(_asked(call, body, stream_id, FinalizeInvoice(local)), call, local)


def pay(call: Call, body: dict[str, Any]) -> Json:
    """Ask for an open invoice's money again, or record that it came in. Raises `InvoicePaymentFailed`."""
    stream_id, local = _ref(body)
    outcome = _asked(call, body, stream_id, PayInvoice(local))
    require_collected(outcome)
    return _answer(outcome, call, local)


def void(call: Call, body: dict[str, Any]) -> Json:
    """Take an open invoice back."""
    stream_id, local = _ref(body)
    return _answer(_asked(call, body, stream_id, VoidInvoice(local)), call, local)


def write_off(call: Call, body: dict[str, Any]) -> Json:
    """Say that an open invoice will not be paid."""
    stream_id, local = _ref(body)
    return _answer(_asked(call, body, stream_id, WriteOffInvoice(local)), call, local)


def update(call: Call, body: dict[str, Any]) -> Json:
    """Change how an invoice may be paid; of a draft also its lines and when it is due."""
    stream_id, local = _ref(body)
    written, lines = body.get("custom_line_items"), None
    if written is not None:
        currency = _found(_looked(call, body, stream_id), body, local).currency
        lines = custom_lines(written, currency, "custom_line_items")
    command = UpdateInvoice(local, tuple(body.get("payment_method_types", ())), lines, body.get("due_date"))
    return _answer(_asked(call, body, stream_id, command), call, local)


def issue_credit_note(call: Call, body: dict[str, Any]) -> Json:
    """Take part of a final invoice back; with `preview` nothing is written."""
    stream_id, local = _ref(body)
    command = _note(call, body, stream_id, local)
    if body["preview"]:
        scene, _, events = _pondered(call, CustomerAddress(internal_id(stream_id)), command)
        return {"credit_note": credit_note(scene, _issued(events), body, issued=False)}
    outcome = _asked(call, body, stream_id, command)
    return {"credit_note": credit_note(call.scene(outcome), _issued(outcome.events), body, issued=True)}


def _issued(events: Sequence[Event]) -> CreditNoteIssued:
    return next(each for each in events if isinstance(each, CreditNoteIssued))


def _note(call: Call, body: Body, stream_id: UUID, local: str) -> IssueCreditNote:
    found = _found(_looked(call, body, stream_id), body, local)
    amount = body.get("amount")
    return IssueCreditNote(
        local,
        None if amount is None else whole_minor(amount, found.currency, "amount"),
        tuple(
            _credited(each, body["invoice_id"], found.currency, f"lines.{index}")
            for index, each in enumerate(body.get("lines", ()))
        ),
        CreditTo(body["destination"]),
        body.get("reason"),
        body.get("memo"),
    )


def _credited(found: Body, invoice_id: str, currency: str, where: str) -> CreditedLine:
    prefix, _, number = found["id"].rpartition(LINE)
    if prefix != invoice_id or not number.isdecimal() or len(number) > len("10000"):
        raise InvalidInputs({f"{where}.id": f"was {found['id']} and must be the id of one of the invoice's items"})
    amount = found.get("amount")
    minor = None if amount is None else whole_minor(amount, currency, f"{where}.amount")
    return CreditedLine(int(number), minor, found.get("quantity"))


def _ref(body: Body) -> tuple[UUID, str]:
    """The stream and the local id of the invoice that is named, or `InvoiceNotFound`."""
    found = local_of(INVOICE, body["invoice_id"])
    if found is None:
        raise InvoiceNotFound(body["invoice_id"])
    return found


def _asked(call: Call, body: Body, stream_id: UUID, command: DocumentCommand) -> Outcome:
    try:
        return call.execute(CustomerAddress(internal_id(stream_id)), command)
    except (CustomerNotFound, InvoiceNotFound):
        raise InvoiceNotFound(body["invoice_id"]) from None


def _looked(call: Call, body: Body, stream_id: UUID) -> Scene:
    try:
        return call.scene(call.look(CustomerAddress(internal_id(stream_id))))
    except CustomerNotFound:
        raise InvoiceNotFound(body["invoice_id"]) from None


def _found(scene: Scene, body: Body, local: str) -> Invoice:
    """The invoice that is named, as it stands, or `InvoiceNotFound`."""
    found = scene.customer.account.invoices.get(local)
    if found is None:
        raise InvoiceNotFound(body["invoice_id"])
    return found


def _answer(outcome: Outcome, call: Call, local: str) -> Json:
    scene = call.scene(outcome)
    return {"invoice": invoice(scene, scene.customer.account.invoices[local])}


def list_all(call: Call, body: dict[str, Any]) -> Json:
    """Invoices, newest first, of one customer or of all."""
    statuses = tuple(body["status"]) if "status" in body else None
    wanted = InvoiceFilter(stream_of(call, body), body.get("entity_id"), statuses=statuses)
    keep = of_ids(wanted, body.get("invoice_id"), body.get("stripe_id"))
    with call.view(INVOICE_MODELS, stream_id=wanted.stream_id) as view:
        page = reads.invoices(view, keep, limit=body["limit"], cursor=body["start_cursor"] or None)
        shown = [
            invoice(scene_of(call, view, each.stream_id, Customer(customer_id=each.customer_id)), each.invoice)
            for each in page.items
        ]
    return {"list": shown, "next_cursor": page.next_cursor}


HANDLERS: Final[Handlers] = {
    "invoices.create": create,
    "invoices.insert": insert,
    "invoices.finalize": finalize,
    "invoices.pay": pay,
    "invoices.void": void,
    "invoices.write_off": write_off,
    "invoices.update": update,
    "invoices.issue_credit_note": issue_credit_note,
    "invoices.list": list_all,
}
