"""Accounts with controls and with balances by hand, for the examples in which rules of balances meet."""

from typing import Any

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.correction import Reverse
from ledger.core.balances.limiting import NewControls
from ledger.core.events import EffectReversed
from ledger.core.profile import UpdateCustomer
from tests.core.account import Account
from tests.core.offers import units


def controlled(account: Account, **controls: Any) -> Account:
    account.do(UpdateCustomer({}, controls=NewControls(**controls)))
    return account


def granted(account: Account, feature_id: str, number: float | None, name: str, **more: Any) -> Account:
    account.do(GrantBalance(feature_id, included=None if number is None else units(number), balance_id=name, **more))
    account.wait(0.01)
    return account


def taken_back(account: Account, event: Any) -> EffectReversed:
    version = next(at for at, (_, each) in enumerate(account.log, start=1) if each is event)
    (found,) = account.do(Reverse(version, version, event, account.log[version - 1][0]))
    assert isinstance(found, EffectReversed)
    return found
