"""Usage limits, spend limits and overage: what a customer, its plans and its entities allow (§2.9)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls, SetEntityControls
from ledger.core.balances.spending import Use, allowed
from ledger.core.balances.usage import Consume, Track
from ledger.core.entity import CreateEntity
from ledger.core.errors import Refusal
from ledger.core.events import InvoiceCreated, UsageRecorded
from ledger.core.period import Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import Controls, LimitAnchor, OverageAllowed, Plan, PlanItem, SpendLimit, UsageLimit
from tests.core.account import Account
from tests.core.offers import MESSAGES, START, USERS, included, metered, plan, units, unlimited


def limit(number: float, interval: Interval = Interval.MONTH, feature_id: str = "messages", **more: Any) -> UsageLimit:
    return UsageLimit(feature_id, units(number), interval, **more)


def on_plan(*items: PlanItem, **controls: Any) -> Account:
    offered = plan("pro", 0, *items)
    account = Account(msgspec.structs.replace(offered, controls=Controls(**controls)) if controls else offered)
    account.attach("pro")
    return account


def limited(account: Account, **controls: Any) -> Account:
    account.do(UpdateCustomer({}, controls=NewControls(**controls)))
    return account


def used(account: Account, value: float, feature_id: str = "messages", **more: Any) -> UsageRecorded:
    (event,) = account.do(Track(feature_id, None, units(value), **more))
    assert isinstance(event, UsageRecorded)
    return event


def may(account: Account, value: float, entity_id: str | None = None, **properties: object) -> bool:
    return allowed(account.customer, Use("messages", units(value), entity_id, properties=properties), account.context())


def test_a_window_cuts_what_is_beyond_its_limit_and_stays_full() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5),))
    event = used(account, 10)
    assert [event.value, event.dropped, account.remaining("messages")] == [10, 5, 95]
    assert used(account, 3).dropped == 3
    assert account.balance("messages") == (95, 5)
    assert not may(account, 1)


def test_without_a_limit_what_fits_is_taken_whole() -> None:
    event = used(on_plan(included(MESSAGES, 100)), 100)
    assert (event.value, event.dropped, event.counted) == (units(100), units(0), ())


def test_a_window_begins_anew_with_the_billing_cycle() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5),))
    used(account, 5)
    account.wait(30)
    assert not may(account, 1)
    account.wait(1)
    assert may(account, 5)
    assert not may(account, 6)


def test_a_window_follows_the_billing_cycle_in_the_time_zone_of_the_ledger() -> None:
    account = Account(plan("pro", 0, included(MESSAGES, 100)), settings=LedgerSettings(timezone="America/New_York"))
    account.attach("pro")
    limited(account, usage_limits=(limit(5),))
    account.wait_until(datetime(2026, 3, 15, tzinfo=UTC))
    used(account, 5)
    account.wait_until(datetime(2026, 3, 31, 22, 59, tzinfo=UTC))
    assert not may(account, 1)
    account.wait_until(datetime(2026, 3, 31, 23, tzinfo=UTC))
    assert may(account, 5)


def test_a_window_follows_the_plan_that_is_billed_and_an_entitys_own_before_it() -> None:
    account = Account(plan("free", 0, included(MESSAGES, 900), add_on=True), plan("pro", 20), plan("seat", 5))
    account.entities("e1").attach("free")
    account.wait(10).attach("pro")
    account.wait(10).bill(Attach("seat", entity_id="e1", new_billing_subscription=True))
    limited(account, usage_limits=(limit(5),))
    account.do(SetEntityControls("e1", NewControls(usage_limits=(limit(3),))))
    (own_window,) = used(account, 1, entity_id="e1").counted
    (window,) = used(account, 1).counted
    assert own_window.start == START + timedelta(days=20)
    assert window.start == START + timedelta(days=10)


def test_a_filter_may_name_a_number() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5, properties={"size": "2"}),))
    assert used(account, 9, properties={"size": units("2.0")}).dropped == 4
    assert used(account, 9, properties={"size": units(3)}).dropped == 0


def test_a_window_may_follow_the_calendar_instead() -> None:
    by_utc = limit(5, Interval.WEEK, anchor=LimitAnchor.UTC)
    account = Account(now=datetime(2026, 1, 4, 12, tzinfo=UTC))
    account.do(GrantBalance("messages", included=units(100)))
    limited(account, usage_limits=(by_utc,))
    used(account, 5)
    assert not may(account, 1)
    account.wait(0.5)
    assert may(account, 5)


def test_a_limit_on_a_feature_counts_its_units_and_not_the_credits() -> None:
    account = Account()
    account.do(GrantBalance("credits", included=units(100)))
    limited(account, usage_limits=(limit(5, feature_id="action1"),))
    assert used(account, 5, "action1").dropped == 0
    assert used(account, 1, "action1").dropped == 1
    assert account.balance("credits") == (99, 1)


def test_a_limit_on_credits_counts_what_every_feature_draws() -> None:
    account = Account()
    account.do(GrantBalance("credits", included=units(100)))
    limited(account, usage_limits=(limit(2, feature_id="credits"),))
    assert used(account, 5, "action1").dropped == 0
    assert used(account, 5, "action2").drawn[0].units == units("1.666666666666")
    assert account.balance("credits") == (98, 2)


def test_the_most_restrictive_of_several_limits_counts() -> None:
    limits = (limit(5, Interval.DAY), limit(7))
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=limits)
    assert used(account, 6).dropped == 1
    account.wait(1)
    assert used(account, 6).dropped == 4


def test_a_limit_with_a_filter_counts_only_what_carries_it() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5, properties={"model": "large"}),))
    assert used(account, 9, properties={"model": "large", "n": 1}).dropped == 4
    assert used(account, 9, properties={"model": "small"}).dropped == 0
    assert used(account, 9).dropped == 0
    assert may(account, 1)
    assert not may(account, 1, model="large")


def test_what_a_filter_names_draws_on_the_limited_balance_first() -> None:
    account = Account()
    for feature_id in ("action1", "credits"):
        account.do(GrantBalance(feature_id, included=units(100)))
    limited(account, usage_limits=(limit(9, feature_id="credits", properties={"paid": "true"}),))
    used(account, 10, "action1", properties={"paid": True})
    assert [account.remaining("action1"), account.remaining("credits")] == [100, 98]
    used(account, 10, "action1")
    assert [account.remaining("action1"), account.remaining("credits")] == [90, 98]


def test_setting_a_balance_and_overflowing_do_not_ask_the_limit() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5),))
    account.do(UpdateBalance("messages", usage=units(50)))
    assert used(account, 5).dropped == 0
    assert used(account, 5, overage=Overage.OVERFLOW).dropped == 0
    assert account.balance("messages") == (40, 60)


def test_what_is_given_back_may_be_used_again_within_the_limit() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5),))
    used(account, 5)
    used(account, -2)
    assert (may(account, 2), may(account, 3)) == (True, False)


def test_a_limit_is_a_hard_one_for_what_is_unlimited_too() -> None:
    account = limited(on_plan(unlimited(MESSAGES)), usage_limits=(limit(5),))
    assert used(account, 9).dropped == 4
    assert not may(account, 1)


def test_usage_that_must_fit_is_refused_by_the_limit() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5),))
    with pytest.raises(Refusal, match="leaves 5 of feature messages") as refused:
        account.do(Track("messages", None, units(6), overage=Overage.REJECT))
    assert refused.value.code == "usage_limit_exceeded"
    assert account.do(Consume("messages", units(6))) == []
    assert account.balance("messages") == (100, 0)


@pytest.mark.parametrize(
    ("plans", "customers", "dropped"),
    [
        ((limit(5),), (), 5),
        ((limit(5),), (limit(8),), 2),
        ((limit(5),), (limit(8, enabled=False),), 0),
        ((limit(5),), (limit(8, Interval.DAY),), 5),
        ((limit(5), limit(3)), (), 7),
    ],
)
def test_what_a_customer_sets_shadows_its_plans(
    plans: Sequence[UsageLimit], customers: Sequence[UsageLimit], dropped: int
) -> None:
    account = on_plan(included(MESSAGES, 100), usage_limits=tuple(plans))
    limited(account, usage_limits=tuple(customers))
    assert used(account, 10).dropped == dropped


def test_what_an_entity_sets_counts_its_own_uses_only() -> None:
    account = limited(on_plan(included(MESSAGES, 100), included(USERS, 5)), usage_limits=(limit(50),))
    account.entities("e1", "e2")
    account.do(SetEntityControls("e1", NewControls(usage_limits=(limit(5),))))
    assert used(account, 9, entity_id="e1").dropped == 4
    assert used(account, 49, entity_id="e2").dropped == 0
    assert used(account, 9).dropped == 8


def test_an_entitys_plan_limits_the_entity() -> None:
    offered: Plan = msgspec.structs.replace(
        plan("pro", 0, included(MESSAGES, 100)), controls=Controls(usage_limits=(limit(5),))
    )
    account = Account(offered)
    account.do(CreateEntity("e1", "users"))
    account.attach("pro", "e1")
    account.do(GrantBalance("messages", included=units(50)))
    assert used(account, 9, entity_id="e1").dropped == 4
    assert used(account, 9).dropped == 0


def test_a_limit_that_is_changed_goes_on_counting() -> None:
    account = limited(on_plan(included(MESSAGES, 100)), usage_limits=(limit(5),))
    used(account, 5)
    limited(account, usage_limits=(limit(8),))
    assert used(account, 9).dropped == 6


def overspent(**controls: Any) -> Account:
    """1000 for good, and 100 a month beyond which 300 may be bought: 1120 of them used."""
    account = Account(plan("pro", 0, metered(MESSAGES, 100, 50, most=300)))
    account.attach("pro")
    account.do(GrantBalance("messages", included=units(1000)))
    limited(account, **controls)
    used(account, 1120)
    return account


def spend(number: float | None, *, enabled: bool = True, percentage: bool = False) -> dict[str, Any]:
    units_beyond = None if number is None else units(number)
    return {"spend_limits": (SpendLimit("messages", units_beyond, percentage, enabled),)}


def test_a_spend_limit_bounds_what_is_used_beyond_the_grants() -> None:
    account = overspent(**spend(25))
    assert (may(account, 5), may(account, 6)) == (True, False)
    assert used(account, 10, overage=Overage.OVERFLOW).dropped == 5
    assert account.standing("messages").usage == 1125
    assert used(account, 10, overage=Overage.OVERFLOW).dropped == 10


def test_a_spend_limit_may_be_a_percentage_of_all_use() -> None:
    account = overspent(**spend(110, percentage=True))
    assert (may(account, 90), may(account, 91)) == (True, False)


def test_a_disabled_spend_limit_takes_the_bound_away() -> None:
    assert not may(overspent(), 281)
    assert may(overspent(**spend(25, enabled=False)), 10_000)


def test_overage_may_be_left_off_invoices() -> None:
    skipping = (SpendLimit("messages", skip_billing=True),)
    for controls, lines in (({}, 1), ({"spend_limits": skipping}, 0)):
        account = limited(on_plan(metered(MESSAGES, 100, 10)), **controls)
        used(account, 150)
        account.wait(31)
        invoices = [event for _, event in account.log if isinstance(event, InvoiceCreated)]
        assert sum(len(invoice.lines) for invoice in invoices) == lines
        assert account.balance("messages") == (100, 0)


def test_a_spend_limit_without_a_feature_counts_for_those_without_one_of_their_own() -> None:
    both = (SpendLimit(None, units(5), enabled=True), SpendLimit("messages", units(25), enabled=True))
    assert may(overspent(spend_limits=both), 5)
    assert not may(overspent(spend_limits=both[:1]), 1)


def test_overage_may_be_allowed_where_it_is_free_and_forbidden_where_it_is_sold() -> None:
    free = on_plan(included(MESSAGES, 100))
    used(free, 100)
    assert not may(free, 1)
    limited(free, overage_allowed=(OverageAllowed("messages", enabled=True),))
    assert may(free, 1000)
    assert used(free, 50).dropped == 0
    assert free.balance("messages") == (0, 150)
    limited(free, **spend(60))
    assert (may(free, 10), may(free, 11)) == (True, False)
    sold = limited(on_plan(metered(MESSAGES, 100, 5)), overage_allowed=(OverageAllowed("messages"),))
    assert used(sold, 120).dropped == 20


def test_overage_that_is_allowed_is_put_where_it_has_a_price() -> None:
    account = Account(plan("free", 0, included(MESSAGES, 10), group="other"), plan("pro", 0, metered(MESSAGES, 10, 5)))
    account.attach("free")
    account.attach("pro")
    limited(account, overage_allowed=(OverageAllowed("messages", enabled=True),))
    used(account, 30)
    assert {g.terms.plan_id: g.balance for g in account.standing("messages").grants} == {"free": 0, "pro": -10}


def test_seats_that_are_free_may_be_exceeded_and_a_check_asks_for_what_remains() -> None:
    account = on_plan(included(USERS, 3))
    assert not allowed(account.customer, Use("users", units(4)), account.context())
    assert used(account, 4, "users").dropped == 0


def test_a_window_that_has_begun_keeps_its_bounds_when_the_cycle_changes() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 100)))
    account.do(GrantBalance("messages", included=units(100)))
    limited(account, usage_limits=(limit(5),))
    used(account, 5)
    account.wait(10)
    account.attach("pro")
    assert not may(account, 1)
    account.wait_until(START + timedelta(days=31))
    assert may(account, 5)
