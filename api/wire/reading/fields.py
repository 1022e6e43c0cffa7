"""Fields that only answers of GET reads have: instants and days as text, texts without a bound, and pages."""

import re
from datetime import date, datetime
from typing import Any, ClassVar, Final

import marshmallow

from api.wire import limits
from api.wire.fields import JsonSchema, Text, WireField
from api.wire.nesting import ListOf

_POSITION_MAX: Final = 2**63 - 1
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Instant(WireField):
    """An instant as RFC 3339 text in UTC."""

    must_be = "an RFC 3339 instant in UTC"
    schema: ClassVar[JsonSchema] = {"type": "string", "format": "date-time"}

    def read(self, value: Any) -> datetime:
        if type(value) is not str or value[-1:] != "Z":
            raise self.wrong(value)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise self.wrong(value) from None


class Day(WireField):
    """A day as text."""

    must_be = "a day such as 2026-01-31"
    schema: ClassVar[JsonSchema] = {"type": "string", "format": "date"}

    def read(self, value: Any) -> date:
        if type(value) is not str or not _DAY.fullmatch(value):
            raise self.wrong(value)
        return date.fromisoformat(value)


class Position(WireField):
    """A position in the ledger, or a version in a stream."""

    must_be = "a whole number of at least 1"
    schema: ClassVar[JsonSchema] = {"type": "integer", "format": "int64", "minimum": 1}

    def read(self, value: Any) -> int:
        if type(value) is not int or not 1 <= value <= _POSITION_MAX:
            raise self.wrong(value)
        return value


class Said(WireField):
    """A text that we wrote, or that somebody gave as a reason: of any length."""

    must_be = "text"
    schema: ClassVar[JsonSchema] = {"type": "string"}

    def read(self, value: Any) -> str:
        if type(value) is not str:
            raise self.wrong(value)
        return value


class Data(WireField):
    """An object of our own making whose fields depend on what it is about."""

    must_be = "an object"
    schema: ClassVar[JsonSchema] = {"type": "object", "additionalProperties": True}

    def read(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise self.wrong(value)
        return value


def rows(inner: marshmallow.fields.Field[Any]) -> ListOf:
    """The rows of a page."""
    return ListOf(inner, most=limits.PAGE_ROWS_MAX, required=True)


def many(inner: marshmallow.fields.Field[Any]) -> ListOf:
    """A list that is as long as what it is about."""
    return ListOf(inner, most=1_000_000, required=True)


def next_cursor() -> Text:
    """The cursor of the page after this one; null on the last."""
    return Text(limits.CURSOR_CHARS, required=True, allow_none=True)
