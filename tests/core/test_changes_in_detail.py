"""Where the rules of a change begin, which balance takes the place of which, and what is paid at once."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.errors import Refusal
from ledger.core.events import InvoiceCreated, PlanExpired
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.attach_rules import MOST_BACKDATED
from ledger.core.subscriptions.billing import Billing, Carry, InvoiceMode, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice, FreeTrial, OnIncrease, Plan, Proration
from tests.core.account import Account, bought
from tests.core.offers import (
    DAY,
    EXTRA,
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
    PREMIUM,
    PRO,
    START,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    units,
    unlimited,
)

DAYS = timedelta(days=1)
TICK = timedelta(milliseconds=1)
NONE = Billing(ProrationBehavior.NONE)
WEEK = FreeTrial(Every(Interval.WEEK))
PACK = plan("pack", 7, every=ONCE)
YEARLY = plan("yearly", 300, every=YEAR)


def shop(*more: Plan) -> Account:
    return Account(FREE, PRO, PREMIUM, EXTRA, PACK, YEARLY, *more)


def says(account: Account, command: Any) -> str | None:
    try:
        account.preview(command)
    except Refusal as refusal:
        return str(refusal)
    return None


# --- where the rules of an attach begin -------------------------------------------------------------------------


def test_a_start_of_now_is_neither_future_nor_past() -> None:
    account = shop()
    account.attach("pro")
    assert says(account, Attach("premium", starts_at=account.now)) is None
    account.bill(Attach("premium", starts_at=account.now))
    assert account.plans() == {"premium": "active"}


def test_a_start_in_the_past_is_at_most_so_long_ago() -> None:
    assert says(shop(), Attach("pro", starts_at=START - MOST_BACKDATED)) is None
    assert "at most ten years ago" in str(says(shop(), Attach("pro", starts_at=START - MOST_BACKDATED - TICK)))


@pytest.mark.parametrize(("starts_at", "word"), [(START + DAYS, "A future"), (START - DAYS, "A past")])
def test_a_start_of_another_time_is_for_paid_plans_that_recur_and_have_no_trial(starts_at: Any, word: str) -> None:
    for plan_id in ("free", "pack"):
        said = says(shop(), Attach(plan_id, starts_at=starts_at))
        assert said is not None
        assert said.startswith(f"{word} starts_at is only for paid plans")
    said = says(shop(), Attach("pro", starts_at=starts_at, free_trial=WEEK))
    assert said is not None
    assert said.startswith(f"{word} starts_at cannot begin with a free trial")


def test_an_end_and_an_anchor_lie_after_the_start_and_the_anchor_before_the_end() -> None:
    for command, sentence in (
        (Attach("pro", ends_at=START), "must be after the plan starts"),
        (Attach("pro", ends_at=START + 5 * DAYS, starts_at=START + 5 * DAYS), "must be after the plan starts"),
        (Attach("pro", anchor_at=START), "must be after the plan starts"),
        (Attach("pro", anchor_at=START + 5 * DAYS, starts_at=START + 5 * DAYS), "must be after the plan starts"),
        (Attach("pro", anchor_at=START + 5 * DAYS, ends_at=START + 5 * DAYS), "must be before ends_at"),
        (Attach("pro", anchor_at=START + 6 * DAYS, ends_at=START + 5 * DAYS), "must be before ends_at"),
    ):
        assert sentence in str(says(shop(), command))
    for good in (
        Attach("pro", ends_at=START + TICK),
        Attach("pro", anchor_at=START + TICK),
        Attach("pro", anchor_at=START + 5 * DAYS, ends_at=START + 5 * DAYS + TICK),
    ):
        assert says(shop(), good) is None


def test_what_remains_and_what_was_used_pass_over_for_different_features() -> None:
    for balances, usages, fits in (
        (None, ("messages",), True),
        (("messages",), None, True),
        (("messages",), ("words",), True),
        (("messages",), ("messages",), False),
        (("words", "messages"), ("messages",), False),
        ((), ("messages",), True),
    ):
        account = shop()
        account.attach("pro")
        carry: dict[str, Any] = {
            "carry_balances": None if balances is None else Carry(balances),
            "carry_usages": None if usages is None else Carry(usages),
        }
        said = says(account, Attach("premium", **carry))
        assert (said is None) is fits
    account = shop()
    account.attach("pro")
    for wrong in ("carry_balances", "carry_usages"):
        asked: dict[str, Any] = {wrong: Carry(("users",))}
        said = says(account, Attach("premium", **asked))
        assert said is not None
        assert f"carry_over_{wrong.removeprefix('carry_')}" in said
    all_of_both = Attach("premium", carry_balances=Carry(), carry_usages=Carry(("words",)))
    assert "name the same feature" in str(says(account, all_of_both))


@pytest.mark.parametrize(
    ("held", "wanted", "refused"),
    [
        (None, Attach("pro", billing=NONE), True),
        (None, Attach("free", billing=NONE), False),
        (None, Attach("pack", billing=NONE), True),
        (None, Attach("pro", free_trial=WEEK, billing=NONE), False),
        ("pro", Attach("premium", billing=NONE), False),
        ("pro", Attach("extra", billing=NONE), False),
        ("pro", Attach("pack", billing=NONE), True),
        ("free", Attach("pro", billing=NONE), True),
        ("pro", Attach("yearly", billing=NONE), True),
        ("pro", Attach("premium", anchor_now=True, billing=NONE), True),
        ("yearly", Attach("extra", billing=NONE), True),
    ],
)
def test_what_must_be_paid_cannot_be_left_unbilled(held: str | None, wanted: Attach, refused: bool) -> None:
    account = shop()
    if held is not None:
        account.attach(held)
        account.wait(3)
    assert (says(account, wanted) is not None) is refused


def test_a_plan_on_trial_is_left_for_one_that_must_be_paid() -> None:
    account = shop()
    account.bill(Attach("pro", free_trial=WEEK))
    account.wait(2)
    assert says(account, Attach("premium", billing=NONE)) is not None


def test_units_that_are_paid_once_are_paid_at_once_where_they_are_bought() -> None:
    offered = plan("units", 50, prepaid(WORDS, 0, 500, 10, every=ONCE))
    account = shop(offered)
    account.attach("pro")
    account.wait(3)
    assert says(account, Attach("units", quantities=bought(words=10), billing=NONE)) is not None
    assert says(account, Attach("units", billing=NONE)) is None


# --- what takes the place of what -------------------------------------------------------------------------------


def test_a_plan_that_comes_with_the_end_of_another_goes_on_with_its_cycle_and_its_seats() -> None:
    side = plan("side", 30, included(USERS, 5), group="side")
    for comes, goes_on in (
        (plan("new", 60, included(USERS, 9)), True),
        (plan("new", 60, included(USERS, 9), every=YEAR), False),
    ):
        account = Account(side, comes)
        account.attach("side")
        account.track("users", 3)
        account.wait(10)
        account.bill(Attach("new", remove_plan_ids=("side",)))
        new = account.subscription("new")
        assert new.anchor == (START if goes_on else account.now)
        ended = [event.subscription_id for _, event in account.log if isinstance(event, PlanExpired)]
        assert [new.replaces] == ended
        assert account.balance("users") == (6, 3)


def test_a_plan_on_trial_that_goes_leaves_no_cycle_and_one_of_its_own_joins_none() -> None:
    side = plan("side", 30, group="side")
    tried = Account(side, PRO)
    tried.bill(Attach("side", free_trial=WEEK))
    tried.wait(3).bill(Attach("pro", remove_plan_ids=("side",)))
    assert tried.subscription("pro").anchor == tried.now
    named = Account(side, PRO)
    named.attach("side")
    named.wait(3).bill(Attach("pro", remove_plan_ids=("side",), anchor_now=True))
    assert named.subscription("pro").anchor == named.now


def test_items_are_matched_by_how_they_are_sold_before_by_what_they_are_of() -> None:
    offered = plan("pro", 20, prepaid(MESSAGES, 0, 100, 10), metered(MESSAGES, 100, 5))
    account = Account(offered)
    account.attach("pro", None, messages=50)
    account.track("messages", 30)
    dearer = Customize(
        remove_items=(ItemFilter(feature_id="messages"),),
        add_items=(metered(MESSAGES, 200, 6), prepaid(MESSAGES, 0, 120, 10)),
    )
    before = {each.prepaid > 0: each.used for each in account.customer.grants.values()}
    account.bill(Revise("pro", quantities=bought(messages=50), customize=dearer))
    after = {each.prepaid > 0: each.used for each in account.customer.grants.values()}
    assert after == before
    assert account.standing("messages").usage == 30


def test_a_balance_whose_item_only_prorates_otherwise_stays_the_same_one() -> None:
    sold = prepaid(WORDS, 0, 100, 10)
    account = Account(plan("pro", 20, sold), replace(plan("pro", 25, sold), version=2))
    account.bill(Attach("pro", 1, quantities=bought(words=50)))
    (key,) = account.customer.grants
    account.bill(Revise("pro", version=2))
    assert list(account.customer.grants) == [key]
    other = replace(sold, proration=Proration(OnIncrease.BILL_NEXT_CYCLE))
    changed = Customize(remove_items=(ItemFilter(feature_id="words"),), add_items=(other,))
    account.bill(Revise("pro", customize=changed))
    assert list(account.customer.grants) == [key]


def test_a_balance_that_a_revision_adds_resets_with_the_plans_others_and_is_all_the_plans() -> None:
    offered = plan("pro", 20, included(MESSAGES, 100, DAY), add_on=True)
    account = Account(offered).entities("e1")
    account.attach("pro", "e1")
    account.wait(10.25)
    more = Customize(add_items=(included(WORDS, 5, DAY), unlimited(replace(WORDS, feature_id="action1"))))
    account.bill(Revise("pro", None, "e1", customize=more))
    by_feature = {each.feature_id: each for each in account.customer.grants.values()}
    assert by_feature["words"].terms.anchor == by_feature["messages"].terms.anchor == START
    for grant in by_feature.values():
        assert (grant.terms.plan_id, grant.terms.entity_id, grant.terms.add_on) == ("pro", "e1", True)
    assert [each.terms.unlimited for each in by_feature.values()] == [False, False, True]
    account.track("words", 2, "e1")
    assert account.wait(0.75).remaining("words", "e1") == 5


def test_without_any_reset_before_a_new_balance_resets_with_the_cycle() -> None:
    account = Account(plan("pro", 20, included(USERS, 3)))
    account.attach("pro")
    account.wait(10)
    account.bill(Revise("pro", customize=Customize(add_items=(included(WORDS, 5),))))
    account.track("words", 2)
    assert account.standing("words").next_reset_at == START + 31 * DAYS


def test_seats_that_nothing_holds_yet_are_held_by_the_item_that_comes() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 3)))
    account.attach("pro")
    account.do(GrantBalance("users", included=units(1)))
    account.track("users", 2)
    account.bill(Revise("pro", customize=Customize(add_items=(included(USERS, 5), included(WORDS, 7)))))
    assert account.balance("words") == (7, 0)
    assert account.standing("users").usage >= 2


def test_a_cycle_that_none_of_the_new_prices_has_is_joined_or_begins_now() -> None:
    for beside, anchor in ((True, START), (False, START + 10 * DAYS)):
        account = Account(PRO, plan("other", 100, every=YEAR, add_on=True))
        if beside:
            account.attach("other")
        account.wait(5).attach("pro")
        account.wait(5).bill(Revise("pro", customize=Customize(price=BasePrice(9_000, YEAR))))
        assert account.subscription("pro").anchor == anchor
    account = Account(PRO, plan("other", 100, add_on=True))
    account.attach("pro")
    account.wait(5).bill(Revise("pro", customize=Customize(price=BasePrice(900, MONTH))))
    assert account.subscription("pro").anchor == START


def test_a_customised_plan_may_cost_something_though_its_own_begins_by_itself() -> None:
    account = Account(replace(FREE, auto_enable=True))
    account.bill(Revise("free", customize=Customize(price=BasePrice(900, MONTH))))
    assert account.invoiced() == [900]


def test_an_anchor_lies_before_an_end_that_was_agreed() -> None:
    account = shop()
    account.bill(Attach("pro", ends_at=START + 20 * DAYS))
    for at, fits in ((START + 20 * DAYS - TICK, True), (START + 20 * DAYS, False)):
        assert (says(account, Revise("pro", anchor_at=at)) is None) is fits


# --- ends and what follows --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", ["now", "cycle", "agreed"])
def test_the_groups_default_follows_as_the_default_and_keeps_what_is_held(ends: str) -> None:
    default = plan("free", 0, included(USERS, 3), auto_enable=True)
    account = Account(default, plan("pro", 20, included(USERS, 9)))
    account.bill(Attach("pro", ends_at=START + 9 * DAYS if ends == "agreed" else None))
    account.track("users", 2)
    held = account.subscription("pro").subscription_id
    if ends == "now":
        account.bill(Cancel("pro", when=When.NOW))
    elif ends == "cycle":
        account.bill(Cancel("pro"))
    account.wait(40)
    free = account.subscription("free")
    assert (free.default, free.replaces) == (True, held)
    assert account.balance("users") == (1, 2)


def test_a_group_that_has_a_plan_or_one_that_waits_gets_no_default() -> None:
    default = plan("free", 0, included(MESSAGES, 3), auto_enable=True)
    side = plan("side", 0, auto_enable=True, group="side")
    account = Account(default, side, PRO, PREMIUM)
    account.attach("pro")
    account.bill(Cancel("pro"))
    assert account.subscription("free").started_at == START + 31 * DAYS
    account.bill(Attach("premium", starts_at=START + 31 * DAYS))
    account.wait(35)
    assert account.plans() == {"side": "active", "premium": "active"}


def test_a_plan_that_is_paid_later_starts_when_it_is_paid_in_place_of_the_one_that_is_there_then() -> None:
    account = shop()
    account.attach("pro")
    unpaid = Billing(invoice_mode=InvoiceMode(enable_plan_immediately=False))
    account.bill(Attach("premium", billing=unpaid))
    account.wait(2).bill(Cancel("premium", when=When.NOW))
    assert account.plans() == {"pro": "active"}
    made = [event for _, event in account.log if isinstance(event, InvoiceCreated)]
    assert len(made) == 2
