"""What a plan that follows, comes back or goes on takes along with it: id, quantities, discounts, end, whose it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.decider import whole_milliseconds
from ledger.core.errors import Refusal
from ledger.core.events import (
    ChargeAccrued,
    CurrencySet,
    InvoiceVoided,
    Line,
    LineKind,
    PlanExpired,
    PlanScheduled,
    PlanUnscheduled,
)
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.period import Every, Interval, Period
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import (
    Billing,
    CustomLine,
    DiscountRef,
    InvoiceMode,
    IssueMethod,
    ProrationBehavior,
)
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.currency import in_currency
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.subscription import Status, Subscription, scheduled_plan, scheduled_plans
from ledger.core.terms import BasePrice, Discount, FreeTrial, OnTrialEnd, Plan, Tier
from tests.core.account import Account, bought
from tests.core.offers import (
    EXTRA,
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
    PREMIUM,
    PRO,
    START,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    tiered,
    units,
)

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
DAYS = timedelta(days=1)
WEEK = FreeTrial(Every(Interval.DAY, 7))
BACK = replace(WEEK, on_end=OnTrialEnd.REVERT)
PACKS = plan("packs", 20, included(MESSAGES, 5), prepaid(WORDS, 0, 100, 1))
TENTH = Discount("tenth", "A tenth", percent=units(10))
DISCOUNTED = Billing(discounts=(DiscountRef("tenth"),))
UNPAID = InvoiceMode(enable_plan_immediately=False)


def shop(*more: Plan, **kwargs: Any) -> Account:
    account = Account(FREE, PRO, PREMIUM, EXTRA, PACKS, *more, **kwargs)
    account.catalog = replace(account.catalog, discounts={"tenth": TENTH})
    return account


# --- what follows a plan that is revised ----------------------------------------------------------------------


def test_what_waits_for_a_plan_that_is_revised_waits_for_its_new_end_as_it_was() -> None:
    account = shop().entities("e1")
    account.attach("premium", "e1")
    waits = Attach(
        "packs",
        None,
        "e1",
        bought(words=7),
        external_id="x1",
        schedule=Schedule.END_OF_CYCLE,
        ends_at=START + 300 * DAYS,
        billing=replace(DISCOUNTED, proration=ProrationBehavior.NONE),
    )
    account.bill(waits)
    before = account.subscription("packs", "e1")
    account.wait(10)
    account.bill(Revise("premium", None, "e1", anchor_now=True))
    after = account.subscription("packs", "e1")
    assert after.started_at == START + 41 * DAYS == account.subscription("premium", "e1").expires_at
    for name in ("plan", "entity_id", "external_id", "quantities", "replaces", "default", "expires_at", "discounts"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.prorated, before.prorated) == (False, False)
    assert after.anchor == START + 10 * DAYS
    assert after.subscription_id == f"{account.customer.subscriptions[after.subscription_id].since - 1}.1"


def test_a_default_that_waits_waits_on_as_the_default_and_counts_its_own_cycle() -> None:
    default = replace(FREE, auto_enable=True)
    account = Account(default, PRO, plan("yearly", 100, every=YEAR))
    account.attach("pro")
    account.bill(Cancel("pro"))
    account.wait(3).bill(Revise("pro", anchor_now=True))
    assert account.subscription("free").default
    account = Account(PRO, plan("yearly", 100, every=YEAR))
    account.attach("pro")
    account.bill(Attach("yearly", schedule=Schedule.END_OF_CYCLE))
    account.wait(3).bill(Revise("pro", anchor_now=True))
    waiting = account.subscription("yearly")
    assert waiting.anchor == waiting.started_at == FEBRUARY + 3 * DAYS


def test_only_what_waits_in_the_same_scope_moves_with_a_revision() -> None:
    account = shop().entities("e1")
    for owner in ("e1", None):
        account.attach("premium", owner)
        account.attach("pro", owner)
    account.wait(5).bill(Revise("premium", anchor_now=True))
    assert account.subscription("pro").started_at == FEBRUARY + 5 * DAYS
    assert account.subscription("pro", "e1").started_at == FEBRUARY


def test_a_plan_that_was_to_end_keeps_its_agreed_end_in_a_revision() -> None:
    account = shop()
    account.bill(Attach("pro", ends_at=START + 100 * DAYS))
    account.wait(5).bill(Revise("pro", customize=Customize(price=BasePrice(900, MONTH))))
    assert account.subscription("pro").expires_at == START + 100 * DAYS


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


# --- previews of what comes and goes ----------------------------------------------------------------------------


def test_a_preview_says_since_when_and_until_when_each_plan_is_held() -> None:
    account = shop()
    account.bill(Attach("packs", quantities=bought(words=7)))
    account.wait(2)
    for command in (Cancel("packs"), Attach("free", schedule=Schedule.END_OF_CYCLE)):
        (going,) = account.preview(command).planned.outgoing
        assert (going.quantities, going.canceled_at, going.expires_at) == (bought(words=7), account.now, FEBRUARY)
    for now in (Cancel("packs", when=When.NOW), Attach("premium")):
        (going,) = account.preview(now).planned.outgoing
        assert (going.quantities, going.expires_at) == (bought(words=7), account.now)
    assert account.preview(Cancel("packs", when=When.NOW)).planned.outgoing[0].canceled_at == account.now
    more = account.preview(Revise("packs", quantities=bought(words=9))).planned
    assert (more.incoming[0].quantities, more.outgoing[0].quantities) == (bought(words=9), bought(words=7))
    price = Customize(price=BasePrice(900, MONTH))
    assert account.preview(Revise("packs", customize=price)).planned.incoming[0].quantities == bought(words=7)
    started = account.preview(Attach("extra", quantities=(), ends_at=FEBRUARY)).planned.incoming[0]
    assert (started.expires_at, started.effective_at) == (FEBRUARY, None)


def test_a_preview_of_what_starts_later_says_what_is_bought_when_and_until() -> None:
    account = shop()
    account.attach("pro")
    command = Attach("packs", quantities=bought(words=5), schedule=Schedule.END_OF_CYCLE, ends_at=MARCH + 40 * DAYS)
    (coming,), (going,) = (planned := account.preview(command).planned).incoming, planned.outgoing
    assert (coming.quantities, coming.effective_at, coming.expires_at) == (bought(words=5), FEBRUARY, MARCH + 40 * DAYS)
    assert (going.plan.plan_id, going.canceled_at, going.expires_at) == ("pro", START, FEBRUARY)
    account.bill(command)
    account.wait(1)
    off = account.preview(Cancel("packs")).planned.outgoing[0]
    assert (off.quantities, off.canceled_at, off.expires_at) == (bought(words=5), account.now, account.now)


def test_a_plan_that_is_taken_back_says_what_goes_on() -> None:
    account = shop()
    account.bill(Attach("packs", quantities=bought(words=5)))
    account.bill(Cancel("packs"))
    planned = account.preview(Uncancel("packs")).planned
    assert planned.intent == "uncancel"
    assert [(each.plan.plan_id, each.quantities) for each in planned.incoming] == [("packs", bought(words=5))]


def test_a_removed_plan_goes_with_what_was_bought_of_it() -> None:
    account = shop(plan("side", 30, prepaid(MESSAGES, 0, 100, 1), group="side"))
    account.bill(Attach("side", quantities=bought(messages=4)))
    account.wait(2).bill(Cancel("side"))
    account.wait(1)
    command = Attach("pro", remove_plan_ids=("side",))
    (going,) = account.preview(command).planned.outgoing
    assert (going.plan.plan_id, going.quantities, going.expires_at) == ("side", bought(messages=4), account.now)
    ended = next(each for each in account.do(command) if isinstance(each, PlanExpired))
    assert (ended.expired_at, ended.canceled_at) == (account.now, START + 2 * DAYS)


def test_the_next_cycle_names_what_is_billed_by_use_as_whose_it_is() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 7), prepaid(WORDS, 0, 5))).entities("e1")
    quote = account.preview(Attach("pro", None, "e1", bought(words=100)))
    assert quote.next_cycle is not None
    (usage,) = quote.next_cycle.usage
    key = f"{account.customer.version + 1}.0"
    assert usage == Line(LineKind.USAGE, 0, "pro", "Pro", key, "e1", "messages", units(0))


# --- currencies -------------------------------------------------------------------------------------------------


def test_every_price_of_a_plan_is_told_in_the_other_currency_or_which_one_is_missing() -> None:
    bands = tiered(MESSAGES, 0, [(100, 900), (None, 500)])
    assert bands.price is not None
    both = {"eur": (units(7), units(3))}
    tiers = tuple(replace(each, currencies=both) for each in bands.price.tiers)
    items = replace(bands, price=replace(bands.price, tiers=tiers)), included(WORDS, 5)
    told = in_currency(plan("a", 0, *items), "eur")
    assert told.items[0].price is not None
    assert told.items[0].price.tiers == (Tier(units(100), units(7), units(3)), Tier(None, units(7), units(3)))
    assert (told.items[0].price.currencies, told.items[1], told.currency) == ({}, items[1], "eur")
    sold = prepaid(WORDS, 0, 5)
    assert sold.price is not None
    in_eur = in_currency(plan("a", 0, replace(sold, price=replace(sold.price, currencies={"eur": units(4)}))), "eur")
    assert in_eur.items[0].price is not None
    assert [in_eur.items[0].price.unit_price_minor, in_eur.items[0].price.currencies] == [4, {}]
    for offered, what in (
        (plan("a", 5), "Plan a has no price in eur"),
        (plan("a", 0, sold), "Plan a, item of feature words, has no price in eur"),
        (plan("a", 0, bands), "Plan a, item of feature messages, has no price in eur"),
    ):
        with pytest.raises(Refusal, match=what):
            in_currency(offered, "eur")


def test_a_currency_can_change_until_something_is_billed_in_it() -> None:
    account = shop()
    assert account.do(UpdateCustomer({}, currency="eur")) == [CurrencySet(None, "eur")]
    assert account.do(UpdateCustomer({}, currency="eur")) == []
    assert account.do(UpdateCustomer({}, currency=None)) == [CurrencySet("eur", "usd")]
    account.attach("free")
    assert account.do(UpdateCustomer({"name": "Ann"}, currency="gbp"))[1:] == [CurrencySet("usd", "gbp")]
    account.do(UpdateCustomer({}, currency="usd"))
    paying, owing, owed = shop(), shop(), shop()
    paying.bill(Attach("pro", billing=Billing(no_billing_changes=True)))
    owing.bill(Attach("free", billing=Billing(custom_lines=(CustomLine(5, "fee"),))))
    owed.happen(ChargeAccrued(owed.customer.next_id(), Line(LineKind.CUSTOM, 5, first_version=1, last_version=1)))
    for billed in (paying, owing, owed):
        with pytest.raises(Refusal, match="currency was eur and this customer is billed in usd") as refused:
            billed.do(UpdateCustomer({}, currency="eur"))
        assert refused.value.code == "currency_mismatch"
        assert billed.do(UpdateCustomer({}, currency="usd")) == [CurrencySet(None, "usd")]
        with pytest.raises(Refusal, match="billed in usd"):
            billed.do(Attach("extra", billing=Billing(currency="eur")))


def test_a_currency_that_was_asked_for_is_told_with_the_one_before() -> None:
    eur = replace(PRO, base=BasePrice(2_000, MONTH, {"eur": 1_800}))
    account = Account(eur)
    account.do(UpdateCustomer({}, currency="gbp"))
    with pytest.raises(Refusal, match="billed in gbp"):
        account.do(Attach("pro", billing=Billing(currency="eur")))
    account.do(UpdateCustomer({}, currency="eur"))
    events = account.do(Attach("pro", billing=Billing(currency="eur")))
    assert not any(isinstance(each, CurrencySet) for each in events)
    assert account.invoiced() == [1_800]


# --- small things -----------------------------------------------------------------------------------------------


def test_a_plan_is_named_by_its_id_or_by_being_the_only_one() -> None:
    account = shop()
    account.attach("pro")
    assert account.preview(Cancel()).planned.plan_ids == ("pro",)
    account.attach("extra")
    with pytest.raises(Refusal, match="has several plans: name one"):
        account.preview(Cancel())
    assert account.preview(Cancel("extra")).planned.plan_ids == ("extra",)
    assert account.preview(Cancel(None, account.subscription("pro").subscription_id)).planned.plan_ids == ("pro",)


def held(key: str, status: Status, entity_id: str | None = None, offered: Plan = PRO) -> Subscription:
    return Subscription(key, offered, status, START, START, entity_id=entity_id)


def test_what_waits_is_of_its_scope_and_group_and_has_not_begun() -> None:
    side = replace(PRO, group="side")
    known = [
        held("1", Status.ACTIVE),
        held("2", Status.SCHEDULED, "e1"),
        held("3", Status.SCHEDULED, None, side),
        held("4", Status.SCHEDULED, None, EXTRA),
        held("5", Status.SCHEDULED),
        held("6", Status.SCHEDULED),
    ]
    assert [each.subscription_id for each in scheduled_plans(known, None, "")] == ["5", "6"]
    assert [each.subscription_id for each in scheduled_plans(known, "e1", "")] == ["2"]
    first = scheduled_plan(known, None, "side")
    assert first is not None
    assert first.subscription_id == "3"
    assert scheduled_plan(known, "e2", "") is None
    assert scheduled_plan(known[:1], None, "") is None


def test_an_instant_is_cut_to_its_millisecond() -> None:
    for micros, cut in ((0, 0), (999, 0), (1_000, 1_000), (500_999, 500_000), (999_999, 999_000)):
        assert whole_milliseconds(START.replace(microsecond=micros)) == START.replace(microsecond=cut)


def test_something_bought_once_is_not_followed_by_a_default_when_it_ends() -> None:
    account = Account(replace(FREE, auto_enable=True), plan("pack", 5, every=ONCE))
    account.attach("pack")
    account.bill(Cancel("pack", when=When.NOW))
    assert account.plans() == {"free": "active"}
    assert not any(isinstance(each, PlanScheduled) for _, each in account.log)
