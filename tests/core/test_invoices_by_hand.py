"""What invoices by hand are made of, to the line and to the limit: created, inserted, credited, changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import (
    CreditNoteIssued,
    CreditTo,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Line,
    LineDiscount,
    LineKind,
    Origin,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
)
from ledger.core.invoices.documents import (
    CreateInvoice,
    CreditedLine,
    InsertInvoice,
    InvoicedPlan,
    InvoicedQuantity,
    IssueCreditNote,
    PayInvoice,
    UpdateInvoice,
    VoidInvoice,
)
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.sealed import Sealed
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.subscriptions.billing import CustomLine, DiscountRef, IssueMethod
from ledger.core.subscriptions.customising import Customize
from ledger.core.terms import BasePrice, Discount, Method
from tests.core.account import Account
from tests.core.offers import MESSAGES, MONTH, START, USERS, WORDS, YEAR, included, metered, plan, prepaid, units

FEBRUARY = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
HALF = (FEBRUARY[0], datetime(2026, 2, 15, tzinfo=UTC))
TEAM = plan(
    "team",
    30,
    prepaid(MESSAGES, 100, 1_000),
    metered(WORDS, 10, 4),
    metered(USERS, 2, 500),
    included(WORDS, 5),
)
DAYS = timedelta(days=1)


def made(account: Account, command: CreateInvoice) -> InvoiceCreated:
    return next(each for each in account.do(command) if isinstance(each, InvoiceCreated))


def invoice(account: Account) -> Invoice:
    return list(account.customer.account.invoices.values())[-1]


def refused(account: Account, command: Any, code: str, sentence: str) -> None:
    before = account.customer
    with pytest.raises(Refusal, match=sentence) as found:
        account.do(command)
    assert found.value.code == code
    assert account.customer is before


# --- made of the prices of plans ----------------------------------------------------------------------------


def test_a_plans_prices_are_lines_that_say_what_they_are_made_of() -> None:
    account = Account(TEAM).entities("e1")
    version = account.customer.version + 1
    quantities = (
        InvoicedQuantity("messages", Method.PREPAID, units(250)),
        InvoicedQuantity("words", Method.USAGE_BASED, units(7)),
        InvoicedQuantity("users", Method.USAGE_BASED, units(3), period_start=HALF[0], period_end=HALF[1]),
    )
    wanted = InvoicedPlan("team", None, "e1", None, quantities, period_start=HALF[0], period_end=HALF[1])
    event = made(account, CreateInvoice((wanted,), period_start=FEBRUARY[0], period_end=FEBRUARY[1]))
    about: dict[str, Any] = {
        "plan_id": "team",
        "plan_name": "Team",
        "entity_id": "e1",
        "period_start": HALF[0],
        "period_end": HALF[1],
        "first_version": version,
        "last_version": version,
    }
    assert event.lines == (
        Line(LineKind.BASE, 1_500, unit_price_minor=units(3_000), prorated=True, **about),
        Line(
            LineKind.PREPAID,
            1_500,
            feature_id="messages",
            quantity=units(250),
            unit_price_minor=units(1_000),
            prorated=True,
            **about,
        ),
        Line(LineKind.USAGE, 28, feature_id="words", quantity=units(7), unit_price_minor=units(4), **about),
        Line(LineKind.SEATS, 1_500, feature_id="users", quantity=units(3), unit_price_minor=units(500), **about),
    )
    assert (event.origin, event.currency, event.created_at) == (Origin.MANUAL, "usd", START)


@pytest.mark.parametrize(
    ("prorate", "of_plan", "base", "packs", "words"),
    [(None, True, 1_500, 500, 28), (True, True, 1_500, 500, 14), (False, False, 3_000, 1_000, 28)],
)
def test_a_part_of_a_period_costs_its_share_where_that_is_wanted(
    prorate: bool | None, of_plan: bool, base: int, packs: int, words: int
) -> None:
    quantities = (
        InvoicedQuantity("messages", Method.PREPAID, units(100), prorate),
        InvoicedQuantity("words", Method.USAGE_BASED, units(7), prorate),
    )
    wanted = InvoicedPlan("team", quantities=quantities, prorate=of_plan, period_start=HALF[0], period_end=HALF[1])
    event = made(Account(TEAM), CreateInvoice((wanted,)))
    assert [line.amount_minor for line in event.lines] == [base, packs, words]
    assert [line.prorated for line in event.lines] == [base != 3_000, packs != 1_000, words != 28]


def test_a_share_is_of_the_prices_own_period_in_the_time_zone_of_the_ledger() -> None:
    account = Account(plan("yearly", 365, every=YEAR), TEAM, settings=LedgerSettings(timezone="America/New_York"))
    march = (datetime(2026, 3, 1, 5, tzinfo=UTC), datetime(2026, 4, 1, 4, tzinfo=UTC))
    plans = tuple(InvoicedPlan(each, period_start=march[0], period_end=march[1]) for each in ("team", "yearly"))
    whole, month_of_year = made(account, CreateInvoice(plans)).lines
    assert (whole.amount_minor, whole.prorated) == (3_000, False)
    assert month_of_year.amount_minor == 3_096  # 743 of 8760 hours


def test_what_has_no_period_is_paid_whole_and_says_none() -> None:
    event = made(Account(TEAM), CreateInvoice((InvoicedPlan("team"),)))
    (line,) = event.lines
    assert (line.amount_minor, line.period_start, line.period_end, line.prorated) == (3_000, None, None, False)


def test_a_version_and_a_price_of_ones_own_may_be_named() -> None:
    account = Account(TEAM, replace(TEAM, version=2, base=BasePrice(4_000, MONTH)))
    for version, minor in ((1, 3_000), (2, 4_000), (None, 4_000)):
        assert made(account, CreateInvoice((InvoicedPlan("team", version),))).lines[0].amount_minor == minor
    cheap = Customize(price=BasePrice(123, MONTH))
    assert made(account, CreateInvoice((InvoicedPlan("team", customize=cheap),))).lines[0].amount_minor == 123


def test_a_feature_is_invoiced_by_the_price_that_was_meant() -> None:
    for feature_id, method in (("messages", Method.USAGE_BASED), ("words", Method.PREPAID), ("sso", Method.PREPAID)):
        wanted = InvoicedPlan("team", quantities=(InvoicedQuantity(feature_id, method, units(1)),))
        sentence = rf"feature_quantities\.0: plan team has no {method.value} price for feature {feature_id}"
        refused(Account(TEAM), CreateInvoice((wanted,)), "invalid_request", sentence)


@pytest.mark.parametrize(
    ("inner", "fits"),
    [
        (FEBRUARY, True),
        (HALF, True),
        ((FEBRUARY[0] + DAYS, FEBRUARY[1]), True),
        ((FEBRUARY[0] - DAYS, FEBRUARY[1]), False),
        ((FEBRUARY[0], FEBRUARY[1] + DAYS), False),
        ((FEBRUARY[1], FEBRUARY[1] + DAYS), False),
    ],
)
def test_the_period_of_a_part_lies_in_that_of_the_whole(inner: tuple[datetime, datetime], fits: bool) -> None:
    quantity = InvoicedQuantity("words", Method.USAGE_BASED, units(1), period_start=inner[0], period_end=inner[1])
    outer: dict[str, Any] = {"period_start": FEBRUARY[0], "period_end": FEBRUARY[1]}
    for command in (
        CreateInvoice((InvoicedPlan("team", period_start=inner[0], period_end=inner[1]),), **outer),
        CreateInvoice((InvoicedPlan("team", quantities=(quantity,), **outer),)),
    ):
        if fits:
            assert inner in [(each.period_start, each.period_end) for each in made(Account(TEAM), command).lines]
        else:
            refused(Account(TEAM), command, "invalid_request", "must lie inside")


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        (FEBRUARY[0], FEBRUARY[0], "period_end must be after period_start"),
        (FEBRUARY[1], FEBRUARY[0], "period_end must be after period_start"),
        (FEBRUARY[0], None, "belong together"),
        (None, FEBRUARY[0], "belong together"),
    ],
)
def test_a_period_has_a_start_and_a_later_end(start: datetime, end: datetime, sentence: str) -> None:
    span: dict[str, Any] = {"period_start": start, "period_end": end}
    quantity = InvoicedQuantity("words", Method.USAGE_BASED, units(1), **span)
    for command in (
        CreateInvoice((InvoicedPlan("team"),), **span),
        CreateInvoice((InvoicedPlan("team", **span),)),
        CreateInvoice((InvoicedPlan("team", quantities=(quantity,)),)),
    ):
        refused(Account(TEAM), command, "invalid_inputs", sentence)


def test_an_invoice_is_an_entitys_where_all_of_it_is() -> None:
    account = Account(TEAM).entities("e1", "e2")
    e1, e2 = InvoicedPlan("team", entity_id="e1"), InvoicedPlan("team", entity_id="e2")
    line = CustomLine(100, "Work")
    for command, entity_id in (
        (CreateInvoice((e1,), entity_id="e1"), "e1"),
        (CreateInvoice((e1, e2), entity_id="e1"), None),
        (CreateInvoice((e2,), entity_id="e1"), None),
        (CreateInvoice((e1,)), None),
        (CreateInvoice(lines=(line,), entity_id="e1"), "e1"),
        (CreateInvoice((e1,), (line,), entity_id="e1"), "e1"),
    ):
        assert made(account, command).entity_id == entity_id
    refused(account, CreateInvoice((e1,), entity_id="e9"), "entity_not_found", "e9")
    refused(account, CreateInvoice((InvoicedPlan("team", entity_id="e9"),)), "entity_not_found", "e9")


# --- made of lines of ones own, with terms and discounts -----------------------------------------------------


def test_lines_of_ones_own_are_kept_as_they_were_written() -> None:
    account = Account()
    version = account.customer.version + 1
    lines = (CustomLine(1_000, "Work", *FEBRUARY), CustomLine(-1, "Sorry"), CustomLine(0, "Advice"))
    at: dict[str, Any] = {"first_version": version, "last_version": version}
    assert made(account, CreateInvoice(lines=lines)).lines == (
        Line(LineKind.CUSTOM, 1_000, description="Work", period_start=FEBRUARY[0], period_end=FEBRUARY[1], **at),
        Line(LineKind.CUSTOM, -1, description="Sorry", credit=True, **at),
        Line(LineKind.CUSTOM, 0, description="Advice", **at),
    )


def test_an_invoice_is_dated_and_due_as_was_said() -> None:
    lines = (CustomLine(1_000, "Work"),)
    account = Account().wait(5)
    for issue_at, dated in ((None, account.now), (account.now, account.now), (START, START)):
        assert made(account, CreateInvoice(lines=lines, issue_at=issue_at)).created_at == dated
    later = account.now + timedelta(milliseconds=1)
    refused(account, CreateInvoice(lines=lines, issue_at=later), "invalid_request", "issue_date must not be in the fut")
    refused(account, CreateInvoice(lines=lines, due_at=account.now), "invalid_request", "due_date must be in the fut")
    by_days = made(account, CreateInvoice(lines=lines, net_terms_days=7, issue=IssueMethod.FINALIZE))
    assert (by_days.net_terms_days, invoice(account).due_at) == (7, account.now + 7 * DAYS)
    by_date = made(account, CreateInvoice(lines=lines, due_at=later, issue=IssueMethod.FINALIZE))
    assert (by_date.due_at, invoice(account).due_at) == (later, later)
    both = CreateInvoice(lines=lines, due_at=later, net_terms_days=7)
    refused(account, both, "invalid_request", "send one of them")
    refused(account, CreateInvoice(), "invalid_inputs", "at least one line")


def test_a_final_invoice_waits_for_its_money_and_nobody_is_asked() -> None:
    account = Account()
    events = account.do(CreateInvoice(lines=(CustomLine(1_000, "Work"),), issue=IssueMethod.FINALIZE))
    assert [type(each) for each in events] == [InvoiceCreated, InvoiceFinalized]
    assert (invoice(account).status, invoice(account).number) == (InvoiceStatus.OPEN, 1)
    account.do(CreateInvoice(lines=(CustomLine(5, "More"),), payment_method_types=("card", "link")))
    assert (invoice(account).status, invoice(account).payment_method_types) == (InvoiceStatus.DRAFT, ("card", "link"))


def discounts() -> Account:
    account = Account(TEAM, plan("other", 10))
    found = (
        Discount("tenth", "A tenth", percent=units(10)),
        Discount("five", "Five off", amount_minor=500, currency="usd"),
        Discount("euros", "Five off", amount_minor=500, currency="eur"),
        Discount("other", "Of other", percent=units(50), plan_ids=("other",)),
    )
    account.catalog = replace(account.catalog, discounts={each.discount_id: each for each in found})
    return account


def test_a_discount_takes_off_what_it_is_meant_for() -> None:
    account = discounts()
    plans = (InvoicedPlan("team", discounts=(DiscountRef("tenth"),)), InvoicedPlan("other"))
    event = made(account, CreateInvoice(plans, (CustomLine(1_000, "Work"),), discounts=(DiscountRef("other"),)))
    assert [line.amount_minor for line in event.lines] == [2_700, 500, 1_000]
    assert [line.discounts for line in event.lines] == [
        (LineDiscount("tenth", "A tenth", 300, units(10)),),
        (LineDiscount("other", "Of other", 500, units(50)),),
        (),
    ]
    event = made(account, CreateInvoice((InvoicedPlan("team"),), discounts=(DiscountRef("tenth"), DiscountRef("five"))))
    assert [line.amount_minor for line in event.lines] == [2_200]
    wrong = CreateInvoice((InvoicedPlan("team"),), discounts=(DiscountRef("tenth"), DiscountRef("euros")))
    refused(account, wrong, "invalid_request", r"discounts\.1 is an amount in eur and the invoice is in usd")
    unknown = CreateInvoice((InvoicedPlan("team"),), discounts=(DiscountRef("tenth"), DiscountRef("none")))
    refused(account, unknown, "reward_not_found", "none")


# --- changed --------------------------------------------------------------------------------------------------


def test_only_what_is_new_to_an_invoice_is_a_change_of_it() -> None:
    account = Account().wait(1)
    account.do(CreateInvoice(lines=(CustomLine(1_000, "Work"),)))
    key = invoice(account).invoice_id
    assert account.do(UpdateInvoice(key)) == []
    assert account.do(UpdateInvoice(key, ("card",))) == [InvoiceUpdated(key, payment_method_types=("card",))]
    assert account.do(UpdateInvoice(key, ("card",))) == []
    due_at = account.now + DAYS
    assert account.do(UpdateInvoice(key, due_at=due_at)) == [InvoiceUpdated(key, due_at=due_at)]
    version = account.customer.version + 1
    line = Line(LineKind.CUSTOM, 7, description="Less", first_version=version, last_version=version)
    assert account.do(UpdateInvoice(key, ("card",), (CustomLine(7, "Less"),))) == [
        InvoiceUpdated(key, (line,), payment_method_types=("card",))
    ]
    assert (invoice(account).due_at, invoice(account).total_minor) == (due_at, 7)
    refused(account, UpdateInvoice(key, due_at=account.now), "invalid_request", "due_date must be in the future")


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


# --- credited -------------------------------------------------------------------------------------------------


def paid(*amounts: int, discount: bool = False) -> Account:
    """A customer with a paid invoice of these lines, and a tenth off if wanted."""
    account = discounts()
    account.settings = LedgerSettings(gateway=Gateway.SIMULATED)
    lines = tuple(CustomLine(each, "Work") for each in amounts)
    refs = (DiscountRef("tenth"),) if discount else ()
    account.do(CreateInvoice(lines=lines, discounts=refs, issue=IssueMethod.FINALIZE))
    account.do(PayInvoice(invoice(account).invoice_id))
    return account


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
