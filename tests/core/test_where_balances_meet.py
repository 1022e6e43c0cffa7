"""Where rules of balances meet: whose they are, which limits count them, what goes back, and when they begin anew."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances import limits
from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.controls import Scoped
from ledger.core.balances.correction import Reverse
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls, SetEntityControls
from ledger.core.balances.locking import Reserve
from ledger.core.balances.usage import Track
from ledger.core.entity import DeleteEntity
from ledger.core.errors import Refusal
from ledger.core.events import EffectReversed, LineKind, UsageAlerted, UsageBackdated, Window
from ledger.core.offers.features import systems_of
from ledger.core.period import Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import (
    AutoTopup,
    CreditCost,
    CreditTier,
    LimitAnchor,
    OverageAllowed,
    PurchaseLimit,
    Rollover,
    SpendLimit,
    UsageAlert,
    UsageLimit,
)
from tests.core.account import Account
from tests.core.offers import (
    DAY,
    MESSAGES,
    MONTH,
    ONCE,
    PRO,
    SSO,
    START,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    units,
)

FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (2, 3))
DAYS = timedelta(days=1)
EXTRA = plan("extra", 20, included(WORDS, 200), add_on=True)


def controlled(account: Account, **controls: Any) -> Account:
    account.do(UpdateCustomer({}, controls=NewControls(**controls)))
    return account


def granted(account: Account, feature_id: str, number: float | None, name: str, **more: Any) -> Account:
    account.do(GrantBalance(feature_id, included=None if number is None else units(number), balance_id=name, **more))
    account.wait(0.01)
    return account


def left(account: Account) -> dict[str | None, Any]:
    """What each loose balance has left."""
    return {each.terms.balance_id: each.balance for each in account.customer.grants.values() if each.loose}


def window_of(account: Account, limit: UsageLimit, entity_id: str | None = None) -> tuple[datetime, datetime]:
    found = limits.window(account.customer, Scoped(limit, entity_id), account.now, UTC)
    return found.start, found.end


# --- limits ---------------------------------------------------------------------------------------------------


def test_a_spend_limit_counts_only_what_is_taken_below_zero() -> None:
    bounded, yearly = metered(MESSAGES, 5, 10, most=4), metered(MESSAGES, 5, 10, every=YEAR)
    account = Account(plan("pro", 20, bounded, yearly))
    account.attach("pro")
    controlled(account, spend_limits=(SpendLimit("messages", units(10), enabled=True),))
    account.track("messages", 50)
    assert sorted(each.balance for each in account.customer.grants.values()) == [-6, -4]


def test_what_other_balances_have_left_widens_no_spend_limit() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 5, 10)))
    account.attach("pro")
    controlled(account, spend_limits=(SpendLimit("messages", units(10), enabled=True),))
    account.track("messages", 9)
    granted(account, "messages", 5, "more")
    account.track("messages", 50)
    assert account.balance("messages") == (0, 20)


def test_leftovers_never_go_below_zero_though_use_beyond_what_is_granted_is_allowed() -> None:
    account = Account(plan("rolls", 5, replace(included(MESSAGES, 10), rollover=Rollover())))
    account.attach("rolls")
    account.wait_until(FEBRUARY)
    controlled(account, overage_allowed=(OverageAllowed("messages", enabled=True),))
    account.track("messages", 25)
    assert {each.terms.rollover_of is not None: each.balance for each in account.customer.grants.values()} == {
        True: 0,
        False: -5,
    }


def test_a_limit_is_counted_by_the_main_plans_cycle_and_not_by_an_add_ons() -> None:
    limit = UsageLimit("messages", units(40), Interval.MONTH)
    account = Account(PRO, EXTRA)
    account.attach("extra")
    account.wait(9).bill(Attach("pro", new_billing_subscription=True))
    assert account.subscription("pro").anchor == START + 9 * DAYS
    assert window_of(account, limit) == (START + 9 * DAYS, FEBRUARY + 9 * DAYS)


def test_a_limit_of_an_entity_is_counted_by_no_other_entitys_cycle_and_by_none_that_is_yet_to_begin() -> None:
    limit = UsageLimit("messages", units(40), Interval.MONTH)
    account = Account(PRO, EXTRA).entities("e1", "e2")
    account.wait(4).attach("pro", "e2")
    account.bill(Attach("pro", starts_at=START + 12 * DAYS, anchor_at=START + 19 * DAYS))
    assert window_of(account, limit, "e1") == (START, FEBRUARY)


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        (Interval.DAY, datetime(2026, 5, 9, tzinfo=UTC), datetime(2026, 5, 10, tzinfo=UTC)),
        (Interval.WEEK, datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 5, 11, tzinfo=UTC)),
        (Interval.MONTH, datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)),
        (Interval.YEAR, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_limit_by_utc_is_counted_by_the_calendar_of_utc(interval: Interval, start: datetime, end: datetime) -> None:
    account = Account(now=datetime(2026, 5, 9, 13, tzinfo=UTC))
    limit = UsageLimit("messages", units(40), interval, LimitAnchor.UTC)
    assert window_of(account, limit) == (start, end)


def test_a_limit_names_a_round_number_as_it_is_written() -> None:
    account = granted(Account(), "messages", 1000, "a")
    limit = UsageLimit("messages", units(40), Interval.MONTH, properties={"size": "100"})
    controlled(account, usage_limits=(limit,))
    account.do(Track("messages", None, units(90), properties={"size": units("100.0")}))
    assert account.balance("messages") == (960, 40)


def test_an_alert_on_a_limit_is_of_its_own_features_limit() -> None:
    account = granted(granted(Account(), "messages", 1000, "m"), "words", 1000, "w")
    both = tuple(UsageLimit(each, units(number), Interval.MONTH) for each, number in (("words", 10), ("messages", 100)))
    alert = UsageAlert(units(50), "usage_percentage", "messages", basis="usage_limit")
    controlled(account, usage_limits=both, usage_alerts=(alert,))
    assert not [each for each in account.track("messages", 10) if isinstance(each, UsageAlerted)]
    assert [each for each in account.track("messages", 45) if isinstance(each, UsageAlerted)]


def test_an_alert_on_credits_is_told_of_by_the_feature_that_draws_on_them() -> None:
    account = granted(granted(Account(), "action1", 1, "own"), "credits", 10, "credits")
    controlled(account, usage_alerts=(UsageAlert(units(2), "usage", "credits"),))
    assert [type(each) for each in account.track("action1", 12)][-1] is UsageAlerted


def test_use_that_is_taken_back_counts_toward_no_limit_whose_window_still_runs() -> None:
    account = granted(Account(), "messages", 100, "a")
    day, month = (UsageLimit("messages", units(40), each) for each in (Interval.DAY, Interval.MONTH))
    controlled(account, usage_limits=(day, month))
    (first,) = account.track("messages", 10)
    account.wait(2).track("messages", 5)
    reverse(account, first)
    assert sorted(each.units for each in account.customer.windows.values()) == [5, 5]


def test_of_two_locks_each_expires_at_its_own_time() -> None:
    account = granted(Account(), "messages", 100, "a")
    for lock_id, hours in (("first", 2), ("second", 20)):
        account.do(Reserve(lock_id, "messages", units(10), expires_at=account.now + timedelta(hours=hours)))
    account.wait_until(account.now + timedelta(hours=3))
    assert list(account.customer.locks) == ["second"]


# --- whose they are -------------------------------------------------------------------------------------------


def test_an_entitys_own_balance_comes_first_where_it_is_asked_and_where_it_uses() -> None:
    for reverse in (False, True):
        account = Account(settings=LedgerSettings(reverse_deduction_order=reverse)).entities("e1")
        granted(account, "messages", 10, "shared", reset=MONTH)
        granted(account, "messages", 10, "own", entity_id="e1", reset=MONTH)
        controlled(account, usage_limits=(UsageLimit("messages", units(40), Interval.MONTH),))
        assert [each.terms.balance_id for each in account.standing("messages", "e1").grants] == ["own", "shared"]
        account.track("messages", 4, "e1")
        assert left(account) == {"shared": 10, "own": 6}


def test_the_longer_interval_comes_first_where_the_ledger_says_so_under_limits_too() -> None:
    account = Account(settings=LedgerSettings(reverse_deduction_order=True))
    for name, every in (("month", MONTH), ("year", YEAR)):
        granted(account, "messages", 10, name, reset=every)
    controlled(account, usage_limits=(UsageLimit("messages", units(40), Interval.MONTH),))
    account.track("messages", 4)
    assert left(account) == {"month": 10, "year": 6}


def test_an_entity_draws_on_no_credits_of_another() -> None:
    account = Account().entities("e1", "e2")
    granted(account, "credits", 10, "theirs", entity_id="e2")
    account.track("action1", 5, "e1")
    assert left(account) == {"theirs": 10}
    account.track("action1", 5, "e2")
    assert left(account) == {"theirs": 9}


def test_how_late_an_entitys_use_may_be_told_of_follows_from_its_own_balances() -> None:
    account = Account().entities("e1", "e2")
    granted(account, "messages", 10, "own", entity_id="e1", reset=MONTH)
    granted(account, "messages", 10, "theirs", entity_id="e2", reset=YEAR)
    account.wait_until(MARCH + 5 * DAYS)
    with pytest.raises(Refusal, match="closed period"):
        account.do(Track("messages", entity_id="e1", used_at=START + 3 * DAYS))


def test_seats_pass_to_the_next_plan_where_they_are_held() -> None:
    def seats(name: str, dollars: int, shared: int, each: int) -> Any:
        own = replace(included(USERS, each), entity_feature_id="workflows")
        return plan(name, dollars, included(USERS, shared), own)

    account = Account(seats("a", 10, 5, 3), seats("b", 20, 9, 4)).entities("e1", "e2", feature_id="workflows")
    account.attach("a")
    account.track("users", 2, "e1")
    account.do(Track("users", None, units(1)))
    before = {each.terms.entity_id: each.used for each in account.customer.grants.values()}
    account.attach("b")
    assert {each.terms.entity_id: each.used for each in account.customer.grants.values()} == before
    assert sum(before.values()) == 3


def test_seats_of_entities_are_the_customers_where_the_next_plan_gives_them_something_else() -> None:
    own = replace(included(USERS, 3), entity_feature_id="workflows")
    words = replace(included(WORDS, 3), entity_feature_id="workflows")
    plans = plan("a", 10, own), plan("b", 20, included(USERS, 9), words)
    account = Account(*plans).entities("e1", feature_id="workflows")
    account.attach("a")
    account.track("users", 2, "e1")
    account.attach("b")
    assert account.balance("users") == (7, 2)


def test_what_an_entity_owes_is_billed_when_it_is_deleted_whatever_else_its_customer_has() -> None:
    own = replace(metered(MESSAGES, 10, 5), entity_feature_id="workflows")
    account = Account(plan("pro", 20, included(WORDS, 5), own)).entities("e1", "e2", feature_id="workflows")
    account.attach("pro")
    account.track("messages", 30, "e2")
    account.do(DeleteEntity("e2"))
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 2000 + 100]


def test_seats_pass_once_to_a_plan_with_two_items_of_them() -> None:
    two = plan("two", 50, included(USERS, 2), metered(USERS, 3, 900))
    account = Account(plan("one", 10, included(USERS, 5)), two).entities("u1", "u2", "u3")
    account.attach("one")
    account.attach("two")
    assert account.standing("users").usage == 3


def test_the_times_of_a_paid_balance_are_not_changed_by_hand_whichever_is_named() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 5, 10)))
    account.attach("pro")
    for name in ("next_reset_at", "expires_at"):
        with pytest.raises(Refusal, match=f"^{name} cannot be set on a paid balance"):
            account.do(UpdateBalance("messages", **{name: START + DAYS}))  # type: ignore[arg-type]  # an instant


# --- what goes back -------------------------------------------------------------------------------------------


def test_a_balance_of_credits_gets_back_no_more_units_than_were_drawn_of_it() -> None:
    account = granted(granted(Account(), "credits", 10, "first"), "credits", 10, "second")
    account.track("action1", 2)  # 0.4 of the first
    account.track("action2", 16)  # the other 9.6 of it
    account.track("action1", 6)  # 1.2 of the second
    assert left(account) == {"first": 0, "second": units("8.8")}
    account.track("action1", -7)
    assert left(account) == {"first": units("0.4"), "second": units("9.8")}


def test_what_pays_a_debt_of_credits_counts_toward_what_was_drawn_of_them() -> None:
    account = granted(granted(Account(), "credits", 8, "first", expires_at=START + 90 * DAYS), "credits", 1, "second")
    account.track("action1", 10)  # 2.0 of the first
    account.track("action2", 10)  # the other 6.0 of it
    account.track("action2", 1)  # 0.6 of the second
    account.track("action1", 7, overage=Overage.OVERFLOW)  # the other 0.4 of it, and a debt of 1.0 of the first
    assert left(account) == {"first": -1, "second": 0}
    account.track("action1", -17)
    assert left(account) == {"first": 2, "second": units("0.4")}


def test_units_that_are_bought_with_an_expiry_are_bought_as_often_as_their_limit_says() -> None:
    packs = plan("packs", 0, replace(prepaid(WORDS, 0, 700, every=ONCE), expiry=MONTH), add_on=True)
    account = Account(packs)
    account.attach("packs")
    wanted = AutoTopup("words", units(50), units(100), enabled=True, purchase_limit=PurchaseLimit(MONTH, 2))
    controlled(account, auto_topups=(wanted,))
    granted(account, "words", 30, "own")
    for _ in range(5):
        account.track("words", 60)
        account.wait(1)
    assert account.invoiced() == [700, 700]


def test_what_leftovers_of_credits_gave_counts_toward_no_band_of_the_next_period() -> None:
    account = Account(plan("rolls", 5, replace(included_credits(10), rollover=Rollover())))
    tiers = (CreditTier(units(10), units(1)), CreditTier(None, units("0.1")))
    system = replace(account.catalog.features["credits"], credits=(CreditCost("action1", tiers=tiers),))
    features = {**account.catalog.features, "credits": system}
    account.catalog = replace(account.catalog, features=features, systems=systems_of(features))
    account.attach("rolls")
    account.wait_until(FEBRUARY)
    account.track("action1", 6)  # 6 of the 10 leftovers
    account.wait_until(MARCH)
    account.track("action1", 10)  # 1 credit each again
    assert account.remaining("credits") == 4 + 10 + 10 - 10


def included_credits(number: int) -> Any:
    return included(Account().catalog.features["credits"], number)


def reverse(account: Account, event: Any) -> EffectReversed:
    version = next(at for at, (_, each) in enumerate(account.log, start=1) if each is event)
    (found,) = account.do(Reverse(version, version, event, account.log[version - 1][0]))
    assert isinstance(found, EffectReversed)
    return found


def test_a_grant_that_is_taken_back_says_in_which_period_of_it_that_was() -> None:
    account = Account()
    (event,) = account.do(GrantBalance("messages", included=units(50), reset=MONTH))
    (grant,) = account.customer.grants.values()
    taken = reverse(account.wait_until(FEBRUARY - DAYS), event)
    assert taken.opened == (Window(grant.grant_id, START, FEBRUARY),)
    assert account.balance("messages") == (0, 0)


@pytest.mark.parametrize(("feature_id", "unlimited"), [(SSO.feature_id, False), ("messages", True)])
def test_what_was_granted_without_a_number_is_not_taken_back_so(feature_id: str, *, unlimited: bool) -> None:
    account = Account()
    (event,) = account.do(GrantBalance(feature_id, unlimited=unlimited))
    with pytest.raises(Refusal, match="not a number of units"):
        reverse(account, event)


# --- when they begin anew -------------------------------------------------------------------------------------


def test_a_period_whose_end_was_moved_began_when_it_did() -> None:
    account = granted(Account(), "messages", 50, "a", reset=MONTH)
    account.wait_until(MARCH + 9 * DAYS).do(UpdateBalance("messages", next_reset_at=MARCH + 19 * DAYS))
    with pytest.raises(Refusal, match="closed period"):
        account.do(Track("messages", used_at=FEBRUARY + 9 * DAYS))
    account.do(Track("messages", used_at=MARCH - 6 * DAYS))


def test_overage_is_billed_for_the_period_in_which_it_was_used() -> None:
    account = Account(plan("pro", 20, replace(metered(MESSAGES, 10, 5), rollover=Rollover(units(0)))))
    account.attach("pro")
    account.wait_until(FEBRUARY)
    account.track("messages", 30)
    account.wait_until(MARCH)
    lines = list(account.customer.account.invoices.values())[-1].lines
    (billed,) = (each for each in lines if each.kind is LineKind.USAGE)
    assert (billed.period_start, billed.period_end) == (FEBRUARY, MARCH)


def test_of_leftovers_of_one_instant_the_one_that_expires_first_gives_way() -> None:
    ever = replace(included(MESSAGES, 10), rollover=Rollover())
    soon = replace(included(MESSAGES, 20), rollover=Rollover(months=3))
    account = Account(plan("two", 5, ever, soon), plan("one", 50, replace(ever, rollover=Rollover(units(25)))))
    account.attach("two")
    account.wait_until(FEBRUARY).attach("one")
    account.wait_until(MARCH)
    older = [
        each for each in account.customer.grants.values() if each.terms.created_at == FEBRUARY and not each.resets_at
    ]
    assert {each.expires_at is None: each.balance for each in older} == {True: 10, False: 5}


def test_a_period_between_closed_ones_may_be_corrected_as_long_as_they_are_remembered() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 0, 5, every=DAY)))
    account.attach("pro")
    for day in range(25):
        if day != 1:
            account.track("messages", 1)
        account.wait(1)
    assert len(next(iter(account.customer.grants.values())).closed) == 24
    (event, *_) = account.do(Track("messages", used_at=START + 1.5 * DAYS, backdate=True))
    assert isinstance(event, UsageBackdated)
    assert [event.period_start, event.used_before] == [START + DAYS, 0]


def test_a_period_that_is_not_remembered_any_more_is_not_corrected() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 0, 5, every=DAY)))
    account.attach("pro")
    for _ in range(26):
        account.track("messages", 1)
        account.wait(1)
    with pytest.raises(Refusal, match="No period"):
        account.do(Track("messages", used_at=START + 0.5 * DAYS, backdate=True))
    assert account.do(Track("messages", used_at=START + 2.5 * DAYS, backdate=True))


def test_an_entity_says_what_counts_for_it() -> None:
    account = Account().entities("e1")
    granted(account, "messages", 100, "shared")
    limit = UsageLimit("messages", units(5), Interval.MONTH)
    account.do(SetEntityControls("e1", NewControls(usage_limits=(limit,))))
    account.track("messages", 9, "e1")
    account.track("messages", 9)
    assert account.balance("messages") == (100 - 5 - 9, 14)
