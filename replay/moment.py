"""The moment of the past that is asked about: an instant of business, an instant of learning, or a position."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Final

from ledger.core.errors import InvalidInput

POSITION: Final = re.compile(r"position:([0-9]{1,18})")
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# RFC 3339, whose zone must be there; the seconds may be left out, and what is finer than a microsecond is cut off.
INSTANT: Final = re.compile(
    DAY.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
YEARS: Final = range(2, 9999)  # a day within them has an instant in every time zone


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


def parse_moment(text: str, zone: tzinfo, *, recorded: bool = False, name: str | None = None) -> Moment:
    """Read an RFC 3339 instant, a day (its first instant in `zone`), or `position:N`.

    Raises `InvalidInput`, which says what was sent, and under which name.
    """
    found = POSITION.fullmatch(text)
    if found is not None:
        return Position(int(found[1]))
    at = _instant(text, zone)
    if at is None:
        forms = "or a day" if name == "at" else "a day, or position:N"
        said = f"{text!r}" if name is None else f"{name} was {text!r}, which"
        raise InvalidInput(f"{said} is no moment: give an instant such as 2026-01-31T12:00:00Z, {forms}")
    return RecordedTime(at) if recorded else BusinessTime(at)


def _instant(text: str, zone: tzinfo) -> datetime | None:
    found = None
    with suppress(ValueError):
        if DAY.fullmatch(text):
            found = datetime.combine(date.fromisoformat(text), time(), zone)
        elif INSTANT.fullmatch(text):
            found = datetime.fromisoformat(text.upper())
    return found if found is not None and found.year in YEARS else None
