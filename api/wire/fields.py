"""Field types of the wire: what each accepts, what it becomes, and the sentence that refuses anything else.

Input is strict: "5" is not a number, 1 is not a boolean, null is refused where it is not offered. Every field
knows in plain words what it must be (`must_be`), and the same words stand in refusals and in the OpenAPI
document. Fields only read; answers are plain dicts written by `api.wire.json.render`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

import marshmallow
from marshmallow import missing

from api.wire import limits
from api.wire.json import BadNumber

JsonSchema = dict[str, Any]
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CONTROL_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+")
CURRENCY: Final = re.compile(r"[A-Za-z]{3}")


class NotOffered(str):
    """The sentence about a field that the SDKs know and this product leaves out on purpose."""

    __slots__ = ()


def shown(value: Any) -> str:
    """How a refusal repeats a wrong value: its JSON kind, and a short piece of it."""
    cut = limits.VALUE_SHOWN_CHARS
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return f'"{CONTROL.sub("?", value[:cut])}{"…" if len(value) > cut else ""}" (text)'
        case BadNumber(text=text):
            return text[:cut]
        case int() | Decimal():
            text = str(value)
            return text if len(text) <= cut else f"a number of {len(text)} characters"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
    return type(value).__name__


class WireField(marshmallow.fields.Field[Any]):
    """A field that reads one JSON value. Subclasses say what it must be and read it, or raise `wrong`."""

    must_be: str = "any JSON value"
    schema: ClassVar[JsonSchema] = {}

    def read(self, value: Any) -> Any:
        """The Python value of a JSON value that is neither absent nor null."""
        return value

    def deserialize(
        self,
        value: Any,
        attr: str | None = None,
        data: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Read a value. Shorter than marshmallow's own way in, which runs hooks that no field here has."""
        del attr, data, kwargs
        if value is missing:
            if self.required:
                raise marshmallow.ValidationError(f"was not sent and must be {self.must_be}")
            default = self.load_default
            return default() if callable(default) else default
        if value is None:
            if self.allow_none:
                return None
            raise self.wrong(value)
        return self.read(value)

    def wrong(self, value: Any) -> marshmallow.ValidationError:
        """The refusal of a value: what it was, what it must be."""
        return marshmallow.ValidationError(f"was {shown(value)} and must be {self.must_be}")

    def describe(self) -> JsonSchema:
        """Describe the field in JSON Schema 2020-12, null left out."""
        return dict(self.schema)


class Anything(WireField):
    """A JSON value of any kind, passed on as it was read."""


class Text(WireField):
    """Text without control characters, 1 to `most` characters (0 where `empty` is allowed)."""

    forbidden: ClassVar[re.Pattern[str]] = CONTROL

    def __init__(self, most: int = limits.TEXT_CHARS, *, empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = (0 if empty else 1), most
        self.must_be = f"text of {self.least} to {most} characters without control characters"

    def read(self, value: Any) -> str:
        if type(value) is not str or not self.least <= len(value) <= self.most or self.forbidden.search(value):
            raise self.wrong(value)
        return value

    def describe(self) -> JsonSchema:
        return {"type": "string", "minLength": self.least, "maxLength": self.most}


class Lines(Text):
    """Text that may have line breaks and tabs, such as a description."""

    forbidden = CONTROL_BUT_LINES


class Identifier(WireField):
    """An id chosen by the caller: visible characters of any script, inner spaces allowed, none around it."""

    def __init__(self, most: int = limits.ID_CHARS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most
        self.must_be = f"text of 1 to {most} visible characters without spaces around it"

    def read(self, value: Any) -> str:
        if type(value) is not str or not 0 < len(value) <= self.most or not value.isprintable():
            raise self.wrong(value)
        if value[0] == " " or value[-1] == " ":
            raise self.wrong(value)
        return value

    def describe(self) -> JsonSchema:
        return {"type": "string", "minLength": 1, "maxLength": self.most}


class CustomerId(Identifier):
    """A customer's id: the caller's own, or the internal `cus_…` that every answer carries."""


class EntityId(Identifier):
    """An entity's id, unique within its customer."""


class FeatureId(Identifier):
    """A feature's id."""


class PlanId(Identifier):
    """A plan's id."""


class Email(WireField):
    """An e-mail address: something, an @, something, without spaces. Whether it works is not ours to know."""

    must_be = f"an e-mail address of at most {limits.EMAIL_CHARS} characters"
    schema: ClassVar[JsonSchema] = {"type": "string", "maxLength": limits.EMAIL_CHARS}

    def read(self, value: Any) -> str:
        if type(value) is not str or len(value) > limits.EMAIL_CHARS or not EMAIL.fullmatch(value):
            raise self.wrong(value)
        return value


class Currency(WireField):
    """An ISO 4217 code; it becomes lower case, as the SDKs write it. Which codes are known, the core says."""

    must_be = "a currency code of three letters, such as usd"
    schema: ClassVar[JsonSchema] = {"type": "string", "pattern": "^[A-Za-z]{3}$"}

    def read(self, value: Any) -> str:
        if type(value) is not str or not CURRENCY.fullmatch(value):
            raise self.wrong(value)
        return value.lower()


class Flag(WireField):
    """A boolean."""

    must_be = "true or false"
    schema: ClassVar[JsonSchema] = {"type": "boolean"}

    def read(self, value: Any) -> bool:
        if value is True or value is False:
            return bool(value)
        raise self.wrong(value)


class Choice(WireField):
    """One of a few words. `not_offered` are words that the SDKs know and this product does not do."""

    def __init__(self, *words: str, not_offered: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.not_offered = words, not_offered
        self.must_be = f"one of {', '.join(words)}" if len(words) > 1 else words[0]

    def read(self, value: Any) -> str:
        if type(value) is str:
            if value in self.words:
                return value
            if value in self.not_offered:
                raise marshmallow.ValidationError(NotOffered(f"{value} is not offered here: must be {self.must_be}"))
        raise self.wrong(value)

    def describe(self) -> JsonSchema:
        return {"type": "string", "enum": list(self.words)}
