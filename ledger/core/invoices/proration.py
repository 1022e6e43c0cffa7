"""The part of a period's price that a part of the period costs: price x part / length, in milliseconds (§2.3)."""

from datetime import datetime
from decimal import Decimal

from ledger.core.money import ZERO, ratio
from ledger.core.period import Period


def share(amount_minor: Decimal, part: Period, whole: Period) -> Decimal:
    """The unrounded share of a whole period's amount for a part of it; more than all of it for more than one period."""
    covered, length = part.milliseconds, whole.milliseconds
    return amount_minor if covered == length else ratio(amount_minor, covered, length)


def remaining_share(amount_minor: Decimal, period: Period, now: datetime) -> Decimal:
    """The unrounded share of an amount for `now` to the end of its period; all of it at or before the start."""
    since = max(now, period.start)
    return share(amount_minor, Period(since, period.end), period) if since < period.end else ZERO
