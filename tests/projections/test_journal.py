"""Given events, then entries: the books without a database, on examples and on any history."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.errors import Refusal
from ledger.core.events import CreditTo
from ledger.core.invoices.documents import (
    CreateInvoice,
    CreditedLine,
    InsertInvoice,
    IssueCreditNote,
    PayInvoice,
    VoidInvoice,
    WriteOffInvoice,
)
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.cancellation import Cancel, Refund, When
from tests.core.account import Account
from tests.core.offers import MESSAGES, START, YEAR, metered, plan
from tests.core.test_documents import MANUAL, SIMULATED, STEPS, Ask, billed, invoice, of_lines
from tests.projections.booked import BookedLine, booked, check_books, sums
from tests.properties.generator import History, histories
from tests.properties.life import lived

Step = CreateInvoice | tuple[Ask, int, int]
ANNUAL = plan("annual", 365, every=YEAR)
BY_USE = plan("by_use", 0, metered(MESSAGES, 0, 2))


def last_entry(account: Account) -> list[BookedLine]:
    """The lines of the last entry, after everything was found to be what the core says."""
    lines = booked(account.log)
    check_books(account.customer.account, lines)
    return [each for each in lines if each.position == lines[-1].position]


def amounts(lines: list[BookedLine]) -> list[tuple[str, int]]:
    return [(each.account, each.amount_minor) for each in lines]


def test_what_is_paid_ahead_is_deferred_until_its_time_comes() -> None:
    account = Account(ANNUAL, settings=MANUAL)
    account.attach("annual")
    receivable, deferred = last_entry(account)
    assert amounts([receivable, deferred]) == [("Assets:Receivables", 36_500), ("Liabilities:DeferredRevenue", -36_500)]
    assert (deferred.earned, deferred.plan_id) == ("Income:Revenue:Base", "annual")
    assert (deferred.period_start, deferred.period_end) == (START, START.replace(year=START.year + 1))


def test_use_in_arrears_is_revenue_at_once() -> None:
    account = Account(BY_USE, settings=MANUAL)
    account.attach("by_use")
    account.track("messages", 50)
    account.wait(32)
    assert amounts(last_entry(account)) == [("Assets:Receivables", 100), ("Income:Revenue:Usage", -100)]


def test_a_payment_settles_what_it_is_for_and_says_so() -> None:
    account = billed(1_000, settings=MANUAL)
    account.do(PayInvoice(invoice(account).invoice_id))
    paid, settled = last_entry(account)
    assert amounts([paid, settled]) == [("Assets:Cash:Manual", 1_000), ("Assets:Receivables", -1_000)]
    (made, *_) = booked(account.log)
    assert paid.about_position == made.position


def test_a_total_below_zero_is_credit_that_later_invoices_use_up() -> None:
    account = billed(-300)
    assert amounts(last_entry(account)) == [("Liabilities:CustomerCredits", -300), ("Income:Revenue:Custom", 300)]
    account.do(of_lines(1_000))
    assert amounts(last_entry(account)) == [
        ("Assets:Receivables", 700),
        ("Liabilities:CustomerCredits", 300),
        ("Income:Revenue:Custom", -1_000),
    ]
    account.do(VoidInvoice(invoice(account).invoice_id))
    assert amounts(last_entry(account)) == [
        ("Income:Revenue:Custom", 1_000),
        ("Assets:Receivables", -700),
        ("Liabilities:CustomerCredits", -300),
    ]


def test_a_void_takes_back_all_of_a_lines_time() -> None:
    account = Account(ANNUAL, settings=MANUAL)
    account.attach("annual")
    account.wait(100)
    account.do(VoidInvoice(invoice(account).invoice_id))
    taken, _ = last_entry(account)
    assert (taken.account, taken.amount_minor) == ("Liabilities:DeferredRevenue", 36_500)
    assert (taken.period_start, taken.period_end) == (START, START.replace(year=START.year + 1))


def test_what_is_written_off_is_an_expense_and_a_late_payment_brings_it_back() -> None:
    account = billed(1_000, settings=MANUAL)
    account.do(WriteOffInvoice(invoice(account).invoice_id))
    assert amounts(last_entry(account)) == [("Expenses:BadDebt", 1_000), ("Assets:Receivables", -1_000)]
    account.do(PayInvoice(invoice(account).invoice_id))
    assert amounts(last_entry(account)) == [("Assets:Cash:Manual", 1_000), ("Expenses:BadDebt", -1_000)]


@pytest.mark.parametrize(
    ("to", "account_name"),
    [(CreditTo.BALANCE, "Liabilities:CustomerCredits"), (CreditTo.OUT_OF_BAND, "Assets:Clearing")],
)
def test_a_credit_note_takes_revenue_back_from_what_is_open_first(to: CreditTo, account_name: str) -> None:
    account = billed(600, 400, settings=MANUAL)
    key = invoice(account).invoice_id
    account.do(IssueCreditNote(key, 500))
    assert amounts(last_entry(account)) == [
        ("Income:Revenue:Custom", 300),
        ("Income:Revenue:Custom", 200),
        ("Assets:Receivables", -500),
    ]
    account.do(PayInvoice(key))
    account.do(IssueCreditNote(key, lines=(CreditedLine(0, 300),), to=to))
    assert amounts(last_entry(account)) == [("Income:Revenue:Custom", 300), (account_name, -300)]


def test_a_note_that_goes_back_to_the_payer_is_payable_until_the_money_has_gone() -> None:
    account = billed(1_000, settings=MANUAL)
    key = invoice(account).invoice_id
    account.do(PayInvoice(key))
    account.do(IssueCreditNote(key, 250, to=CreditTo.REFUND))
    *_, taken, promised, paid_off, gone = booked(account.log)
    assert amounts([taken, promised]) == [("Income:Revenue:Custom", 250), ("Liabilities:RefundsPayable", -250)]
    assert amounts([paid_off, gone]) == [("Liabilities:RefundsPayable", 250), ("Assets:Cash:Manual", -250)]
    check_books(account.customer.account, booked(account.log))


def test_a_refund_in_place_of_a_credit_takes_back_the_time_that_is_left_first() -> None:
    account = Account(ANNUAL, settings=SIMULATED)
    account.attach("annual")
    account.wait_until(START.replace(year=START.year + 1) - timedelta(days=73))
    account.do(Cancel("annual", when=When.NOW, refund=Refund.FULL))
    ahead, over, cash = last_entry(account)
    assert amounts([ahead, over, cash]) == [
        ("Liabilities:DeferredRevenue", 7_300),
        ("Income:Revenue:Base", 29_200),
        ("Assets:Cash:Simulated", -36_500),
    ]
    assert (ahead.period_start, ahead.earned) == (account.now, "Income:Revenue:Base")


def test_a_credit_for_time_that_is_left_is_earned_below_zero_over_the_same_time() -> None:
    account = Account(ANNUAL, settings=SIMULATED)
    account.attach("annual")
    account.wait(292)
    account.do(Cancel("annual", when=When.NOW))
    credit, deferred = last_entry(account)
    assert amounts([credit, deferred]) == [
        ("Liabilities:CustomerCredits", -7_300),
        ("Liabilities:DeferredRevenue", 7_300),
    ]
    assert (deferred.period_start, deferred.period_end) == (account.now, START.replace(year=START.year + 1))


@pytest.mark.parametrize(
    ("status", "paid", "refunded", "expected"),
    [
        (InvoiceStatus.PAID, None, 100, {"Assets:Cash:Elsewhere": 900, "Income:Revenue:Inserted": -900}),
        (
            InvoiceStatus.PAID,
            600,
            0,
            {"Assets:Cash:Elsewhere": 600, "Assets:Clearing": 400, "Income:Revenue:Inserted": -1_000},
        ),
        (
            InvoiceStatus.OPEN,
            600,
            0,
            {"Assets:Cash:Elsewhere": 600, "Assets:Receivables": 400, "Income:Revenue:Inserted": -1_000},
        ),
        (InvoiceStatus.UNCOLLECTIBLE, 0, 0, {"Expenses:BadDebt": 1_000, "Income:Revenue:Inserted": -1_000}),
        (InvoiceStatus.VOID, 0, 0, {}),
    ],
)
def test_an_inserted_invoice_stands_as_it_stands_elsewhere(
    status: InvoiceStatus, paid: int | None, refunded: int, expected: dict[str, int]
) -> None:
    account, made_at = Account(settings=MANUAL), datetime.fromisoformat("2020-05-01T12:00:00Z")
    account.do(InsertInvoice("in_1", status, 1_000, made_at, paid_minor=paid, refunded_minor=refunded))
    lines = booked(account.log)
    check_books(account.customer.account, lines)
    assert sums(lines) == expected


def test_an_inserted_draft_that_was_paid_keeps_the_money_apart_until_it_is_final() -> None:
    account = Account(settings=MANUAL)
    account.do(InsertInvoice("in_1", InvoiceStatus.DRAFT, 1_000, START, paid_minor=600))
    assert sums(booked(account.log)) == {"Assets:Cash:Elsewhere": 600, "Liabilities:UnappliedPayments": -600}


@settings(max_examples=50, deadline=None)
@given(histories(most=10))
def test_the_books_of_any_life_hold_what_the_core_says(history: History) -> None:
    life = lived(history)
    check_books(life.customer.account, booked(life.log))


@settings(max_examples=80, deadline=None)
@given(STEPS, st.sampled_from([SIMULATED, MANUAL]), st.booleans())
def test_the_books_of_any_invoices_by_hand_hold_what_the_core_says(
    steps: list[Step], how: LedgerSettings, declines: bool
) -> None:
    account = Account(settings=how)
    if declines:
        account.pays_with("pm_declined")
    for step in steps:
        invoices = list(account.customer.account.invoices)
        try:
            if isinstance(step, CreateInvoice):
                account.do(step)
            elif invoices:
                ask, which, amount = step
                account.do(ask(invoices[which % len(invoices)], amount))
        except Refusal:
            continue
    check_books(account.customer.account, booked(account.log))
