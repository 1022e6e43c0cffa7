"""What can be done with an invoice: finished, collected, voided, given up, credited; each shown before it is done."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.customer.invoices import invoice_of, word
from api.dashboard.customer.sheets import sheet_of
from api.dashboard.customer.subject import Subject, living
from api.dashboard.doing import Foreseen
from api.dashboard.forms import beside, given, number
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor
from api.dashboard.words import money
from api.errors import PathNotFound
from api.views.invoice import invoice_id as wire_id
from api.views.shapes import Json, Scene
from api.wire.refusals import InvalidInputs
from ledger.core.invoices.invoice import Account, Invoice
from ledger.core.money import to_major


class Action(NamedTuple):
    """Something that can be done with an invoice: the operation, what its sheet and its button say."""

    operation: str
    heading: str
    button: str
    says: str
    done: str
    danger: bool = False


DOABLE: Final[Mapping[str, Action]] = {
    "finalize": Action(
        "invoices.finalize",
        "Finalize invoice",
        "Finalize",
        "It gets its number and is owed.",
        "The invoice was finalized",
    ),
    "pay": Action(
        "invoices.pay",
        "Collect payment",
        "Collect",
        "The customer is charged, or the money that came in is recorded.",
        "The payment came in",
    ),
    "credit": Action(
        "invoices.issue_credit_note",
        "Issue credit note",
        "Issue",
        "Part of it is taken back.",
        "The credit note was issued",
    ),
    "void": Action(
        "invoices.void",
        "Void invoice",
        "Void invoice",
        "It is taken back whole and owed no more.",
        "The invoice was voided",
        danger=True,
    ),
    "write_off": Action(
        "invoices.write_off",
        "Write off",
        "Write off",
        "It will not be paid, and counts as a loss.",
        "The invoice was written off",
        danger=True,
    ),
}
DESTINATIONS: Final = {
    "customer_balance": "The customer's credit balance",
    "refund": "Back to the payer",
    "out_of_band": "Outside the ledger",
}
CAUSES: Final = {
    "": "None",
    "duplicate": "Duplicate",
    "fraudulent": "Fraudulent",
    "order_change": "Order change",
    "product_unsatisfactory": "Product unsatisfactory",
}
OF_WIRE: Final = {"destination": "destination", "amount": "amount", "reason": "cause", "memo": "memo"}
FIELDS: Final = ("amount", "destination", "cause", "memo", "reason")


def action_page(visitor: Visitor, customer_id: str, invoice_id: str, action: str) -> Response:
    """The sheet: what it does, shown as it would be now where that needs no more to be written."""
    sheet, change = _action(visitor, customer_id, invoice_id, action)
    return show(visitor, sheet, change if action != "credit" else None)


def action_form(visitor: Visitor, customer_id: str, invoice_id: str, action: str) -> Response:
    """What it would do or, once that was seen and is still so, the thing itself."""
    return settle(visitor, *_action(visitor, customer_id, invoice_id, action))


def _action(visitor: Visitor, customer_id: str, invoice_id: str, action: str) -> tuple[Sheet, Change | None]:
    """Raises `PathNotFound` for what is nothing that can be done, `InvoiceNotFound`."""
    if action not in DOABLE:
        raise PathNotFound
    found = living(visitor, customer_id)
    invoice = invoice_of(found, invoice_id)
    doable, sent = DOABLE[action], _given(found, invoice)
    try:
        payload = _payload(invoice_id, action, sent)
    except InvalidInputs as refusal:
        return _sheet(found, invoice, action, sent, wrong=beside(refusal)), None
    change = Change(doable.operation, payload, partial(_afterwards, invoice), doable.done)
    return _sheet(found, invoice, action, sent), change


def _given(found: Subject, invoice: Invoice) -> dict[str, str]:
    left = to_major(invoice.creditable_minor, invoice.currency)
    usual = {**dict.fromkeys(FIELDS, ""), "amount": f"{left:f}", "destination": "customer_balance"}
    return {**usual, **given(found.visitor.call.request)}


def _payload(invoice_id: str, action: str, sent: Mapping[str, str]) -> Json:
    """The request that the form stands for. Raises `InvalidInputs`."""
    payload: Json = {"invoice_id": invoice_id}
    if action != "credit":
        return payload
    payload |= {"amount": number("amount", sent["amount"]), "destination": sent["destination"]}
    payload |= {"reason": sent["cause"]} if sent["cause"] else {}
    return payload | ({"memo": sent["memo"]} if sent["memo"] else {})


def _sheet(found: Subject, invoice: Invoice, action: str, sent: Mapping[str, str], **more: Any) -> Sheet:
    shown: Json = {
        "invoice": _heading(found, invoice),
        "action": action,
        "doable": DOABLE[action],
        "standing": _standing(found.customer.account, invoice),
        "destinations": DESTINATIONS,
        "causes": CAUSES,
    }

    def facts(scene: Scene) -> Sequence[Row]:
        return [Row("is", label, words) for label, words in _standing(scene.customer.account, invoice).items()]

    path = found.path("invoices", shown["invoice"]["id"], action)
    template = "invoice_action.html"
    return sheet_of(found, template, path, facts, sent, shown=shown, fields=OF_WIRE, about="invoice", **more)


def _heading(found: Subject, invoice: Invoice) -> Json:
    return {
        "id": wire_id(found.scene, invoice),
        "number": invoice.number,
        "total": to_major(invoice.total_minor, invoice.currency),
        "due": to_major(invoice.due_minor, invoice.currency),
        "currency": invoice.currency,
        "creditable": to_major(invoice.creditable_minor, invoice.currency),
    }


def _standing(account: Account, meant: Invoice) -> dict[str, str]:
    """Where an invoice stands in an account: its status, its amounts, and the credit beside it."""
    invoice = account.invoices[meant.invoice_id]
    amounts = {
        "Owed": invoice.due_minor,
        "Paid": invoice.paid_minor,
        "Credited": invoice.credited_minor + invoice.returned_minor,
        "Paid back": invoice.refunded_minor,
        "Customer's credit": account.credit_minor,
    }
    code = invoice.currency
    words = {name: money(to_major(minor, code), code) for name, minor in amounts.items()}
    return {"Status": word(invoice), **words}


def _afterwards(invoice: Invoice, foreseen: Foreseen) -> Sequence[Row]:
    """What is another thing after than before."""
    was, will = (_standing(state.account, invoice) for state in (foreseen.before, foreseen.after))
    return [Row(label, f"{label}, afterwards", words) for label, words in will.items() if words != was[label]]
