"""What examples of several plans, of phases and of plans from elsewhere share."""

from datetime import UTC, datetime, timedelta

from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import ProrationBehavior
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.phases import Phase
from ledger.core.terms import FreeTrial
from tests.core.account import Account
from tests.core.offers import (
    FREE,
    PREMIUM,
    PRO,
    START,
    WORDS,
    included,
    plan,
)

FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (2, 3, 4))
MID = START + timedelta(days=15, hours=12)
EXTRA = plan("extra", 20, included(WORDS, 200), add_on=True)
OTHER = plan("other", 30, included(WORDS, 5), group="other")
NONE = ProrationBehavior.NONE
WEEK = FreeTrial(Every(Interval.WEEK))


def shop() -> Account:
    return Account(FREE, PRO, PREMIUM, EXTRA, OTHER)


def phase(*plan_ids: str, at: datetime | None = None, **more: object) -> Phase:
    return Phase(tuple(map(Attach, plan_ids)), at, **more)  # type: ignore[arg-type]  # fields of Phase
