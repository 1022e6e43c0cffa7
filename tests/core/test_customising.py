"""Plans for one customer alone: a price, items or a trial of its own (reference §2.2, cases 47 and 49)."""

import pytest

from ledger.core.errors import Refusal
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.terms import (
    BasePrice,
    Controls,
    FeatureKind,
    FreeTrial,
    ItemPrice,
    Method,
    OverageAllowed,
    PlanItem,
)
from tests.core.account import Account
from tests.core.offers import (
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
    PREMIUM,
    PRO,
    SSO,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    units,
)


def at(dollars: int, every: Every = MONTH) -> Customize:
    return Customize(price=BasePrice(dollars * 100, every))


def test_a_price_of_ones_own_decides_what_is_an_upgrade() -> None:
    account = Account(PRO, PREMIUM)
    account.attach("premium")
    assert account.bill(Attach("pro", customize=at(60))) == 1000
    assert account.plans() == {"pro": "active"}
    assert account.subscription("pro").plan.custom


@pytest.mark.parametrize(
    ("offered", "own", "owed"),
    [(PRO, at(50, ONCE), 5000), (PRO, at(200, YEAR), 20000), (plan("a", 200, every=YEAR), at(20), 2000)],
)
def test_an_interval_may_be_ones_own(offered: object, own: Customize, owed: int) -> None:
    account = Account(offered)  # type: ignore[arg-type]  # a plan, as parametrised above
    assert account.bill(Attach(offered.plan_id, customize=own)) == owed  # type: ignore[attr-defined]


def test_a_plan_may_lose_its_price() -> None:
    account = Account(PRO)
    assert account.bill(Attach("pro", customize=Customize(price=None))) == 0
    assert account.subscription("pro").plan.base is None


def test_items_may_be_replaced_all_together() -> None:
    account = Account(PRO)
    account.bill(Attach("pro", customize=Customize(items=(included(WORDS, 5),))))
    assert account.remaining("words") == 5
    assert account.standing("messages").grants == []


def test_items_may_be_added_and_taken_out() -> None:
    offered = plan("pro", 20, included(MESSAGES, 500), prepaid(MESSAGES, 0, 1000), switched_on(SSO))
    own = Customize(add_items=(included(WORDS, 7),), remove_items=(ItemFilter("messages", Method.PREPAID),))
    account = Account(offered)
    account.bill(Attach("pro", customize=own))
    found = account.subscription("pro").plan
    assert [[item.feature_id, item.included] for item in found.items] == [["messages", 500], ["sso", 0], ["words", 7]]


@pytest.mark.parametrize(
    "which",
    [
        ItemFilter("words"),
        ItemFilter(method=Method.USAGE_BASED),
        ItemFilter(every=Every(Interval.YEAR)),
        ItemFilter(interval="year"),
        ItemFilter(included=units(3)),
    ],
)
def test_items_are_taken_out_by_all_that_is_said_of_them(which: ItemFilter) -> None:
    offered = plan("pro", 20, included(MESSAGES, 500), metered(WORDS, 3, 10, every=YEAR))
    account = Account(offered)
    account.bill(Attach("pro", customize=Customize(remove_items=(which,))))
    assert [item.feature_id for item in account.subscription("pro").plan.items] == ["messages"]


def test_items_of_ones_own_are_settled_as_those_of_the_catalog() -> None:
    price = ItemPrice(MONTH, Method.USAGE_BASED, units(10))
    item = PlanItem("messages", FeatureKind.BOOLEAN, units(5), price=price)
    account = Account(FREE)
    account.bill(Attach("free", customize=Customize(items=(item,))))
    (settled,) = account.subscription("free").plan.items
    assert (settled.kind, settled.reset) == (FeatureKind.CONSUMABLE, MONTH)


def test_the_trial_of_a_customisation_goes_before_the_other() -> None:
    week, year = FreeTrial(Every(Interval.WEEK)), FreeTrial(YEAR)
    account = Account(PRO)
    account.bill(Attach("pro", free_trial=year, customize=Customize(free_trial=week)))
    found = account.subscription("pro")
    assert found.plan.free_trial == week
    assert not found.plan.custom


def test_limits_may_be_ones_own() -> None:
    controls = Controls(overage_allowed=(OverageAllowed("messages", enabled=True),))
    account = Account(PRO)
    account.bill(Attach("pro", customize=Customize(controls=controls)))
    assert account.subscription("pro").plan.controls == controls


@pytest.mark.parametrize(
    ("own", "code", "sentence"),
    [
        (Customize(items=(), add_items=(included(WORDS, 1),)), "invalid_request", "replaces every item"),
        (Customize(remove_items=(ItemFilter(),)), "invalid_inputs", "remove_items.0 was empty"),
        (Customize(remove_items=(ItemFilter("words"),)), "invalid_inputs", "matches no item"),
        (Customize(price=BasePrice(-1, MONTH)), "invalid_inputs", "must not be negative"),
        (
            Customize(add_items=(PlanItem("ghosts", FeatureKind.CONSUMABLE),)),
            "feature_not_found",
            "ghosts does not exist",
        ),
    ],
)
def test_a_customisation_that_contradicts_itself_is_refused(own: Customize, code: str, sentence: str) -> None:
    account = Account(PRO)
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(Attach("pro", customize=own))
    assert refused.value.code == code
    assert not account.plans()
