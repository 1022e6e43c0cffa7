"""A customer on a plan and days of its first month, for the examples of starts and ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.core.period import Every, Interval
from ledger.core.terms import FreeTrial
from tests.core.account import Account
from tests.core.offers import FREE, ONCE, PREMIUM, PRO, PRO_ANNUAL, START, WORDS, included, plan

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
MID = START + timedelta(days=15, hours=12)
WEEK = FreeTrial(Every(Interval.WEEK))
EXTRA = plan("extra", 20, included(WORDS, 200), add_on=True)
CREDITS = plan("credits", 10, included(WORDS, 50), every=ONCE)


def on(current: str, *more: Any) -> Account:
    account = Account(FREE, PRO, PREMIUM, PRO_ANNUAL, EXTRA, CREDITS, *more)
    account.attach(current)
    return account
