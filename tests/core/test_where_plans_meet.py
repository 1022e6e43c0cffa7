"""Where plans meet: one main plan at a time through trials that go back, schedules and plans that are paid late."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.invoices.documents import PayInvoice
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.cancellation import Cancel
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.terms import BasePrice
from tests.core.account import Account, bought
from tests.core.meeting import APRIL, DAYS, FEBRUARY, MARCH, NONE, shop
from tests.core.offers import (
    FREE,
    MONTH,
    PREMIUM,
    PRO,
    START,
    USERS,
    WORDS,
    WORKFLOWS,
    included,
    metered,
    plan,
    prepaid,
)
from tests.core.switching import BACK, UNPAID, phase


def pay_last(account: Account) -> None:
    account.do(PayInvoice(list(account.customer.account.invoices)[-1]))


# --- one main plan at a time ----------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", [None, "e1"])
@pytest.mark.parametrize("before", ["pro", "free"])
def test_what_waits_for_a_trial_that_goes_back_takes_the_place_of_the_plan_that_came_back(
    before: str, owner: str | None
) -> None:
    account = shop(BACK).entities("e1")
    account.attach(before, owner)
    account.wait(2).attach("back", owner)
    account.bill(Attach("premium", None, owner, starts_at=START + 20 * DAYS))
    account.wait(10)
    assert account.plans(owner) == {before: "canceling", "premium": "scheduled"}
    account.wait_until(START + 20 * DAYS)
    assert account.plans(owner) == {"premium": "active"}


def test_a_schedule_goes_on_after_a_trial_in_its_first_phase_has_gone_back() -> None:
    account = Account(FREE, PRO, BACK, plan("premium", 50, metered(USERS, 1, 900))).entities("u1", "u2", "u3")
    account.attach("pro")
    account.bill(CreateSchedule((phase("back"), phase("premium", FEBRUARY), phase("free", MARCH))))
    account.wait(10)
    assert account.plans() == {"pro": "canceling", "premium": "scheduled", "free": "scheduled"}
    account.wait_until(FEBRUARY)
    assert account.plans() == {"premium": "active", "free": "scheduled"}
    account.wait_until(MARCH)
    assert account.plans() == {"free": "active"}


def test_a_plan_that_is_paid_takes_the_place_of_the_one_that_is_there_then_and_of_what_waited_for_it() -> None:
    account = shop()
    account.attach("pro")
    account.wait(2).attach("free")
    account.bill(Attach("premium", billing=UNPAID))
    account.wait(1)
    pay_last(account)
    assert account.plans() == {"premium": "active"}
    account.wait_until(MARCH)
    assert account.plans() == {"premium": "active"}


def test_a_plan_that_came_while_another_waited_to_be_paid_is_credited_when_that_is() -> None:
    used = plan("used", 10, metered(WORDS, 10, 5), metered(WORKFLOWS, 1, 900))
    big = plan("big", 90, included(WORKFLOWS, 7))
    account = shop(used, big, plan("other", 30, group="other")).entities("e1")
    account.attach("other")
    account.attach("pro", "e1")
    account.attach("pro")
    account.attach("used")
    account.attach("free", "e1")
    account.bill(Attach("big", billing=UNPAID))
    waiting = account.subscription("big").subscription_id
    account.wait_until(FEBRUARY)
    account.track("workflows", 3)
    account.wait(14).track("words", 30)
    assert account.plans()["used"] == "active"
    invoice = next(
        key
        for key, each in account.customer.account.invoices.items()
        if any(line.subscription_id == waiting for line in each.lines)
    )
    before = len(account.invoiced())
    account.do(PayInvoice(invoice))
    assert account.plans() == {"other": "active", "big": "active"}
    assert account.plans("e1") == {"free": "active"}
    assert account.balance("workflows") == (4, 3)
    # Half of the month of $10 and of two seats at $9 is left; 20 words at 5 cents were beyond the grant.
    assert account.invoiced()[before:] == [20 * 5 - 500 - 2 * 450]


def test_a_paid_plan_of_an_entity_takes_the_place_of_that_entitys_plan_alone() -> None:
    account = shop().entities("e1")
    for owner in (None, "e1"):
        account.attach("pro", owner)
        account.attach("free", owner)
    account.bill(Attach("premium", None, "e1", billing=UNPAID))
    pay_last(account)
    assert account.plans() == {"pro": "canceling", "free": "scheduled"}
    assert account.plans("e1") == {"premium": "active"}


def test_an_add_on_that_waits_to_be_paid_takes_the_place_of_nothing() -> None:
    account = shop()
    account.attach("pro")
    account.attach("free")
    account.bill(Attach("extra", billing=UNPAID))
    pay_last(account)
    assert account.plans() == {"pro": "canceling", "free": "scheduled", "extra": "active"}


def test_a_plan_of_a_later_phase_ends_the_one_that_is_in_its_place_now() -> None:
    account = shop()
    account.attach("pro")
    phases = (phase("extra"), phase("premium", FEBRUARY + 5 * DAYS), phase("extra", MARCH))
    account.bill(CreateSchedule(phases))
    assert account.subscription("pro").expires_at == FEBRUARY + 5 * DAYS
    account.wait_until(FEBRUARY + 5 * DAYS)
    assert account.plans() == {"premium": "active", "extra": "scheduled"}
    account.wait_until(MARCH)
    assert account.plans() == {"extra": "active"}


@pytest.mark.parametrize(("until", "then"), [(None, {"pro": "active"}), (MARCH, {"free": "active"})])
def test_a_plan_of_a_later_phase_that_is_held_already_goes_on(until: datetime | None, then: dict[str, str]) -> None:
    account = shop()
    account.attach("pro")
    last = () if until is None else (phase("free", until),)
    account.bill(CreateSchedule((phase("extra"), phase("pro", FEBRUARY), *last)))
    account.wait_until(APRIL)
    assert account.plans() == then
    assert account.invoiced()[:3] == [2000, 2000, 2000]


def test_a_schedule_takes_the_place_of_what_waits_though_nothing_is_held() -> None:
    account = shop()
    account.bill(Attach("premium", starts_at=FEBRUARY))
    account.bill(CreateSchedule((phase("extra"), phase("pro", MARCH))))
    assert account.plans() == {"extra": "active", "pro": "scheduled"}


def test_a_new_schedule_drops_the_end_that_the_one_before_gave_a_plan() -> None:
    account = shop()
    account.bill(CreateSchedule((phase("pro"), phase("free", FEBRUARY + 9 * DAYS))))
    account.bill(CreateSchedule((phase("pro"),)))
    assert account.subscription("pro").expires_at is None
    account.wait_until(APRIL)
    assert account.plans() == {"pro": "active"}


def test_an_end_that_was_agreed_outlives_a_schedule() -> None:
    account = shop()
    account.bill(Attach("pro", ends_at=MARCH))
    account.bill(Attach("free", schedule=Schedule.END_OF_CYCLE))
    account.bill(CreateSchedule((phase("pro"),)))
    assert account.subscription("pro").expires_at == MARCH


def test_an_end_that_was_agreed_outlives_every_downgrade_that_is_taken_back() -> None:
    account = shop()
    account.bill(Attach("pro", ends_at=APRIL))
    for _ in range(3):
        account.attach("free")
        assert account.subscription("pro").expires_at == FEBRUARY
        account.bill(Cancel("free"))
        assert account.subscription("pro").expires_at == APRIL


def test_a_plan_that_begins_now_takes_the_place_of_one_that_was_to_begin_later() -> None:
    account = shop()
    account.bill(Attach("premium", starts_at=FEBRUARY))
    account.attach("pro")
    account.wait_until(MARCH)
    assert account.plans() == {"pro": "active"}
    assert account.invoiced() == [2000, 2000, 2000]


# --- schedules ------------------------------------------------------------------------------------------------


def test_a_phase_takes_its_place_by_the_version_that_is_named() -> None:
    account = Account(PRO, replace(PRO, version=2, group="side"), PREMIUM)
    both = [(Attach("pro", version), Attach("premium")) for version in (1, 2)]
    with pytest.raises(Refusal, match="one of two plans for group"):
        account.do(CreateSchedule((Phase(both[0]),)))
    account.bill(CreateSchedule((Phase(both[1]),)))
    assert account.plans() == {"pro": "active", "premium": "active"}


def test_a_paid_phase_after_a_free_one_is_in_the_currency_of_the_schedule() -> None:
    account = Account(FREE, replace(PRO, base=BasePrice(2_000, MONTH, {"eur": 7_700})))
    account.bill(CreateSchedule((phase("free"), phase("pro", FEBRUARY)), billing=Billing(currency="eur")))
    account.wait_until(FEBRUARY)
    (invoice,) = account.customer.account.invoices.values()
    assert (invoice.currency, invoice.total_minor) == ("eur", 7_700)


def test_what_is_bought_ahead_stays_bought_in_the_next_phase() -> None:
    account = shop(plan("more", 90, prepaid(WORDS, 0, 100, 1)))
    first = phase("packs", quantities=bought(words=20))
    account.bill(CreateSchedule((first, phase("more", FEBRUARY))))
    account.wait_until(FEBRUARY)
    assert account.balance("words") == (20, 0)


def test_plans_beside_a_schedule_are_billed_as_the_schedule_is() -> None:
    account = shop()
    account.attach("pro")
    account.wait(10)
    beside = (Attach("extra"),)
    assert account.bill(CreateSchedule((phase("premium"),), unscheduled=beside, billing=NONE)) == 0
