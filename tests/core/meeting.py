"""What the examples share in which several rules meet: instants, offers and the shop that has them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.customising import Customize
from ledger.core.terms import BasePrice, FreeTrial, Plan
from tests.core.account import Account
from tests.core.offers import EXTRA, FREE, MONTH, PREMIUM, PRO, WORDS, plan, prepaid

FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (2, 3, 4))
DAYS = timedelta(days=1)
NONE = Billing(ProrationBehavior.NONE)
WEEK = FreeTrial(Every(Interval.DAY, 7))
PACKS = plan("packs", 20, prepaid(WORDS, 0, 100, 1))
CHEAPER = Customize(price=BasePrice(900, MONTH))


def shop(*more: Plan, **kwargs: Any) -> Account:
    """A customer of a ledger with the usual plans and these."""
    return Account(FREE, PRO, PREMIUM, EXTRA, PACKS, *more, **kwargs)
