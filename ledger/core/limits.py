"""Usage limits: how many units may be used in a window, whatever is left of the balances (reference §2.9).

The counters are kept apart from balances: they go up with what is used and start anew with their window.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.core.events import Counted
from ledger.core.money import ZERO, add


class UsageWindow(msgspec.Struct, frozen=True):
    """Units counted in the window from `start` (inside) to `end` (outside)."""

    start: datetime
    end: datetime
    units: Decimal


Windows = Mapping[str, UsageWindow]


def evolve(windows: Windows, counted: Iterable[Counted]) -> Windows:
    """Count units in their windows; a window that is over gives way to the next."""
    after = dict(windows)
    for each in counted:
        known = after.get(each.limit)
        before = known.units if known is not None and known.start == each.start else ZERO
        after[each.limit] = UsageWindow(each.start, each.end, max(ZERO, add(before, each.units)))
    return after
