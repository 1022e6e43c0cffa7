"""Where rules of balances meet: whose they are, what goes back, and when they begin anew."""

from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls, SetEntityControls
from ledger.core.balances.usage import Track
from ledger.core.entity import DeleteEntity
from ledger.core.errors import Refusal
from ledger.core.events import LineKind, UsageBackdated, Window
from ledger.core.offers.features import systems_of
from ledger.core.period import Interval
from ledger.core.settings import LedgerSettings
from ledger.core.terms import AutoTopup, CreditCost, CreditTier, PurchaseLimit, Rollover, UsageLimit
from tests.core.account import Account
from tests.core.controlled import controlled, granted, taken_back
from tests.core.meeting import DAYS, FEBRUARY, MARCH
from tests.core.offers import (
    DAY,
    MESSAGES,
    MONTH,
    ONCE,
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


def left(account: Account) -> dict[str | None, Any]:
    """What each loose balance has left."""
    return {each.terms.balance_id: each.balance for each in account.customer.grants.values() if each.loose}


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


def test_a_grant_that_is_taken_back_says_in_which_period_of_it_that_was() -> None:
    account = Account()
    (event,) = account.do(GrantBalance("messages", included=units(50), reset=MONTH))
    (grant,) = account.customer.grants.values()
    taken = taken_back(account.wait_until(FEBRUARY - DAYS), event)
    assert taken.opened == (Window(grant.grant_id, START, FEBRUARY),)
    assert account.balance("messages") == (0, 0)


@pytest.mark.parametrize(("feature_id", "unlimited"), [(SSO.feature_id, False), ("messages", True)])
def test_what_was_granted_without_a_number_is_not_taken_back_so(feature_id: str, *, unlimited: bool) -> None:
    account = Account()
    (event,) = account.do(GrantBalance(feature_id, unlimited=unlimited))
    with pytest.raises(Refusal, match="not a number of units"):
        taken_back(account, event)


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
