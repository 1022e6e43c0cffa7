"""Where rules of plans meet that change or follow each other: their terms, their quantities, and what passes over."""

from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import UpdateBalance
from ledger.core.balances.deduction import Overage
from ledger.core.errors import Refusal
from ledger.core.events import BalanceToppedUp, Level
from ledger.core.subscriptions.billing import Billing, Carry, DiscountRef
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import Discount, OnDecrease, Proration, Rollover
from tests.core.account import Account, bought
from tests.core.meeting import CHEAPER, DAYS, FEBRUARY, MARCH, NONE, WEEK, shop
from tests.core.offers import (
    ACTION1,
    DAY,
    MESSAGES,
    ONCE,
    START,
    USERS,
    WORDS,
    WORKFLOWS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    units,
)


def grants(account: Account, feature_id: str) -> list[Any]:
    return [each for each in account.customer.grants.values() if each.feature_id == feature_id]


# --- terms that change ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan_ids", "refused"), [(("pro",), False), (("premium",), True)])
def test_a_discount_is_added_to_a_plan_that_it_is_for(plan_ids: tuple[str, ...], refused: bool) -> None:
    account = shop()
    tenth = Discount("tenth", "A tenth", percent=units(10), plan_ids=plan_ids)
    account.catalog = replace(account.catalog, discounts={"tenth": tenth})
    account.attach("pro")
    wanted = Revise("pro", billing=Billing(discounts=(DiscountRef("tenth"),)))
    if refused:
        with pytest.raises(Refusal, match="not for plan pro"):
            account.do(wanted)
    else:
        account.bill(wanted)
        account.wait_until(FEBRUARY)
        assert account.invoiced()[-1] == 1800


def test_usage_that_is_no_consumption_cannot_be_carried_over_by_a_revision() -> None:
    account = shop()
    account.attach("pro")
    with pytest.raises(Refusal, match="users is none"):
        account.do(Revise("pro", customize=CHEAPER, carry_usages=Carry(("users",))))


def test_a_trial_goes_on_unpaid_where_nothing_is_to_be_billed_for_new_terms() -> None:
    account = shop(replace(plan("tried", 30, included(WORDS, 5)), free_trial=WEEK))
    account.attach("tried")
    assert account.bill(Revise("tried", customize=Customize(add_items=(included(MESSAGES, 5),)), billing=NONE)) == 0
    assert account.subscription("tried").trialing


@pytest.mark.parametrize(("owner", "seats"), [(None, 2), ("e1", 0)])
def test_seats_that_new_terms_bring_are_taken_by_the_entities_of_a_customer(owner: str | None, seats: int) -> None:
    account = shop().entities("u1", "u2").entities("e1", feature_id="workflows")
    account.attach("pro", owner)
    account.bill(Revise("pro", None, owner, customize=Customize(add_items=(included(USERS, 5),))))
    assert account.balance("users", owner) == (5 - seats, seats)


def test_a_balance_that_is_changed_by_new_terms_resets_when_it_was_to() -> None:
    account = Account(plan("pro", 20, included(WORDS, 5), included(MESSAGES, 10)))
    account.attach("pro")
    account.do(UpdateBalance("messages", next_reset_at=START + 12 * DAYS))
    account.track("messages", 4)
    account.bill(
        Revise("pro", customize=Customize(items=(included(WORDS, 5), included(MESSAGES, 20)))),
    )
    assert account.balance("messages") == (16, 4)
    account.wait(12)
    assert account.balance("messages") == (20, 0)


def test_a_balance_of_an_entitys_own_plan_resets_when_it_was_to_though_its_item_was_for_each_entity() -> None:
    each = replace(included(MESSAGES, 10), entity_feature_id="workflows")
    account = Account(plan("pro", 20, included(WORDS, 5), each)).entities("e1", feature_id="workflows")
    account.attach("pro", "e1")
    account.do(UpdateBalance("messages", "e1", next_reset_at=START + 12 * DAYS))
    account.track("messages", 4, "e1")
    account.bill(Revise("pro", None, "e1", customize=Customize(items=(included(WORDS, 5), included(MESSAGES, 20)))))
    account.wait(12)
    assert account.balance("messages", "e1") == (20, 0)


