"""Invoices made by hand: of the prices of plans and of lines of one's own, and how they change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.events import InvoiceCreated, InvoiceFinalized, InvoiceUpdated, Line, LineDiscount, LineKind, Origin
from ledger.core.invoices.documents import CreateInvoice, InvoicedPlan, InvoicedQuantity, UpdateInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import CustomLine, DiscountRef, IssueMethod
from ledger.core.subscriptions.customising import Customize
from ledger.core.terms import BasePrice, Method
from tests.core.account import Account
from tests.core.by_hand import DAYS, TEAM, discounts, invoice, made, refused
from tests.core.offers import MONTH, START, YEAR, plan, units

FEBRUARY = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
HALF = (FEBRUARY[0], datetime(2026, 2, 15, tzinfo=UTC))


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
