"""Several plans in one change, schedules of phases, and plans brought over from elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from ledger.core.customer import BillingChange
from ledger.core.errors import Refusal
from ledger.core.period import Every, Interval
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.importing import ImportedBalance, ImportedPlan, ImportPlans
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import BasePrice, FreeTrial, Plan
from tests.core.account import Account, bought
from tests.core.offers import (
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

FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (2, 3, 4))
MID = START + timedelta(days=15, hours=12)
EXTRA = plan("extra", 20, included(WORDS, 200), add_on=True)
OTHER = plan("other", 30, included(WORDS, 5), group="other")
NONE = ProrationBehavior.NONE
WEEK = FreeTrial(Every(Interval.WEEK))


def shop() -> Account:
    return Account(FREE, PRO, PREMIUM, EXTRA, OTHER)


def phase(*plan_ids: str, at: datetime | None = None, **more: object) -> Phase:
    return Phase(tuple(map(Attach, plan_ids)), at, **more)  # type: ignore[arg-type]  # fields of Phase


# --- several at once ------------------------------------------------------------------------------------------


def test_several_plans_are_attached_with_one_invoice() -> None:
    account = shop()
    assert account.bill(AttachMany((Attach("pro"), Attach("extra"), Attach("other")))) == 7000
    assert account.plans() == {"pro": "active", "extra": "active", "other": "active"}
    assert account.invoiced() == [7000]


def test_a_trial_and_a_price_are_on_one_invoice() -> None:
    account = shop()
    assert account.bill(AttachMany((Attach("pro", free_trial=WEEK), Attach("extra")))) == 2000
    assert account.invoiced() == [2000]


def test_the_whole_decides_how_it_is_billed() -> None:
    account = shop()
    account.attach("pro")
    parts = (Attach("premium"), Attach("extra", billing=Billing(NONE)))
    assert account.bill(AttachMany(parts)) == 3000 + 2000


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (AttachMany(()), "at least one plan"),
        (AttachMany((Attach("pro"), Attach("ghost"))), "ghost does not exist"),
        (AttachMany((Attach("pro"), Attach("pro"))), "attached here already"),
    ],
)
def test_all_or_none_are_attached(command: AttachMany, sentence: str) -> None:
    account = shop()
    with pytest.raises(Refusal, match=sentence):
        account.do(command)
    assert account.plans() == {}


# --- phases ---------------------------------------------------------------------------------------------------


def test_phases_follow_each_other() -> None:
    account = shop()
    command = CreateSchedule((phase("pro"), phase("premium", at=FEBRUARY), phase("free", at=MARCH)))
    assert account.bill(command) == 2000
    assert account.plans() == {"pro": "active", "premium": "scheduled", "free": "scheduled"}
    account.wait_until(FEBRUARY)
    assert account.plans() == {"premium": "active", "free": "scheduled"}
    account.wait_until(MARCH)
    assert account.plans() == {"free": "active"}
    assert account.balance("messages") == (100, 0)
    account.wait_until(APRIL)
    assert account.invoiced() == [2000, 5000]


def test_a_phase_may_start_a_while_after_the_one_before() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro"), phase("premium", starting_after=replace(MONTH, count=2)))))
    account.wait_until(APRIL)
    assert account.invoiced() == [2000, 2000, 5000, 5000]


def test_a_phase_that_starts_within_a_cycle_is_prorated() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro"), phase("premium", at=MID))))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 1500, 5000]


def test_a_phase_may_be_left_unprorated() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro"), phase("premium", at=MID, proration=NONE))))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 5000]


def test_a_phase_may_begin_the_cycle_anew() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro"), phase("premium", at=MID, anchor_at_start=True))))
    account.wait_until(MID)
    assert account.invoiced() == [2000, 4000]
    assert account.subscription("premium").anchor == MID


def test_a_plan_that_no_later_phase_names_ends() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro", "other"), phase("pro", at=FEBRUARY))))
    assert account.subscription("other").expires_at == FEBRUARY
    assert account.subscription("pro").expires_at is None
    account.wait_until(FEBRUARY)
    assert account.plans() == {"pro": "active"}
    assert account.invoiced() == [5000, 2000]


def test_a_plan_may_pause_for_a_phase() -> None:
    account = shop()
    command = CreateSchedule((phase("pro", "other"), phase("pro", at=FEBRUARY), phase("pro", "other", at=MARCH)))
    account.bill(command)
    account.wait_until(FEBRUARY)
    assert account.plans() == {"pro": "active", "other": "scheduled"}
    account.wait_until(MARCH)
    assert account.plans() == {"pro": "active", "other": "active"}


def test_the_plan_that_is_there_goes_on_as_the_first_phase() -> None:
    account = shop()
    account.attach("pro")
    account.track("messages", 20)
    assert account.bill(CreateSchedule((phase("pro"), phase("premium", at=MARCH)))) == 0
    assert account.remaining("messages") == 480
    account.wait_until(MARCH)
    assert account.invoiced() == [2000, 2000, 5000]


def test_the_first_phase_switches_at_once() -> None:
    account = shop()
    account.attach("premium")
    account.wait_until(MID)
    assert account.bill(CreateSchedule((phase("pro"), phase("premium", at=MARCH)))) == -1500
    assert account.plans() == {"pro": "active", "premium": "scheduled"}


def test_a_schedule_takes_the_place_of_what_was_scheduled_before() -> None:
    account = shop()
    account.attach("premium")
    account.attach("pro")
    account.bill(CreateSchedule((phase("premium"), phase("free", at=MARCH))))
    assert account.plans() == {"premium": "canceling", "free": "scheduled"}
    assert account.subscription("premium").expires_at == MARCH
    account.bill(CreateSchedule((phase("premium"),)))
    assert account.plans() == {"premium": "active"}


def test_seats_pass_on_from_phase_to_phase() -> None:
    account = Account(*(plan(name, 20, included(USERS, seats)) for name, seats in (("a", 3), ("b", 5), ("c", 9))))
    account.bill(CreateSchedule((phase("a"), phase("b", at=FEBRUARY), phase("c", at=MARCH))))
    account.track("users", 2)
    account.wait_until(MARCH)
    assert account.balance("users") == (7, 2)


def test_a_trial_is_for_the_first_phase() -> None:
    account = shop()
    first = Phase((Attach("pro", free_trial=WEEK),))
    assert account.bill(CreateSchedule((first, phase("premium", at=FEBRUARY)))) == 0
    account.wait_until(FEBRUARY)
    assert account.plans() == {"premium": "active"}


def test_plans_beside_the_schedule_are_billed_with_it() -> None:
    account = shop()
    command = CreateSchedule((phase("pro"), phase("premium", at=FEBRUARY)), unscheduled=(Attach("other"),))
    assert account.bill(command) == 5000
    account.wait_until(FEBRUARY)
    assert account.plans() == {"premium": "active", "other": "active"}


def test_phases_of_an_entity_are_its_own() -> None:
    account = shop().entities("e1")
    plans = [Phase((Attach(name, entity_id="e1"),), at) for name, at in (("pro", None), ("free", FEBRUARY))]
    account.bill(CreateSchedule(tuple(plans), "e1"))
    account.attach("premium")
    account.wait_until(FEBRUARY)
    assert (account.plans("e1"), account.plans()) == ({"free": "active"}, {"premium": "active"})


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (CreateSchedule(()), "at least one phase"),
        (CreateSchedule((Phase(()),)), "phases.0.plans was empty"),
        (CreateSchedule((phase("pro", at=FEBRUARY),)), "phases.0 starts now"),
        (CreateSchedule((phase("pro"), phase("premium"))), "phases.1 must say when it starts"),
        (CreateSchedule((phase("pro"), phase("free", at=MARCH), phase("premium", at=FEBRUARY))), "phases.2.starts_at"),
        (CreateSchedule((phase("pro", "premium"),)), "one of two plans for group"),
        (CreateSchedule((phase("pro"),), unscheduled=(Attach("premium"),)), "has a place in the phases"),
        (CreateSchedule((phase("pro"), phase("free", at=MARCH, anchor_at=MARCH))), "phases.1.billing_cycle_anchor"),
        (
            CreateSchedule((phase("pro"), phase("free", at=MARCH, proration=ProrationBehavior.BILL_DIFFERENCE))),
            "bill_difference is for the first phase",
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(command: BillingChange, sentence: str) -> None:
    account = shop()
    with pytest.raises(Refusal, match=sentence):
        account.do(command)
    assert account.plans() == {}


# --- from elsewhere -------------------------------------------------------------------------------------------


def imported(*plans: ImportedPlan) -> Account:
    pack = plan("pack", 20, prepaid(MESSAGES, 0, 1000), metered(WORDS, 10, 5))
    account = Account(FREE, PRO, PREMIUM, pack, EXTRA)
    account.wait_until(MID)
    assert account.bill(ImportPlans(plans)) == 0
    return account


def test_a_plan_from_elsewhere_stands_as_it_stood_and_bills_from_its_next_cycle() -> None:
    used = ImportedBalance("messages", usage=units(120))
    account = imported(ImportedPlan("pro", started_at=START, balances=(used,), external_id="sub-9"))
    assert account.balance("messages") == (380, 120)
    assert account.subscription("pro").external_id == "sub-9"
    assert account.invoiced() == []
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000]
    assert account.balance("messages") == (500, 0)


def test_what_remains_may_be_said_instead_and_which_balance_is_meant() -> None:
    balances = (
        ImportedBalance("messages", remaining=units(50), method="prepaid", interval=Interval.MONTH),
        ImportedBalance("words", remaining=units(-4), next_reset_at=FEBRUARY),
    )
    account = imported(ImportedPlan("pack", anchor=START, quantities=bought(messages=300), balances=balances))
    assert account.balance("messages") == (50, 250)
    assert account.standing("words").usage == 14
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000 + 3000 + 20]


def test_a_plan_that_was_brought_over_is_left_as_it_is() -> None:
    account = imported(ImportedPlan("pro"))
    assert account.do(ImportPlans((ImportedPlan("pro"),))) == []


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("active", {"pro": "active"}),
        ("canceled", {"pro": "canceling"}),
        ("expired", {}),
        ("past_due", {"pro": "active"}),
    ],
)
def test_a_plan_has_the_status_it_had(status: str, then: dict[str, str]) -> None:
    account = imported(ImportedPlan("pro", status=status))
    assert account.plans() == then
    assert bool(then) == any(each.plan.plan_id == "pro" for each in account.customer.subscriptions.values())
    if status == "past_due":
        assert account.subscription("pro").past_due is not None


def test_a_trial_goes_on_to_its_end() -> None:
    account = imported(ImportedPlan("pro", status="trialing", anchor=FEBRUARY))
    assert account.subscription("pro").trial_ends_at == FEBRUARY
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (ImportedPlan("pro", status="paused"), "must be one of active"),
        (ImportedPlan("pro", started_at=APRIL), "must not be in the future"),
        (ImportedPlan("pro", status="trialing"), "needs its billing anchor"),
        (ImportedPlan("free", status="canceled"), "is held or expired"),
        (ImportedPlan("pro", balances=(ImportedBalance("words", usage=units(1)),)), "grants no words"),
        (ImportedPlan("pro", balances=(ImportedBalance("messages", units(1), units(1)),)), "one of usage and balance"),
        (
            ImportedPlan("pro", balances=(ImportedBalance("messages", next_reset_at=START),)),
            "next_reset_at must be in the future",
        ),
    ],
)
def test_an_import_that_cannot_be_is_refused(wanted: ImportedPlan, sentence: str) -> None:
    account = Account(FREE, PRO)
    account.wait_until(MID)
    with pytest.raises(Refusal, match=sentence):
        account.do(ImportPlans((wanted,)))


def test_two_main_plans_of_a_group_are_not_brought_over() -> None:
    account = imported(ImportedPlan("pro"))
    with pytest.raises(Refusal, match="plan pro is held in group"):
        account.do(ImportPlans((ImportedPlan("premium"),)))


def test_an_imported_plan_takes_the_place_of_the_free_default_and_gives_it_back() -> None:
    default = plan("starter", 0, included(MESSAGES, 10), included(USERS, 5, None), auto_enable=True)
    pro = plan("pro", 20, included(MESSAGES, 500), included(USERS, 9, None))
    account = Account(default, pro)
    account.track("users", 3)
    assert account.bill(ImportPlans((ImportedPlan("pro", status="canceled"),))) == 0
    assert account.plans() == {"pro": "canceling", "starter": "scheduled"}
    assert account.balance("users") == (6, 3)
    account.wait_until(FEBRUARY)
    assert account.plans() == {"starter": "active"}
    assert account.invoiced() == []


# --- to the letter --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "anchor"),
    [
        (Attach("premium", anchor_now=True), MID),
        (Attach("premium", anchor_now=True, free_trial=None), MID),
        (Attach("premium"), START),
        (Attach("premium", anchor_now=True, free_trial=WEEK), MID + timedelta(days=7)),
        (Attach("premium", anchor_now=True, starts_at=FEBRUARY), FEBRUARY),
    ],
)
def test_an_anchor_for_all_parts_is_for_those_whose_cycle_can_begin_now(part: Attach, anchor: datetime) -> None:
    account = shop()
    account.attach("extra")
    account.wait_until(MID)
    account.bill(AttachMany((part,)))
    assert account.subscription("premium").anchor == anchor


def test_a_plans_own_trial_is_no_cycle_to_begin_now_unless_it_is_skipped() -> None:
    tried = replace(PRO, free_trial=WEEK)
    for trial, anchor in ((UNSET, MID + timedelta(days=7)), (None, MID)):
        account = Account(tried)
        account.wait_until(MID)
        account.bill(AttachMany((Attach("pro", free_trial=trial, anchor_now=True),)))
        assert account.subscription("pro").anchor == anchor


def test_something_bought_once_among_plans_has_no_cycle_to_begin() -> None:
    account = Account(PRO, plan("pack", 5, every=ONCE))
    account.bill(AttachMany((Attach("pro", anchor_now=True), Attach("pack", anchor_now=True))))
    assert account.invoiced() == [2500]


def test_a_part_is_of_the_version_that_was_named() -> None:
    account = Account(PRO, replace(PRO, version=2, base=BasePrice(9_000, MONTH), free_trial=WEEK))
    assert account.bill(AttachMany((Attach("pro", 1, anchor_now=True),))) == 2_000
    assert account.subscription("pro").plan.version == 1


def test_a_phase_is_of_the_version_that_was_named() -> None:
    group = replace(PRO, version=2, group="side")
    account = Account(PRO, group, PREMIUM)
    account.attach("premium")
    account.bill(CreateSchedule((Phase((Attach("pro", 2),)),)))
    assert account.plans() == {"premium": "active", "pro": "active"}


def test_phases_of_an_entity_follow_each_other_there_alone() -> None:
    account = shop().entities("e1", "e2")
    for owner in (None, "e2", "e1"):
        account.attach("pro", owner)
        account.attach("free", owner)
    account.bill(
        CreateSchedule((Phase((Attach("pro", entity_id="e1"),)), Phase((Attach("premium", entity_id="e1"),), FEBRUARY)))
    )
    assert account.plans("e1") == {"pro": "canceling", "premium": "scheduled"}
    for owner in (None, "e2"):
        assert account.plans(owner) == {"pro": "canceling", "free": "scheduled"}
    account.wait_until(FEBRUARY)
    assert account.plans("e1") == {"premium": "active"}


def test_a_phase_may_start_at_the_very_instant_of_the_schedule_and_later_ones_must_rise() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro", at=START), phase("premium", at=FEBRUARY))))
    assert account.plans() == {"pro": "active", "premium": "scheduled"}
    for second in (START, START - timedelta(days=1)):
        with pytest.raises(Refusal, match=r"phases\.1\.starts_at must be after"):
            shop().do(CreateSchedule((phase("pro"), phase("premium", at=second))))


def test_the_time_between_phases_is_counted_in_the_time_zone_of_the_ledger() -> None:
    account = Account(PRO, PREMIUM, settings=LedgerSettings(timezone="America/New_York"))
    account.bill(CreateSchedule((phase("pro"), phase("premium", starting_after=replace(MONTH, count=4)))))
    assert account.subscription("premium").started_at == datetime(2026, 4, 30, 23, tzinfo=UTC)


def test_the_first_phase_is_billed_as_it_says_unless_the_whole_says_otherwise() -> None:
    for of_phase, of_whole, minor in (
        (ProrationBehavior.PRORATE_IMMEDIATELY, ProrationBehavior.PRORATE_IMMEDIATELY, 1_500),
        (NONE, ProrationBehavior.PRORATE_IMMEDIATELY, 0),
        (ProrationBehavior.BILL_DIFFERENCE, ProrationBehavior.PRORATE_IMMEDIATELY, 3_000),
        (ProrationBehavior.PRORATE_IMMEDIATELY, ProrationBehavior.BILL_DIFFERENCE, 3_000),
        (ProrationBehavior.PRORATE_IMMEDIATELY, NONE, 0),
        (ProrationBehavior.BILL_DIFFERENCE, NONE, 0),
    ):
        account = shop()
        account.attach("pro")
        account.wait_until(MID)
        assert account.bill(CreateSchedule((phase("premium", proration=of_phase),), billing=Billing(of_whole))) == minor


def test_the_first_phase_may_begin_the_cycle_anew_or_at_an_instant() -> None:
    for first, anchor in (
        (phase("premium"), START),
        (phase("premium", anchor_at_start=True), MID),
        (phase("premium", anchor_at=FEBRUARY + timedelta(days=1)), FEBRUARY + timedelta(days=1)),
        (Phase((Attach("premium", anchor_now=True),)), MID),
        (Phase((Attach("premium", anchor_at=FEBRUARY + timedelta(days=2)),)), FEBRUARY + timedelta(days=2)),
    ):
        account = shop()
        account.attach("pro")
        account.wait_until(MID)
        account.bill(CreateSchedule((first,)))
        assert account.subscription("premium").anchor == anchor


def test_an_add_on_has_a_place_of_its_own_in_a_phase() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro", "extra"), phase("pro", "extra", at=FEBRUARY), phase("pro", at=MARCH))))
    assert account.plans() == {"pro": "active", "extra": "active"}
    assert account.subscription("extra").expires_at == MARCH
    account.wait_until(MARCH)
    assert account.plans() == {"pro": "active"}


def test_a_later_phase_is_billed_in_the_currency_of_the_schedule() -> None:
    def priced(offered: Plan) -> Plan:
        assert offered.base is not None
        return replace(offered, base=replace(offered.base, currencies={"eur": 7_700}))

    account = Account(priced(PRO), priced(PREMIUM))
    account.bill(CreateSchedule((phase("pro"), phase("premium", at=FEBRUARY)), billing=Billing(currency="eur")))
    account.wait_until(FEBRUARY)
    assert [each.currency for each in account.customer.account.invoices.values()] == ["eur", "eur"]
    assert account.invoiced() == [7_700, 7_700]


# --- from elsewhere, to the letter ----------------------------------------------------------------------------


def test_a_plan_from_elsewhere_is_on_the_record_as_it_stood() -> None:
    account = imported(
        ImportedPlan("pack", started_at=START, anchor=FEBRUARY, external_id="s1", quantities=bought(messages=300))
    )
    held = account.subscription("pack")
    assert (held.started_at, held.anchor, held.period_start, held.period_end) == (START, FEBRUARY, START, FEBRUARY)
    assert (held.external_id, held.quantities, held.replaces) == ("s1", bought(messages=300), None)
    assert account.remaining("messages") == 300
    assert imported(ImportedPlan("pro")).subscription("pro").started_at == MID


def test_a_plan_from_elsewhere_may_be_of_an_older_version_and_follows_the_ledgers_time_zone() -> None:
    zone = LedgerSettings(timezone="America/New_York")
    account = Account(PRO, replace(PRO, version=2), settings=zone).wait_until(datetime(2026, 3, 20, tzinfo=UTC))
    used = ImportedBalance("messages", usage=units(7))
    account.bill(ImportPlans((ImportedPlan("pro", 1, started_at=START, anchor=START, balances=(used,)),)))
    held = account.subscription("pro")
    assert held.plan.version == 1
    assert (held.period_start, held.period_end) == (MARCH, datetime(2026, 3, 31, 23, tzinfo=UTC))
    (grant,) = account.customer.grants.values()
    assert (grant.period_start, grant.period_end) == (MARCH, datetime(2026, 3, 31, 23, tzinfo=UTC))


def test_an_add_on_is_brought_over_once_for_each_of_its_ids() -> None:
    account = imported(ImportedPlan("extra", external_id="a"), ImportedPlan("extra", external_id="b"))
    assert len(account.customer.subscriptions) == 2
    for known in ("a", "b", None):
        assert account.do(ImportPlans((ImportedPlan("extra", external_id=known),))) == []
    assert account.do(ImportPlans((ImportedPlan("extra", external_id="c"),)))


def test_a_main_plan_is_brought_over_once_whatever_its_id() -> None:
    account = imported(ImportedPlan("pro", external_id="a"))
    assert account.do(ImportPlans((ImportedPlan("pro", external_id="b"),))) == []


def test_what_an_entity_holds_does_not_keep_a_plan_from_being_brought_over() -> None:
    account = shop().entities("e1")
    account.attach("pro", "e1")
    assert account.do(ImportPlans((ImportedPlan("pro"),)))
    assert account.plans() == {"pro": "active"}


def test_only_a_default_that_costs_nothing_gives_way_to_a_plan_from_elsewhere() -> None:
    starter = plan("starter", 0, included(MESSAGES, 10), auto_enable=True)
    paid = plan("starter", 5, included(MESSAGES, 10), auto_enable=True)
    for default, gives_way in ((starter, True), (paid, False), (replace(starter, auto_enable=False), False)):
        account = Account(default, PRO)
        if not account.plans():
            account.attach("starter")
        if gives_way:
            account.bill(ImportPlans((ImportedPlan("pro"),)))
            assert account.subscription("pro").replaces == "2.0"
            continue
        with pytest.raises(Refusal, match=r"plans\.0: plan starter is held in group ''"):
            account.do(ImportPlans((ImportedPlan("pro"),)))
    beside = Account(starter, EXTRA, OTHER)
    beside.bill(ImportPlans((ImportedPlan("extra"), ImportedPlan("other"))))
    assert beside.plans() == {"starter": "active", "extra": "active", "other": "active"}


def test_a_plan_that_waits_in_its_group_keeps_one_from_elsewhere_out() -> None:
    account = shop()
    account.bill(Attach("premium", starts_at=MARCH))
    with pytest.raises(Refusal, match=r"plans\.0: plan premium is held"):
        account.do(ImportPlans((ImportedPlan("pro"),)))
    account.bill(ImportPlans((ImportedPlan("other"),)))
    assert account.plans()["other"] == "active"


def test_what_ended_elsewhere_and_was_cancelled_there_is_followed_by_the_default() -> None:
    starter = plan("starter", 0, included(MESSAGES, 10), auto_enable=True)
    account = Account(starter, PRO)
    account.bill(ImportPlans((ImportedPlan("pro", status="canceled"),)))
    waiting = account.subscription("starter")
    assert (waiting.default, waiting.replaces) == (True, account.subscription("pro").subscription_id)
    assert waiting.started_at == FEBRUARY


def test_where_a_balance_stands_may_be_said_in_any_of_its_words() -> None:
    words = {"interval": Interval.MONTH, "method": "usage_based"}
    for said, fits in (
        ({}, True),
        ({"interval": Interval.MONTH}, True),
        ({"method": "usage_based"}, True),
        (words, True),
        ({**words, "interval": Interval.YEAR}, False),
        ({**words, "method": "prepaid"}, False),
    ):
        balance = replace(ImportedBalance("words", usage=units(4)), **said)
        if fits:
            account = imported(ImportedPlan("pack", started_at=START, anchor=START, balances=(balance,)))
            assert account.balance("words") == (6, 4)
        else:
            with pytest.raises(Refusal, match=r"plans\.0\.balances\.0: the plan grants no words"):
                imported(ImportedPlan("pack", balances=(balance,)))


def test_a_balance_from_elsewhere_resets_when_it_was_to_reset_there() -> None:
    balance = ImportedBalance("messages", usage=units(120), next_reset_at=FEBRUARY - timedelta(days=5))
    account = imported(ImportedPlan("pro", started_at=START, balances=(balance,)))
    assert account.standing("messages").next_reset_at == FEBRUARY - timedelta(days=5)
    account.wait_until(FEBRUARY - timedelta(days=5))
    assert account.balance("messages") == (500, 0)
    assert account.standing("messages").next_reset_at == MARCH - timedelta(days=2)


def test_units_that_never_reset_stand_as_was_said_and_have_no_next_reset() -> None:
    seats = plan("seats", 20, included(USERS, 5), included(MESSAGES, 10, None))
    account = Account(seats)
    used = (ImportedBalance("users", usage=units(2)), ImportedBalance("messages", remaining=units(3)))
    account.bill(ImportPlans((ImportedPlan("seats", balances=used),)))
    assert (account.balance("users"), account.balance("messages")) == ((3, 2), (3, 7))
    for feature_id in ("users", "messages"):
        wrong = ImportedBalance(feature_id, next_reset_at=MARCH)
        with pytest.raises(Refusal, match=r"balances\.0\.next_reset_at: this balance never resets"):
            Account(seats).do(ImportPlans((ImportedPlan("seats", balances=(wrong,)),)))


@pytest.mark.parametrize("at", [MID, MID - timedelta(days=1)])
def test_a_trial_and_a_reset_from_elsewhere_end_in_the_future(at: datetime) -> None:
    with pytest.raises(Refusal, match=r"plans\.0: a plan that is trialing needs its billing anchor"):
        imported(ImportedPlan("pro", status="trialing", anchor=at))
    with pytest.raises(Refusal, match=r"plans\.0\.balances\.0\.next_reset_at must be in the future"):
        imported(ImportedPlan("pro", balances=(ImportedBalance("messages", next_reset_at=at),)))


def test_a_preview_of_an_import_says_that_plans_are_updated_and_in_which_currency() -> None:
    account = shop()
    planned = account.preview(ImportPlans((ImportedPlan("free"),))).planned
    assert (planned.intent, planned.currency, planned.total_minor) == ("update_plan", "usd", 0)


def test_whether_one_of_several_plans_begins_its_cycle_now_is_asked_of_the_version_that_is_named() -> None:
    account = Account(PRO, EXTRA, replace(EXTRA, version=2, free_trial=WEEK))
    account.attach("pro")
    account.wait(9)
    account.bill(AttachMany((Attach("extra", 1, anchor_now=True),)))
    assert account.subscription("extra").anchor == account.now


def test_several_plans_give_way_to_one() -> None:
    account = Account(PRO, EXTRA, plan("spare", 5, included(WORDS, 5), add_on=True))
    account.attach("extra")
    account.attach("spare")
    account.bill(Attach("pro", remove_plan_ids=("extra", "spare")))
    assert account.plans() == {"pro": "active"}
