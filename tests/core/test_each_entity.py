"""Items of a plan that are for each entity of a feature: every one has a balance of its own (§2.12 b)."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.core.errors import FeatureNotFound, InvalidInput, InvalidRequest
from ledger.core.events import ChargeAccrued, EntityCreated
from ledger.core.offers.catalog import CATALOG, CreatePlan, DeleteFeature, settled
from ledger.core.subscriptions.billing import Carry
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import PlanItem, Rollover
from tests.core.account import Account
from tests.core.given import STREAM
from tests.core.offers import (
    MESSAGES,
    SSO,
    USERS,
    WORDS,
    WORKFLOWS,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    units,
)


def each(item: PlanItem, of: str = "users") -> PlanItem:
    """The same item, for each entity of a feature."""
    return msgspec.structs.replace(item, entity_feature_id=of)


TEAM = plan("team", 20, each(included(MESSAGES, 100)), included(WORDS, 50))


def on_team(*entity_ids: str) -> Account:
    account = Account(TEAM, plan("big", 50, each(included(MESSAGES, 400)))).entities(*entity_ids)
    account.attach("team")
    return account


def left(account: Account, *entity_ids: str) -> list[Decimal]:
    """What each of these entities has left of messages."""
    return [account.remaining("messages", each) for each in entity_ids]


def test_139_the_customer_has_the_sum_and_each_entity_its_own() -> None:
    account = on_team("e1", "e2")
    assert account.remaining("messages") == 200
    assert account.remaining("messages", "e1") == 100
    assert account.remaining("words", "e1") == 50
    account.track("messages", 30)
    assert account.remaining("messages") == 170
    account.track("messages", 40, "e2")
    assert account.balance("messages", "e2") == (60, 40)
    assert account.remaining("messages") == 130


def test_without_entities_there_is_nothing_and_an_entity_that_comes_later_gets_its_own() -> None:
    account = on_team()
    assert account.remaining("messages") == 0
    account.wait(10)
    (created,) = account.do(CreateEntity("e1", "users"))
    assert isinstance(created, EntityCreated)
    assert [terms.feature_id for terms in created.grants] == ["messages"]
    assert account.remaining("messages", "e1") == 100
    assert account.standing("messages", "e1").next_reset_at == account.standing("words").next_reset_at
    account.do(CreateEntity("w1", "workflows"))
    assert account.remaining("messages", "w1") == 0


def test_an_entity_takes_its_balance_with_it() -> None:
    account = on_team("e1", "e2")
    account.do(DeleteEntity("e1"))
    assert account.remaining("messages") == 100
    account.entities("e1")
    assert account.remaining("messages", "e1") == 100


def test_what_an_entity_that_is_deleted_used_beyond_its_own_is_still_billed() -> None:
    account = Account(plan("team", 20, each(metered(MESSAGES, 100, 10)))).entities("e1", "e2")
    account.attach("team")
    account.track("messages", 130, "e1")
    (charged, _) = account.do(DeleteEntity("e1"))
    assert isinstance(charged, ChargeAccrued)
    assert (charged.line.amount_minor, charged.line.entity_id) == (300, "e1")
    account.wait(31)
    assert account.invoiced() == [2000, 2300]


def test_overage_is_billed_entity_by_entity() -> None:
    account = Account(plan("team", 20, each(metered(MESSAGES, 100, 10)))).entities("e1", "e2", "e3")
    account.attach("team")
    account.track("messages", 150, "e1")
    account.track("messages", 90, "e2")
    account.wait(31)
    *_, invoice = account.customer.account.invoices.values()
    assert [(line.entity_id, line.amount_minor) for line in invoice.lines] == [("e1", 500), (None, 2000)]
    assert account.remaining("messages") == 300


def test_each_balance_resets_and_keeps_its_own_leftovers() -> None:
    item = msgspec.structs.replace(each(included(MESSAGES, 100)), rollover=Rollover(units(50)))
    account = Account(plan("team", 20, item), plan("big", 50, item)).entities("e1", "e2")
    account.attach("team")
    account.track("messages", 70, "e1")
    account.wait(31)
    assert left(account, "e1", "e2") == [130, 150]
    account.attach("big")
    assert left(account, "e1", "e2") == [130, 150]


def test_a_switch_gives_each_entity_anew_and_carries_what_each_has() -> None:
    account = on_team("e1", "e2")
    account.track("messages", 30, "e1")
    account.attach("big")
    assert left(account, "e1", "e2") == [400, 400]
    for carry, first, second in (
        (Attach("big", carry_balances=Carry(("messages",))), 470, 500),
        (Attach("big", carry_usages=Carry(("messages",))), 370, 400),
    ):
        account = on_team("e1", "e2")
        account.track("messages", 30, "e1")
        account.bill(carry)
        assert left(account, "e1", "e2") == [first, second]


def test_what_entities_used_is_the_customers_where_the_next_plan_has_no_balance_for_each() -> None:
    account = Account(TEAM, plan("big", 50, included(MESSAGES, 400))).entities("e1", "e2")
    account.attach("team")
    account.track("messages", 30, "e1")
    account.track("messages", 10, "e2")
    account.bill(Attach("big", carry_usages=Carry(("messages",))))
    assert account.balance("messages") == (360, 40)


def test_free_seats_of_each_entity_pass_over_to_its_own() -> None:
    item = each(included(WORKFLOWS, 3))
    account = Account(plan("team", 20, item), plan("big", 50, item), plan("one", 70, included(WORKFLOWS, 9)))
    account.entities("e1", "e2").attach("team")
    account.track("workflows", 2, "e1")
    account.attach("big")
    assert (account.balance("workflows", "e1"), account.balance("workflows", "e2")) == ((1, 2), (3, 0))
    account.track("workflows", 1, "e2")
    account.attach("one")
    assert account.balance("workflows") == (6, 3)


def test_a_plan_that_is_changed_in_place_keeps_what_each_entity_used() -> None:
    account = on_team("e1", "e2")
    account.track("messages", 30, "e1")
    account.bill(
        Revise(
            "team",
            customize=Customize(
                remove_items=(ItemFilter(feature_id="messages"),), add_items=(each(included(MESSAGES, 150)),)
            ),
        )
    )
    assert (account.balance("messages", "e1"), account.balance("messages", "e2")) == ((120, 30), (150, 0))
    account.entities("e3")
    assert account.remaining("messages") == 420
    account.bill(
        Revise(
            "team",
            customize=Customize(
                remove_items=(ItemFilter(feature_id="messages"),), add_items=(included(MESSAGES, 500),)
            ),
        )
    )
    assert account.balance("messages") == (470, 30)


def test_a_change_of_other_items_leaves_balances_of_entities_as_they_are() -> None:
    account = on_team("e1", "e2")
    account.track("messages", 30, "e1")
    before = [key for key, grant in account.customer.grants.items() if grant.feature_id == "messages"]
    account.bill(Revise("team", customize=Customize(add_items=(switched_on(SSO),))))
    assert [key for key, grant in account.customer.grants.items() if grant.feature_id == "messages"] == before


def test_the_customers_own_balance_of_the_feature_stands_beside_those_of_its_entities() -> None:
    account = Account(plan("team", 20, included(MESSAGES, 10), each(included(MESSAGES, 100)))).entities("e1", "e2")
    account.attach("team")
    assert account.remaining("messages") == 210
    assert left(account, "e1") == [110]
    account.track("messages", 105, "e1")
    assert left(account, "e1", "e2") == [5, 105]


def test_a_scheduled_plan_gives_to_the_entities_that_there_are_when_it_starts() -> None:
    account = Account(plan("pro", 50), TEAM).entities("e1")
    account.attach("pro")
    account.bill(Attach("team", schedule=Schedule.END_OF_CYCLE))
    account.entities("e2")
    assert account.remaining("messages") == 0
    account.wait(31)
    assert account.remaining("messages") == 200


def test_a_plan_of_an_entity_gives_to_that_entity_alone() -> None:
    account = Account(TEAM).entities("e1", "e2")
    account.attach("team", "e1")
    assert left(account, "e1", "e2") == [100, 0]
    account.entities("e3")
    assert account.remaining("messages") == 100


def test_a_plan_that_ends_takes_all_of_its_balances() -> None:
    account = on_team("e1", "e2")
    account.bill(Cancel("team", when=When.NOW))
    assert not account.customer.grants
    account.entities("e3")
    assert not account.customer.grants


@pytest.mark.parametrize(
    ("item", "refusal", "sentence"),
    [
        (each(prepaid(MESSAGES, 0, 100)), InvalidRequest, "bought ahead"),
        (each(metered(WORKFLOWS, 1, 100)), InvalidRequest, "seats that cost something"),
        (each(included(USERS, 1)), InvalidInput, "item's own feature"),
        (each(included(MESSAGES, 1), "words"), InvalidInput, "words is consumable"),
        (each(included(MESSAGES, 1), "sso"), InvalidInput, "sso is boolean"),
        (each(included(MESSAGES, 1), "nothing"), FeatureNotFound, "nothing does not exist"),
    ],
)
def test_what_no_entity_can_have_apart_is_refused(item: PlanItem, refusal: type[Exception], sentence: str) -> None:
    account = Account()
    with pytest.raises(refusal, match=sentence):
        CATALOG.decide(account.catalog, CreatePlan(plan("team", 20, item)), account.context())
    account = on_team("e1")
    with pytest.raises(refusal, match=sentence):
        account.do(Revise("team", customize=Customize(add_items=(item,))))


def test_a_feature_whose_entities_a_plan_gives_to_is_in_use() -> None:
    account = on_team()
    assert account.context().stream_id == STREAM
    with pytest.raises(InvalidRequest, match="used by team"):
        CATALOG.decide(account.catalog, DeleteFeature("users"), account.context())
    assert settled(account.catalog, TEAM.items) == TEAM.items


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(1, 4)),
        st.tuples(st.just("delete"), st.integers(1, 4)),
        st.tuples(st.just("track"), st.integers(0, 4)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
        st.tuples(st.just("big"), st.just(0)),
        st.tuples(st.just("team"), st.just(0)),
    ),
    max_size=12,
)


@given(steps=STEPS)
def test_the_customer_always_has_what_its_entities_have(steps: list[tuple[str, int]]) -> None:
    account = on_team("e1")
    for what, number in steps:
        entity_id = f"e{number}"
        there = entity_id in account.customer.entities
        if what == "create" and not there:
            account.entities(entity_id)
        elif what == "delete" and there:
            account.do(DeleteEntity(entity_id))
        elif what == "track" and (there or number == 0):
            account.track("messages", 35, entity_id if there else None)
        elif what == "wait":
            account.wait(number)
        elif what in ("big", "team") and what not in account.plans():
            account.bill(Attach(what, schedule=Schedule.IMMEDIATE))
        entities = account.customer.entities
        shares = [account.standing("messages", each) for each in entities]
        whole = account.standing("messages")
        assert whole.remaining == sum((share.remaining for share in shares), Decimal(0))
        assert {grant.terms.entity_id for grant in whole.grants} == set(entities)


def test_an_entity_that_comes_later_gets_its_own_of_every_plan() -> None:
    account = Account(TEAM, plan("more", 0, each(included(MESSAGES, 10)), each(included(WORDS, 5)), add_on=True))
    account.attach("team")
    account.attach("more")
    account.entities("e1")
    own = [grant for grant in account.customer.grants.values() if grant.terms.entity_id == "e1"]
    assert {(grant.feature_id, int(grant.granted)) for grant in own} == {
        ("messages", 10),
        ("messages", 100),
        ("words", 5),
    }
