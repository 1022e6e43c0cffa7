"""A shop with packs and a discount, for the examples of what goes on while a plan changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from ledger.core.subscriptions.billing import Billing, DiscountRef
from ledger.core.subscriptions.subscription import Status, Subscription
from ledger.core.terms import Discount, Plan
from tests.core.account import Account
from tests.core.offers import EXTRA, FREE, MESSAGES, PREMIUM, PRO, START, WORDS, included, plan, prepaid, units

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
DAYS = timedelta(days=1)
PACKS = plan("packs", 20, included(MESSAGES, 5), prepaid(WORDS, 0, 100, 1))
TENTH = Discount("tenth", "A tenth", percent=units(10))
DISCOUNTED = Billing(discounts=(DiscountRef("tenth"),))


def shop(*more: Plan, **kwargs: Any) -> Account:
    account = Account(FREE, PRO, PREMIUM, EXTRA, PACKS, *more, **kwargs)
    account.catalog = replace(account.catalog, discounts={"tenth": TENTH})
    return account


def held(key: str, status: Status, entity_id: str | None = None, offered: Plan = PRO) -> Subscription:
    return Subscription(key, offered, status, START, START, entity_id=entity_id)
