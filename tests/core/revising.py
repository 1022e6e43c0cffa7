"""A customer on a plan that is revised, in short."""

from datetime import UTC, datetime
from typing import Any

from ledger.core.period import Every, Interval
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice, FreeTrial, Plan
from tests.core.account import Account
from tests.core.offers import MONTH

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
HALF = 15.5


def on(current: Plan, *others: Plan, **quantities: int) -> Account:
    account = Account(current, *others)
    account.attach(current.plan_id, None, **quantities)
    return account


def revise(account: Account, **fields: Any) -> int:
    """Change the customer's plan; answers what is owed at once, as its preview said."""
    return account.bill(Revise(next(iter(account.plans())), **fields))


def price(dollars: int, every: Every = MONTH) -> Customize:
    return Customize(price=BasePrice(dollars * 100, every))


def days(number: int) -> FreeTrial:
    return FreeTrial(Every(Interval.DAY, number))
