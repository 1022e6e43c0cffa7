"""Ending a plan, now or when its cycle ends, and taking that back."""

from datetime import UTC, datetime

import pytest

from ledger.core.cancellation import Cancel, Uncancel, When
from ledger.core.errors import Refusal
from ledger.core.events import Ended, PlanExpired, PlanUncanceled, PlanUnscheduled
from ledger.core.settings import LedgerSettings
from ledger.core.terms import Plan
from tests.core.account import Account
from tests.core.offers import (
    EXTRA,
    MESSAGES,
    PREMIUM,
    PRO,
    USERS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
)

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
DEFAULT = plan("free", 0, included(MESSAGES, 100), included(USERS, 1), auto_enable=True)
END, NOW = When.END_OF_CYCLE, When.NOW


def on(current: str, *plans: Plan, **quantities: int) -> Account:
    account = Account(*plans)
    account.attach(current, None, **quantities)
    return account


def test_at_the_end_of_the_cycle_the_default_takes_over() -> None:
    account = on("pro", DEFAULT, PRO)
    assert account.bill(Cancel("pro")) == 0
    assert account.plans() == {"pro": "canceling", "free": "scheduled"}
    assert account.subscription("pro").expires_at == FEBRUARY
    assert account.remaining("messages") == 500
    account.wait_until(FEBRUARY)
    assert account.plans() == {"free": "active"}
    assert account.remaining("messages") == 100
    (expired,) = [event for _, event in account.log if isinstance(event, PlanExpired) and event.canceled_at]
    assert expired.cause is Ended.CANCELED


def test_without_a_default_nothing_takes_over() -> None:
    account = on("pro", PRO)
    account.bill(Cancel("pro"))
    account.wait_until(FEBRUARY)
    assert account.plans() == {}
    assert account.standing("messages").grants == []


@pytest.mark.parametrize("default", [True, False])
def test_a_cancellation_replaces_a_scheduled_downgrade(default: bool) -> None:
    account = on("premium", PRO, PREMIUM, *([DEFAULT] if default else []))
    account.attach("pro")
    account.bill(Cancel("premium"))
    assert account.plans() == {"premium": "canceling"} | ({"free": "scheduled"} if default else {})
    assert account.bill(Cancel("premium")) == 0
    account.wait_until(FEBRUARY)
    assert account.plans() == ({"free": "active"} if default else {})


def test_a_plan_with_several_intervals_ends_with_the_longest() -> None:
    account = on("annual", plan("annual", 200, prepaid(MESSAGES, 0, 1000), every=YEAR), messages=100)
    account.bill(Cancel("annual"))
    assert account.subscription("annual").expires_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_now_credits_the_unused_time_and_forgives_what_was_used_beyond() -> None:
    account = on("pro", plan("pro", 20, metered(MESSAGES, 100, 10)))
    account.track("messages", 500)
    assert account.bill(Cancel("pro", when=NOW)) == -2000
    assert account.plans() == {}


def test_now_in_mid_cycle_credits_the_base_and_what_was_bought_ahead() -> None:
    account = on("pro", plan("pro", 20, prepaid(MESSAGES, 0, 1000)), messages=500).wait(15.5)
    assert account.bill(Cancel("pro", when=NOW)) == -3500


def test_now_credits_seats_too() -> None:
    account = Account(plan("pro", 20, metered(USERS, 0, 1000))).entities("e1", "e2", "e3", "e4", "e5")
    account.attach("pro")
    assert account.bill(Cancel("pro", when=NOW)) == -7000


def test_now_starts_the_default_and_drops_what_was_scheduled() -> None:
    account = on("premium", DEFAULT, PRO, PREMIUM)
    account.attach("pro")
    account.bill(Cancel("premium", when=NOW))
    assert account.plans() == {"free": "active"}
    assert account.remaining("messages") == 100


def test_now_passes_seats_in_use_on_to_the_default() -> None:
    account = Account(DEFAULT, plan("pro", 20, included(USERS, 5))).entities("e1", "e2")
    account.attach("pro")
    account.track("users", 1)
    account.bill(Cancel("pro", when=NOW))
    assert account.balance("users") == (0, 3)


