"""Where rules of invoices meet: what waits for which, the smallest amounts, and discounts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import (
    ChargeAccrued,
    CreditNoteIssued,
    CreditTo,
    InvoiceCreated,
    InvoiceFinalized,
    Line,
    LineKind,
    PaymentRefunded,
)
from ledger.core.invoices.documents import (
    CreateInvoice,
    CreditedLine,
    FinalizeInvoice,
    InvoicedPlan,
    InvoicedQuantity,
    IssueCreditNote,
)
from ledger.core.subscriptions.billing import Billing, CustomLine, DiscountRef, InvoiceMode, IssueMethod
from ledger.core.subscriptions.cancellation import Cancel, Refund, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import Method, OnIncrease, Proration
from ledger.core.time.upcoming import next_invoices
from tests.core.account import Account, bought
from tests.core.meeting import DAYS, FEBRUARY, MARCH, NONE
from tests.core.offers import MESSAGES, START, USERS, WORDS, YEAR, included, metered, plan, prepaid, units
from tests.core.owing import corrected, shop


def billed(account: Account) -> Any:
    return list(account.customer.account.invoices.values())[-1]


def discounted(*names: str) -> Billing:
    return Billing(discounts=tuple(map(DiscountRef, names)))


# --- what waits for which invoice -----------------------------------------------------------------------------


def test_a_charge_that_waits_for_its_plans_renewal_waits_through_an_invoice_for_another_plan() -> None:
    seats = replace(metered(USERS, 1, 900), proration=Proration(OnIncrease.PRORATE_NEXT_CYCLE))
    account = shop(plan("seats", 20, seats))
    account.attach("seats")
    account.track("users", 2)
    assert len(account.customer.account.accrued) == 1
    assert account.attach("extra") == 2000
    account.wait_until(FEBRUARY)
    assert {each.kind for each in billed(account).lines} == {LineKind.BASE, LineKind.SEATS}
    assert account.invoiced() == [2000, 2000, 900 + 2000 + 900 + 2000]


def test_what_waits_for_a_plan_that_ends_now_is_billed_now() -> None:
    account = corrected()
    assert account.bill(Cancel("used", when=When.NOW)) == 30
    assert account.invoiced() == [30]


def test_what_waits_for_no_plan_any_more_waits_for_the_next_invoice_there_is() -> None:
    account = corrected()
    account.bill(Cancel("used", when=When.NOW, billing=Billing(no_billing_changes=True)))
    account.attach("free")
    assert account.invoiced() == []
    assert account.attach("extra") == 2000 + 30


@pytest.mark.parametrize("ends", [True, False])
def test_what_waits_for_no_plan_any_more_is_billed_where_a_period_ends_though_that_costs_nothing(*, ends: bool) -> None:
    account = shop(plan("packs", 0, prepaid(WORDS, 0, 100, 10), group="other"))
    account.attach("packs")
    account.attach("used")
    account.bill(Cancel("used", when=When.NOW, billing=NONE))
    if ends:
        account.bill(Cancel("packs"))
    assert account.plans() == {"packs": "canceling" if ends else "active"}
    account.happen(waiting_for_nothing(account))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [77]


def waiting_for_nothing(account: Account) -> Any:
    """A charge of 77 cents that waits for the next invoice."""
    version = account.customer.version
    line = Line(LineKind.CUSTOM, 77, first_version=version, last_version=version)
    return ChargeAccrued(account.customer.next_id(), line, None)


def test_two_invoices_of_one_request_have_numbers_that_follow_each_other() -> None:
    used = plan("used up", 10, metered(WORDS, 10, 5))
    account = shop(used)
    account.attach("pro")
    account.attach("used up")
    draft = InvoiceMode(issue=IssueMethod.DRAFT, enable_plan_immediately=False)
    account.bill(Attach("premium", billing=Billing(invoice_mode=draft)))
    waiting = account.subscription("premium").subscription_id
    account.wait_until(FEBRUARY + 14 * DAYS)
    account.happen(credit(account, 100_000))
    invoice = next(
        key
        for key, each in account.customer.account.invoices.items()
        if any(line.subscription_id == waiting for line in each.lines)
    )
    number = account.context().next_invoice
    events = account.do(FinalizeInvoice(invoice))
    assert [each.number for each in events if isinstance(each, InvoiceFinalized)] == [number, number + 1]
    assert account.plans() == {"premium": "active"}


def credit(account: Account, minor: int) -> Any:
    """A credit note over the last paid invoice, as another system would have given it: all of it is credit."""
    paid = next(each for each in account.customer.account.invoices.values() if each.paid_minor)
    return CreditNoteIssued(account.customer.next_id(), paid.invoice_id, account.now, CreditTo.BALANCE, 0, minor)


def test_what_is_paid_by_the_year_keeps_nothing_else_from_renewing() -> None:
    yearly, monthly = prepaid(WORDS, 0, 900, 10, every=YEAR), prepaid(MESSAGES, 0, 100, 10)
    account = Account(plan("mixed", 0, yearly, monthly))
    assert account.attach("mixed", None, words=10, messages=10) == 1000
    account.wait_until(MARCH)
    assert account.invoiced() == [1000, 100, 100]


def test_an_upcoming_invoice_has_what_waits_for_any_and_lies_behind_everything_that_comes_before_it() -> None:
    account = shop(plan("yearly", 300, included(MESSAGES, 500), every=YEAR))
    account.attach("yearly")
    account.track("messages", 5)
    account.happen(waiting_for_nothing(account))
    (upcoming,) = next_invoices(account.customer, account.context())
    assert (upcoming.starts_at, upcoming.total_minor) == (datetime(2027, 1, 1, tzinfo=UTC), 30_000 + 77)


# --- the smallest amounts -------------------------------------------------------------------------------------


def test_a_single_cent_goes_back_and_is_discounted() -> None:
    account = shop()
    account.attach("cent")
    events = account.do(Cancel("cent", when=When.NOW, refund=Refund.FULL))
    assert [each.amount_minor for each in events if isinstance(each, PaymentRefunded)] == [1]
    assert account.bill(Attach("cent", billing=discounted("five"))) == 0


def test_a_line_of_ones_own_lasts() -> None:
    account = shop()
    account.attach("pro")
    for ends_at in (START, START - DAYS):
        empty = CustomLine(100, "own", START, ends_at)
        with pytest.raises(Refusal, match="period_end must be after"):
            account.do(Attach("extra", billing=Billing(add_lines=(empty,))))


def test_a_line_that_is_all_there_is_to_a_change_comes_from_the_event_that_bills_it() -> None:
    account = shop()
    account.attach("pro")
    version = account.customer.version
    account.bill(Revise("pro", billing=Billing(add_lines=(CustomLine(100, "own"),))))
    (line,) = billed(account).lines
    assert (line.first_version, line.last_version) == (version + 1, version + 1)


def test_use_beyond_a_grant_is_billed_where_seats_have_the_same_price() -> None:
    account = Account(plan("pro", 20, metered(USERS, 1, 10), metered(MESSAGES, 0, 10)))
    account.attach("pro")
    account.track("messages", 5)
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 2000 + 50]


def test_use_beyond_an_entitys_grant_is_billed_once_and_not_when_the_customer_changes_its_plan() -> None:
    account = shop().entities("e1")
    account.attach("used", "e1")
    account.attach("used")
    account.track("messages", 5, "e1")
    (debt,) = (each for each in account.customer.grants.values() if each.balance < 0)
    owner = debt.terms.entity_id
    (other,) = {None, "e1"} - {owner}
    assert account.bill(Attach("premium", None, other, schedule=Schedule.IMMEDIATE)) == 5000
    assert account.bill(Attach("premium", None, owner, schedule=Schedule.IMMEDIATE)) == 5000 + 50


# --- discounts ------------------------------------------------------------------------------------------------


def test_a_credit_for_units_bought_bit_by_bit_is_less_the_discounts_of_every_bit() -> None:
    account = shop(plan("packs", 0, prepaid(WORDS, 0, 100, 1)))
    account.bill(Attach("packs", quantities=bought(words=20), billing=discounted("tenth")))
    account.bill(ChangeQuantities("packs", quantities=bought(words=50)))
    assert account.invoiced() == [1800, 2700]
    assert account.bill(Cancel("packs", when=When.NOW)) == -4500


def test_a_credited_line_gives_its_discounts_back_once() -> None:
    account = shop()
    account.bill(Attach("pro", billing=discounted("tenth", "five")))
    assert [each.amount_minor for each in billed(account).lines[0].discounts] == [200, 500]
    (note, *_) = account.do(IssueCreditNote(billed(account).invoice_id, lines=(CreditedLine(0),)))
    assert isinstance(note, CreditNoteIssued)
    (line,) = note.lines
    assert line.amount_minor == -1300
    assert sum(each.amount_minor for each in line.discounts) == -700


def test_a_discount_of_some_months_counts_on_an_invoice_by_hand() -> None:
    account = shop()
    (made, *_) = account.do(CreateInvoice((InvoicedPlan("pro"),), discounts=(DiscountRef("month"),)))
    assert isinstance(made, InvoiceCreated)
    assert [each.amount_minor for each in made.lines] == [1800]


def test_an_invoice_by_hand_may_sell_what_the_plan_does_not() -> None:
    account = shop()
    own = Customize(add_items=(prepaid(WORDS, 0, 100, 1),))
    wanted = InvoicedPlan("pro", customize=own, quantities=(InvoicedQuantity("words", Method.PREPAID, units(5)),))
    (made, *_) = account.do(CreateInvoice((wanted,)))
    assert isinstance(made, InvoiceCreated)
    assert [each.amount_minor for each in made.lines] == [2000, 500]
