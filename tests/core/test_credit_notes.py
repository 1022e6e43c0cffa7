"""What is taken back of an invoice: credit notes, voided invoices, and payments by hand."""

import pytest
from msgspec.structs import replace

from ledger.core.events import (
    CreditNoteIssued,
    CreditTo,
    InvoiceVoided,
    LineDiscount,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
)
from ledger.core.invoices.documents import CreateInvoice, CreditedLine, IssueCreditNote, PayInvoice, VoidInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.sealed import Sealed
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.subscriptions.billing import CustomLine, IssueMethod
from tests.core.account import Account
from tests.core.by_hand import invoice, paid, refused
from tests.core.offers import units


def test_a_credit_note_says_what_it_takes_back_from_whom_and_why() -> None:
    account = paid(1_000, 300, discount=True)
    key, lines = invoice(account).invoice_id, invoice(account).lines
    account.wait(2)
    note, refund = account.do(
        IssueCreditNote(key, lines=(CreditedLine(0, 500), CreditedLine(1)), to=CreditTo.REFUND, cause="late", memo="M.")
    )
    off = LineDiscount("tenth", "A tenth", -50, units(10))
    assert note == CreditNoteIssued(
        f"{account.customer.version - 1}.0",
        key,
        account.now,
        CreditTo.REFUND,
        0,
        720,
        (
            replace(lines[0], amount_minor=-450, credit=True, discounts=(off,)),
            replace(lines[1], amount_minor=-270, credit=True, discounts=(replace(off, amount_minor=-30),)),
        ),
        "late",
        Sealed("M."),
    )
    assert refund == PaymentRefunded(key, 720, "usd", account.now)
    plain = account.do(IssueCreditNote(key, 10))[0]
    assert isinstance(plain, CreditNoteIssued)
    assert (plain.memo, plain.cause, plain.lines, plain.to) == (None, None, (), CreditTo.BALANCE)


@pytest.mark.parametrize(
    ("of", "code"),
    [
        (CreditedLine(2), "names a line that the invoice does not have"),
        (CreditedLine(-1), "names a line that the invoice does not have"),
        (CreditedLine(0, 1_001), "takes back more than its line: that comes to 1000"),
        (CreditedLine(0, 5, units(1)), "names an amount and a quantity"),
        (CreditedLine(0, quantity=units(0)), r"quantity must be above 0 and at most the 1 of its line"),
        (CreditedLine(0, quantity=units("1.1")), r"quantity must be above 0 and at most the 1 of its line"),
        (CreditedLine(1), "takes back more than its line"),
    ],
)
def test_no_more_of_a_line_is_taken_back_than_there_was(of: CreditedLine, code: str) -> None:
    account = paid(1_000, 0)
    key = invoice(account).invoice_id
    refused(account, IssueCreditNote(key, lines=(CreditedLine(0, 1), of)), "invalid_inputs", rf"lines\.1.*{code}")


@pytest.mark.parametrize(("quantity", "minor"), [("1", 1_001), ("0.5", 501), ("0.25", 250), ("0.001", 1)])
def test_some_units_of_a_line_are_their_share_of_it(quantity: str, minor: int) -> None:
    account = paid(1_001)
    (note,) = account.do(IssueCreditNote(invoice(account).invoice_id, lines=(CreditedLine(0, None, units(quantity)),)))
    assert isinstance(note, CreditNoteIssued)
    assert (note.paid_minor, note.lines[0].quantity) == (minor, units(quantity))


def test_a_line_of_one_minor_unit_can_be_taken_back_whole() -> None:
    account = paid(1)
    (note,) = account.do(IssueCreditNote(invoice(account).invoice_id, lines=(CreditedLine(0),)))
    assert isinstance(note, CreditNoteIssued)
    assert note.paid_minor == 1


def test_no_more_money_goes_back_than_came_in_and_is_still_there() -> None:
    account = paid(1_000)
    key = invoice(account).invoice_id
    account.do(IssueCreditNote(key, 400, to=CreditTo.REFUND))
    account.do(IssueCreditNote(key, 100))
    too_much = IssueCreditNote(key, 501, to=CreditTo.REFUND)
    refused(account, too_much, "invalid_request", "has 500 left")
    account.do(IssueCreditNote(key, 500, to=CreditTo.REFUND))
    assert invoice(account).refunded_minor == 900
    refused(account, IssueCreditNote(key, 0), "invalid_inputs", "above 0")
    refused(account, IssueCreditNote(key), "invalid_request", "an amount or lines")


def test_what_was_paid_by_credit_does_not_go_back_as_money() -> None:
    account = paid(1_000)
    account.do(IssueCreditNote(invoice(account).invoice_id, 600))
    account.do(CreateInvoice(lines=(CustomLine(1_000, "Work"),), issue=IssueMethod.FINALIZE))
    account.do(PayInvoice(invoice(account).invoice_id))
    key = invoice(account).invoice_id
    assert (invoice(account).credit_applied_minor, invoice(account).paid_minor) == (600, 400)
    refused(
        account, IssueCreditNote(key, 401, to=CreditTo.REFUND), "invalid_request", "401 minor units of usd.* and 400"
    )
    account.do(IssueCreditNote(key, 400, to=CreditTo.REFUND))


def test_a_void_invoice_gives_back_its_credit_when_it_was_voided() -> None:
    account = paid(1_000)
    account.do(IssueCreditNote(invoice(account).invoice_id, 600))
    account.do(CreateInvoice(lines=(CustomLine(500, "Work"),), issue=IssueMethod.FINALIZE))
    key = invoice(account).invoice_id
    assert (invoice(account).status, account.customer.account.credit_minor) == (InvoiceStatus.PAID, 100)
    account.do(CreateInvoice(lines=(CustomLine(500, "Work"),), issue=IssueMethod.FINALIZE))
    key = invoice(account).invoice_id
    account.wait(1)
    assert account.do(VoidInvoice(key)) == [InvoiceVoided(key, account.now, 100)]
    assert account.customer.account.credit_minor == 100


def test_paying_by_hand_is_asked_of_the_manual_gateway_under_a_name_of_its_own() -> None:
    account = Account(settings=LedgerSettings(gateway=Gateway.MANUAL, currency="eur"))
    account.do(CreateInvoice(lines=(CustomLine(500, "Work"),), issue=IssueMethod.FINALIZE))
    key, payment_id = invoice(account).invoice_id, account.customer.next_id()
    assert account.do(PayInvoice(key)) == [
        PaymentRequested(payment_id, Gateway.MANUAL, 500, "eur", key),
        PaymentSucceeded(payment_id, 500, "eur", account.now, key),
    ]
