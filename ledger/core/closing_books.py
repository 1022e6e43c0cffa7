"""Closed accounting periods: up to which day a ledger's books are closed (docs/books.md, "Closing").

What belongs to a closed day and is learned later is posted on the first open one.
"""

import re
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from ledger.core.errors import InvalidInput, InvalidRequest, ReasonRequired

NEVER: Final = "never"
EARLIEST: Final = date(1970, 1, 1)
LATEST: Final = date(2999, 12, 31)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def closed_until(text: str) -> str:
    """The last closed day as it is kept: an ISO 8601 day, or `never`. Refuses anything else."""
    if text.lower() == NEVER:
        return NEVER
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        raise InvalidInput(f"{text!r} is not the last day of a closed period: say a day such as 2026-03-31, or {NEVER}")
    return day.isoformat()


def check_closing(before: str, after: str, now: datetime, zone: tzinfo, *, sandbox: bool, reasoned: bool) -> None:
    """Refuse to close days that are not over, and to open closed ones again without a reason.

    In a sandbox customers' own clocks may be ahead, so that any day may be over there.
    """
    if after != NEVER and not sandbox and date.fromisoformat(after) >= now.astimezone(zone).date():
        latest = now.astimezone(zone).date() - timedelta(days=1)
        raise InvalidRequest(f"books_closed_until was {after} and that day is not over: close at most until {latest}")
    # Days of ISO 8601 are in order as text.
    opens = before != NEVER and (after == NEVER or after < before)
    if opens and not reasoned:
        raise ReasonRequired(f"Opening the books again, which are closed until {before},")