def test_what_was_used_of_a_feature_that_goes_is_not_counted_on_one_that_comes() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 10), included(WORDS, 10)))
    account.attach("pro")
    account.track("words", 7)
    account.bill(Revise("pro", customize=Customize(items=(included(MESSAGES, 10), included(ACTION1, 30)))))
    assert account.balance("action1") == (30, 0)


def test_what_an_entity_used_stays_its_own_where_new_terms_give_to_the_customer_as_well() -> None:
    each = replace(included(MESSAGES, 10), entity_feature_id="workflows")
    account = Account(plan("pro", 20, each)).entities("e1", feature_id="workflows")
    account.attach("pro")
    account.track("messages", 4, "e1")
    account.bill(Revise("pro", customize=Customize(items=(included(MESSAGES, 100), replace(each, included=units(20))))))
    used = {grant.terms.entity_id: grant.used for grant in grants(account, "messages")}
    assert used == {None: 0, "e1": 4}


def test_units_that_were_bought_besides_stay_where_new_terms_include_more() -> None:
    once = prepaid(WORDS, 5, 500, 10, every=ONCE)
    account = Account(plan("pro", 20, once, included(MESSAGES, 5)))
    account.bill(Attach("pro", quantities=bought(words=25)))
    (held,) = grants(account, "words")
    after = Level(held.granted + 30, held.balance + 30)
    account.happen(BalanceToppedUp("words", held.grant_id, units(30), units(0), held.level, after))
    account.track("words", 3)
    account.bill(
        Revise("pro", customize=Customize(items=(replace(once, included=units(15)), included(MESSAGES, 5)))),
    )
    (changed,) = grants(account, "words")
    assert (changed.included, changed.prepaid, changed.used) == (15, 10 + 30, 3)


def test_more_units_than_none_can_be_bought_while_a_plan_goes_on() -> None:
    account = shop()
    account.attach("packs")
    assert account.bill(ChangeQuantities("packs", quantities=bought(words=20))) == 2000
    assert account.balance("words") == (20, 0)


def test_a_revision_that_bills_nothing_bills_nothing_for_more_units_either() -> None:
    account = shop()
    account.attach("packs", words=20)
    assert account.bill(Revise("packs", quantities=bought(words=50), billing=NONE)) == 0
    assert account.balance("words") == (50, 0)


def test_a_quantity_that_waited_is_forgotten_where_a_revision_names_another() -> None:
    later = replace(prepaid(WORDS, 0, 100, 1), proration=Proration(on_decrease=OnDecrease.NONE))
    account = Account(plan("packs", 20, later))
    account.attach("packs", words=30)
    account.bill(ChangeQuantities("packs", quantities=bought(words=20)))
    account.bill(Revise("packs", quantities=bought(words=50), customize=CHEAPER))
    account.wait_until(FEBRUARY)
    assert account.balance("words") == (50, 0)


def test_seats_of_two_features_at_one_price_are_billed_by_their_own_terms() -> None:
    kept = replace(metered(WORKFLOWS, 1, 900), proration=Proration(on_decrease=OnDecrease.NONE))
    account = Account(plan("pro", 20, metered(USERS, 5, 900), kept))
    account.attach("pro")
    account.track("workflows", 3)
    (line,) = list(account.customer.account.invoices.values())[-1].lines
    assert (line.feature_id, line.amount_minor) == ("workflows", 1800)
    before = account.invoiced()
    account.track("workflows", -1)
    assert account.invoiced() == before


# --- what passes over -----------------------------------------------------------------------------------------


def test_resets_stay_where_they_were_through_one_switch_after_the_other() -> None:
    yearly = [plan(f"yearly {dollars}", dollars, included(MESSAGES, 9), every=YEAR) for dollars in (300, 400)]
    account = shop(*yearly)
    account.attach("pro")
    account.wait(16).attach("yearly 300")
    account.wait(20).attach("yearly 400")
    account.track("messages", 4)
    assert account.subscription("yearly 400").anchor == START + 16 * DAYS
    assert account.wait_until(MARCH - DAYS).balance("messages") == (5, 4)
    account.wait_until(MARCH)
    assert account.balance("messages") == (9, 0)


def test_what_remained_expires_with_its_own_features_next_reset() -> None:
    both = plan("both", 90, included(WORDS, 5, DAY), included(MESSAGES, 10))
    account = shop(both)
    account.attach("pro")
    account.bill(Attach("both", carry_balances=Carry(("messages",))))
    (carried,) = (each for each in grants(account, "messages") if each.loose)
    assert carried.expires_at == FEBRUARY


