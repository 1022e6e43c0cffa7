"""The moment of the past that is asked about: an instant of business, an instant of learning, or a position."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Final

from ledger.core.errors import InvalidInput

POSITION: Final = re.compile(r"position:(\d{1,18})")
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """When it was true in the business, whenever we learned it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RecordedTime:
    """What we knew at an instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """What we knew after so many events of the ledger."""

    number: int


Moment = BusinessTime | RecordedTime | Position


def parse_moment(text: str, zone: tzinfo, *, recorded: bool = False) -> Moment:
    """Read an RFC 3339 instant, a day (its first instant in `zone`), or `position:N`. Raises `InvalidInput`."""
    found = POSITION.fullmatch(text)
    if found is not None:
        return Position(int(found[1]))
    at = _instant(text, zone)
    return RecordedTime(at) if recorded else BusinessTime(at)


def _instant(text: str, zone: tzinfo) -> datetime:
    try:
        if DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), zone)
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(f"{text!r} is no moment: give an instant such as 2026-01-31T12:00:00Z, a day, or position:N")
    return found
