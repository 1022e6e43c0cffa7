"""Values to JSON for jsonb columns, and back into the core's types."""

import json
from decimal import Decimal
from typing import Any, Final

import msgspec

NUL: Final = rb"\u0000"

_structs = msgspec.json.Encoder()
_numbers = msgspec.json.Encoder(decimal_format="number")
_plain = json.JSONDecoder(parse_float=Decimal)  # which json.loads would make anew for each of a page's rows


def state_json(value: object) -> bytes:
    """A core struct so that `from_json` gives the same one back; Decimals as text, exactly."""
    return _structs.encode(value)


def plain_json(value: object) -> bytes:
    """A value for people and filters: Decimals as numbers."""
    data = _numbers.encode(value)
    return data if NUL not in data else _cleaned(data)


def read_json(text: str | bytes) -> Any:
    """JSON of a column in plain values; numbers with a fraction are Decimals, exactly."""
    return _plain.decode(text if isinstance(text, str) else text.decode())


def _cleaned(data: bytes) -> bytes:
    # PostgreSQL has no place for U+0000 in text; personal data may have brought one along.
    return _numbers.encode(_without_nul(read_json(data)))


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        case list():
            return [_without_nul(each) for each in value]
        case dict():
            return {_without_nul(key): _without_nul(each) for key, each in value.items()}
    return value
