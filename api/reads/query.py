"""Query strings: every parameter of a read by name, what it becomes, and the sentence that refuses anything else."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from api.request import ApiRequest
from api.wire import limits
from api.wire.fields import CONTROL, shown
from api.wire.json import EPOCH
from api.wire.refusals import InvalidInputs
from api.wire.schema import UNKNOWN
from ledger.core.errors import NotSupported

NOT_OFFERED: Final = frozenset({"as_of", "at"})
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2}))?")
_DIGITS: Final = re.compile(r"[0-9]{1,15}")


class Parameter(NamedTuple):
    """One parameter: how its text is read (ValueError for what it cannot be), what it must be, what it is for."""

    name: str
    read: Callable[[str], Any]
    must_be: str
    about: str
    schema: dict[str, Any]
    default: Any = None


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


def choice(name: str, about: str, words: Sequence[str], default: str | None = None) -> Parameter:
    """One of a few words."""

    def read(value: str) -> str:
        if value not in words:
            raise ValueError
        return value

    schema = {"type": "string", "enum": list(words)}
    return Parameter(name, read, f"one of {', '.join(words)}", about, schema, default)


def instant(name: str, about: str) -> Parameter:
    """An instant: RFC 3339, a date (its first instant in UTC), or epoch milliseconds."""
    must_be = "an RFC 3339 instant, a date, or epoch milliseconds"
    return Parameter(name, _instant, must_be, about, {"type": "string", "format": "date-time"})


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


CURSOR: Final = text("cursor", "`next_cursor` of the page before.", limits.CURSOR_CHARS)
LIMIT: Final = whole("limit", "Rows on a page.", 1, limits.PAGE_ROWS_MAX, limits.PAGE_ROWS)


def read_query(request: ApiRequest, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The value of every parameter, its default where it was not sent. Raises InvalidInputs naming all bad ones."""
    _check_utf8(request)
    known = {parameter.name: parameter for parameter in parameters}
    found = {parameter.name: parameter.default for parameter in parameters}
    problems: dict[str, str] = {}
    for name, values in request.args.lists():
        parameter = known.get(name)
        if parameter is None and name in NOT_OFFERED:
            raise NotSupported(
                f"{name} is not offered yet: reads show the present; `tallystick replay at` shows the past"
            )
        problem = UNKNOWN if parameter is None else _problem(parameter, values, found)
        if problem is not None:
            problems[name[: limits.VALUE_SHOWN_CHARS]] = problem
    if problems:
        raise InvalidInputs(problems)
    return found


def _check_utf8(request: ApiRequest) -> None:
    try:
        unquote_to_bytes(request.environ.get("QUERY_STRING", "")).decode()
    except UnicodeDecodeError:
        raise InvalidInputs({"The query string": "is not UTF-8 and must be"}) from None


def _problem(parameter: Parameter, values: Sequence[str], found: dict[str, Any]) -> str | None:
    if len(values) > 1:
        return "was sent more than once and must be sent once"
    try:
        found[parameter.name] = parameter.read(values[0])
    except (ValueError, OverflowError):
        return f"was {shown(values[0])} and must be {parameter.must_be}"
    return None
