"""Rules that one example each is enough for, and that no other example would notice were gone."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.errors import Refusal
from ledger.core.events import (
    CreditTo,
    CurrencySet,
    Ended,
    InvoiceFinalized,
    LockClosed,
    LockEnd,
    PlanAttached,
    PlanExpired,
    PlanUpdated,
    PlanVersionCreated,
    UsageRecorded,
)
from ledger.core.invoices.documents import CreateInvoice, IssueCreditNote, PayInvoice
from ledger.core.offers.catalog import UpdatePlan
from ledger.core.offers.features import systems_of
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer, UpdateCustomer
from ledger.core.subscriptions.billing import Billing, Carry, CustomLine, DiscountRef, InvoiceMode, IssueMethod
from ledger.core.subscriptions.cancellation import Cancel, Refund, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.importing import ImportedPlan, ImportPlans
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice, Discount, FreeTrial, OnTrialEnd, SpendLimit
from tests.core.account import Account, bought
from tests.core.given import given
from tests.core.offers import (
    EXTRA,
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
    PREMIUM,
    PRO,
    START,
    USERS,
    WORDS,
    included,
    metered,
    plan,
    prepaid,
    units,
)
from tests.core.test_catalog import IN_USE, LATER
from tests.core.test_offering import offering

DAYS = timedelta(days=1)
WEEK = FreeTrial(Every(Interval.WEEK), card_required=True)


def invoice(account: Account) -> Any:
    return list(account.customer.account.invoices.values())[-1]


# --- balances -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("used", "back"), [(4, "1.2"), (9, "0.2")])
def test_what_a_lock_drew_at_a_cost_that_is_gone_goes_back_by_its_share(used: int, back: str) -> None:
    account = Account()
    account.do(GrantBalance("credits", included=units(100)))
    account.do(Reserve("l1", "action1", units(10)))
    features = dict(account.catalog.features)
    features["credits"] = replace(features["credits"], credits=features["credits"].credits[1:])
    account.catalog = replace(account.catalog, features=features, systems=systems_of(features))
    (closed,) = account.do(FinalizeLock("l1", LockEnd.CONFIRMED, units(used)))
    assert isinstance(closed, LockClosed)
    assert [each.amount for each in closed.allocations] == [-units(back)]
    assert account.remaining("credits") == 98 + units(back)


def test_a_revision_that_recalculates_pays_debts_of_its_own_plans_features_in_its_own_scope() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 10), included(WORDS, 10))).entities("e1")
    account.attach("pro", "e1")
    for feature_id in ("messages", "words", "action1"):
        for owner in ("e1", None):
            account.do(GrantBalance(feature_id, owner, units(50), balance_id=f"{feature_id} {owner}"))
            account.do(GrantBalance(feature_id, owner, units(9), reset=MONTH, balance_id=f"debt {feature_id} {owner}"))
            account.do(UpdateBalance(feature_id, owner, f"debt {feature_id} {owner}", usage=units(29)))
    account.bill(Revise("pro", None, "e1", customize=Customize(price=BasePrice(900, MONTH)), recalculate=True))
    debts = {each.terms.balance_id: each.balance for each in account.customer.grants.values() if each.balance < 0}
    assert set(debts) == {"debt messages None", "debt words None", "debt action1 None", "debt action1 e1"}


def test_units_that_were_paid_once_outlive_their_plan_as_they_were() -> None:
    pack = replace(prepaid(WORDS, 0, 500, 10, every=ONCE), expiry=Every(Interval.MONTH, 3))
    account = Account(plan("pro", 20, pack), PREMIUM).entities("e1")
    account.bill(Attach("pro", None, "e1", bought(words=30)))
    account.track("words", 4, "e1")
    (held,) = account.customer.grants.values()
    account.wait(5).attach("premium", "e1")
    kept = next(each for each in account.customer.grants.values() if each.feature_id == "words")
    assert [kept.balance, kept.expires_at, kept.terms.entity_id] == [26, held.expires_at, "e1"]
    assert (kept.terms.kind, kept.terms.subscription_id) == (WORDS.kind, None)


def test_what_remains_of_several_balances_passes_over_as_one() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 10), metered(MESSAGES, 30, 5)), PREMIUM)
    account.attach("pro")
    account.track("messages", 4)
    account.bill(Attach("premium", carry_balances=Carry()))
    carried = next(each for each in account.customer.grants.values() if each.loose)
    assert [carried.balance, carried.terms.kind] == [36, MESSAGES.kind]
    assert carried.expires_at == START + 31 * DAYS


# --- plans --------------------------------------------------------------------------------------------------------


def test_of_a_plan_that_runs_and_waits_at_once_the_running_one_is_meant() -> None:
    other = plan("other", 30, group="other")
    account = Account(PRO, other)
    month = Every(Interval.MONTH)
    phases = (
        Phase((Attach("pro"), Attach("other"))),
        Phase((Attach("pro"),), starting_after=month),
        Phase((Attach("pro"), Attach("other")), starting_after=month),
    )
    account.bill(CreateSchedule(phases))
    running, waiting = sorted(
        (each for each in account.customer.subscriptions.values() if each.plan.plan_id == "other"),
        key=lambda each: each.started_at,
    )
    for known in ((running, waiting), (waiting, running)):
        account.customer = replace(
            account.customer, subscriptions={each.subscription_id: each for each in known}, due_at=None
        )
        planned = account.preview(Cancel("other", when=When.NOW)).planned
        assert (
            PlanExpired(running.subscription_id, START, Ended.CANCELED, running.canceled_at or START) in planned.events
        )


def test_the_default_that_follows_is_of_the_same_group_and_no_add_on() -> None:
    side = plan("side", 0, included(WORDS, 1), auto_enable=True, group="side")
    extra = replace(EXTRA, base=None, auto_enable=True)
    free = replace(FREE, auto_enable=True)
    for when, days in ((When.NOW, 0), (When.END_OF_CYCLE, 31)):
        account = Account(side, extra, free, PRO)
        account.attach("pro")
        account.bill(Cancel("pro", when=when))
        account.wait(days)
        assert account.plans() == {"side": "active", "extra": "active", "free": "active"}
        assert account.subscription("free").default


def test_a_default_that_follows_is_told_in_the_customers_currency() -> None:
    free = replace(FREE, auto_enable=True)
    account = Account(free, replace(PRO, base=BasePrice(2_000, MONTH, {"eur": 1_800})))
    account.bill(Attach("pro", billing=Billing(currency="eur")))
    account.bill(Cancel("pro", when=When.NOW))
    assert account.subscription("free").plan.currency == "eur"


def test_a_trial_that_needs_a_card_is_refused_to_one_whose_card_is_declined() -> None:
    for command in (Attach("pro", free_trial=WEEK), Attach("pro")):
        account = Account(replace(PRO, free_trial=WEEK)).pays_with("pm_declined")
        with pytest.raises(Refusal):
            account.do(command)
        assert account.pays_with("pm_card").bill(command) == 0


def test_a_plan_that_waits_and_is_dropped_may_cost_something() -> None:
    fee = Billing(custom_lines=(CustomLine(300, "for nothing"),))
    account = Account(PRO, FREE)
    account.attach("pro")
    account.attach("free")
    assert account.bill(Cancel("free", billing=fee)) == 300
    assert invoice(account).total_minor == 300
    account.attach("free")
    declined = account.pays_with("pm_declined")
    quote = declined.preview(Cancel("free", billing=fee))
    assert (quote.planned.intent, quote.planned.abandoned) == ("cancel_immediately", True)
    waits = account.pays_with("pm_needs_action").preview(Cancel("free", billing=fee))
    assert waits.planned.foreseen


def test_a_plan_that_is_paid_late_takes_the_place_of_the_one_that_is_there_and_was_to_end() -> None:
    account = Account(PRO, PREMIUM, FREE)
    account.attach("pro")
    account.bill(Attach("premium", billing=Billing(invoice_mode=InvoiceMode(enable_plan_immediately=False))))
    account.wait(2)
    account.do(PayInvoice(invoice(account).invoice_id))
    (ended,) = [event for _, event in account.log if isinstance(event, PlanExpired)]
    assert (ended.expired_at, ended.cause, ended.canceled_at) == (account.now, Ended.REPLACED, None)
    assert account.plans() == {"premium": "active"}


def test_a_plan_that_gives_way_to_one_from_elsewhere_is_replaced_now() -> None:
    account = Account(replace(FREE, auto_enable=True), PRO)
    command = ImportPlans((ImportedPlan("pro", status="trialing", anchor=START + 9 * DAYS, started_at=START),))
    (going,) = account.preview(command).planned.outgoing
    assert (going.plan.plan_id, going.quantities, going.expires_at) == ("free", (), START)
    account.bill(command)
    ended = next(event for _, event in account.log if isinstance(event, PlanExpired))
    begun = [event for _, event in account.log if isinstance(event, PlanAttached)][-1]
    assert (ended.cause, ended.expired_at) == (Ended.REPLACED, START)
    assert (begun.period_start, begun.period_end, begun.trial_ends_at) == (START, START + 9 * DAYS, START + 9 * DAYS)


def test_seats_pass_over_to_a_plan_that_takes_the_place_of_a_trial_that_reverts() -> None:
    back = FreeTrial(Every(Interval.WEEK), on_end=OnTrialEnd.REVERT)
    account = Account(
        plan("pro", 20, included(USERS, 9)), replace(plan("tried", 50, included(USERS, 20)), free_trial=back)
    )
    account.attach("pro")
    account.attach("tried")
    account.track("users", 4)
    account.wait(7)
    assert account.balance("users") == (5, 4)


def test_an_owed_currency_is_fixed_by_each_thing_that_was_billed() -> None:
    pro = replace(PRO, base=BasePrice(2_000, MONTH, {"eur": 1_800}))
    owed, billed, held = Account(pro), Account(pro), Account(pro, EXTRA)
    billed.do(CreateInvoice(lines=(CustomLine(5, "fee"),)))
    held.bill(Attach("extra", billing=Billing(no_billing_changes=True)))
    for account in (billed, held):
        with pytest.raises(Refusal, match="currency was eur and this customer is billed in usd"):
            account.do(Attach("pro", billing=Billing(currency="eur")))
    assert owed.do(Attach("pro", billing=Billing(currency="eur")))[0] == CurrencySet(None, "eur")


# --- money --------------------------------------------------------------------------------------------------------


def test_what_went_back_already_is_not_money_that_could_go_back_again() -> None:
    account = Account()
    account.do(CreateInvoice(lines=(CustomLine(600, "Work"),), issue=IssueMethod.FINALIZE))
    account.do(PayInvoice(invoice(account).invoice_id))
    account.do(IssueCreditNote(invoice(account).invoice_id, 600))
    account.do(CreateInvoice(lines=(CustomLine(1_000, "Work"),), issue=IssueMethod.FINALIZE))
    key = invoice(account).invoice_id
    account.do(PayInvoice(key))
    account.do(IssueCreditNote(key, 100, to=CreditTo.REFUND))
    with pytest.raises(Refusal, match="301 minor units of usd would go back and 300 of what came in are left"):
        account.do(IssueCreditNote(key, 301, to=CreditTo.REFUND))
    account.do(IssueCreditNote(key, 300, to=CreditTo.REFUND))


def test_a_plan_that_ends_pays_back_no_more_than_is_left_of_what_was_paid() -> None:
    account = Account(PRO)
    account.attach("pro")
    key = invoice(account).invoice_id
    account.do(IssueCreditNote(key, 700))
    account.do(IssueCreditNote(key, 500, to=CreditTo.REFUND))
    account.do(Cancel("pro", when=When.NOW, refund=Refund.FULL))
    assert account.customer.account.invoices[key].refunded_minor == 500 + 800


def test_each_final_invoice_of_one_change_has_the_next_number() -> None:
    account = Account(PRO, EXTRA)
    account.attach("pro")
    account.attach("extra")
    account.wait(62)
    numbers = [event.number for _, event in account.log if isinstance(event, InvoiceFinalized)]
    assert numbers == list(range(1, len(numbers) + 1))


# --- people and the catalog ---------------------------------------------------------------------------------------


def test_receipts_are_sent_by_mail_to_those_who_want_them() -> None:
    (made, *_) = given().when(CreateCustomer("bob", send_email_receipts=True)).decided
    assert given(made).customer.send_email_receipts
    account = Account()
    for command, told, after in (
        (UpdateCustomer({"name": "A"}), 1, False),
        (UpdateCustomer({}, send_email_receipts=True), 1, True),
        (UpdateCustomer({"name": "Ann"}), 1, True),
        (UpdateCustomer({}, send_email_receipts=True), 0, True),
        (UpdateCustomer({}, send_email_receipts=False), 1, False),
    ):
        assert len(account.do(command)) == told
        assert account.customer.send_email_receipts is after


def test_several_things_of_a_customer_change_together() -> None:
    limits = NewControls(spend_limits=(SpendLimit("messages", units(5), enabled=True),))
    events = Account().do(UpdateCustomer({"name": "Ann"}, currency="eur", controls=limits))
    assert [type(each).__name__ for each in events] == ["CustomerUpdated", "CurrencySet", "ControlsChanged"]


def test_a_next_version_is_made_when_it_is_made_and_of_the_version_that_was_named() -> None:
    offers = offering()
    offers.claims = IN_USE
    (second,) = offers.do(UpdatePlan("pro", {"base": BasePrice(9_900, MONTH)}))
    assert isinstance(second, PlanVersionCreated)
    assert (second.plan.version, second.plan.created_at) == (2, LATER)
    (renamed,) = offers.do(UpdatePlan("pro", {"name": "Old"}, version=1))
    assert isinstance(renamed, PlanUpdated)
    assert (renamed.before.name, renamed.before.version, renamed.after.name) == ("Pro", 1, "Old")


def two_balances() -> Account:
    account = Account()
    for number, every in ((10, Interval.DAY), (20, Interval.MONTH)):
        account.do(GrantBalance("messages", included=units(number), reset=Every(every)))
    return account


@pytest.mark.parametrize(
    ("before", "after"), [(0, 5), (0, 25), (0, 35), (25, 5), (25, 24), (25, 0), (5, 5), (35, 30), (35, 0)]
)
def test_what_was_used_of_several_balances_together_may_be_put_to_a_number(before: int, after: int) -> None:
    account = two_balances()
    account.do(UpdateBalance("messages", usage=units(before)))
    events = account.do(UpdateBalance("messages", usage=units(after)))
    assert sum(each.used for each in account.customer.grants.values()) == after
    assert account.standing("messages").usage == after
    assert account.remaining("messages") == max(30 - after, 0)
    assert len(events) == 1


def test_no_more_credits_go_back_than_a_balance_has_room_for() -> None:
    account = Account()
    account.do(GrantBalance("credits", included=units(100)))
    account.track("action1", 10)
    account.do(UpdateBalance("credits", remaining=units("99.5")))
    (given_back,) = account.track("action1", -10)
    assert account.remaining("credits") == 100
    assert isinstance(given_back, UsageRecorded)
    assert [each.amount for each in given_back.allocations] == [units("-0.5")]
    assert [each.units for each in given_back.drawn] == [units("-2.5")]
    assert given_back.dropped == units("-7.5")


def test_a_preview_tells_what_it_comes_to_before_discounts() -> None:
    account = Account(PRO)
    tenth = Discount("tenth", "A tenth", percent=units(10))
    account.catalog = replace(account.catalog, discounts={"tenth": tenth})
    quote = account.preview(Attach("pro", billing=Billing(discounts=(DiscountRef("tenth"),))))
    assert (quote.planned.subtotal_minor, quote.planned.total_minor) == (2_000, 1_800)
    assert quote.next_cycle is not None
    assert (quote.next_cycle.subtotal_minor, quote.next_cycle.total_minor) == (2_000, 1_800)
