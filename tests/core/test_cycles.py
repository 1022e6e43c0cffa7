"""Cycles that end: what waits for them, what is held back, and what the next one will cost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.events import (
    BalanceReset,
    Event,
    InvoiceCreated,
    Line,
    LineKind,
    PaymentSucceeded,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanRenewed,
    QuantityChanged,
    QuantityScheduled,
)
from ledger.core.invoices.invoicing import accrue
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import FreeTrial, OnTrialEnd, Plan
from ledger.core.time import upcoming
from ledger.core.time.calendar import advance, pay_up
from tests.core.account import Account
from tests.core.offers import MESSAGES, PRO, START, USERS, WORDS, YEAR, included, metered, plan, prepaid, units

Step = tuple[datetime, Sequence[Event]]
MINUTE = Every(Interval.MINUTE)
METERED = plan("metered", 20, metered(MESSAGES, 100, 10), metered(USERS, 1, 1000))
BY_USE = plan("by_use", 0, metered(MESSAGES, 100, 10))


def on(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def paying_with(account: Account, method: str | None) -> None:
    account.do(UpdateCustomer({"metadata": {"payment_method": method}}))


def declined_renewal(offered: Plan, used: int = 130) -> Account:
    """Somebody whose first renewal was not paid, in the middle of the second period."""
    account = Account(offered)
    account.attach(offered.plan_id)
    account.track("messages", used)
    paying_with(account, "pm_declined")
    return account.wait_until(on(2, 15))


def pay_everything(account: Account) -> list[object]:
    """Record payments of all open invoices, and let what they held back happen."""
    paying_with(account, None)
    draft = Draft(account.customer, account.context())
    for invoice in account.customer.account.open_invoices():
        draft.happen(PaymentSucceeded("p", invoice.due_minor, "usd", account.now, invoice.invoice_id))
    pay_up(draft)
    account._happen(account.now, draft.events)
    return list(draft.events)


def invoices(account: Account) -> list[tuple[datetime, int]]:
    made = [(at, event) for at, event in account.log if isinstance(event, InvoiceCreated)]
    return [(at, sum(line.amount_minor for line in event.lines)) for at, event in made]


def wait_for_next(account: Account, amount_minor: int, owner: Subscription | None = None) -> None:
    """Let a line wait for the next invoice."""
    draft = Draft(account.customer, account.context())
    version = account.customer.version
    line = Line(LineKind.CUSTOM, amount_minor, credit=amount_minor < 0, first_version=version, last_version=version)
    if owner is not None:
        plan_id, name, key = owner.plan.plan_id, owner.plan.name, owner.subscription_id
        line = msgspec.structs.replace(line, plan_id=plan_id, plan_name=name, subscription_id=key)
    accrue(draft, line)
    account._happen(account.now, draft.events)


# --- past due -----------------------------------------------------------------------------------------------


def test_a_renewal_that_is_not_paid_leaves_the_plan_in_force_and_past_due() -> None:
    account = declined_renewal(METERED)
    subscription = account.subscription("metered")
    assert subscription.active
    assert subscription.past_due is not None
    assert subscription.period_start == on(2, 1)


def test_what_is_used_before_a_renewal_that_fails_is_closed_with_that_renewal() -> None:
    account = declined_renewal(METERED)
    assert invoices(account) == [(START, 2000), (on(2, 1), 2300)]
    assert account.balance("messages") == (100, 0)


def test_a_plan_that_is_past_due_does_not_reset_and_catches_up_once_when_it_is_paid() -> None:
    account = declined_renewal(METERED)
    account.track("messages", 105)
    account.wait_until(on(5, 10))
    account.track("messages", 2)
    assert account.balance("messages") == (0, 107)
    assert [at for at, event in account.log if isinstance(event, PlanRenewed)] == [
        on(2, 1),
        on(3, 1),
        on(4, 1),
        on(5, 1),
    ]
    happened = pay_everything(account)
    assert [type(each) for each in happened if isinstance(each, PlanPaidUp | BalanceReset)] == [
        PlanPaidUp,
        BalanceReset,
    ]
    assert invoices(account)[-1] == (on(5, 10), 70)
    assert account.balance("messages") == (100, 0)
    assert account.standing("messages").next_reset_at == on(6, 1)


def test_a_plan_stays_past_due_while_another_of_its_invoices_is_open() -> None:
    account = declined_renewal(METERED).wait_until(on(3, 15))
    first, second = account.customer.account.open_invoices()
    draft = Draft(account.customer, account.context())
    draft.happen(PaymentSucceeded("p", first.due_minor, "usd", account.now, first.invoice_id))
    pay_up(draft)
    assert not any(isinstance(each, PlanPaidUp) for each in draft.events)
    draft.happen(PaymentSucceeded("q", second.due_minor, "usd", account.now, second.invoice_id))
    pay_up(draft)
    assert any(isinstance(each, PlanPaidUp) for each in draft.events)


def test_a_plan_that_does_not_mind_being_past_due_resets_all_the_same() -> None:
    account = declined_renewal(msgspec.structs.replace(METERED, ignore_past_due=True))
    account.track("messages", 30)
    account.wait_until(on(3, 1))
    assert account.subscription("metered").past_due is not None
    assert account.balance("messages") == (100, 0)


def test_several_renewals_that_fail_make_a_plan_past_due_once() -> None:
    account = declined_renewal(METERED).wait_until(on(6, 1))
    assert sum(isinstance(event, PlanPastDue) for _, event in account.log) == 1
    assert len(account.customer.account.open_invoices()) == 5


def test_what_a_plan_that_is_past_due_still_owes_for_use_is_billed_when_it_ends() -> None:
    account = declined_renewal(METERED)
    account.track("messages", 150)
    account.wait_until(on(3, 15))
    account.bill(Cancel("metered"))
    account.wait_until(on(4, 1))
    assert invoices(account)[-1] == (on(4, 1), 500)


# --- charges that wait --------------------------------------------------------------------------------------


def test_a_charge_that_waits_goes_on_the_invoice_of_its_cycle() -> None:
    account = Account(METERED)
    account.attach("metered")
    wait_for_next(account, 77, account.subscription("metered"))
    account.wait_until(on(2, 1))
    assert invoices(account)[-1] == (on(2, 1), 2077)
    assert not account.customer.account.accrued


def test_a_charge_that_waits_for_a_longer_cycle_is_not_on_the_invoice_of_a_shorter_one() -> None:
    account = Account(METERED, plan("yearly", 100, every=YEAR, add_on=True))
    account.attach("metered")
    account.attach("yearly")
    wait_for_next(account, 77, account.subscription("yearly"))
    account.wait_until(on(2, 1))
    assert invoices(account)[-1] == (on(2, 1), 2000)


def test_a_charge_of_a_plan_that_is_gone_is_on_the_next_invoice_of_a_cycle() -> None:
    account = Account(METERED, plan("yearly", 100, every=YEAR, add_on=True))
    account.attach("metered")
    account.attach("yearly")
    wait_for_next(account, 77, account.subscription("yearly"))
    account.bill(Cancel("yearly", when=When.NOW, billing=Billing(proration=ProrationBehavior.NONE)))
    account.wait_until(on(2, 1))
    assert invoices(account)[-1] == (on(2, 1), 2077)


def test_a_charge_waits_for_the_end_of_its_cycle_in_the_time_zone_of_the_ledger() -> None:
    for offered, total in ((METERED, 2077), (BY_USE, 77)):
        account = Account(offered, settings=LedgerSettings(timezone="America/New_York"))
        account.attach(offered.plan_id)
        account.wait_until(on(3, 15))
        wait_for_next(account, 77, account.subscription(offered.plan_id))
        account.wait_until(on(4, 15))
        assert invoices(account)[-1] == (on(4, 1) - timedelta(hours=1), total)


def test_a_charge_that_waits_has_an_invoice_made_where_its_cycle_costs_nothing_else() -> None:
    account = Account(BY_USE)
    account.attach("by_use")
    account.wait_until(on(4, 9))
    wait_for_next(account, 77, account.subscription("by_use"))
    account.wait_until(on(8, 1))
    assert invoices(account) == [(on(5, 1), 77)]


def test_a_charge_of_a_plan_that_ends_is_on_its_last_invoice() -> None:
    account = Account(METERED)
    account.attach("metered")
    account.bill(Cancel("metered"))
    wait_for_next(account, 77, account.subscription("metered"))
    account.wait_until(on(3, 1))
    assert invoices(account) == [(START, 2000), (on(2, 1), 77)]


def test_a_charge_of_a_plan_that_is_ended_at_once_is_settled_with_the_change() -> None:
    account = Account(METERED)
    account.attach("metered")
    wait_for_next(account, 77, account.subscription("metered"))
    assert account.bill(Cancel("metered", when=When.NOW)) == 77 - 2000
    assert not account.customer.account.accrued


def test_a_charge_without_a_plan_waits_for_the_customers_next_invoice() -> None:
    account = Account(PRO)
    wait_for_next(account, 77)
    account.wait(100)
    assert invoices(account) == []
    assert account.attach("pro") == 2077


def test_a_charge_without_a_plan_is_billed_when_a_trial_reverts() -> None:
    trial = FreeTrial(Every(Interval.DAY, 7), on_end=OnTrialEnd.REVERT)
    account = Account(msgspec.structs.replace(PRO, free_trial=trial))
    account.attach("pro")
    wait_for_next(account, 77)
    account.wait(8)
    assert account.invoiced() == [0, 77]


# --- ends and trials ----------------------------------------------------------------------------------------


def test_use_is_billed_at_the_end_even_where_the_balance_was_to_reset_later() -> None:
    account = Account(plan("free", 0, included(MESSAGES, 10)), METERED)
    account.attach("free")
    account.wait_until(on(1, 11))
    account.attach("metered")
    account.track("messages", 130)
    account.bill(Cancel("metered"))
    account.wait_until(on(3, 1))
    ended = next(at for at, event in account.log if isinstance(event, PlanExpired) and event.canceled_at)
    assert sum(amount for _, amount in invoices(account)) == 2000 + 300
    assert invoices(account)[-1][0] <= ended


def test_what_is_used_in_a_trial_is_free() -> None:
    trial = FreeTrial(Every(Interval.DAY, 7))
    offered = msgspec.structs.replace(METERED, free_trial=trial)
    account = Account(offered)
    account.attach("metered")
    account.track("messages", 150)
    account.wait_until(on(1, 20))
    if not any(
        line.kind is LineKind.BASE for each in account.customer.account.invoices.values() for line in each.lines
    ):
        pytest.fail("the trial did not turn into a paid plan")
    assert all(
        line.kind is not LineKind.USAGE for each in account.customer.account.invoices.values() for line in each.lines
    )


def test_prices_of_different_intervals_are_billed_each_at_its_own() -> None:
    account = Account(plan("mixed", 200, prepaid(MESSAGES, 0, 1000), every=YEAR))
    account.attach("mixed", messages=100)
    account.wait_until(on(1, 1, 2027))
    billed = invoices(account)
    assert billed[0] == (START, 21000)
    assert billed[1:-1] == [(on(month, 1), 1000) for month in range(2, 13)]
    assert billed[-1] == (on(1, 1, 2027), 21000)


def test_a_quantity_that_waits_counts_from_the_period_of_its_own_price() -> None:
    account = Account(plan("mixed", 20, prepaid(MESSAGES, 0, 12000, every=YEAR)))
    account.attach("mixed", messages=200)
    account.track("messages", 150)
    key = account.subscription("mixed").subscription_id
    account._happen(account.now, [QuantityScheduled(key, "messages", units(200), units(100))])
    account.wait_until(on(12, 31))
    assert account.balance("messages") == (50, 150)
    account.wait_until(on(1, 1, 2027))
    changed = [(at, int(event.after)) for at, event in account.log if isinstance(event, QuantityChanged)]
    assert changed == [(on(1, 1, 2027), 100)]
    assert account.balance("messages") == (100, 0)
    (reset,) = [event for _, event in account.log if isinstance(event, BalanceReset)]
    assert reset.overage == 0
    assert invoices(account)[-1] == (on(1, 1, 2027), 14000)


def test_several_missed_periods_are_several_invoices_with_numbers_in_their_order() -> None:
    account = Account(METERED)
    account.attach("metered")
    account.track("messages", 120)
    account.wait_until(on(12, 31))
    assert invoices(account) == [(START, 2000), (on(2, 1), 2200), *((on(month, 1), 2000) for month in range(3, 13))]
    numbers = [each.number for each in account.customer.account.invoices.values()]
    assert numbers == list(range(1, 13))
    assert all(earlier[0] <= later[0] for earlier, later in pairwise(account.log))


# --- the next cycle -----------------------------------------------------------------------------------------


def test_the_next_cycle_is_what_the_next_invoice_says() -> None:
    account = Account(METERED, plan("extra", 5, included(WORDS, 9), add_on=True))
    account.attach("metered")
    account.attach("extra")
    account.track("users", 3)
    wait_for_next(account, 77, account.subscription("metered"))
    expected = upcoming.next_cycle(account.customer, account.context())
    assert expected is not None
    account.wait_until(expected.starts_at)
    assert invoices(account)[-1] == (expected.starts_at, expected.total_minor)
    assert expected.total_minor == 2000 + 2000 + 500 + 77
    assert [line.feature_id for line in expected.usage] == ["messages"]


def test_the_next_invoice_of_every_subscription_has_what_was_used_until_now() -> None:
    account = Account(METERED, plan("yearly", 100, included(WORDS, 9), every=YEAR, group="other"))
    account.attach("metered")
    account.attach("yearly")
    account.track("messages", 130)
    monthly, yearly = upcoming.next_invoices(account.customer, account.context())
    assert (monthly.starts_at, monthly.total_minor) == (on(2, 1), 2300)
    assert (yearly.starts_at, yearly.total_minor) == (on(1, 1, 2027), 10000)


def test_nothing_that_is_free_hides_the_next_cycle() -> None:
    account = Account(plan("free", 0, included(MESSAGES, 10), group="other"), PRO)
    account.attach("free")
    account.attach("pro")
    cycle = upcoming.next_cycle(account.customer, account.context())
    assert cycle is not None
    assert cycle.total_minor == 2000


def test_balances_that_reset_every_minute_do_not_make_the_next_cycle_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 5, MINUTE)))
    account.attach("pro")
    for number in range(40):
        account.do(GrantBalance("words", included=units(1), reset=MINUTE, balance_id=f"b{number}"))
        account.wait(0.0001)
    account.track("messages")
    account.track("words", 40)
    steps = []

    def counted(customer: Customer, context: Context) -> Step | None:
        steps.append(context.now)
        return advance(customer, context)

    monkeypatch.setattr(upcoming, "advance", counted)
    cycle = upcoming.next_cycle(account.customer, account.context())
    assert cycle is not None
    assert cycle.starts_at == on(2, 1)
    assert len(steps) == 1
