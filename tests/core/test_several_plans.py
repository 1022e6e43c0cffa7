"""Several plans in one change, schedules of phases, and plans brought over from elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.customer import BillingChange
from ledger.core.errors import Refusal
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.importing import ImportedBalance, ImportedPlan, ImportPlans
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import FreeTrial
from tests.core.account import Account, bought
from tests.core.offers import (
    FREE,
    MESSAGES,
    MONTH,
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
