"""Schedules: plans in phases, one after the other."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.customer import BillingChange
from ledger.core.errors import Refusal
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.terms import Plan
from tests.core.account import Account
from tests.core.extras import APRIL, FEBRUARY, MARCH, MID, NONE, WEEK, phase, shop
from tests.core.offers import (
    MONTH,
    PREMIUM,
    PRO,
    START,
    USERS,
    included,
    plan,
)


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
