"""Fields that hold other fields: objects, lists, maps, free-form JSON, and what is not offered."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

import marshmallow
from marshmallow import missing

from api.wire import limits
from api.wire.fields import JsonSchema, NotOffered, WireField, shown
from api.wire.json import BadNumber, plain

NEUTRAL: Final[tuple[Any, ...]] = (None, False, "", [], {})
"""Values that ask for nothing, so a field that is not offered may carry them."""


class Shape(marshmallow.fields.Nested):
    """An object with its own schema."""

    must_be = "an object"

    def make_error(self, key: str, **kwargs: Any) -> marshmallow.ValidationError:
        """The wording of a missing or null object, in place of marshmallow's."""
        del kwargs
        was = {"required": "was not sent", "null": "was null"}.get(key, "was wrong")
        return marshmallow.ValidationError(f"{was} and must be an object")

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Mapping[str, Any] | None,
        partial: bool | Sequence[str] | Any | None = None,  # noqa: FBT001 - marshmallow's own signature
        **kwargs: Any,
    ) -> Any:
        if type(value) is not dict:
            raise marshmallow.ValidationError(f"was {shown(value)} and must be an object")
        return super()._deserialize(value, attr, data, partial=partial, **kwargs)


class ListOf(WireField):
    """A list of `least` to `most` values, each read by `inner`."""

    def __init__(
        self,
        inner: marshmallow.fields.Field[Any],
        *,
        least: int = 0,
        most: int = limits.LIST_ENTRIES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.inner, self.least, self.most = inner, least, most
        self.must_be = f"a list of {least} to {most}"

    def read(self, value: Any) -> list[Any]:
        if type(value) is not list or not self.least <= len(value) <= self.most:
            raise self.wrong(value)
        return list(_each(self.inner, enumerate(value)).values())


class MapOf(WireField):
    """An object whose names are the caller's, each value read by `inner`."""

    must_be = "an object"

    def __init__(self, inner: marshmallow.fields.Field[Any], *, most: int = limits.FREE_ENTRIES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner, self.most = inner, most

    def read(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict or len(value) > self.most:
            raise self.wrong(value)
        return _each(self.inner, value.items())


class OneOf(WireField):
    """A value that one of several fields reads: the first that can."""

    def __init__(self, *options: WireField | Shape, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = options
        self.must_be = ", or ".join(option.must_be for option in options)

    def read(self, value: Any) -> Any:
        for option in self.options:
            try:
                return option.deserialize(value)
            except marshmallow.ValidationError:
                continue
        raise self.wrong(value)


class FreeForm(WireField):
    """The caller's own data: an object of JSON values, kept as sent, within the limits. `flat`: no nesting.

    Numbers in it are not quantities of ours: they are kept exactly, up to 39 digits written out.
    """

    schema: ClassVar[JsonSchema] = {"type": "object", "additionalProperties": True}

    def __init__(self, *, flat: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.depth = 1 if flat else limits.FREE_DEPTH
        inside = "texts, numbers, booleans and nulls" if flat else "JSON values"
        self.must_be = f"an object of at most {limits.FREE_ENTRIES} {inside}"

    def read(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise self.wrong(value)
        if value and (problem := _FreeCheck(self.depth).of(value, 1)):
            raise marshmallow.ValidationError(f"{problem}; it must be {self.must_be}")
        return value


class _FreeCheck:
    """Walks a free-form value once, counting as it goes; the first thing past a limit is the answer."""

    def __init__(self, depth: int) -> None:
        self.depth, self.entries = depth, 0

    def of(self, value: Any, depth: int) -> str | None:
        kind = type(value)
        if kind is str:
            return (
                f"holds a text of more than {limits.FREE_TEXT_CHARS} characters"
                if len(value) > limits.FREE_TEXT_CHARS
                else None
            )
        if kind is int or kind is Decimal or kind is BadNumber:
            return None if _kept(value) else f"holds the number {shown(value)}: write it as text"
        if kind is not dict and kind is not list:
            return None
        self.entries += len(value)
        if depth > self.depth or self.entries > limits.FREE_ENTRIES:
            return (
                f"nests more than {self.depth} deep"
                if depth > self.depth
                else f"holds more than {limits.FREE_ENTRIES} values"
            )
        if kind is list:
            return next((problem for each in value if (problem := self.of(each, depth + 1))), None)
        return next((problem for name, each in value.items() if (problem := self._named(name, each, depth))), None)

    def _named(self, name: str, value: Any, depth: int) -> str | None:
        if not 0 < len(name) <= limits.FREE_KEY_CHARS:
            return f"names a value with {len(name)} characters where 1 to {limits.FREE_KEY_CHARS} are allowed"
        problem = self.of(value, depth + 1)
        return f"at {shown(name)} {problem}" if problem else None


def _kept(number: int | Decimal | BadNumber) -> bool:
    if isinstance(number, BadNumber):
        return False
    if isinstance(number, Decimal) and (number.is_zero() or abs(number.adjusted()) > limits.FREE_NUMBER_DIGITS):
        return number.is_zero()
    return len(plain(Decimal(number)).lstrip("-").replace(".", "")) <= limits.FREE_NUMBER_DIGITS


class Unsupported(WireField):
    """A field that the SDKs know and this product leaves out: a neutral value is dropped, any other refused.

    The loaded dict never holds it, so no view can mistake it for something that was done.
    """

    def __init__(self, *, neutral: tuple[Any, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.neutral = (*NEUTRAL, *neutral)

    def deserialize(
        self,
        value: Any,
        attr: str | None = None,
        data: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Drop a neutral value, refuse any other."""
        del attr, data, kwargs
        if value is missing or self._asks_for_nothing(value):
            return missing
        raise marshmallow.ValidationError(
            NotOffered(f"was {shown(value)}, and this product does not offer it: leave it out")
        )

    def _asks_for_nothing(self, value: Any) -> bool:
        if any(type(value) is type(each) and value == each for each in self.neutral):
            return True
        return type(value) is dict and all(map(self._asks_for_nothing, value.values()))

    def describe(self) -> JsonSchema:
        return {"enum": list(self.neutral), "description": "Known to the SDKs and not offered here: leave it out."}


def _each(inner: marshmallow.fields.Field[Any], pairs: Any) -> dict[Any, Any]:
    """Read every value; all the problems are raised together, each under its index or name."""
    found: dict[Any, Any] = {}
    problems: dict[Any, Any] = {}
    for key, value in pairs:
        try:
            found[key] = inner.deserialize(value)
        except marshmallow.ValidationError as error:
            problems[key] = error.messages
    if problems:
        raise marshmallow.ValidationError(problems)
    return found
