"""What a customer owes and has to its credit: the sums of its open invoices, without their lines."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from ledger.core.events import (
    CreditNoteIssued,
    CreditTo,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Line,
    Origin,
    PaymentSucceeded,
)

DRAFT, OPEN = "draft", "open"

FOLDS: Final[frozenset[type[Event]]] = frozenset(
    {
        InvoiceCreated,
        InvoiceUpdated,
        InvoiceFinalized,
        InvoiceVoided,
        InvoiceWrittenOff,
        PaymentSucceeded,
        CreditNoteIssued,
    }
)


class Due(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An invoice that is not closed, in minor units. `settled_minor` is what was paid, credited or taken back of it."""

    currency: str
    total_minor: int
    settled_minor: int
    is_open: bool

    @property
    def left_minor(self) -> int:
        """What is still to be paid of it; nothing while it is a draft."""
        return max(0, self.total_minor - self.settled_minor) if self.is_open else 0


class Money(msgspec.Struct, frozen=True, gc=False):
    """Invoices that are not closed, by id; the credit that later ones may use up; what the ledger itself bills in."""

    invoices: Mapping[str, Due] = {}
    credit_minor: int = 0
    currency: str | None = None


class Owed(NamedTuple):
    """What is owed in a customer's currency, and in others it was billed in elsewhere; and its credit."""

    currency: str | None
    minor: int
    other_minor: Mapping[str, int]
    credit_minor: int


def evolve(money: Money, event: Event) -> Money:
    """Fold one event into what is owed; events about other things leave it as it is."""
    match event:
        case InvoiceCreated():
            return _created(money, event)
        case InvoiceUpdated() if event.lines is not None and event.invoice_id in money.invoices:
            total = _total(event.lines)
            return _with(money, event.invoice_id, msgspec.structs.replace(_of(money, event), total_minor=total))
        case InvoiceFinalized():
            final = _settled(msgspec.structs.replace(_of(money, event), is_open=True), event.credit_applied_minor)
            moved = event.credit_added_minor - event.credit_applied_minor
            return _with(_credited(money, moved), event.invoice_id, final)
        case InvoiceVoided():
            return _closed(_credited(money, event.credit_returned_minor), event.invoice_id)
        case InvoiceWrittenOff():
            return _closed(money, event.invoice_id)
        case PaymentSucceeded() if event.invoice_id is not None and event.invoice_id in money.invoices:
            return _with(money, event.invoice_id, _settled(money.invoices[event.invoice_id], event.amount_minor))
        case CreditNoteIssued():
            after = _credited(money, event.paid_minor if event.to is CreditTo.BALANCE else 0)
            if event.invoice_id not in after.invoices:
                return after
            return _with(after, event.invoice_id, _settled(_of(after, event), event.invoice_minor))
    return money


def owed(money: Money, currency: str | None) -> Owed:
    """The sums, for a customer with this currency of its own."""
    sums: Counter[str] = Counter()
    for each in money.invoices.values():
        sums[each.currency] += each.left_minor
    billed = currency or money.currency or min((each for each, minor in sums.items() if minor), default=None)
    main = sums.pop(billed, 0) if billed is not None else 0
    return Owed(billed, main, {each: minor for each, minor in sorted(sums.items()) if minor}, money.credit_minor)


def _created(money: Money, event: InvoiceCreated) -> Money:
    if event.origin is not Origin.INSERTED and money.currency is None:
        money = msgspec.structs.replace(money, currency=event.currency)
    if event.status not in (DRAFT, OPEN):
        return money
    due = Due(event.currency, _total(event.lines), event.paid_minor, event.status == OPEN)
    return _with(money, event.invoice_id, due)


def _of(money: Money, event: InvoiceUpdated | InvoiceFinalized | CreditNoteIssued) -> Due:
    return money.invoices[event.invoice_id]


def _settled(due: Due, more_minor: int) -> Due:
    return msgspec.structs.replace(due, settled_minor=due.settled_minor + more_minor)


def _with(money: Money, invoice_id: str, due: Due) -> Money:
    """The invoice as it is now; an open one of which nothing is left to pay is closed."""
    if due.is_open and not due.left_minor:
        return _closed(money, invoice_id)
    return msgspec.structs.replace(money, invoices={**money.invoices, invoice_id: due})


def _closed(money: Money, invoice_id: str) -> Money:
    if invoice_id not in money.invoices:
        return money
    kept = {key: each for key, each in money.invoices.items() if key != invoice_id}
    return msgspec.structs.replace(money, invoices=kept)


def _credited(money: Money, minor: int) -> Money:
    return msgspec.structs.replace(money, credit_minor=money.credit_minor + minor) if minor else money


def _total(lines: Iterable[Line]) -> int:
    return sum(line.amount_minor for line in lines)
