"""Ending a plan, now or when its cycle ends, and taking that back."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ledger.core.errors import Refusal, SubscriptionEnded, SubscriptionNotFound
from ledger.core.events import Ended, PlanExpired, PlanUncanceled, PlanUnscheduled
from ledger.core.folding import MOST_ENDED
from ledger.core.period import Every, Interval
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.terms import FreeTrial, Plan
from tests.core.account import Account
from tests.core.cancelling import NOW, on
from tests.core.offers import EXTRA, FREE, MESSAGES, ONCE, PREMIUM, PRO, USERS, YEAR, included, metered, plan, prepaid

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
DEFAULT = plan("free", 0, included(MESSAGES, 100), included(USERS, 1), auto_enable=True)


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


@pytest.mark.parametrize(
    "held", [plan("free", 0, included(MESSAGES, 5)), plan("once", 10, every=ONCE)], ids=["free", "paid once"]
)
def test_the_end_of_a_cycle_is_refused_where_there_is_none(held: Plan) -> None:
    account = on(held.plan_id, held)
    with pytest.raises(Refusal, match="no billing cycle") as refused:
        account.do(Cancel(held.plan_id))
    assert refused.value.code == "invalid_request"
    assert account.plans() == {held.plan_id: "active"}


def test_a_plan_of_several_intervals_renews_the_shorter_ones_until_the_longest_ends() -> None:
    account = on("annual", plan("annual", 200, prepaid(MESSAGES, 0, 1000), every=YEAR), messages=100)
    account.bill(Cancel("annual"))
    assert account.invoiced() == [21000]
    account.wait_until(datetime(2026, 12, 31, tzinfo=UTC))
    assert account.invoiced() == [21000] + [1000] * 11
    account.wait_until(datetime(2027, 2, 1, tzinfo=UTC))
    assert (account.invoiced(), account.plans()) == ([21000] + [1000] * 11, {})


def test_the_final_invoice_is_what_was_used_beyond_and_nothing_else() -> None:
    account = on("pro", plan("pro", 20, metered(MESSAGES, 100, 10)))
    account.track("messages", 500)
    account.bill(Cancel("pro"))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 4000]
    assert account.wait(60).invoiced() == [2000, 4000]


def test_two_entities_that_end_together_get_one_final_invoice() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 10))).entities("e1", "e2")
    for entity, used in (("e1", 300), ("e2", 600)):
        account.attach("pro", entity)
        account.track("messages", used, entity)
        account.bill(Cancel("pro", None, entity))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 2000, 7000]


@pytest.mark.parametrize(("ended", "final"), [([None], 5500), ([None, "e1"], 3500)])
def test_overage_of_a_customer_and_its_entity_is_billed_once(ended: list[str | None], final: int) -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 10))).entities("e1")
    account.attach("pro")
    account.attach("pro", "e1")
    account.track("messages", 300)
    account.track("messages", 250, "e1")
    for entity in ended:
        account.bill(Cancel("pro", None, entity))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 2000, final]


def test_an_end_that_was_agreed_earlier_than_the_cycles_is_kept() -> None:
    account = Account(PRO)
    soon = datetime(2026, 1, 20, tzinfo=UTC)
    account.bill(Attach("pro", ends_at=soon))
    account.bill(Cancel("pro"))
    assert account.subscription("pro").expires_at == soon


@pytest.mark.parametrize("billing", [Billing(ProrationBehavior.NONE), Billing(no_billing_changes=True)])
def test_now_without_proration_credits_nothing(billing: Billing) -> None:
    account = on("pro", PRO).wait(15.5)
    assert account.bill(Cancel("pro", when=NOW, billing=billing)) == 0
    assert account.invoiced() == [2000]


def test_a_trial_that_is_cancelled_ends_unpaid_and_one_that_goes_on_is_paid() -> None:
    trial = msgspec.structs.replace(PRO, free_trial=FreeTrial(Every(Interval.DAY, 7)))
    account = on("pro", trial)
    account.bill(Cancel("pro"))
    assert account.subscription("pro").expires_at == datetime(2026, 1, 8, tzinfo=UTC)
    left = on("pro", trial)
    left.bill(Cancel("pro"))
    left.bill(Uncancel("pro"))
    assert (account.wait(31).invoiced(), account.plans()) == ([0], {})
    assert (left.wait(31).invoiced(), left.plans()) == ([0, 2000], {"pro": "active"})
    now = on("pro", trial)
    assert now.bill(Cancel("pro", when=NOW)) == 0
    assert (now.plans(), now.invoiced()) == ({}, [0])


def test_what_was_to_follow_a_dropped_plan_is_dropped_with_it() -> None:
    account = Account(FREE, PRO, PREMIUM)
    month = Every(Interval.MONTH)
    names = ("pro", "premium", "free")
    phases = tuple(Phase((Attach(name),), starting_after=month if index else None) for index, name in enumerate(names))
    account.bill(CreateSchedule(phases))
    assert account.plans() == {"pro": "active", "premium": "scheduled", "free": "scheduled"}
    account.bill(Cancel("premium"))
    assert (account.plans(), account.subscription("pro").expires_at) == ({"pro": "active"}, None)
    assert account.wait(90).plans() == {"pro": "active"}


def test_a_plan_that_is_uncancelled_ends_when_it_was_agreed_to_end() -> None:
    account = Account(FREE, PRO)
    agreed = account.now + timedelta(days=75)
    account.bill(Attach("pro", ends_at=agreed))
    for _ in range(2):
        account.bill(Cancel("pro"))
        assert account.subscription("pro").expires_at == account.subscription("pro").period_end
        account.bill(Uncancel("pro"))
        assert account.subscription("pro").expires_at == agreed
    account.bill(Attach("free"))
    account.bill(Cancel("free"))
    assert account.subscription("pro").expires_at == agreed
    account.wait(80)
    assert account.plans() == {}


def test_an_end_that_was_the_start_of_another_plan_is_agreed_no_more_once_that_is_dropped() -> None:
    account = Account(FREE, PRO, PREMIUM)
    month = Every(Interval.MONTH)
    account.bill(CreateSchedule((Phase((Attach("pro"),)), Phase((Attach("premium"),), starting_after=month))))
    account.bill(Cancel("pro"))
    account.bill(Uncancel("pro"))
    assert (account.plans(), account.subscription("pro").expires_at) == ({"pro": "active"}, None)


def test_a_plan_that_has_ended_is_not_uncancelled() -> None:
    account = on("pro", PRO)
    account.bill(Cancel("pro", when=When.NOW))
    with pytest.raises(Refusal, match="has ended") as refused:
        account.do(Uncancel("pro"))
    assert refused.value.code == "invalid_request"
    account.attach("pro")
    assert account.do(Uncancel("pro")) == []


@pytest.mark.parametrize("external_id", [None, "mine"])
def test_a_subscription_that_has_ended_is_known_by_its_id_alone(external_id: str | None) -> None:
    account = Account(PRO)
    account.bill(Attach("pro", external_id=external_id))
    key = external_id or account.subscription("pro").subscription_id
    account.bill(Cancel("pro", when=When.NOW))
    with pytest.raises(SubscriptionEnded, match="Plan pro has ended"):
        account.do(Uncancel(subscription_id=key))
    for other in (Uncancel("free", key), Uncancel(subscription_id="999.0"), Uncancel("pro", "999.0")):
        with pytest.raises(SubscriptionNotFound):
            account.do(other)


def test_only_the_latest_subscriptions_that_ended_are_known_by_their_ids() -> None:
    account = on("pro", PRO)
    first = account.subscription("pro").subscription_id
    for _ in range(MOST_ENDED + 1):
        account.bill(Cancel("pro", when=When.NOW))
        account.attach("pro")
    assert len(account.customer.ended_ids) == MOST_ENDED
    account.bill(Cancel("pro", when=When.NOW))
    with pytest.raises(SubscriptionNotFound):
        account.do(Uncancel(subscription_id=first))
