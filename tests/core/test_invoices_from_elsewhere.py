"""Invoices that were made elsewhere and are brought here, and what becomes of them."""

from typing import Any

import pytest

from ledger.core.events import (
    InvoiceCreated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Line,
    LineKind,
    Origin,
    PaymentRefunded,
    PaymentSucceeded,
)
from ledger.core.invoices.documents import InsertInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.settings import LedgerSettings
from tests.core.account import Account
from tests.core.by_hand import DAYS, invoice, refused
from tests.core.offers import START

# --- brought from elsewhere -----------------------------------------------------------------------------------


def brought(status: InvoiceStatus, *plan_ids: str, total: int = 1_000, **more: Any) -> InsertInvoice:
    return InsertInvoice("in_1", status, total, START - DAYS, plan_ids, **more)


def test_an_invoice_from_elsewhere_is_kept_as_it_stands_there() -> None:
    account = Account(settings=LedgerSettings(currency="gbp"))
    (event,) = account.do(brought(InvoiceStatus.OPEN, "pro", "extra", "more", paid_minor=400, currency="eur"))
    text = "Invoice in_1"
    assert event == InvoiceCreated(
        event.invoice_id if isinstance(event, InvoiceCreated) else "",
        Origin.INSERTED,
        "eur",
        START - DAYS,
        (
            Line(LineKind.CUSTOM, 1_000, "pro", "pro", description=text),
            Line(LineKind.CUSTOM, 0, "extra", "extra", description=text),
            Line(LineKind.CUSTOM, 0, "more", "more", description=text),
        ),
        stripe_id="in_1",
        status="open",
        paid_minor=400,
    )
    assert (invoice(account).due_minor, invoice(account).number) == (600, None)
    account = Account(settings=LedgerSettings(currency="gbp"))
    account.do(brought(InvoiceStatus.VOID))
    assert invoice(account).lines == (Line(LineKind.CUSTOM, 1_000, description=text),)
    assert (invoice(account).currency, invoice(account).paid_minor) == ("gbp", 0)


@pytest.mark.parametrize(
    ("status", "paid", "kept"),
    [
        (InvoiceStatus.PAID, None, 1_000),
        (InvoiceStatus.PAID, 900, 900),
        (InvoiceStatus.OPEN, None, 0),
        (InvoiceStatus.OPEN, 0, 0),
        (InvoiceStatus.UNCOLLECTIBLE, 1_000, 1_000),
    ],
)
def test_what_was_paid_elsewhere_is_what_was_said_or_all_of_a_paid_one(
    status: InvoiceStatus, paid: int | None, kept: int
) -> None:
    account = Account()
    account.do(brought(status, paid_minor=paid))
    assert (invoice(account).paid_minor, invoice(account).status) == (kept, status)


@pytest.mark.parametrize(
    ("paid", "refunded", "fits"),
    [(1_000, 0, True), (1_001, 0, False), (-1, 0, False), (400, 400, True), (400, 401, False), (400, -1, False)],
)
def test_no_more_is_paid_than_billed_and_no_more_refunded_than_paid(paid: int, refunded: int, fits: bool) -> None:
    command = brought(InvoiceStatus.OPEN, paid_minor=paid, refunded_minor=refunded)
    if not fits:
        refused(Account(), command, "invalid_inputs", "must lie between 0 and")
        return
    account = Account()
    account.do(command)
    assert (invoice(account).paid_minor, invoice(account).refunded_minor) == (paid, refunded)


def test_one_of_nothing_may_be_brought() -> None:
    account = Account()
    account.do(brought(InvoiceStatus.PAID, total=0))
    assert (invoice(account).total_minor, invoice(account).paid_minor) == (0, 0)


@pytest.mark.parametrize(
    ("then", "happens"),
    [
        (InvoiceStatus.PAID, PaymentSucceeded),
        (InvoiceStatus.VOID, InvoiceVoided),
        (InvoiceStatus.UNCOLLECTIBLE, InvoiceWrittenOff),
    ],
)
def test_one_that_is_known_moves_on_to_how_it_stands_now(then: InvoiceStatus, happens: type[Any]) -> None:
    account = Account()
    account.do(brought(InvoiceStatus.OPEN, currency="eur"))
    key = invoice(account).invoice_id
    account.wait(3)
    (event,) = account.do(brought(then))
    assert isinstance(event, happens)
    if isinstance(event, PaymentSucceeded):
        assert event == PaymentSucceeded(event.payment_id, 1_000, "eur", account.now, key)
        assert event.payment_id == f"{account.customer.version}.0"
    assert (invoice(account).status, len(account.customer.account.invoices)) == (then, 1)
    assert account.do(brought(then)) == []
    again = "cannot be made open|does not become open"
    refused(account, brought(InvoiceStatus.OPEN), "invalid_request", again)


def test_one_that_nobody_expected_to_be_paid_may_be_paid_after_all_or_taken_back() -> None:
    for then in (InvoiceStatus.PAID, InvoiceStatus.VOID):
        account = Account()
        account.do(brought(InvoiceStatus.UNCOLLECTIBLE))
        account.do(brought(then))
        assert invoice(account).status is then
    account = Account()
    account.do(brought(InvoiceStatus.UNCOLLECTIBLE))
    refused(account, brought(InvoiceStatus.OPEN), "invalid_request", "uncollectible does not become open")


def test_what_was_refunded_since_goes_back_by_the_difference() -> None:
    account = Account()
    account.do(brought(InvoiceStatus.PAID, refunded_minor=100, currency="eur"))
    key = invoice(account).invoice_id
    assert account.do(brought(InvoiceStatus.PAID, refunded_minor=100)) == []
    refund = PaymentRefunded(key, 1, "eur", START)
    assert account.do(brought(InvoiceStatus.PAID, refunded_minor=101)) == [refund]
    assert invoice(account).refunded_minor == 101
    assert account.do(brought(InvoiceStatus.PAID, refunded_minor=50)) == []
