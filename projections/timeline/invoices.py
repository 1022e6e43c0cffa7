"""Sentences about invoices, payments and charges. Amounts are major units, with their currency."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledger.core.events import (
    ChangeAbandoned,
    ChargeAccrued,
    CreditNoteIssued,
    CreditTo,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Line,
    LineKind,
    Origin,
    PaymentFailed,
    PaymentNeedsAction,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
)
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.money import to_major
from projections.timeline.memo import Memo
from projections.timeline.telling import Tell, Told, given, instant, whose

WHAT_FOR: Mapping[LineKind, str] = {
    LineKind.BASE: "the base price",
    LineKind.PREPAID: "units bought ahead",
    LineKind.SEATS: "seats",
    LineKind.USAGE: "usage",
    LineKind.CUSTOM: "a line of its own",
    LineKind.TOP_UP: "a top-up",
    LineKind.CORRECTION: "a correction",
}
WHENCE: Mapping[Origin, str] = {
    Origin.CHANGE: "for a change of plans",
    Origin.USAGE: "for usage",
    Origin.CYCLE: "for what fell due",
    Origin.MANUAL: "by hand",
}
STANDING: Mapping[str, str] = {"draft": "a draft", "void": "voided"}
WHITHER: Mapping[CreditTo, str] = {
    CreditTo.INVOICE: "off what is still open",
    CreditTo.BALANCE: "to the customer's credit",
    CreditTo.REFUND: "as a refund",
    CreditTo.OUT_OF_BAND: "paid back elsewhere",
}


def money(amount_minor: int, currency: str) -> str:
    """An amount as people write it: `20.00 USD`."""
    return f"{to_major(amount_minor, currency):f} {currency.upper()}"


def _accrued(event: ChargeAccrued, _before: Memo, after: Memo) -> Told:
    line = event.line
    what = WHAT_FOR[line.kind] if line.feature_id is None else f"{WHAT_FOR[line.kind]} of {line.feature_id}"
    currency = after.currency
    size = abs(line.amount_minor)
    amount = money(size, currency) if currency else f"{size} minor units of the ledger's currency"
    credit = "a credit of " if line.amount_minor < 0 else ""
    return Told(
        f"put {credit}{amount} for {what} aside for the next invoice to {whose(after, line.entity_id)}",
        after=line,
        feature_ids=_features([line]),
        entity_id=line.entity_id,
        plan_id=line.plan_id,
        amount=to_major(line.amount_minor, currency) if currency else None,
        links={"charge_id": event.charge_id},
    )


def _created(event: InvoiceCreated, _before: Memo, after: Memo) -> Told:
    total = sum(line.amount_minor for line in event.lines)
    kind = "a credit note" if total < 0 else "an invoice"
    what = f"{kind} over {money(abs(total), event.currency)} to {whose(after, event.entity_id)}"
    links: dict[str, Any] = {"invoice_id": event.invoice_id, "origin": event.origin, "charges": list(event.charges)}
    if event.origin is Origin.INSERTED:
        words = f"brought in {what} from another system, where it is {STANDING.get(event.status, event.status)}"
        links["stripe_id"] = event.stripe_id
    else:
        words = f"drew up {what} {WHENCE[event.origin]}"
    return _about(event.invoice_id, words, None, after, event.lines)._replace(
        amount=to_major(total, event.currency), entity_id=event.entity_id, links=links
    )


def _updated(event: InvoiceUpdated, before: Memo, after: Memo) -> Told:
    was, now = before.invoices.get(event.invoice_id), after.invoices.get(event.invoice_id)
    draft = _named(before, event.invoice_id)
    words = f"changed how {draft} may be paid"
    if was is not None and now is not None and event.lines is not None:
        words = f"changed {draft} from {_total(was)} to {_total(now)}"
    elif event.due_at is not None:
        words = f"made {draft} due on {instant(event.due_at)}"
    return _about(event.invoice_id, words, before, after, event.lines or ())


def _finalized(event: InvoiceFinalized, before: Memo, after: Memo) -> Told:
    found = after.invoices.get(event.invoice_id)
    words = f"finalized invoice {event.number} to {after.who if found is None else whose(after, found.entity_id)}"
    if found is not None:
        words += f" over {_total(found)}"
        if event.credit_applied_minor:
            words += f", of which {money(event.credit_applied_minor, found.currency)} came from the customer's credit"
        if event.credit_added_minor:
            words += f", which adds {money(event.credit_added_minor, found.currency)} to the customer's credit"
    return _about(event.invoice_id, words, before, after)._replace(amount=_size(found))


def _voided(event: InvoiceVoided, before: Memo, after: Memo) -> Told:
    words, found = f"voided {_named(before, event.invoice_id)}", after.invoices.get(event.invoice_id)
    if event.credit_returned_minor and found is not None:
        words += f" and gave {money(event.credit_returned_minor, found.currency)} back to the customer's credit"
    told, size = _about(event.invoice_id, words, before, after), _size(found)
    return told if size is None else told._replace(amount=-size)


def _written_off(event: InvoiceWrittenOff, before: Memo, after: Memo) -> Told:
    name, found = _named(before, event.invoice_id), before.invoices.get(event.invoice_id)
    if found is None:
        return _about(event.invoice_id, f"gave up {name} as uncollectible", before, after)
    words = f"gave up {money(found.due_minor, found.currency)} of {name} as uncollectible"
    return _about(event.invoice_id, words, before, after)._replace(amount=-to_major(found.due_minor, found.currency))


def _credited(event: CreditNoteIssued, before: Memo, after: Memo) -> Told:
    minor, found = event.invoice_minor + event.paid_minor, before.invoices.get(event.invoice_id)
    amount = f" over {money(minor, found.currency)}" if found else ""
    words = f"issued a credit note{amount} for {_named(before, event.invoice_id)}, {WHITHER[event.to]}"
    told = _about(event.invoice_id, words, before, after, event.lines)
    links = given({"invoice_id": event.invoice_id, "note_id": event.note_id, "cause": event.cause})
    return told._replace(amount=-to_major(minor, found.currency) if found else None, links=links)


def _requested(event: PaymentRequested, before: Memo, after: Memo) -> Told:
    words = (
        f"asked {event.gateway} to collect {money(event.amount_minor, event.currency)}{_for(before, event.invoice_id)}"
    )
    return _payment(event, words, before, after, gateway=event.gateway, method=event.method)


def _succeeded(event: PaymentSucceeded, before: Memo, after: Memo) -> Told:
    words = f"received {money(event.amount_minor, event.currency)}{_for(before, event.invoice_id)}"
    return _payment(event, words, before, after, paid_at=event.paid_at)


def _failed(event: PaymentFailed, before: Memo, after: Memo) -> Told:
    why = event.cause.replace("_", " ")
    words = f"was refused {money(event.amount_minor, event.currency)}{_for(before, event.invoice_id)} ({why})"
    return _payment(event, words, before, after, cause=event.cause)


def _needs_action(event: PaymentNeedsAction, before: Memo, after: Memo) -> Told:
    amount = money(event.amount_minor, event.currency)
    words = f"waits for the payer to approve {amount}{_for(before, event.invoice_id)}"
    return _payment(event, words, before, after, code=event.code)


def _refunded(event: PaymentRefunded, before: Memo, after: Memo) -> Told:
    words = f"paid {money(event.amount_minor, event.currency)} back{_for(before, event.invoice_id)}"
    told = _about(event.invoice_id, words, before, after)
    return told._replace(amount=-to_major(event.amount_minor, event.currency))


def _abandoned(event: ChangeAbandoned, before: Memo, _after: Memo) -> Told:
    what = f" of {', '.join(event.plan_ids)}" if event.plan_ids else ""
    did, why = event.intent.replace("_", " "), event.cause.replace("_", " ")
    return Told(
        f"gave up a change for {before.who} ({did}{what}), because it was not paid for ({why})",
        plan_id=event.plan_ids[0] if event.plan_ids else None,
        links={"payment_id": event.payment_id, "intent": event.intent, "plan_ids": list(event.plan_ids)},
    )


Payment = PaymentRequested | PaymentSucceeded | PaymentFailed | PaymentNeedsAction


def _payment(event: Payment, words: str, before: Memo, after: Memo, **links: Any) -> Told:
    told = Told(words) if event.invoice_id is None else _about(event.invoice_id, words, before, after)
    known = given({"payment_id": event.payment_id, "invoice_id": event.invoice_id, **links})
    return told._replace(amount=to_major(event.amount_minor, event.currency), links=known)


def _about(invoice_id: str, words: str, before: Memo | None, after: Memo, lines: Sequence[Line] = ()) -> Told:
    now = after.invoices.get(invoice_id)
    return Told(
        words,
        None if before is None else _shown(before.invoices.get(invoice_id)),
        _shown(now),
        _features(lines),
        None if now is None else now.entity_id,
        next((line.plan_id for line in lines if line.plan_id is not None), None),
        links={"invoice_id": invoice_id},
    )


def _shown(invoice: Invoice | None) -> dict[str, Any] | None:
    if invoice is None:
        return None

    def major(amount_minor: int) -> Decimal:
        return to_major(amount_minor, invoice.currency)

    found = {
        "number": invoice.number,
        "status": invoice.status,
        "currency": invoice.currency,
        "total": major(invoice.total_minor),
        "due": major(invoice.due_minor),
        "paid": major(invoice.paid_minor) if invoice.paid_minor else None,
        "credit_applied": major(invoice.credit_applied_minor) if invoice.credit_applied_minor else None,
        "credited": major(credited) if (credited := invoice.credited_minor + invoice.returned_minor) else None,
        "refunded": major(invoice.refunded_minor) if invoice.refunded_minor else None,
        "due_at": invoice.due_at,
    }
    return {key: value for key, value in found.items() if value is not None}


def _features(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line.feature_id for line in lines if line.feature_id is not None))


def _named(memo: Memo, invoice_id: str) -> str:
    found = memo.invoices.get(invoice_id)
    if found is None:
        return f"an invoice to {memo.who}"
    if found.number is not None:
        name = f"invoice {found.number}"
    else:  # what is final has a number, unless another system made it
        name = "a draft invoice" if found.status is InvoiceStatus.DRAFT else "an invoice of another system"
    return f"{name} to {whose(memo, found.entity_id)}"


def _for(memo: Memo, invoice_id: str | None) -> str:
    # What is paid before there is an invoice is a change that waits for its money.
    return f" for a change of {memo.who}" if invoice_id is None else f" for {_named(memo, invoice_id)}"


def _size(invoice: Invoice | None) -> Decimal | None:
    return None if invoice is None else to_major(invoice.total_minor, invoice.currency)


def _total(invoice: Invoice) -> str:
    return money(invoice.total_minor, invoice.currency)


SENTENCES: Mapping[type[Event], Tell] = {
    ChargeAccrued: _accrued,
    InvoiceCreated: _created,
    InvoiceUpdated: _updated,
    InvoiceFinalized: _finalized,
    InvoiceVoided: _voided,
    InvoiceWrittenOff: _written_off,
    CreditNoteIssued: _credited,
    PaymentRequested: _requested,
    PaymentSucceeded: _succeeded,
    PaymentFailed: _failed,
    PaymentNeedsAction: _needs_action,
    PaymentRefunded: _refunded,
    ChangeAbandoned: _abandoned,
}
