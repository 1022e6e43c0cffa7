"""Trials: time at the beginning that costs nothing (reference §2.5, cases 71 to 79)."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.customer import CUSTOMER
from ledger.core.decider import Ask
from ledger.core.errors import Refusal
from ledger.core.events import InvoiceCreated, PlanAttached, PlanExpired, TrialEnded
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer, UpdateCustomer
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.trial import TRIAL
from ledger.core.terms import FreeTrial, OnTrialEnd, Plan
from tests.core.account import Account
from tests.core.given import STREAM
from tests.core.offers import FREE, MESSAGES, ONCE, PREMIUM, PRO, START, included, metered, plan, prepaid


def days(number: int) -> FreeTrial:
    return FreeTrial(Every(Interval.DAY, number))


def after(number: float) -> datetime:
    return START + timedelta(days=number)


PRO_TRIAL = replace(PRO, free_trial=days(7))
PREMIUM_TRIAL = replace(PREMIUM, free_trial=days(14))
BACK = FreeTrial(Every(Interval.DAY, 7), on_end=OnTrialEnd.REVERT)


def on_trial(*plans: Plan) -> Account:
    account = Account(*plans)
    account.attach(plans[0].plan_id)
    return account


def test_a_trial_costs_nothing_and_is_invoiced_as_nothing() -> None:
    account = Account(PRO_TRIAL)
    quote = account.preview(Attach("pro"))
    assert quote.planned.total_minor == 0
    assert quote.next_cycle is not None
    assert (quote.next_cycle.starts_at, quote.next_cycle.total_minor) == (after(7), 2000)
    assert account.attach("pro") == 0
    assert account.invoiced() == [0]
    assert account.balance("messages") == (500, 0)
    assert account.standing("messages").next_reset_at == after(7)
    assert account.subscription("pro").trial_ends_at == after(7)


def test_the_end_of_a_trial_begins_the_cycle_and_charges_its_price() -> None:
    account = on_trial(PRO_TRIAL)
    account.track("messages", 120)
    account.wait_until(after(7))
    assert account.invoiced() == [0, 2000]
    assert not account.subscription("pro").trialing
    assert account.balance("messages") == (500, 0)
    assert account.subscription("pro").period_end == datetime(2026, 2, 8, tzinfo=START.tzinfo)
    account.wait_until(datetime(2026, 2, 8, tzinfo=START.tzinfo))
    assert account.invoiced() == [0, 2000, 2000]


def test_what_is_used_in_a_trial_is_free() -> None:
    by_use = replace(plan("pro", 20, metered(MESSAGES, 100, 10)), free_trial=days(7))
    account = on_trial(by_use, PREMIUM)
    account.track("messages", 150)
    assert account.preview(Attach("premium")).planned.total_minor == 5000
    account.wait_until(after(7))
    assert account.invoiced() == [0, 2000]
    assert account.balance("messages") == (100, 0)


def test_from_a_trial_to_a_plan_with_a_trial_a_fresh_one_begins_now() -> None:
    account = on_trial(PRO_TRIAL, PREMIUM_TRIAL).wait(3)
    quote = account.preview(Attach("premium"))
    assert quote.planned.total_minor == 0
    assert quote.next_cycle is not None
    assert (quote.next_cycle.starts_at, quote.next_cycle.total_minor) == (after(17), 5000)
    account.attach("premium")
    assert account.subscription("premium").trial_ends_at == after(17)
    assert account.plans() == {"premium": "active"}


def test_from_a_trial_to_a_plan_without_one_the_full_price_is_due_now() -> None:
    account = on_trial(PRO_TRIAL, PREMIUM).wait(3)
    assert account.attach("premium") == 5000
    assert account.subscription("premium").anchor == after(3)
    assert account.standing("messages").next_reset_at == datetime(2026, 2, 4, tzinfo=START.tzinfo)


def test_from_a_paid_plan_to_one_with_a_trial_what_is_left_is_credited() -> None:
    account = Account(PRO, PREMIUM_TRIAL)
    account.attach("pro")
    assert account.attach("premium") == -2000
    account.wait_until(after(14))
    assert account.invoiced() == [2000, -2000, 5000]


def test_a_downgrade_waits_for_the_end_of_the_trial_and_has_none_of_its_own() -> None:
    account = on_trial(PREMIUM_TRIAL, PRO_TRIAL)
    quote = account.preview(Attach("pro"))
    assert quote.planned.total_minor == 0
    assert quote.next_cycle is not None
    assert (quote.next_cycle.starts_at, quote.next_cycle.total_minor) == (after(14), 2000)
    account.attach("pro")
    assert account.plans() == {"premium": "canceling", "pro": "scheduled"}
    assert account.subscription("premium").expires_at == after(14)
    account.wait_until(after(14))
    assert account.plans() == {"pro": "active"}
    assert not account.subscription("pro").trialing
    assert account.invoiced() == [0, 2000]


def test_a_trial_is_had_once() -> None:
    account = on_trial(PRO_TRIAL)
    account.do(Cancel("pro", when=When.NOW))
    assert account.attach("pro") == 2000


def test_a_trial_of_the_callers_own_counts_always() -> None:
    account = on_trial(PRO_TRIAL)
    account.do(Cancel("pro", when=When.NOW))
    assert account.bill(Attach("pro", free_trial=days(3))) == 0
    assert account.subscription("pro").trial_ends_at == after(3)
    assert account.subscription("pro").plan.free_trial == days(3)


def test_no_trial_is_had_when_the_caller_says_none() -> None:
    account = Account(PRO_TRIAL)
    assert account.bill(Attach("pro", free_trial=None)) == 2000
    assert account.customer.trials_used == ()


def test_a_purchase_has_no_trial() -> None:
    account = Account(plan("credits", 10, prepaid(MESSAGES, 0, 1000, every=ONCE), every=ONCE))
    with pytest.raises(Refusal, match="paid once, so it has no trial"):
        account.do(Attach("credits", free_trial=days(7)))


def test_a_fingerprint_has_a_trial_once_whoever_it_is() -> None:
    account = Account(PRO_TRIAL)
    account.do(UpdateCustomer({"fingerprint": "card-1"}))
    (ask,) = CUSTOMER.asks(account.customer, Attach("pro"))
    assert ask == Ask(TRIAL, "pro card-1", personal=True)
    account.claims = {(ask.kind, ask.value): STREAM}
    assert account.attach("pro") == 2000


def test_a_trial_is_remembered_by_the_fingerprint() -> None:
    account = Account(PRO_TRIAL)
    account.do(UpdateCustomer({"fingerprint": "card-1"}))
    before = account.customer
    (attached,) = (each for each in account.do(Attach("pro")) if isinstance(each, PlanAttached))
    kinds = {each.kind: each for each in CUSTOMER.claims(before, attached)}
    assert (kinds[TRIAL].value, kinds[TRIAL].personal, kinds[TRIAL].shared) == ("pro card-1", True, True)


def test_a_fingerprint_that_comes_later_has_had_the_trials_of_its_customer() -> None:
    account = on_trial(PRO_TRIAL)
    before = account.customer
    (updated,) = account.do(UpdateCustomer({"fingerprint": "card-2"}))
    assert [each.value for each in CUSTOMER.claims(before, updated) if each.kind == TRIAL] == ["pro card-2"]


def test_without_a_fingerprint_nothing_is_asked_or_claimed() -> None:
    account = Account(PRO_TRIAL)
    assert not CUSTOMER.asks(account.customer, Attach("pro"))
    (attached,) = (each for each in account.do(Attach("pro")) if isinstance(each, PlanAttached))
    assert [each.kind for each in CUSTOMER.claims(account.customer, attached)] == ["plan"]


def test_a_customer_that_is_created_with_a_plan_has_the_trial_of_it() -> None:
    account = Account(replace(PRO, free_trial=days(7), auto_enable=True))
    assert account.subscription("pro").trial_ends_at == after(7)
    account.wait(8)
    assert account.invoiced()[-1] == 2000


def test_a_new_customer_is_asked_for_the_trial_of_the_plan_it_is_created_with() -> None:
    asked = CUSTOMER.asks(CUSTOMER.initial, CreateCustomer("bob", fingerprint="card-1", plan_id="pro"))
    assert Ask(TRIAL, "pro card-1", personal=True) in asked


def test_a_trial_that_reverts_goes_back_to_the_plan_from_before() -> None:
    pro = plan("pro", 20, prepaid(MESSAGES, 0, 1000))
    account = Account(pro, replace(PREMIUM, free_trial=BACK))
    account.attach("pro", messages=300)
    account.attach("premium")
    account.wait_until(after(7))
    assert account.plans() == {"pro": "active"}
    assert account.remaining("messages") == 300
    assert account.invoiced() == [5000, -5000, 5000]
    assert not any(isinstance(event, TrialEnded) for _, event in account.log)
    (*_, ended) = (event for _, event in account.log if isinstance(event, PlanExpired))
    (*_, again) = (event for _, event in account.log if isinstance(event, PlanAttached))
    assert (ended.expired_at, again.plan.plan_id, again.replaces) == (after(7), "pro", ended.subscription_id)


def test_a_trial_that_reverts_goes_back_to_a_free_plan_for_nothing() -> None:
    account = Account(FREE, replace(PRO, free_trial=BACK))
    account.attach("free")
    account.attach("pro")
    account.wait_until(after(7))
    assert account.plans() == {"free": "active"}
    assert account.balance("messages") == (100, 0)
    assert account.invoiced() == [0]


def test_a_trial_that_reverts_to_nothing_is_followed_by_the_default_plan() -> None:
    account = Account(replace(PRO, free_trial=BACK))
    account.attach("pro")
    account.catalog = Account(replace(FREE, auto_enable=True)).catalog
    account.wait_until(after(7))
    assert account.plans() == {"free": "active"}


def test_a_trial_that_reverts_to_nothing_just_ends() -> None:
    account = on_trial(replace(PRO, free_trial=BACK)).wait_until(after(7))
    assert account.plans() == {}
    assert account.standing("messages").grants == []


def test_a_switch_without_proration_cannot_take_a_trial_away_for_nothing() -> None:
    account = on_trial(PRO_TRIAL, PREMIUM)
    with pytest.raises(Refusal, match="must be paid for when it starts"):
        account.do(Attach("premium", billing=Billing(ProrationBehavior.NONE)))


def test_an_add_on_does_not_join_a_trial() -> None:
    extra = plan("extra", 20, included(MESSAGES, 50), add_on=True)
    account = on_trial(PRO_TRIAL, extra).wait(3)
    assert account.attach("extra") == 2000
    assert account.subscription("extra").anchor == after(3)


def test_the_line_of_a_trial_names_it() -> None:
    (created,) = (each for each in Account(PRO_TRIAL).do(Attach("pro")) if isinstance(each, InvoiceCreated))
    (line,) = created.lines
    assert (line.amount_minor, line.description) == (0, "Pro - free trial")
    assert (line.period_start, line.period_end) == (START, after(7))


WITH_CARD = replace(days(7), card_required=True)


@pytest.mark.parametrize("method", [None, "pm_card", "pm_needs_action"])
def test_a_trial_that_needs_a_card_begins_unless_the_card_is_known_to_be_declined(method: str | None) -> None:
    account = Account(replace(PRO, free_trial=WITH_CARD))
    account.do(UpdateCustomer({"metadata": {"payment_method": method}}))
    assert account.attach("pro") == 0


def test_a_declined_card_begins_no_trial_that_needs_one() -> None:
    account = Account(replace(PRO, free_trial=WITH_CARD), FREE)
    account.do(UpdateCustomer({"metadata": {"payment_method": "pm_declined"}}))
    with pytest.raises(Refusal, match="record another one") as refused:
        account.attach("pro")
    assert refused.value.code == "invoice_payment_failed"
    assert account.plans() == {}
    account.do(Attach("free", free_trial=WITH_CARD))
    assert account.bill(Attach("pro", free_trial=days(7))) == 0
    with pytest.raises(Refusal, match="record another one"):
        account.do(Revise("pro", free_trial=WITH_CARD))


def test_the_cycle_after_a_trial_is_one_of_the_ledgers_months() -> None:
    account = Account(replace(PRO, free_trial=days(1)), now=START - timedelta(days=3))
    account.attach("pro")
    account.wait(1)
    (*_, invoice) = account.customer.account.invoices.values()
    assert [(line.period_start, line.period_end) for line in invoice.lines] == [(after(-2), after(29))]
    held = account.subscription("pro")
    assert (held.period_start, held.period_end) == (after(-2), after(29))