def test_now_after_the_end_of_the_cycle_was_chosen() -> None:
    account = on("pro", DEFAULT, PRO)
    account.bill(Cancel("pro"))
    account.bill(Cancel("pro", when=NOW))
    assert account.plans() == {"free": "active"}


def test_plans_of_entities_are_not_touched_and_have_no_default() -> None:
    account = Account(DEFAULT, PRO).entities("e1")
    account.attach("pro", "e1")
    account.bill(Cancel("free", when=NOW))
    assert account.plans("e1") == {"pro": "active"}
    account.bill(Cancel("pro", None, "e1"))
    account.wait_until(FEBRUARY)
    assert account.plans("e1") == {}


def test_the_default_itself_can_be_ended() -> None:
    account = Account(DEFAULT)
    assert account.plans() == {"free": "active"}
    account.bill(Cancel("free", when=NOW))
    assert account.plans() == {}


def test_an_add_on_ends_alone() -> None:
    account = on("pro", DEFAULT, PRO, EXTRA)
    account.attach("extra")
    account.bill(Cancel("extra"))
    assert account.plans() == {"pro": "active", "extra": "canceling"}
    account.wait_until(FEBRUARY)
    assert account.plans() == {"pro": "active"}


def test_what_is_scheduled_is_dropped_and_the_plan_before_it_goes_on() -> None:
    account = on("premium", PRO, PREMIUM)
    account.attach("pro")
    events = account.do(Cancel("pro"))
    assert [type(event) for event in events] == [PlanUnscheduled, PlanUncanceled]
    assert account.plans() == {"premium": "active"}
    account.wait_until(FEBRUARY)
    assert account.plans() == {"premium": "active"}


def test_uncancel_goes_on_and_keeps_the_usage() -> None:
    account = on("pro", DEFAULT, PRO)
    account.track("messages", 40)
    account.bill(Cancel("pro"))
    assert account.bill(Uncancel("pro")) == 0
    assert account.plans() == {"pro": "active"}
    assert account.subscription("pro").expires_at is None
    assert account.balance("messages") == (460, 40)
    account.wait_until(FEBRUARY)
    assert account.plans() == {"pro": "active"}
    assert account.balance("messages") == (500, 0)


def test_uncancel_of_a_plan_that_is_not_cancelling_does_nothing() -> None:
    account = on("pro", plan("pro", 20, included(MESSAGES, 100)))
    assert account.do(Uncancel("pro")) == []
    assert account.remaining("messages") == 100


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (Cancel("gold"), "customer_product_not_found", "plan_id gold"),
        (Cancel("premium", None, "e1"), "customer_product_not_found", "entity_id e1"),
        (Cancel(subscription_id="no"), "customer_product_not_found", "subscription_id no"),
        (Cancel("free"), "invalid_request", "no billing cycle"),
        (Uncancel("pro"), "invalid_request", "scheduled, not cancelling"),
        (Cancel(), "invalid_request", "several plans"),
    ],
)
def test_an_end_that_cannot_be_is_refused(command: Cancel | Uncancel, code: str, sentence: str) -> None:
    account = on("premium", PRO, PREMIUM, plan("free", 0, group="other"))
    account.attach("free")
    account.attach("pro")
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(command)
    assert refused.value.code == code


def test_a_subscription_is_found_by_its_id_ours_or_the_callers() -> None:
    account = on("extra", PRO, EXTRA)
    account.attach("extra")
    first, second = account.customer.subscriptions
    account.bill(Cancel(subscription_id=first, when=NOW))
    assert list(account.customer.subscriptions) == [second]


def test_a_ledger_may_require_a_reason_for_a_cancellation() -> None:
    account = Account(PRO, settings=LedgerSettings(require_reason=True))
    account.attach("pro")
    account.reasoned = False
    with pytest.raises(Refusal, match="needs a reason"):
        account.do(Cancel("pro"))
