"""Where rules of invoices meet: what waits for which, the smallest amounts, and what one instant puts on one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import UpdateBalance
from ledger.core.balances.usage import Track
from ledger.core.errors import Refusal
from ledger.core.events import (
    ChargeAccrued,
    CreditNoteIssued,
    CreditTo,
    DiscountCreated,
    Ended,
    InvoiceCreated,
    InvoiceFinalized,
    Line,
    LineKind,
    PaymentRefunded,
    PlanExpired,
    PlanUpdated,
)
from ledger.core.invoices.documents import (
    CreateInvoice,
    CreditedLine,
    FinalizeInvoice,
    InvoicedPlan,
    InvoicedQuantity,
    IssueCreditNote,
    PayInvoice,
)
from ledger.core.offers.catalog import CreateFeature, CreatePlan, PutDiscount, UpdatePlan
from ledger.core.offers.discounts import MAX_DISCOUNTS
from ledger.core.period import Every, Interval
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import (
    Billing,
    CustomLine,
    DiscountRef,
    InvoiceMode,
    IssueMethod,
    ProrationBehavior,
)
from ledger.core.subscriptions.cancellation import Cancel, Refund, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import BasePrice, Discount, FreeTrial, Method, OnDecrease, OnIncrease, Plan, Proration
from ledger.core.time.upcoming import next_invoices
from tests.core.account import Account, bought
from tests.core.offers import (
    EXTRA,
    FREE,
    MESSAGES,
    MONTH,
    PREMIUM,
    PRO,
    START,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    units,
)
from tests.core.test_catalog import Offers

FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (2, 3, 4))
DAYS = timedelta(days=1)
NONE = Billing(ProrationBehavior.NONE)
CENT = replace(PRO, plan_id="cent", base=BasePrice(1, MONTH))
USED = plan("used", 0, metered(MESSAGES, 0, 10))


def shop(*more: Plan) -> Account:
    account = Account(FREE, PRO, PREMIUM, EXTRA, CENT, USED, *more)
    tenth = Discount("tenth", "A tenth", percent=Decimal(10))
    account.catalog = replace(
        account.catalog,
        discounts={
            "tenth": tenth,
            "month": replace(tenth, discount_id="month", months=1),
            "five": Discount("five", "Five", amount_minor=500, currency="usd"),
        },
    )
    return account


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


def corrected(*more: Plan) -> Account:
    """A customer of a plan paid by use, with a charge of 30 that waits for the end of its period."""
    account = shop(*more)
    account.attach("used")
    account.wait_until(FEBRUARY + DAYS)
    account.do(Track("messages", None, units(3), used_at=START + DAYS, backdate=True))
    return account


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


# --- what waits for its payer ---------------------------------------------------------------------------------


def lapses_at(account: Account, command: Attach) -> datetime | None:
    """When a change that waits for its payer lapses."""
    account.pays_with("pm_needs_action").do(command)
    assert account.customer.held is not None
    return account.customer.held.lapses_at


def test_a_first_plan_that_is_not_paid_lapses_by_itself() -> None:
    account = shop()
    assert lapses_at(account, Attach("pro")) == FEBRUARY
    account.wait_until(FEBRUARY)
    assert account.customer.held is None
    assert account.plans() == {}


def test_a_change_lapses_with_the_first_thing_that_it_was_priced_by_and_touches() -> None:
    week, days = (FreeTrial(Every(Interval.DAY, number)) for number in (7, 4))
    tried = replace(plan("tried", 30), free_trial=week)
    side = replace(plan("side", 5, group="side"), free_trial=days)
    account = shop(tried, side)
    account.attach("side")
    account.attach("tried")
    own = CustomLine(100, "own", START, START + 2 * DAYS)
    assert lapses_at(account, Attach("premium", billing=Billing(add_lines=(own,)))) == START + 7 * DAYS


def test_a_charge_falls_due_though_a_change_waits_for_longer() -> None:
    account = corrected(plan("year", 100, every=YEAR, group="other"))
    lapse = lapses_at(account, Attach("year"))
    assert lapse is not None
    assert lapse > MARCH
    account.wait_until(MARCH)
    assert account.invoiced()[-1] == 30


def test_a_change_lapses_with_the_end_that_a_plan_is_given() -> None:
    assert lapses_at(shop(), Attach("pro", ends_at=START + 9 * DAYS)) == START + 9 * DAYS


def test_what_was_used_while_a_change_waited_is_billed_to_the_cent() -> None:
    account = shop().pays_with("pm_card")
    account.attach("used")
    account.pays_with("pm_needs_action").bill(Attach("premium"))
    account.track("messages", 7)
    held = account.customer.held
    assert held is not None
    account.pays_with("pm_card").do(PayInvoice(held.invoice_id))
    assert [each.line.amount_minor for each in account.customer.account.accrued.values()] == [70]


def test_a_change_that_was_reasoned_when_it_was_asked_for_needs_no_reason_when_it_is_paid() -> None:
    account = Account(plan("seats", 20, metered(USERS, 1, 900)), settings=LedgerSettings(require_reason=True))
    account.attach("seats")
    account.pays_with("pm_needs_action").do(UpdateBalance("users", usage=units(3)))
    held = account.customer.held
    assert held is not None
    account.pays_with("pm_card")
    account.reasoned = False
    account.do(PayInvoice(held.invoice_id))
    assert account.balance("users") == (0, 3)


def test_a_change_is_made_with_every_version_that_it_names() -> None:
    account = Account(PRO, replace(PRO, version=2, base=BasePrice(9_000, MONTH))).entities("e1")
    account.pays_with("pm_needs_action").do(AttachMany((Attach("pro", 1), Attach("pro", 2, "e1"))))
    held = account.customer.held
    assert held is not None
    account.pays_with("pm_card").do(PayInvoice(held.invoice_id))
    assert [account.subscription("pro", owner).plan.version for owner in (None, "e1")] == [1, 2]


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


# --- what happens at one instant ------------------------------------------------------------------------------


def test_plans_of_two_scopes_that_end_at_one_instant_are_followed_by_their_own() -> None:
    for first, second in ((None, "e1"), ("e1", None)):
        account = shop(plan("side", 5, group="side")).entities("e1")
        for owner in (first, second):
            account.attach("premium", owner)
        account.attach("side")
        account.attach("pro", None)
        account.bill(Cancel("premium", None, "e1"))
        account.bill(Cancel("side"))
        account.wait_until(FEBRUARY)
        assert account.plans() == {"pro": "active"}
        assert account.plans("e1") == {}
        assert account.invoiced()[-1] == 2000


def test_why_a_plan_ended_is_said_as_it_was() -> None:
    account = shop(plan("side", 5, group="side"))
    account.attach("side")
    account.bill(CreateSchedule((Phase((Attach("pro"),)), Phase((Attach("premium"),), FEBRUARY))))
    account.bill(Cancel("side"))
    account.bill(Attach("extra", ends_at=FEBRUARY))
    account.wait_until(FEBRUARY)
    causes = {each.subscription_id: each.cause for _, each in account.log if isinstance(each, PlanExpired)}
    assert sorted(causes.values()) == sorted([Ended.CANCELED, Ended.REPLACED, Ended.ENDED])


def test_between_two_phases_no_default_comes_in() -> None:
    default = plan("starter", 0, included(MESSAGES, 10), auto_enable=True)
    account = shop(default)
    phases = (
        Phase((Attach("pro"), Attach("extra"))),
        Phase((Attach("extra"),), FEBRUARY),
        Phase((Attach("premium"),), MARCH),
    )
    account.bill(CreateSchedule(phases))
    account.wait_until(FEBRUARY + DAYS)
    assert account.plans() == {"extra": "active", "premium": "scheduled"}
    account.wait_until(MARCH)
    assert account.plans() == {"premium": "active"}


def test_a_quantity_that_waits_counts_from_its_renewal_whatever_else_the_plan_has() -> None:
    later = replace(prepaid(WORDS, 0, 100, 1), proration=Proration(on_decrease=OnDecrease.NONE))
    account = Account(plan("packs", 20, included(MESSAGES, 10), metered(USERS, 1, 90, every=YEAR), later))
    account.attach("packs", words=30)
    account.bill(ChangeQuantities("packs", quantities=bought(words=20)))
    account.wait_until(FEBRUARY)
    assert account.balance("words") == (20, 0)


# --- what is offered ------------------------------------------------------------------------------------------


def test_a_ledger_has_room_for_so_many_discounts_and_no_more() -> None:
    offers = Offers()
    tenth = Discount("tenth", "A tenth", percent=Decimal(10))
    many = {str(number): replace(tenth, discount_id=str(number)) for number in range(MAX_DISCOUNTS - 1)}
    offers.catalog = replace(offers.catalog, discounts=many)
    assert offers.do(PutDiscount(tenth)) == [DiscountCreated(tenth)]
    offers.refuses(PutDiscount(replace(tenth, discount_id="more")), "invalid_request", "at most")


def test_the_items_of_a_plan_that_changes_reset_with_their_price_as_those_of_a_new_one_do() -> None:
    offers = catalog()
    offers.do(UpdatePlan("pro", {"items": (replace(metered(MESSAGES, 5, 7), reset=None),)}))
    assert [each.reset for each in offers.catalog.plan("pro").items] == [MONTH]


def test_every_version_that_changes_says_what_it_was() -> None:
    offers = catalog()
    offers.do(UpdatePlan("pro", {"group": "side"}, force_version=True))
    before = offers.catalog.plans["pro"]
    changed = offers.do(UpdatePlan("pro", {"name": "Professional"}, all_versions=True))
    assert [each.before for each in changed if isinstance(each, PlanUpdated)] == list(before)


def test_a_change_that_comes_with_a_new_id_is_of_the_version_that_is_named() -> None:
    offers = catalog()
    offers.do(UpdatePlan("pro", {"group": "side"}, force_version=True))
    offers.do(UpdatePlan("pro", {"name": "First"}, version=1, new_plan_id="renamed"))
    assert [each.name for each in offers.catalog.plans["renamed"]] == ["First", "Pro"]


def catalog() -> Offers:
    return Offers(CreateFeature(MESSAGES), CreatePlan(PRO))
