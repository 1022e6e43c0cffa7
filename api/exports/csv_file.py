"""CSV as RFC 4180 has it, in UTF-8, with a header row; what stands in a cell is docs/api.md's to say.

A spreadsheet runs a cell that begins with one of `RUNS` as a formula, whoever wrote it. A text that begins with one,
or with the apostrophe itself, gets an apostrophe before it: taking one leading apostrophe off gives every text back.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import msgspec

from api.exports.about import About
from api.reads.resource import Column, Kind
from api.wire.json import plain

MARK: Final = "'"
# The wide forms are taken for the narrow ones by some spreadsheets.
RUNS: Final = frozenset("=+-@\t\r\n＝＋－＠")
_MARKED: Final = RUNS | {MARK}

Values = Sequence[Any]


def write(columns: Sequence[Column], rows: Iterator[Sequence[Values]], _: About) -> Iterator[bytes]:
    """The header, and a piece for every batch. A value that is not there is an empty cell."""
    cells = [_CELLS[column.kind] for column in columns]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for batch in rows:
        made = [cell(values) for cell, values in zip(cells, zip(*batch, strict=True), strict=True)]
        writer.writerows(zip(*made, strict=True))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode()


def broken(request_id: str) -> bytes:
    """A last row whose quotes are never closed, which no reader of RFC 4180 takes."""
    return f'"This file is not whole: the export failed half way (request {request_id})'.encode()


def _as_they_are(values: Values) -> Values:
    return values


def _text(values: Values) -> Values:
    return [each if each is None or each[:1] not in _MARKED else MARK + each for each in values]


def _numbers(values: Sequence[Decimal | None]) -> Values:
    return [None if each is None else plain(each) for each in values]


def _instants(values: Values) -> Values:
    instants: Values = msgspec.to_builtins(values)
    return instants


def _booleans(values: Sequence[bool | None]) -> Values:
    return [None if each is None else "true" if each else "false" for each in values]


_CELLS: Final[Mapping[Kind, Callable[[Values], Values]]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.JSON: _text,
        Kind.INTEGER: _as_they_are,
        Kind.NUMBER: _numbers,
        Kind.INSTANT: _instants,
        Kind.BOOLEAN: _booleans,
    }
)
