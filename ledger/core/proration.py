"""The part of a period's price that is still to come: price x time left / length, in milliseconds (§2.3)."""

from datetime import datetime, timedelta
from decimal import Decimal

from ledger.core.money import ratio
from ledger.core.period import Period

_MILLISECOND = timedelta(milliseconds=1)


def remaining_share(amount_minor: Decimal, period: Period, now: datetime) -> Decimal:
    """The unrounded share of an amount for `now` to the end of its period; all of it at or before the start."""
    left = (period.end - max(now, period.start)) // _MILLISECOND
    if left >= period.milliseconds:
        return amount_minor
    return ratio(amount_minor, max(left, 0), period.milliseconds)
