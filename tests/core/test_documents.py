"""Invoices by hand: what happens to them, and that no money appears or disappears on the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.errors import Refusal
from ledger.core.events import (
    CreditNoteIssued,
    CreditTo,
    InvoiceFinalized,
    PaymentFailed,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
)
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
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.subscriptions.billing import CustomLine, IssueMethod
from ledger.core.terms import Method
from tests.core.account import Account
from tests.core.offers import MESSAGES, PRO, START, plan, prepaid, units

MANUAL = LedgerSettings(gateway=Gateway.MANUAL)
SIMULATED = LedgerSettings(gateway=Gateway.SIMULATED)
PACKS = plan("packs", 30, prepaid(MESSAGES, 0, 1_000))


def invoice(account: Account) -> Invoice:
    """The newest invoice."""
    return list(account.customer.account.invoices.values())[-1]


def of_lines(*amounts: int, issue: IssueMethod = IssueMethod.SEND) -> CreateInvoice:
    """An invoice of lines of one's own, in minor units."""
    return CreateInvoice(lines=tuple(CustomLine(each, "Work") for each in amounts), issue=issue)


def billed(*amounts: int, settings: LedgerSettings = SIMULATED) -> Account:
    """A customer with one open invoice."""
    account = Account(settings=settings)
    account.do(of_lines(*amounts))
    return account


def test_a_draft_has_no_number_until_it_is_final() -> None:
    account = Account()
    account.do(of_lines(1_000, 250, issue=IssueMethod.DRAFT))
    draft = invoice(account)
    account.do(FinalizeInvoice(draft.invoice_id))
    final = invoice(account)

    assert (draft.status, draft.number, draft.total_minor) == (InvoiceStatus.DRAFT, None, 1_250)
    assert (final.status, final.number, final.due_minor) == (InvoiceStatus.OPEN, 1, 1_250)
    assert final.due_at == START + timedelta(days=30)


def test_a_draft_may_change_and_what_is_final_may_not() -> None:
    account = Account()
    account.do(of_lines(1_000, issue=IssueMethod.DRAFT))
    key = invoice(account).invoice_id
    account.do(UpdateInvoice(key, ("card",), (CustomLine(700, "Less work"),), START + timedelta(days=5)))
    account.do(FinalizeInvoice(key))

    assert invoice(account).total_minor == 700
    assert invoice(account).due_at == START + timedelta(days=5)
    with pytest.raises(Refusal, match="is open and cannot be given other lines"):
        account.do(UpdateInvoice(key, lines=(CustomLine(1, "More"),)))
    account.do(UpdateInvoice(key, ("link",)))
    assert invoice(account).payment_method_types == ("link",)


def test_paying_asks_for_the_money_again() -> None:
    account = billed(1_000).pays_with("pm_declined")
    key = invoice(account).invoice_id
    failed = account.do(PayInvoice(key))
    account.pays_with("pm_card")
    account.do(PayInvoice(key))

    assert isinstance(failed[-1], PaymentFailed)
    assert (invoice(account).status, invoice(account).paid_minor) == (InvoiceStatus.PAID, 1_000)
    with pytest.raises(Refusal, match="is paid and cannot be paid"):
        account.do(PayInvoice(key))


def test_what_is_charged_at_once_has_no_date_to_be_paid_by_and_what_waits_has_one() -> None:
    charged, waits = Account(PRO, settings=SIMULATED), Account(PRO, settings=MANUAL)
    for account in (charged, waits):
        account.attach("pro")
    charged.pays_with("pm_declined").wait(31)

    assert [each.due_at for each in charged.customer.account.invoices.values()] == [None, None]
    assert (invoice(waits).status, invoice(waits).due_minor) == (InvoiceStatus.OPEN, 2_000)
    assert invoice(waits).due_at == START + timedelta(days=30)


