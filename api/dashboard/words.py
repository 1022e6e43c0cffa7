"""How values read on a page: amounts of money, units, instants."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from flask import has_request_context

from api.request import current_request
from api.wire.json import EPOCH
from ledger.core.money import exponent
from ledger.core.offers.catalog import Catalog

NOTHING: Final = "\N{EN DASH}"
MINUS: Final = "\N{MINUS SIGN}"
SIGNS: Final = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def units(value: Decimal | float | None) -> str:
    """A number of units: thousands apart, no zeros at the end, below zero with the sign that is as wide as a plus."""
    if value is None:
        return NOTHING
    text = f"{Decimal(str(value)):,f}".replace("-", MINUS)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(major: Decimal | float | None, currency: str | None) -> str:
    """An amount in major units with its currency."""
    if major is None or currency is None:
        return NOTHING
    amount = Decimal(str(major))
    digits = f"{abs(amount):,.{exponent(currency)}f}"
    sign, minus = SIGNS.get(currency.lower()), MINUS if amount < 0 else ""
    return f"{minus}{sign}{digits}" if sign else f"{minus}{digits} {currency.upper()}"


def exact_money(major: Decimal, currency: str) -> str:
    """A price with its currency: as many places as it has, and never fewer than the currency's own."""
    places = -int(Decimal(major).normalize().as_tuple().exponent)
    if places <= exponent(currency):
        return money(major, currency)
    digits, sign = f"{abs(Decimal(major)).normalize():,f}", SIGNS.get(currency.lower())
    minus = MINUS if major < 0 else ""
    return f"{minus}{sign}{digits}" if sign else f"{minus}{digits} {currency.upper()}"


def feature_name(catalog: Catalog, feature_id: str | None) -> str:
    """What a feature is called; its id where the catalog has forgotten it."""
    found = catalog.features.get(feature_id or "")
    return (feature_id or "") if found is None else found.name


def day(instant: datetime | str | float | None) -> str:
    """The day of an instant as people write it."""
    found = _there(instant)
    return NOTHING if found is None else f"{found.day} {found:%b %Y}"


def minute(instant: datetime | str | float | None) -> str:
    """A day and the minute of it."""
    found = _there(instant)
    return NOTHING if found is None else f"{found.day} {found:%b %Y, %H:%M} {_clock(found)}"


def exact(instant: datetime | str | float | None) -> str:
    """An instant to the second, and to its fraction where it has one: what stands behind a day or a minute."""
    found = _there(instant)
    if found is None:
        return NOTHING
    fraction = f".{found.microsecond:06d}".rstrip("0") if found.microsecond else ""
    return f"{found.day} {found:%b %Y, %H:%M:%S}{fraction} {_clock(found)}"


def calendar_day(on: date | str | None) -> str:
    """A day of the calendar, which is none of an instant: `2026-01-31`, with or without a time after it."""
    if on is None or on == "":
        return NOTHING
    found = on if isinstance(on, date) else date.fromisoformat(on[:10])
    return f"{found.day} {found:%b %Y}"


def machine(instant: datetime | str | float | None) -> str:
    """An instant for the `datetime` of an element."""
    found = _instant(instant)
    return "" if found is None else found.isoformat().replace("+00:00", "Z")


def zone() -> tzinfo:
    """The time zone that days are told and read in: that of the ledger that the page is of."""
    return current_request().zone if has_request_context() else UTC


def beginning(on: date) -> datetime:
    """The first instant of a day. A midnight that a clock change skips is moved forward by the gap, as in the core.

    Raises `OverflowError` for a day at the end of all days.
    """
    return datetime.combine(on, time(), zone()).astimezone(UTC)


def local_day(instant: datetime | str | float | None) -> str:
    """The day of an instant as a field of a form has it: `2026-01-31`."""
    found = _there(instant)
    return "" if found is None else found.date().isoformat()


def zone_name() -> str:
    """What the time zone is called."""
    return str(zone())


def _there(value: datetime | str | float | None) -> datetime | None:
    found = _instant(value)
    return None if found is None else found.astimezone(zone())


def _clock(found: datetime) -> str:
    """What clocks show there: UTC, CET; UTC+04 where they have no name."""
    name = found.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def _instant(value: datetime | str | float | None) -> datetime | None:
    """An instant of the core, of the GET side (RFC 3339), or of the wire (milliseconds)."""
    match value:
        case None:
            return None
        case datetime():
            return value.astimezone(UTC)
        case str():
            return datetime.fromisoformat(value).astimezone(UTC)
    return EPOCH + timedelta(milliseconds=int(value))


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "units": units,
    "money": money,
    "exact_money": exact_money,
    "day": day,
    "minute": minute,
    "exact": exact,
    "calendar_day": calendar_day,
    "local_day": local_day,
    "machine": machine,
}
