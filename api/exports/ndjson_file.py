"""NDJSON: an object a line with every column in it. Numbers are exact, instants RFC 3339, JSON is JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import starmap
from types import MappingProxyType
from typing import Any, Final

import msgspec

from api.exports.about import About
from api.reads.resource import Column, Kind
from api.wire.json import plain

_ENCODER: Final = msgspec.json.Encoder()

Values = Sequence[Any]


def write(columns: Sequence[Column], rows: Iterator[Sequence[Values]], _: About) -> Iterator[bytes]:
    """A piece for every batch; of no rows, no bytes."""
    line = _line(columns)
    ways = [_JSON.get(column.kind, _as_they_are) for column in columns]
    for batch in rows:
        made = [way(values) for way, values in zip(ways, zip(*batch, strict=True), strict=True)]
        yield _ENCODER.encode_lines(list(starmap(line, zip(*made, strict=True))))


def broken(request_id: str) -> bytes:
    """A last line that is no JSON, because it is not closed."""
    return f'{{"This file is not whole": "the export failed half way (request {request_id})"'.encode()


def _line(columns: Sequence[Column]) -> type[msgspec.Struct]:
    """A line as a struct: quicker to make and to write than a dict, and its fields are in the order of the columns."""
    fields = {f"column_{place}": column.name for place, column in enumerate(columns)}
    return msgspec.defstruct("Line", [(field, Any) for field in fields], rename=fields, gc=False)


def _as_they_are(values: Values) -> Values:
    return values


def _numbers(values: Sequence[Decimal | None]) -> Values:
    return [None if each is None else msgspec.Raw(plain(each)) for each in values]


def _json(values: Sequence[str | None]) -> Values:
    return [None if each is None else msgspec.Raw(each) for each in values]


_JSON: Final[Mapping[Kind, Callable[[Values], Values]]] = MappingProxyType({Kind.NUMBER: _numbers, Kind.JSON: _json})
