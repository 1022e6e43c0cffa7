"""What begins: trials and what comes after them, cycles that begin with the month, and plans that wait to be paid."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ledger.core.events import ChargeAccrued, InvoiceVoided, Line, LineKind, PlanExpired, PlanUnscheduled
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.period import Every, Interval, Period
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Billing, CustomLine, InvoiceMode, IssueMethod
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice, FreeTrial, OnTrialEnd, Plan
from tests.core.account import Account, bought
from tests.core.going_on import DAYS, DISCOUNTED, FEBRUARY, shop
from tests.core.offers import FREE, MESSAGES, MONTH, PREMIUM, PRO, START, WORDS, YEAR, metered, plan, prepaid

WEEK = FreeTrial(Every(Interval.DAY, 7))
BACK = replace(WEEK, on_end=OnTrialEnd.REVERT)
UNPAID = InvoiceMode(enable_plan_immediately=False)


# --- trials ---------------------------------------------------------------------------------------------------


def test_a_trial_that_reverts_brings_back_the_plan_as_it_was_held() -> None:
    tried = replace(PREMIUM, plan_id="tried", free_trial=BACK)
    account = shop(tried).entities("e1")
    account.bill(Attach("packs", None, "e1", bought(words=7), external_id="x1"))
    account.wait(3).bill(Attach("tried", None, "e1"))
    account.wait(7)
    back = account.subscription("packs", "e1")
    assert (back.external_id, back.quantities, back.default) == ("x1", bought(words=7), False)
    assert account.remaining("words", "e1") == 7
    (ended,) = [each for _, each in account.log if isinstance(each, PlanExpired)][1:]
    assert (ended.expired_at, ended.canceled_at) == (START + 10 * DAYS, None)
    assert back.replaces == ended.subscription_id


def test_a_trial_that_was_cancelled_and_reverts_says_since_when_it_was() -> None:
    tried = replace(PREMIUM, plan_id="tried", free_trial=BACK)
    account = shop(tried)
    account.attach("pro")
    account.bill(Attach("tried"))
    account.wait(2).bill(Cancel("tried"))
    account.wait(5)
    (*_, ended) = [each for _, each in account.log if isinstance(each, PlanExpired)]
    assert (ended.expired_at, ended.canceled_at) == (START + 7 * DAYS, START + 2 * DAYS)


@pytest.mark.parametrize(
    ("default", "comes"),
    [
        (replace(FREE, auto_enable=True), True),
        (replace(FREE, auto_enable=True, group="side"), False),
        (replace(FREE, auto_enable=True, add_on=True), False),
        (FREE, False),
    ],
)
def test_a_first_trial_that_reverts_leaves_the_groups_default(default: Plan, comes: bool) -> None:
    tried = replace(PREMIUM, plan_id="tried", free_trial=BACK)
    account = Account(tried, PRO).entities("e1")
    account.attach("tried")
    account.bill(Attach("tried", entity_id="e1", free_trial=BACK))
    account.catalog = replace(account.catalog, plans={**account.catalog.plans, "free": (default,)})
    account.wait(7)
    assert account.plans() == ({"free": "active"} if comes else {})
    assert account.plans("e1") == {}
    assert not comes or account.subscription("free").default


def test_a_trial_of_ones_own_that_reverts_brings_back_the_quantities_and_the_id() -> None:
    account = shop()
    account.bill(Attach("packs", quantities=bought(words=7), external_id="x1"))
    account.bill(Revise("packs", free_trial=BACK))
    assert account.subscription("packs").period_start == START
    assert account.subscription("packs").period_end == START + 7 * DAYS
    account.wait(7)
    back = account.subscription("packs")
    assert (back.external_id, back.quantities, back.trial_ends_at) == ("x1", bought(words=7), None)


def test_a_plan_on_trial_that_gets_another_price_goes_on_with_its_trial() -> None:
    for offered, price in ((PRO, BasePrice(900, MONTH)), (FREE, BasePrice(900, MONTH))):
        account = Account(replace(offered, free_trial=WEEK))
        account.attach(offered.plan_id)
        account.wait(2)
        account.bill(Revise(offered.plan_id, customize=Customize(price=price)))
        held = account.subscription(offered.plan_id)
        assert (held.trial_ends_at, held.anchor, held.period_end) == (START + 7 * DAYS,) * 3
        assert held.period_start == (START if offered is PRO else account.now)
        account.wait(5)
        assert account.invoiced()[-1] == 900


def test_the_end_of_a_trial_takes_along_what_waited_for_the_end_of_a_cycle() -> None:
    account = shop()
    account.bill(Attach("pro", free_trial=WEEK))
    assert account.customer.account.invoices
    account.happen(
        ChargeAccrued(
            account.customer.next_id(),
            Line(LineKind.CUSTOM, 50, first_version=1, last_version=account.customer.version),
        )
    )
    account.wait(7)
    assert account.invoiced() == [0, 2_050]


def test_a_trial_is_in_force_from_its_first_instant_to_its_last_and_no_longer() -> None:
    account = Account(replace(PRO, free_trial=WEEK))
    account.wait(1).attach("pro")
    running, ends_at = account.subscription("pro"), START + 8 * DAYS
    assert [running.tried_at(START + day * DAYS) for day in (0, 1, 7, 8)] == [False, True, True, True]
    account.wait(10)
    over = replace(account.subscription("pro"), trials=(Period(START + DAYS, ends_at),))
    assert [over.tried_at(START + day * DAYS) for day in (0, 1, 7, 8)] == [False, True, True, False]
    assert not replace(over, trials=()).tried_at(START + 2 * DAYS)
    assert not replace(running, trial_ends_at=None).tried_at(START + 2 * DAYS)
    assert not replace(running, period_start=None).tried_at(START + 2 * DAYS)


# --- beginnings -----------------------------------------------------------------------------------------------


def test_a_cycle_that_begins_with_the_month_begins_at_its_first_instant() -> None:
    offered = replace(PRO, anchor_to_month_start=True)
    now = datetime(2026, 1, 17, 13, 45, 59, 123_000, tzinfo=UTC)
    account = Account(offered, now=now)
    account.attach("pro")
    assert account.subscription("pro").anchor == START
    elsewhere = Account(offered, now=now, settings=LedgerSettings(timezone="America/New_York"))
    elsewhere.attach("pro")
    assert elsewhere.subscription("pro").anchor == datetime(2026, 1, 1, 5, tzinfo=UTC)


def test_a_month_that_begins_twice_begins_the_first_time() -> None:
    """On Cuba's clocks midnight of 1 November 2026 comes twice."""
    offered = replace(PRO, anchor_to_month_start=True)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    account = Account(offered, now=now, settings=LedgerSettings(timezone="America/Havana"))
    account.attach("pro")
    assert account.subscription("pro").anchor == datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(("days", "months"), [(0.5, 1), (31, 2), (30, 1), (59, 3), (60, 3)])
