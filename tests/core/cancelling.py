"""A customer on a plan with a default behind it, to be cancelled."""

from ledger.core.subscriptions.cancellation import When
from ledger.core.terms import Plan
from tests.core.account import Account

END, NOW = When.END_OF_CYCLE, When.NOW


def on(current: str, *plans: Plan, **quantities: int) -> Account:
    account = Account(*plans)
    account.attach(current, None, **quantities)
    return account