def test_with_the_manual_gateway_paying_records_what_somebody_has() -> None:
    account = billed(1_000, settings=MANUAL)
    key = invoice(account).invoice_id
    requested, succeeded = account.do(PayInvoice(key))
    assert isinstance(requested, PaymentRequested)
    assert (requested.amount_minor, requested.currency, requested.invoice_id) == (1_000, "usd", key)
    assert succeeded == PaymentSucceeded(requested.payment_id, 1_000, "usd", account.now, key)
    assert invoice(account).status is InvoiceStatus.PAID


@pytest.mark.parametrize("closes", [PayInvoice, VoidInvoice, WriteOffInvoice])
def test_a_plan_that_is_past_due_goes_on_once_its_invoices_are_closed(closes: type[PayInvoice]) -> None:
    account = Account(PRO, settings=SIMULATED)
    account.attach("pro")
    account.pays_with("pm_declined").wait(32)
    account.track("messages", 100)
    account.wait(31).pays_with("pm_card")
    held_back = account.remaining("messages")
    for each in account.customer.account.open_invoices():
        assert account.subscription("pro").past_due is not None
        account.do(closes(each.invoice_id))

    assert (held_back, account.remaining("messages")) == (units(400), units(500))
    assert account.subscription("pro").past_due is None


def test_voiding_gives_back_the_credit_that_was_applied() -> None:
    account = billed(-300)
    account.do(of_lines(1_000))
    applied = invoice(account)
    account.do(VoidInvoice(applied.invoice_id))

    assert (applied.credit_applied_minor, applied.due_minor) == (300, 700)
    assert (invoice(account).status, invoice(account).number) == (InvoiceStatus.VOID, 2)
    assert account.customer.account.credit_minor == 300


def test_what_is_written_off_may_still_be_paid() -> None:
    account = billed(1_000)
    key = invoice(account).invoice_id
    account.do(WriteOffInvoice(key))
    given_up = invoice(account).status
    account.do(PayInvoice(key))
    assert (given_up, invoice(account).status) == (InvoiceStatus.UNCOLLECTIBLE, InvoiceStatus.PAID)


def test_a_credit_note_takes_from_what_is_open_first() -> None:
    account = billed(1_000)
    key = invoice(account).invoice_id
    account.do(IssueCreditNote(key, 400))
    assert (invoice(account).due_minor, invoice(account).credited_minor) == (600, 400)
    account.do(PayInvoice(key))
    (note,) = account.do(IssueCreditNote(key, 600))

    assert isinstance(note, CreditNoteIssued)
    assert (note.invoice_minor, note.paid_minor, note.to) == (0, 600, CreditTo.BALANCE)
    assert account.customer.account.credit_minor == 600
    with pytest.raises(Refusal, match="has 0 left"):
        account.do(IssueCreditNote(key, 1))


def test_money_goes_back_once_by_a_note_of_any_destination() -> None:
    account = billed(1_000)
    key = invoice(account).invoice_id
    account.do(PayInvoice(key))
    note, back = account.do(IssueCreditNote(key, 300, to=CreditTo.REFUND, cause="late"))
    assert isinstance(note, CreditNoteIssued)
    assert (note.issued_at, note.to, note.paid_minor, note.cause) == (account.now, CreditTo.REFUND, 300, "late")
    assert back == PaymentRefunded(key, 300, "usd", account.now)
    account.do(IssueCreditNote(key, 300, to=CreditTo.OUT_OF_BAND))
    with pytest.raises(Refusal, match="has 400 left"):
        account.do(IssueCreditNote(key, 401, to=CreditTo.REFUND))
    account.do(IssueCreditNote(key, 400))
    assert (invoice(account).refunded_minor, invoice(account).returned_minor) == (300, 700)
    assert account.customer.account.credit_minor == 400