def test_a_debt_of_what_costs_nothing_passes_over_whole() -> None:
    account = shop()
    account.attach("free")
    account.track("messages", 130, overage=Overage.OVERFLOW)
    account.bill(Attach("pro", carry_usages=Carry()))
    assert account.balance("messages") == (370, 130)


def test_usage_passes_over_though_the_next_plan_lacks_another_feature_that_was_used() -> None:
    account = shop(plan("both", 5, included(WORDS, 10), included(MESSAGES, 10)))
    account.attach("both")
    account.track("words", 4)
    account.track("messages", 3)
    account.bill(Attach("premium", carry_usages=Carry()))
    assert account.balance("messages") == (997, 3)


def test_use_beyond_a_grant_that_passes_over_by_name_is_not_billed() -> None:
    used = plan("used", 10, metered(MESSAGES, 10, 5), metered(WORDS, 10, 7))
    account = shop(used)
    account.attach("used")
    account.track("messages", 30)
    account.track("words", 11)
    assert account.bill(Attach("premium", carry_usages=Carry(("messages",)))) == 4000 + 7
    assert account.balance("messages") == (970, 30)


def test_what_was_given_by_hand_beyond_a_grant_is_no_usage_that_passes_over() -> None:
    account = shop()
    account.attach("pro")
    (held,) = grants(account, "messages")
    account.do(UpdateBalance("messages", remaining=held.balance + 70))
    account.bill(Attach("premium", carry_usages=Carry()))
    assert account.balance("messages") == (1000, 0)


def test_leftovers_of_entities_are_the_customers_where_the_next_plan_gives_to_it_alone() -> None:
    rolls = replace(included(MESSAGES, 10), rollover=Rollover())
    each = replace(rolls, entity_feature_id="workflows")
    account = shop(plan("each", 5, each), plan("one", 50, rolls)).entities("e1", feature_id="workflows")
    account.attach("each")
    account.wait_until(FEBRUARY).attach("one")
    (leftover,) = (grant for grant in grants(account, "messages") if grant.terms.rollover_of)
    assert (leftover.terms.entity_id, leftover.balance) == (None, 10)


def test_seats_that_were_bought_once_end_with_their_plan() -> None:
    account = shop(plan("seats", 0, metered(MESSAGES, 5, 7), prepaid(USERS, 0, 900, 1, every=ONCE)))
    account.attach("seats", None, users=5)
    account.bill(Attach("premium", schedule=Schedule.IMMEDIATE))
    assert [each.feature_id for each in account.customer.grants.values()] == ["messages"]


def test_units_bought_once_of_another_plan_stay_where_they_are_on_a_switch() -> None:
    account = shop(plan("units", 0, prepaid(WORDS, 0, 500, 10, every=ONCE), add_on=True))
    account.attach("pro")
    account.attach("units", None, words=30)
    account.attach("premium")
    assert account.balance("words") == (30, 0)


def test_leftovers_of_an_add_on_pass_over_to_the_plan_that_takes_its_place() -> None:
    rolls = replace(included(MESSAGES, 10), rollover=Rollover())
    account = shop(plan("more", 5, rolls, add_on=True), plan("one", 50, rolls))
    account.attach("more")
    account.wait_until(FEBRUARY).bill(Attach("one", remove_plan_ids=("more",)))
    (leftover,) = (grant for grant in grants(account, "messages") if grant.terms.rollover_of)
    assert (leftover.terms.plan_id, leftover.terms.add_on, leftover.balance) == ("one", False, 10)


def test_what_waited_for_an_invoice_is_on_the_one_that_a_trial_would_end_with() -> None:
    tried = replace(plan("tried", 0, metered(MESSAGES, 10, 5)), free_trial=WEEK)
    account = shop(plan("used", 0, metered(MESSAGES, 10, 5)), tried)
    account.attach("used")
    account.track("messages", 30)
    account.bill(Attach("tried", free_trial=replace(WEEK), schedule=Schedule.IMMEDIATE, billing=NONE))
    assert account.invoiced()[1:] == []
    account.wait(7)
    assert account.invoiced()[-1] == 100
