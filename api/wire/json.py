"""JSON in and out: numbers never pass through a float, instants are epoch milliseconds.

`parse` reads a request body. Every JSON number comes out as `int` or as the `Decimal` of its own text; one
that no `Decimal` can hold comes out as `BadNumber`, so that the field it belongs to can be named by whoever
reads that field. `render` writes an answer: `Decimal` in plain notation without trailing zeros, an aware
`datetime` as whole epoch milliseconds. Both SDKs read every number that `render` writes.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from api.wire import limits
from api.wire.refusals import BodyTooLarge, MalformedBody, UnsupportedMediaType

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
_WRITTEN_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None), msgspec.Raw})
_INT64: Final = 2**63


class BadNumber:
    """A JSON number beyond what `Decimal` can hold, such as 1e99999999999999999999."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"BadNumber({self.text!r})"


def _number(text: str) -> Decimal | BadNumber:
    try:
        return Decimal(text)
    except InvalidOperation:
        return BadNumber(text)


_DECODER: Final = msgspec.json.Decoder(float_hook=_number)
_ENCODER: Final = msgspec.json.Encoder()


def check_content_type(content_type: str | None, body: bytes) -> None:
    """Refuse a body that does not say it is JSON. An empty body needs no content type: both SDKs send none."""
    if not body:
        return
    essence, _, parameters = (content_type or "").partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if essence.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise UnsupportedMediaType(content_type)


def parse(body: bytes) -> Any:
    """The JSON value of a request body; an empty body is an empty object.

    Raises MalformedBody for anything that is not one JSON value in UTF-8, for NUL characters (PostgreSQL
    text cannot hold them), for nesting past the limit and for an object that names a field twice.
    """
    if not body:
        return {}
    if len(body) > limits.BODY_BYTES:
        raise BodyTooLarge
    value = _decode(body)
    _check_depth(value, body)
    if b"\\u0000" in body and _holds_nul(value):
        raise MalformedBody("a text in it holds a NUL character (\\u0000), which cannot be stored")
    return value


def _decode(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except UnicodeDecodeError as error:
        raise MalformedBody(f"it is not UTF-8 (near byte {error.start} of a text in it)") from None
    except RecursionError:
        raise _too_deep() from None
    except msgspec.ValidationError:
        raise MalformedBody(
            f"a whole number in it has more digits than can be read: at most {limits.NUMBER_MAX:f}"
        ) from None
    except msgspec.DecodeError as error:
        raise MalformedBody(_reason(str(error))) from None


def _reason(text: str) -> str:
    """Say what the decoder saw; NaN and Infinity are common enough to be worth a word."""
    place = text[text.find("(") :].strip("()") if "(" in text else "its end"
    return f"it is not JSON (look near {place}; NaN and Infinity are not JSON numbers either)"


def _too_deep() -> MalformedBody:
    return MalformedBody(f"it nests objects and lists more than {limits.BODY_DEPTH} deep")


def _check_depth(value: Any, body: bytes) -> None:
    """Bound the nesting, and find a field that was named twice: JSON readers disagree about which one counts.

    The parsed value has lost the first of two equal names. There are at least as many colons in the text as
    names, so only where the counts differ (a colon inside a text, or a name twice) is the body read again.
    """
    names = _names(value, 1)
    if body.count(b":") != names:
        json.loads(body, object_pairs_hook=_unique, parse_float=str, parse_int=str)


def _names(value: Any, depth: int) -> int:
    kind = type(value)
    if kind is not dict and kind is not list:
        return 0
    if depth > limits.BODY_DEPTH:
        raise _too_deep()
    count, inner = (len(value), value.values()) if kind is dict else (0, value)
    for each in inner:
        if type(each) is dict or type(each) is list:
            count += _names(each, depth + 1)
    return count


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise MalformedBody(f"it names {name[: limits.VALUE_SHOWN_CHARS]!r} twice in one object")
        found[name] = value
    return found


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or _holds_nul(inner) for name, inner in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def milliseconds(instant: datetime) -> int:
    """Epoch milliseconds of an aware instant, rounded down: the form every instant has on the wire."""
    return (instant - EPOCH) // MILLISECOND


def plain(number: Decimal) -> str:
    """A finite decimal in plain notation, no exponent, no trailing zeros, no minus before zero."""
    text = str(number)
    if "E" in text:
        text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    assert text[-1].isdigit(), f"not finite: {number}"
    return "0" if text == "-0" else text


def render(value: Any) -> bytes:
    """The JSON bytes of an answer built of dicts, lists, text, numbers, booleans, None, Decimal, datetime and JSON.

    A float is refused with TypeError: nothing in this product may have made one.
    """
    return _ENCODER.encode(_renderable(value))


def _renderable(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {name: each if type(each) in _WRITTEN_AS_THEY_ARE else _renderable(each) for name, each in value.items()}
    if kind is list or kind is tuple:
        return [each if type(each) in _WRITTEN_AS_THEY_ARE else _renderable(each) for each in value]
    if kind is Decimal:
        return msgspec.Raw(plain(value).encode())
    if kind is datetime:
        return milliseconds(value)
    if kind is float:
        raise TypeError(f"a float reached the wire: {value!r}")
    return value
