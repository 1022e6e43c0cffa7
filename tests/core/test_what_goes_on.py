"""What goes on while a plan changes: what follows it, what a preview says of it, its currency, and small things."""

import pytest
from msgspec.structs import replace

from ledger.core.decider import whole_milliseconds
from ledger.core.errors import Refusal
from ledger.core.events import ChargeAccrued, CurrencySet, Line, LineKind, PlanExpired, PlanScheduled
from ledger.core.profile import UpdateCustomer
from ledger.core.subscriptions.billing import Billing, CustomLine, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.currency import in_currency
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.subscription import Status, scheduled_plan, scheduled_plans
from ledger.core.terms import BasePrice, Tier
from tests.core.account import Account, bought
from tests.core.going_on import DAYS, DISCOUNTED, FEBRUARY, MARCH, held, shop
from tests.core.offers import (
    EXTRA,
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
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


# --- previews of what comes and goes ----------------------------------------------------------------------------


def test_a_preview_says_since_when_and_until_when_each_plan_is_held() -> None:
    account = shop()
    account.bill(Attach("packs", quantities=bought(words=7)))
    account.wait(2)
    for command in (Cancel("packs"), Attach("free", schedule=Schedule.END_OF_CYCLE)):
        (going,) = account.preview(command).planned.outgoing
        assert (going.quantities, going.canceled_at) == (bought(words=7), account.now)
        assert (going.effective_at, going.expires_at) == (FEBRUARY, FEBRUARY)
    for now in (Cancel("packs", when=When.NOW), Attach("premium")):
        (going,) = account.preview(now).planned.outgoing
        assert (going.quantities, going.effective_at, going.expires_at) == (bought(words=7), None, account.now)
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
