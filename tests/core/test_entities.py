"""Entities: each holds one unit of its feature, and has plans and balances of its own."""

import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.deduction import Overage
from ledger.core.balances.usage import Track
from ledger.core.entity import MAX_ENTITIES, CreateEntity, DeleteEntity
from ledger.core.errors import Refusal
from ledger.core.events import (
    Allocation,
    CustomerCreated,
    Ended,
    EntityCreated,
    EntityDeleted,
    PlanExpired,
    PlanUnscheduled,
)
from ledger.core.sealed import Sealed
from ledger.core.subscriptions.quantity import ChangeQuantities
from tests.core.account import Account, bought
from tests.core.given import given
from tests.core.offers import FREE, PREMIUM, PRO, START, USERS, included, metered, plan, prepaid, units


def test_an_entity_takes_a_unit_and_frees_it_again() -> None:
    account = Account(plan("pro", 0, included(USERS, 3)))
    account.attach("pro")
    assert account.do(CreateEntity("e1", "users", "Blue team")) == [
        EntityCreated("e1", "users", Sealed("Blue team"), START, (Allocation("2.0", units(1)),))
    ]
    assert account.balance("users") == (2, 1)
    assert account.do(DeleteEntity("e1")) == [EntityDeleted("e1", "users", (Allocation("2.0", units(-1)),))]
    assert account.balance("users") == (3, 0)
    assert not account.customer.entities


def test_an_entity_without_a_balance_takes_nothing() -> None:
    account = Account()
    assert account.do(CreateEntity("e1", "users")) == [EntityCreated("e1", "users", None, START)]
    assert account.do(DeleteEntity("e1")) == [EntityDeleted("e1", "users")]


def test_seats_may_be_exceeded_by_entities() -> None:
    account = Account(plan("pro", 20, metered(USERS, 1, 1000, most=1)))
    account.attach("pro")
    account.entities("e1", "e2", "e3")
    assert account.standing("users").usage == 3


def test_seats_bought_ahead_are_not_exceeded_until_more_are_bought() -> None:
    account = Account(plan("pro", 20, prepaid(USERS, 1, 1000, 1)))
    account.attach("pro", None, users=3)
    account.entities("e1", "e2", "e3")
    with pytest.raises(Refusal, match="Feature users has 0 available, and 1 was asked") as refused:
        account.entities("e4")
    assert refused.value.code == "insufficient_balance"
    with pytest.raises(Refusal, match="Feature users has 0 available, and 2 was asked"):
        account.track("users", 2)
    account.do(ChangeQuantities("pro", quantities=bought(users=4)))
    account.entities("e4")
    assert account.balance("users") == (0, 4)
    account.do(Track("users", value=units(2), overage=Overage.OVERFLOW))
    assert account.balance("users") == (0, 6)


def test_a_deleted_entity_takes_its_plans_and_balances_along() -> None:
    account = Account(FREE, PRO, PREMIUM).entities("e1", "e2")
    account.attach("premium", "e1")
    account.attach("pro", "e1")
    account.attach("pro", "e2")
    account.do(GrantBalance("words", "e1", units(5)))
    ended, dropped, deleted = account.do(DeleteEntity("e1"))
    assert isinstance(ended, PlanExpired)
    assert isinstance(dropped, PlanUnscheduled)
    assert isinstance(deleted, EntityDeleted)
    assert ended.cause is Ended.ENTITY_DELETED
    assert account.plans("e2") == {"pro": "active"}
    assert account.standing("words").grants == []
    assert account.remaining("messages") == 500


def test_an_id_is_unique_within_its_customer_and_free_again_after_a_deletion() -> None:
    account = Account().entities("e1")
    with pytest.raises(Refusal, match="e1 is taken") as refused:
        account.entities("e1")
    assert refused.value.code == "entity_already_exists"
    account.do(DeleteEntity("e1"))
    account.entities("e1")


def test_an_unknown_entity_cannot_be_deleted() -> None:
    with pytest.raises(Refusal, match="e9") as refused:
        Account().do(DeleteEntity("e9"))
    assert refused.value.code == "entity_not_found"


def test_a_customer_has_at_most_so_many_entities() -> None:
    ann = CustomerCreated("ann", Sealed({}), START)
    from msgspec.structs import replace

    from ledger.core.state import Entity
    from tests.core.given import Given

    entity = Entity("e", "users", None, START)
    full = replace(given(ann).customer, entities={f"e{number}": entity for number in range(MAX_ENTITIES)})
    Given(full).when(CreateEntity("one-more", "users")).refused("feature_limit_reached", "at most 10000 entities")


def test_of_the_balances_of_several_entities_the_one_of_the_first_name_is_used_first() -> None:
    account = Account().entities("e2", "e1")
    for entity_id in ("e2", "e1"):
        account.do(GrantBalance("messages", entity_id, units(10)))
    account.track("messages", 4)
    assert [account.remaining("messages", each) for each in ("e1", "e2")] == [6, 10]