def test_what_was_paid_with_credit_does_not_go_back_as_money() -> None:
    account = billed(-800)
    account.do(of_lines(1_000))
    key = invoice(account).invoice_id
    account.do(PayInvoice(key))
    with pytest.raises(Refusal, match="200 of what came in"):
        account.do(IssueCreditNote(key, 201, to=CreditTo.REFUND))
    account.do(IssueCreditNote(key, 200, to=CreditTo.REFUND))


def test_lines_are_credited_whole_by_amount_or_by_their_units() -> None:
    account = Account(PACKS, settings=SIMULATED)
    account.do(
        CreateInvoice(
            (InvoicedPlan("packs", quantities=(InvoicedQuantity("messages", Method.PREPAID, units(200)),)),),
            issue=IssueMethod.SEND,
        )
    )
    key = invoice(account).invoice_id
    assert [line.amount_minor for line in invoice(account).lines] == [3_000, 2_000]
    (by_units,) = account.do(IssueCreditNote(key, lines=(CreditedLine(1, quantity=units(50)),)))
    (by_amount,) = account.do(IssueCreditNote(key, lines=(CreditedLine(1, 100), CreditedLine(0))))
    assert isinstance(by_units, CreditNoteIssued)
    assert isinstance(by_amount, CreditNoteIssued)
    assert (by_units.invoice_minor, by_amount.invoice_minor) == (500, 3_100)
    with pytest.raises(Refusal, match="more than its line"):
        account.do(IssueCreditNote(key, lines=(CreditedLine(1, 2_001),)))


def test_a_plan_on_an_invoice_is_priced_by_the_share_of_its_period() -> None:
    account = Account(PACKS)
    half = START + (START.replace(month=START.month + 1) - START) / 2
    account.do(CreateInvoice((InvoicedPlan("packs", period_start=START, period_end=half),)))
    account.do(CreateInvoice((InvoicedPlan("packs", prorate=False, period_start=START, period_end=half),)))
    account.do(CreateInvoice((InvoicedPlan("packs"),)))
    assert account.invoiced() == [1_500, 3_000, 3_000]
    assert account.plans() == {}


def test_an_inserted_invoice_takes_no_number_and_moves_on_as_it_did_elsewhere() -> None:
    account = Account()
    inserted = InsertInvoice("in_else", InvoiceStatus.OPEN, 1_000, START, ("pro",))
    account.do(inserted)
    assert account.do(inserted) == []
    account.do(of_lines(10))
    assert (invoice(account).number, invoice(account).total_minor) == (1, 10)
    account.do(InsertInvoice("in_else", InvoiceStatus.PAID, 1_000, START, ("pro",), refunded_minor=100))
    first = next(iter(account.customer.account.invoices.values()))

    assert (first.status, first.paid_minor, first.refunded_minor, first.number) == (
        InvoiceStatus.PAID,
        1_000,
        100,
        None,
    )
    with pytest.raises(Refusal, match="another total"):
        account.do(InsertInvoice("in_else", InvoiceStatus.PAID, 1_001, START))


def test_what_was_settled_elsewhere_and_not_by_money_counts_as_credit() -> None:
    account = Account()
    made_at = START - timedelta(days=3)
    account.do(InsertInvoice("in_else", InvoiceStatus.PAID, 1_000, made_at, paid_minor=600))
    account.do(InsertInvoice("in_open", InvoiceStatus.OPEN, 1_000, made_at, paid_minor=600))
    paid, still_open = account.customer.account.invoices.values()
    assert (paid.created_at, paid.paid_minor, paid.credit_applied_minor, paid.due_minor) == (made_at, 600, 400, 0)
    assert (still_open.paid_minor, still_open.credit_applied_minor, still_open.due_minor) == (600, 0, 400)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (CreateInvoice(), "at least one line"),
        (CreateInvoice(lines=(CustomLine(1, "x"),), due_at=START), "future"),
        (CreateInvoice(lines=(CustomLine(1, "x"),), issue_at=START + timedelta(days=1)), "must not be in the future"),
        (
            CreateInvoice(lines=(CustomLine(1, "x"),), due_at=START + timedelta(days=1), net_terms_days=1),
            "send one of them",
        ),
        (FinalizeInvoice("9.9"), "does not exist"),
        (IssueCreditNote("2.0"), "send one of them"),
        (IssueCreditNote("2.0", 0), "above 0"),
        (IssueCreditNote("2.0", lines=(CreditedLine(5),)), "does not have"),
        (InsertInvoice("in_x", InvoiceStatus.PAID, 10, START, paid_minor=11), "between 0 and total"),
    ],
)
def test_what_cannot_be_is_refused(command: DocumentCommand, sentence: str) -> None:
    account = billed(1_000)
    with pytest.raises(Refusal, match=sentence):
        account.do(command)


