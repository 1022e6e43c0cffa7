"""What can be done with an invoice: finished, collected, voided, given up, credited; each shown before it is done."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.customer.asking import ChangedMeanwhile, as_seen, digest
from api.dashboard.customer.invoices import ACTIONS, invoice_of, word
from api.dashboard.customer.subject import Subject, back_to, living, sheet
from api.dashboard.doing import Foreseen, do, foresee
from api.dashboard.forms import beside, given, number, once_after
from api.dashboard.gate import Visitor
from api.errors import PathNotFound, status_of
from api.views.invoice import invoice_id as wire_id
from api.views.shapes import Json
from api.wire.refusals import InvalidInputs
from ledger.core.errors import Refusal
from ledger.core.invoices.invoice import Invoice
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
    found, invoice = _meant(visitor, customer_id, invoice_id, action)
    return _show(found, invoice, action, _given(found, invoice), preview=action != "credit")


def action_form(visitor: Visitor, customer_id: str, invoice_id: str, action: str) -> Response:
    """What it would do or, once that was seen and is still so, the thing itself."""
    found, invoice = _meant(visitor, customer_id, invoice_id, action)
    sent, seen = _given(found, invoice), visitor.call.request.form.get("seen", "")
    try:
        payload = _payload(invoice_id, action, sent)
        if seen == "":
            return _show(found, invoice, action, sent)
        shows = _shows(invoice, payload)
        do(visitor, DOABLE[action].operation, payload, agrees=as_seen(seen, shows))
    except ChangedMeanwhile:
        return _show(found, invoice, action, sent, changed=True)
    except Refusal as refusal:
        return _show(found, invoice, action, sent, refusal=refusal)
    return back_to(found, said=DOABLE[action].done)


def _meant(visitor: Visitor, customer_id: str, invoice_id: str, action: str) -> tuple[Subject, Invoice]:
    """Raises `PathNotFound` for what is nothing that can be done, `InvoiceNotFound`."""
    if action not in DOABLE:
        raise PathNotFound
    found = living(visitor, customer_id)
    return found, invoice_of(found, invoice_id)


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


def _shows(invoice: Invoice, payload: Json) -> Any:
    """What a sheet shows of what it would do: the invoice before and after, and the customer's credit."""

    def shows(foreseen: Foreseen) -> Any:
        before, after = foreseen.before.account, foreseen.after.account
        numbers = [_numbers(account.invoices[invoice.invoice_id]) for account in (before, after)]
        return sorted(map(str, payload.items())), numbers, before.credit_minor, after.credit_minor

    return shows


def _numbers(invoice: Invoice) -> tuple[Any, ...]:
    sums = (invoice.paid_minor, invoice.credited_minor, invoice.returned_minor, invoice.refunded_minor)
    return invoice.status, invoice.due_minor, *sums


def _show(
    found: Subject,
    invoice: Invoice,
    action: str,
    sent: Mapping[str, str],
    *,
    preview: bool = True,
    changed: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    """The sheet, with what it would do now or why it cannot be done."""
    outcome, seen, trouble = None, "", refusal
    if preview and (refusal is None or not isinstance(refusal, InvalidInputs)):
        try:
            payload = _payload(wire_id(found.scene, invoice), action, sent)
            foreseen = foresee(found.visitor, DOABLE[action].operation, payload)
            outcome, seen = _outcome(invoice, foreseen), digest(_shows(invoice, payload)(foreseen))
        except Refusal as said:
            trouble = refusal or said
    return sheet(
        found,
        "invoice_action.html",
        200 if trouble is None else status_of(trouble),
        invoice=_heading(found, invoice),
        action=action,
        doable=DOABLE[action],
        possible=action in ACTIONS.get(invoice.status, ()),
        given=sent,
        wrong={} if trouble is None else beside(trouble, OF_WIRE),
        destinations=DESTINATIONS,
        causes=CAUSES,
        outcome=outcome,
        changed=changed,
        seen=seen,
        once=once_after(found.visitor.call.request, refusal),
    )


def _heading(found: Subject, invoice: Invoice) -> Json:
    return {
        "id": wire_id(found.scene, invoice),
        "number": invoice.number,
        "total": to_major(invoice.total_minor, invoice.currency),
        "due": to_major(invoice.due_minor, invoice.currency),
        "currency": invoice.currency,
        "creditable": to_major(invoice.creditable_minor, invoice.currency),
    }


def _outcome(invoice: Invoice, foreseen: Foreseen) -> list[tuple[str, Any, Any]]:
    """What is another thing after than before: its status, and amounts in major units."""
    before, after = foreseen.before.account, foreseen.after.account
    was, will = before.invoices[invoice.invoice_id], after.invoices[invoice.invoice_id]
    rows: list[tuple[str, Any, Any]] = [] if was.status is will.status else [("Status", word(was), word(will))]
    amounts = {
        "Owed": (was.due_minor, will.due_minor),
        "Paid": (was.paid_minor, will.paid_minor),
        "Credited": (was.credited_minor + was.returned_minor, will.credited_minor + will.returned_minor),
        "Paid back": (was.refunded_minor, will.refunded_minor),
        "Customer's credit": (before.credit_minor, after.credit_minor),
    }
    for label, (then, now) in amounts.items():
        if then != now:
            rows.append((label, to_major(then, invoice.currency), to_major(now, invoice.currency)))
    return rows
