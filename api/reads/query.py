"""Query strings: every parameter of a read by name, what it becomes, and the sentence that refuses anything else."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from werkzeug.datastructures import MultiDict

from api.request import ApiRequest
from api.wire import limits
from api.wire.fields import CONTROL, shown
from api.wire.json import EPOCH
from api.wire.refusals import InvalidInputs
from api.wire.schema import UNKNOWN

_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2}))?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DIGITS: Final = re.compile(r"[0-9]{1,15}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,12})?")


class Parameter(NamedTuple):
    """One parameter: how its text is read (ValueError for what it cannot be), what it must be, what it is for.

    One that `repeats` may be sent several times, and its value is a list. A name that ends in `.*` is a family
    (`metadata.*`): its value maps what stood for the star to what was sent.
    """

    name: str
    read: Callable[[str], Any]
    must_be: str
    about: str
    schema: dict[str, Any]
    default: Any = None
    repeats: bool = False

    @property
    def family(self) -> str | None:
        """What the names of a family begin with, dot included; None for a single name."""
        return self.name.removesuffix("*") if self.name.endswith(".*") else None

    def unsent(self) -> Any:
        """The value where nothing was sent."""
        return {} if self.family else [] if self.repeats else self.default


def text(name: str, about: str, most: int = limits.ID_CHARS) -> Parameter:
    """A text of 1 to `most` characters."""

    def read(value: str) -> str:
        if not 0 < len(value) <= most or CONTROL.search(value):
            raise ValueError
        return value

    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return Parameter(name, read, f"text of 1 to {most} characters", about, schema)


def whole(name: str, about: str, least: int, most: int, default: int | None = None) -> Parameter:
    """A whole number."""

    def read(value: str) -> int:
        number = int(value) if _DIGITS.fullmatch(value) else -1
        if not least <= number <= most:
            raise ValueError
        return number

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, read, f"a whole number from {least} to {most}", about, schema, default)


def number(name: str, about: str) -> Parameter:
    """A decimal number, exactly as it is written."""
    most = limits.NUMBER_MAX

    def read(value: str) -> Decimal:
        found = Decimal(value) if _NUMBER.fullmatch(value) else most + 1
        if abs(found) > most:
            raise ValueError
        return found

    return Parameter(name, read, f"a number from -{most:f} to {most:f}", about, {"type": "number"})


def choice(name: str, about: str, words: Sequence[str], default: str | None = None) -> Parameter:
    """One of a few words."""

    def read(value: str) -> str:
        if value not in words:
            raise ValueError
        return value

    schema = {"type": "string", "enum": [str(word) for word in words]}
    return Parameter(name, read, f"one of {', '.join(words)}", about, schema, default)


def instant(name: str, about: str) -> Parameter:
    """An instant: RFC 3339, a date (its first instant in UTC), or epoch milliseconds."""
    must_be = "an RFC 3339 instant, a date, or epoch milliseconds"
    forms = [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": f"^{_DIGITS.pattern}$"},
    ]
    return Parameter(name, _instant, must_be, about, {"anyOf": forms})


def day(name: str, about: str) -> Parameter:
    """A day of the ledger's calendar."""
    return Parameter(name, _day, "a day such as 2026-03-31", about, {"type": "string", "format": "date"})


def day_or_instant(name: str, about: str) -> Parameter:
    """A day, which begins in a time zone that is not known yet (`first_instant`), or an instant."""
    a_day, an_instant = day(name, about), instant(name, about)

    def read(value: str) -> date | datetime:
        try:
            found: date | datetime = a_day.read(value)
        except ValueError:
            found = an_instant.read(value)
        return found

    return an_instant._replace(read=read)


def first_instant(value: date | datetime | None, zone: tzinfo) -> datetime | None:
    """The instant of a day is its first, in the time zone that is asked about."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)


def _day(value: str) -> date:
    if not _DAY.fullmatch(value):
        raise ValueError
    found = date.fromisoformat(value)
    if not limits.EARLIEST.date() <= found < limits.LATEST.date():
        raise ValueError
    return found


def _instant(value: str) -> datetime:
    if _DIGITS.fullmatch(value):
        found = EPOCH + timedelta(milliseconds=int(value))
    elif _INSTANT.fullmatch(value):
        found = datetime.fromisoformat(value.upper())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    else:
        raise ValueError
    if not limits.EARLIEST <= found < limits.LATEST:
        raise ValueError
    return found


def repeated(parameter: Parameter) -> Parameter:
    """The same parameter, sent as often as one likes."""
    return parameter._replace(repeats=True)


def family(parameter: Parameter) -> Parameter:
    """A family of parameters under one name: `family(text("metadata", ...))` reads metadata.plan, metadata.team ..."""
    return parameter._replace(name=f"{parameter.name}.*")


CURSOR: Final = text("cursor", "`next_cursor` of the page before.", limits.CURSOR_CHARS)
ORDER: Final = choice("order", "Oldest first (asc) or newest first (desc).", ("asc", "desc"), "desc")
LIMIT: Final = whole("limit", "Rows on a page.", 1, limits.PAGE_ROWS_MAX, limits.PAGE_ROWS)


def read_query(request: ApiRequest, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The value of every parameter, its default where it was not sent. Raises InvalidInputs naming all bad ones."""
    _check_utf8(request)
    return read_args(request.args, parameters)


def read_args(args: MultiDict[str, str], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """As `read_query`, of parameters that are read already into names and texts."""
    known = {parameter.name: parameter for parameter in parameters}
    families = {parameter.family: parameter for parameter in parameters if parameter.family}
    found = {parameter.name.removesuffix(".*"): parameter.unsent() for parameter in parameters}
    problems: dict[str, str] = {}
    for name, values in args.lists():
        head, dot, rest = name.partition(".")
        of_family = families.get(head + dot)
        parameter = known.get(name)
        problem: str | None
        if of_family is not None and "\0" in rest:
            problem = "holds a NUL character, which no name that is kept has"
        elif of_family is not None and rest:
            problem = _problem(of_family, values, found[head], rest)
        elif parameter is None or parameter.family:
            problem = _unknown(parameters)
        else:
            problem = _problem(parameter, values, found, name)
        if problem is not None:
            problems[_printable(name[: limits.VALUE_SHOWN_CHARS])] = problem
    if problems:
        raise InvalidInputs(problems)
    return found


def _printable(name: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)


def _unknown(parameters: Sequence[Parameter]) -> str:
    names = [parameter.name for parameter in parameters]
    return f"{UNKNOWN}: {', '.join(names)} are" if names else f"{UNKNOWN}, and nothing else is"


def _check_utf8(request: ApiRequest) -> None:
    try:
        unquote_to_bytes(request.environ.get("QUERY_STRING", "")).decode()
    except UnicodeDecodeError:
        raise InvalidInputs({"The query string": "is not UTF-8 and must be"}) from None


def _problem(parameter: Parameter, values: Sequence[str], found: dict[str, Any], name: str) -> str | None:
    """Put what was sent into `found`, or say what is wrong with it."""
    if len(values) > 1 and not parameter.repeats:
        return "was sent more than once and must be sent once"
    try:
        read = [parameter.read(value) for value in values]
    except (ValueError, OverflowError):
        wrong = next(value for value in values if not _readable(parameter, value))
        return f"was {shown(wrong)} and must be {parameter.must_be}"
    found[name] = read if parameter.repeats else read[0]
    return None


def _readable(parameter: Parameter, value: str) -> bool:
    try:
        parameter.read(value)
    except (ValueError, OverflowError):
        return False
    return True