Ask = Callable[[str, int], DocumentCommand]
CLOSES: tuple[Ask, ...] = (
    lambda key, _: FinalizeInvoice(key),
    lambda key, _: PayInvoice(key),
    lambda key, _: VoidInvoice(key),
    lambda key, _: WriteOffInvoice(key),
    IssueCreditNote,
    lambda key, amount: IssueCreditNote(key, amount, to=CreditTo.REFUND),
    lambda key, amount: IssueCreditNote(key, amount, to=CreditTo.OUT_OF_BAND),
    lambda key, _: IssueCreditNote(key, lines=(CreditedLine(0),)),
)
MADE = st.builds(
    lambda amounts, issue: of_lines(*amounts, issue=issue),
    st.lists(st.integers(-2_000, 2_000), min_size=1, max_size=3),
    st.sampled_from(IssueMethod),
)
STEPS = st.lists(
    st.one_of(MADE, st.tuples(st.sampled_from(CLOSES), st.integers(0, 5), st.integers(1, 2_000))), max_size=25
)


@settings(max_examples=300, deadline=None)
@given(STEPS, st.sampled_from([SIMULATED, MANUAL]), st.booleans())
def test_every_amount_is_in_one_place(
    steps: list[CreateInvoice | tuple[Ask, int, int]], how: LedgerSettings, declines: bool
) -> None:
    """Of final invoices: the sum of totals = paid + open + uncollectible + void + credits applied - credit notes.

    A negative total is a credit note to the balance; what a note takes off an open invoice was never owed, so it
    stands on the same side. The credit balance is what was put into it less what invoices have used.
    """
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
    final = [each for each in account.customer.account.invoices.values() if each.number is not None]
    charged = [each for each in final if each.total_minor >= 0]
    negative = -sum(each.total_minor for each in final if each.total_minor < 0)
    places = {status: sum(each.left_minor for each in charged if each.status is status) for status in InvoiceStatus}
    applied = sum(each.credit_applied_minor for each in charged if each.status is not InvoiceStatus.VOID)
    voided = sum(each.credit_applied_minor for each in charged if each.status is InvoiceStatus.VOID)
    paid, noted = sum(each.paid_minor for each in charged), sum(each.credited_minor for each in charged)
    notes = [event for _, event in account.log if isinstance(event, CreditNoteIssued)]
    to_balance = sum(each.paid_minor for each in notes if each.to is CreditTo.BALANCE)

    unpaid = places[InvoiceStatus.OPEN] + places[InvoiceStatus.UNCOLLECTIBLE] + places[InvoiceStatus.VOID] + voided
    assert places[InvoiceStatus.PAID] == 0
    assert sum(each.total_minor for each in final) == paid + unpaid + applied + noted - negative
    assert account.customer.account.credit_minor == negative + to_balance - applied >= 0
    assert all(each.total_minor == sum(line.amount_minor for line in each.lines) for each in final)
    assert all(each.refunded_minor <= each.paid_minor for each in final)
    assert all(each.credited_minor + each.returned_minor + each.refunded_minor <= each.total_minor for each in charged)
    numbers = [event.number for _, event in account.log if isinstance(event, InvoiceFinalized)]
    assert numbers == list(range(1, len(numbers) + 1))
