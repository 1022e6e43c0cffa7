"""Where rules of plans meet: when one ends, and which switch it is."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import PlanCanceled, PlanScheduled
from ledger.core.period import Period
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.cancellation import Cancel
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.eligibility import Action, eligibility
from ledger.core.subscriptions.importing import ImportedPlan, ImportPlans
from ledger.core.subscriptions.phases import CreateSchedule
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice
from tests.core.account import Account, bought
from tests.core.meeting import APRIL, CHEAPER, DAYS, FEBRUARY, MARCH, NONE, WEEK, shop
from tests.core.offers import MESSAGES, MONTH, ONCE, PRO, START, USERS, WORDS, YEAR, included, metered, plan, prepaid
from tests.core.switching import BACK, UNPAID, phase

# --- when a plan ends -----------------------------------------------------------------------------------------


def test_a_plan_that_was_told_to_end_at_an_instant_ends_there_whatever_its_terms_become() -> None:
    account = shop()
    account.attach("pro")
    account.bill(Attach("premium", starts_at=START + 80 * DAYS))
    for changed in (Revise("pro", customize=CHEAPER), Revise("pro", anchor_now=True)):
        account.wait(3).bill(changed)
        assert account.subscription("pro").expires_at == START + 80 * DAYS
        assert account.subscription("premium").started_at == START + 80 * DAYS


def test_what_follows_a_plan_that_waits_follows_it_still_where_that_starts_later() -> None:
    seats = [plan(name, 10 * at, metered(USERS, 1, 100 * at)) for at, name in enumerate(("a", "b", "c"), start=1)]
    account = Account(*seats)
    account.attach("a")
    account.track("users", 3)
    account.bill(CreateSchedule((phase("a"), phase("b", FEBRUARY), phase("c", APRIL))))
    account.wait(9).bill(Revise("a", anchor_now=True))
    ends_at = FEBRUARY + 9 * DAYS
    assert [account.subscription(each).started_at for each in ("b", "c")] == [ends_at, APRIL]
    account.wait_until(ends_at)
    assert account.plans() == {"b": "active", "c": "scheduled"}
    account.wait_until(APRIL)
    assert account.plans() == {"c": "active"}
    assert account.balance("users") == (0, 3)


def test_a_plan_is_told_of_its_end_once_and_again_where_that_moves() -> None:
    account = shop()
    account.attach("pro")
    account.bill(Cancel("pro"))
    again = account.do(Attach("free"))
    assert not [each for each in again if isinstance(each, PlanCanceled)]
    later = account.do(Attach("premium", starts_at=MARCH))
    assert [each.expires_at for each in later if isinstance(each, PlanCanceled)] == [MARCH]
    assert account.subscription("pro").expires_at == MARCH


def test_a_cancellation_drops_what_waits_and_ends_the_plan_with_its_cycle_again() -> None:
    account = shop()
    account.attach("pro")
    account.attach("free")
    dropped = account.do(Cancel("pro"))
    assert not [each for each in dropped if isinstance(each, PlanCanceled)]
    assert account.plans() == {"pro": "canceling"}
    account.bill(Attach("premium", starts_at=MARCH))
    account.do(Cancel("pro"))
    assert account.plans() == {"pro": "canceling"}
    assert account.subscription("pro").expires_at == FEBRUARY


def test_a_cancellation_for_an_entity_drops_what_waits_for_it_there() -> None:
    account = shop().entities("e1")
    account.attach("pro", "e1")
    account.attach("free", "e1")
    account.bill(Cancel("pro", None, "e1"))
    assert account.plans("e1") == {"pro": "canceling"}


def test_one_that_waits_is_cancelled_without_the_others_that_wait() -> None:
    account = shop(plan("side", 5, group="side"))
    for plan_id in ("pro", "side"):
        account.bill(Attach(plan_id, starts_at=FEBRUARY))
    account.bill(Cancel("side"))
    assert account.plans() == {"pro": "scheduled"}


def test_a_free_plan_has_no_cycle_to_end_with_even_while_it_is_tried() -> None:
    account = shop(replace(plan("tried", 0, included(WORDS, 5)), free_trial=WEEK))
    account.attach("tried")
    with pytest.raises(Refusal, match="no billing cycle to end with"):
        account.do(Cancel("tried"))


def test_a_trial_that_goes_back_says_when_it_was_told_to_end() -> None:
    account = shop(BACK)
    account.attach("back")
    told_at = account.wait(1).now
    account.bill(Attach("premium", starts_at=FEBRUARY))
    account.wait(7)
    (ended,) = (each for _, each in account.log if type(each).__name__ == "PlanExpired")
    assert getattr(ended, "canceled_at", None) == told_at


def test_the_period_that_is_running_is_known_from_its_beginning_to_its_end() -> None:
    account = shop(plan("used", 0, metered(WORDS, 10, 5), group="other"))
    account.attach("pro")
    account.attach("used")
    for start, end in ((START, FEBRUARY), (FEBRUARY, MARCH), (MARCH, APRIL)):
        account.wait_until(start + timedelta(days=3))
        for plan_id in ("pro", "used"):
            assert account.subscription(plan_id).period(account.now, UTC) == Period(start, end)


# --- which switch it is ---------------------------------------------------------------------------------------


def test_from_a_base_price_to_consumption_alone_is_a_downgrade_and_back_an_upgrade() -> None:
    used = plan("used", 0, metered(MESSAGES, 10, 5))
    account = shop(used)
    account.attach("pro")
    account.attach("used")
    assert account.plans() == {"pro": "canceling", "used": "scheduled"}
    account.wait_until(FEBRUARY).attach("pro")
    assert account.plans() == {"pro": "active"}


def test_a_plan_of_another_interval_begins_its_cycle_where_it_starts_and_is_paid_in_full() -> None:
    account = shop(plan("yearly", 200, every=YEAR))
    account.attach("pro")
    account.wait(3).bill(Attach("yearly", schedule=Schedule.END_OF_CYCLE))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 20_000]
    assert account.subscription("yearly").period_end == datetime(2027, 2, 1, tzinfo=UTC)


def test_a_plan_that_waits_for_an_entity_cannot_be_attached_to_it_again() -> None:
    account = shop().entities("e1")
    account.bill(Attach("pro", entity_id="e1", starts_at=FEBRUARY))
    asked = [eligibility(account.customer, PRO, owner, account.context()).action for owner in ("e1", None)]
    assert asked == [Action.NONE, Action.ACTIVATE]


@pytest.mark.parametrize("held", ["free", "tried"])
def test_free_to_paid_must_be_paid_for_though_an_entity_has_a_cycle_to_join(held: str) -> None:
    account = shop(replace(plan("tried", 30), free_trial=WEEK)).entities("e1")
    account.attach("pro", "e1")
    account.attach(held)
    with pytest.raises(Refusal, match="must be paid for when it starts"):
        account.do(Attach("premium", billing=NONE))
    assert account.bill(Attach("extra", billing=NONE)) == 0


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        (Attach("setup", billing=NONE), True),
        (Attach("packed", quantities=bought(words=10), billing=NONE), True),
        (Attach("packed", billing=NONE), False),
    ],
)
def test_what_is_paid_once_must_be_paid_for_though_there_is_a_cycle_to_join(wanted: Attach, refused: bool) -> None:
    setup = plan("setup", 99, metered(MESSAGES, 10, 5), every=ONCE, add_on=True)
    packed = plan("packed", 0, metered(MESSAGES, 10, 5), prepaid(WORDS, 0, 500, 10, every=ONCE), add_on=True)
    account = shop(setup, packed)
    account.attach("pro")
    if refused:
        with pytest.raises(Refusal, match="must be paid for when it starts"):
            account.do(wanted)
    else:
        assert account.bill(wanted) == 0


def test_the_smallest_amount_is_worth_waiting_for() -> None:
    cent = replace(PRO, plan_id="cent", base=BasePrice(1, MONTH))
    account = shop(cent)
    account.bill(Attach("cent", billing=UNPAID))
    assert account.plans() == {"cent": "scheduled"}


def test_the_month_begins_at_the_first_of_two_midnights() -> None:
    calendar = replace(PRO, anchor_to_month_start=True)
    # In Havana the clock goes back from one o'clock to midnight on 1 November 2026.
    second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    account = Account(calendar, settings=LedgerSettings(timezone="America/Havana"), now=second)
    account.attach("pro")
    assert account.subscription("pro").anchor == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_a_plan_whose_trial_is_skipped_is_held_as_the_catalog_has_it() -> None:
    tried = replace(plan("tried", 30), free_trial=WEEK)
    account = shop(tried)
    account.bill(Attach("tried", free_trial=None))
    assert account.subscription("tried").plan == tried


def test_a_plan_that_waits_keeps_the_id_that_its_caller_gave_it() -> None:
    account = shop()
    account.attach("pro")
    account.bill(Attach("free", external_id="mine"))
    (waits,) = (each for _, each in account.log if isinstance(each, PlanScheduled))
    assert waits.external_id == "mine"


@pytest.mark.parametrize("plan_id", ["pro", "extra"])
def test_a_cycle_of_its_own_goes_on_through_new_terms(plan_id: str) -> None:
    account = shop()
    account.attach("extra")
    account.wait(9).bill(Attach("pro", new_billing_subscription=True))
    anchor = account.subscription(plan_id).anchor
    account.wait(3).bill(Revise(plan_id, customize=CHEAPER))
    assert account.subscription(plan_id).anchor == anchor == START + 9 * DAYS * (plan_id == "pro")


def test_a_default_that_was_attached_by_hand_gives_way_to_a_plan_from_elsewhere() -> None:
    account = shop(plan("starter", 0, included(MESSAGES, 10), auto_enable=True))
    account.attach("pro")
    account.bill(Attach("starter", schedule=Schedule.IMMEDIATE))
    account.bill(ImportPlans((ImportedPlan("premium"),)))
    assert account.plans() == {"premium": "active"}
