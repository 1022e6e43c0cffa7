"""What is left over at a reset, and what of it lives on (reference §2.11)."""

from ledger.core.balance import Grant
from ledger.core.draft import Draft
from ledger.core.events import BalanceReset, Level
from ledger.core.money import ZERO, negate


def reset_of(_draft: Draft, grant: Grant) -> BalanceReset:
    """The event that fills a balance again at the end of its period."""
    assert grant.period_start is not None
    assert grant.period_end is not None
    return BalanceReset(
        grant.feature_id,
        grant.grant_id,
        grant.level,
        Level(grant.granted, grant.granted),
        max(ZERO, negate(grant.balance)),
        grant.period_start,
        grant.period_end,
        grant.terms.entity_id,
    )