def test_a_start_in_the_past_is_paid_for_from_there_a_period_each(days: float, months: int) -> None:
    offered = plan("pro", 20, prepaid(WORDS, 0, 100, 1), prepaid(MESSAGES, 0, 900, every=YEAR), metered(WORDS, 0, 1))
    account = Account(offered)
    account.wait(days)
    quantities = bought(words=3, messages=100)
    assert account.bill(Attach("pro", quantities=quantities, starts_at=START)) == months * 2_300 + 900
    lines = next(iter(account.customer.account.invoices.values())).lines
    bases = [(each.period_start, each.period_end) for each in lines if each.kind is LineKind.BASE]
    assert bases[0] == (START, FEBRUARY)
    assert len(bases) == months


def test_what_is_tried_for_nothing_has_a_line_of_nothing_that_says_what() -> None:
    account = shop().entities("e1")
    account.bill(Attach("pro", entity_id="e1", free_trial=WEEK))
    (invoice,) = account.customer.account.invoices.values()
    held = account.subscription("pro", "e1")
    assert invoice.lines == (
        Line(
            LineKind.BASE,
            0,
            "pro",
            "Pro",
            held.subscription_id,
            "e1",
            period_start=START,
            period_end=START + 7 * DAYS,
            description="Pro - free trial",
            first_version=held.since,
            last_version=held.since,
        ),
    )


# --- waiting to be paid -----------------------------------------------------------------------------------------


def awaiting(issue: IssueMethod = IssueMethod.FINALIZE) -> tuple[Account, Attach]:
    account = shop().entities("e1")
    account.attach("pro", "e1")
    billing = replace(DISCOUNTED, invoice_mode=replace(UNPAID, issue=issue))
    wanted = Attach(
        "packs", None, "e1", bought(words=7), "x1", Schedule.IMMEDIATE, ends_at=START + 90 * DAYS, billing=billing
    )
    return account, wanted


def test_a_plan_that_is_to_be_paid_first_waits_as_what_was_asked_for() -> None:
    account, wanted = awaiting()
    quote = account.preview(wanted)
    account.bill(wanted)
    waiting = account.subscription("packs", "e1")
    assert (waiting.entity_id, waiting.external_id, waiting.expires_at) == ("e1", "x1", START + 90 * DAYS)
    assert [each.discount_id for each in waiting.discounts] == ["tenth"]
    assert (waiting.quantities, waiting.awaits_payment) == (bought(words=7), True)
    (coming,), (going,) = quote.planned.incoming, quote.planned.outgoing
    assert (coming.plan.plan_id, coming.quantities, coming.expires_at) == ("packs", bought(words=7), START + 90 * DAYS)
    assert (going.plan.plan_id, going.quantities, going.expires_at) == ("pro", (), None)


@pytest.mark.parametrize("issue", [IssueMethod.DRAFT, IssueMethod.FINALIZE])
def test_a_plan_that_waits_to_be_paid_can_be_called_off_and_its_invoice_with_it(issue: IssueMethod) -> None:
    account, wanted = awaiting(issue)
    account.bill(wanted)
    waiting = account.subscription("packs", "e1")
    (*_, invoice) = account.customer.account.invoices.values()
    account.wait(2)
    off = Cancel("packs", entity_id="e1", when=When.NOW)
    planned = account.preview(off).planned
    (going,) = planned.outgoing
    assert (going.plan, going.quantities) == (waiting.plan, waiting.quantities)
    assert (going.canceled_at, going.expires_at) == (account.now, account.now)
    assert planned.intent == "cancel_immediately"
    assert account.do(off) == [
        InvoiceVoided(invoice.invoice_id, account.now),
        PlanUnscheduled(waiting.subscription_id),
    ]
    assert account.plans("e1") == {"pro": "active"}
    assert account.customer.account.invoices[invoice.invoice_id].status is InvoiceStatus.VOID


def test_calling_off_what_waits_to_be_paid_may_be_billed() -> None:
    account, wanted = awaiting()
    account.bill(replace(wanted, billing=Billing(invoice_mode=UNPAID)))
    fee = Billing(custom_lines=(CustomLine(300, "for nothing"),))
    assert account.bill(Cancel("packs", entity_id="e1", when=When.NOW, billing=fee)) == 300
    (*_, invoice) = account.customer.account.invoices.values()
    assert (invoice.total_minor, invoice.status) == (300, InvoiceStatus.PAID)
