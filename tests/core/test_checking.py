"""Whether more of a feature may be used."""

import pytest

from ledger.core.balances.deduction import Overage
from ledger.core.balances.spending import Use, allowed
from ledger.core.terms import PlanItem
from tests.core.account import Account
from tests.core.offers import (
    MESSAGES,
    ONCE,
    PRO,
    SSO,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    units,
    unlimited,
)


def may_use(item: PlanItem, feature_id: str, required: float, used: float = 0) -> bool:
    account = Account(plan("pro", 0, item))
    account.attach("pro")
    if used:
        account.track(feature_id, used, overage=Overage.OVERFLOW)
    return allowed(account.customer, Use(feature_id, units(required)), account.context())


@pytest.mark.parametrize(
    ("item", "feature_id", "used", "required", "answer"),
    [
        (included(MESSAGES, 100), "messages", 0, 100, True),
        (included(MESSAGES, 100), "messages", 0, 101, False),
        (included(MESSAGES, 100), "messages", 100, 1, False),
        (included(MESSAGES, 100), "messages", 100, 0, True),
        (included(MESSAGES, 100), "messages", 100, -1, True),
        (included(MESSAGES, 100), "messages", 120, 0.5, False),
        (switched_on(SSO), "sso", 0, 1, True),
        (unlimited(MESSAGES), "messages", 500, 10**9, True),
        (metered(MESSAGES, 100, 5), "messages", 200, 10**9, True),
        (metered(MESSAGES, 100, 5, most=400), "messages", 0, 500, True),
        (metered(MESSAGES, 100, 5, most=400), "messages", 0, 501, False),
        (metered(MESSAGES, 100, 5, most=400), "messages", 300, 200, True),
        (metered(MESSAGES, 100, 5, most=400), "messages", 300, 201, False),
        (prepaid(MESSAGES, 100, 5), "messages", 0, 101, False),
    ],
)
def test_what_may_be_used(item: PlanItem, feature_id: str, used: float, required: float, answer: bool) -> None:
    assert may_use(item, feature_id, required, used) is answer


@pytest.mark.parametrize(("required", "answer"), [(1, False), (0, True), (-1, True)])
def test_without_any_balance_only_what_asks_for_nothing_is_allowed(required: float, answer: bool) -> None:
    account = Account()
    assert allowed(account.customer, Use("messages", units(required)), account.context()) is answer


def test_a_standing_sums_up_and_never_shows_a_debt() -> None:
    one_time = prepaid(MESSAGES, 0, 100, every=ONCE)
    account = Account(PRO, plan("extra", 0, metered(MESSAGES, 10, 5, most=90), one_time, add_on=True))
    account.attach("pro")
    account.attach("extra", messages=100)
    account.track("messages", 615)
    standing = account.standing("messages")
    assert [standing.granted, standing.remaining, standing.usage] == [610, 0, 615]
    assert [standing.overage_allowed, standing.max_purchase, standing.unlimited, standing.boolean] == [
        True,
        None,  # packs are sold without end
        False,
        False,
    ]
