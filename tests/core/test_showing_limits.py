"""Which limits are shown of a customer or an entity: its own, and those that only its plans say (§2.9)."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.balances.held_controls import own_controls, plan_controls
from ledger.core.balances.limiting import NewControls, SetEntityControls
from ledger.core.entity import CreateEntity
from ledger.core.errors import Refusal
from ledger.core.events import ControlsChanged, CustomerCreated, EntityCreated
from ledger.core.period import Interval
from ledger.core.profile import CreateCustomer, UpdateCustomer
from ledger.core.terms import AutoTopup, Controls, OverageAllowed, SpendLimit, UsageAlert, UsageLimit
from tests.core.account import Account
from tests.core.given import given
from tests.core.offers import plan, units

Entries = Sequence[Any]


def limit(number: int, interval: Interval = Interval.MONTH) -> UsageLimit:
    return UsageLimit("messages", units(number), interval)


def spend(number: int, feature_id: str = "messages") -> SpendLimit:
    return SpendLimit(feature_id, units(number), enabled=True)


def alert(number: int, name: str) -> UsageAlert:
    return UsageAlert(units(number), "usage", "messages", name=name)


def topup(number: int, feature_id: str = "messages") -> AutoTopup:
    return AutoTopup(feature_id, units(number), units(100), enabled=True)


def overage(feature_id: str, *, enabled: bool) -> OverageAllowed:
    return OverageAllowed(feature_id, enabled=enabled)


def saying(kind: str, *plans: Entries) -> Account:
    """A customer on plans of which each says something of one kind."""
    offered = [
        replace(plan(f"p{number}", 0, add_on=True), controls=Controls(**{kind: tuple(said)}) if said else None)
        for number, said in enumerate(plans)
    ]
    account = Account(*offered)
    for each in offered:
        account.attach(each.plan_id)
    return account


@pytest.mark.parametrize(
    ("kind", "first", "second", "own", "shown"),
    [
        ("spend_limits", [spend(5)], [spend(3), spend(9, "words")], [], [spend(5), spend(9, "words")]),
        ("spend_limits", [spend(5)], [spend(9, "words")], [spend(7)], [spend(9, "words")]),
        ("usage_alerts", [alert(5, "a")], [alert(5, "a"), alert(5, "b")], [], [alert(5, "a"), alert(5, "b")]),
        ("usage_alerts", [alert(5, "a")], [alert(5, "b")], [alert(5, "a")], [alert(5, "b")]),
        ("auto_topups", [topup(5)], [topup(9), topup(1, "words")], [], [topup(5), topup(1, "words")]),
        ("auto_topups", [topup(5)], [topup(1, "words")], [topup(7)], [topup(1, "words")]),
        (
            "overage_allowed",
            [overage("messages", enabled=True)],
            [overage("messages", enabled=False), overage("words", enabled=True)],
            [],
            [overage("messages", enabled=True), overage("words", enabled=True)],
        ),
        ("overage_allowed", [overage("messages", enabled=True)], [], [overage("messages", enabled=False)], []),
        ("usage_limits", [limit(5)], [limit(3), limit(9, Interval.DAY)], [], [limit(3), limit(9, Interval.DAY)]),
        ("usage_limits", [limit(3)], [limit(5)], [], [limit(3)]),
        ("usage_limits", [limit(5)], [limit(5)], [limit(8)], []),
        ("usage_limits", [limit(5), limit(4, Interval.DAY)], [limit(3)], [limit(8)], [limit(4, Interval.DAY)]),
    ],
)
def test_of_each_subject_the_first_plan_or_the_lowest_limit_is_shown_unless_the_customer_says_it(
    kind: str, first: Entries, second: Entries, own: Entries, shown: Entries
) -> None:
    account = saying(kind, first, [], second)
    account.do(UpdateCustomer({}, controls=NewControls(**{kind: tuple(own)})))
    assert plan_controls(account.customer, None) == Controls(**{kind: tuple(shown)})
    assert own_controls(account.customer, None) == Controls(**{kind: tuple(own)})


def test_limits_equal_in_number_are_shown_as_the_first_plan_says_them() -> None:
    off = replace(limit(5), enabled=False)
    account = saying("usage_limits", [limit(5)], [off])
    assert plan_controls(account.customer, None).usage_limits == (limit(5),)


def test_an_entity_is_shown_its_own_limits_and_those_of_its_own_running_plans() -> None:
    def limited(plan_id: str, number: int, *, dollars: int = 0) -> Any:
        return replace(plan(plan_id, dollars), controls=Controls(spend_limits=(spend(number),)))

    account = Account(limited("pro", 20, dollars=20), limited("free", 1)).entities("e1", "e2")
    account.attach("pro", "e1")
    account.attach("free", "e1")
    assert plan_controls(account.customer, "e1").spend_limits == (spend(20),)
    for scope in (None, "e2"):
        assert plan_controls(account.customer, scope) == Controls()
    account.do(SetEntityControls("e1", NewControls(spend_limits=(spend(2),))))
    account.do(UpdateCustomer({}, controls=NewControls(auto_topups=(topup(5),))))
    assert plan_controls(account.customer, "e1") == Controls()
    assert own_controls(account.customer, "e1") == Controls(spend_limits=(spend(2),))
    assert own_controls(account.customer, "e2") == Controls()
    assert own_controls(account.customer, None) == Controls(auto_topups=(topup(5),))


def test_the_limits_of_nobody_are_not_shown() -> None:
    with pytest.raises(Refusal, match="e9") as refused:
        own_controls(Account().customer, "e9")
    assert refused.value.code == "entity_not_found"


def test_a_customer_and_an_entity_may_be_made_with_limits() -> None:
    set_limits = NewControls(spend_limits=(spend(5),), usage_limits=(limit(3),))
    made = Controls(spend_limits=(spend(5),), usage_limits=(limit(3),))
    happened = given().when(CreateCustomer("bob", controls=set_limits)).decided
    assert isinstance(happened[0], CustomerCreated)
    assert happened[1:] == [ControlsChanged(Controls(), made)]
    created, limited = Account().do(CreateEntity("e1", "users", controls=set_limits))
    assert isinstance(created, EntityCreated)
    assert limited == ControlsChanged(Controls(), made, "e1")


def test_limits_that_say_nothing_are_no_event() -> None:
    assert len(given().when(CreateCustomer("bob", controls=NewControls())).decided) == 1
    assert len(Account().do(CreateEntity("e1", "users", controls=NewControls(spend_limits=())))) == 1


@pytest.mark.parametrize(("feature_id", "code"), [("sso", "invalid_request"), ("nothing", "feature_not_found")])
def test_what_cannot_be_counted_is_limited_by_nothing(feature_id: str, code: str) -> None:
    for bad in (
        NewControls(spend_limits=(spend(5, feature_id),)),
        NewControls(usage_limits=(replace(limit(5), feature_id=feature_id),)),
        NewControls(usage_alerts=(replace(alert(5, "a"), feature_id=feature_id),)),
        NewControls(auto_topups=(topup(5, feature_id),)),
        NewControls(overage_allowed=(overage(feature_id, enabled=True),)),
    ):
        given().when(CreateCustomer("bob", controls=bad)).refused(code, feature_id)
        for command in (CreateEntity("e1", "users", controls=bad), UpdateCustomer({}, controls=bad)):
            with pytest.raises(Refusal, match=feature_id) as refused:
                Account().do(command)
            assert refused.value.code == code
