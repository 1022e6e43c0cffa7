"""CSV as RFC 4180 has it, in UTF-8, with a header row; what stands in a cell is docs/api.md's to say.

A spreadsheet runs a cell that begins with one of `RUNS` as a formula, whoever wrote it. A text that begins with one,
or with the apostrophe itself, gets an apostrophe before it: taking one leading apostrophe off gives every text back.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import msgspec

from api.exports.about import About
from api.reads.resource import Column, Kind
from api.wire.json import plain

END: Final = "\r\n"
MARK: Final = "'"
# The wide forms are taken for the narrow ones by some spreadsheets.
RUNS: Final = frozenset("=+-@\t\r\n＝＋－＠")
_MARKED: Final = RUNS | {MARK}
_NEEDS_QUOTES: Final = re.compile(r'[",\r\n]').search

Values = Sequence[Any]
Cells = list[str]


def write(columns: Sequence[Column], rows: Iterator[Sequence[Values]], _: About) -> Iterator[bytes]:
    """The header, and a piece for every batch. A value that is not there is an empty cell."""
    cells = [_CELLS[column.kind] for column in columns]
    if len(cells) == 1:
        cells = [_alone(*cells)]
    header = ",".join(column.name for column in columns) + END
    for batch in rows:
        made = [cell(values) for cell, values in zip(cells, zip(*batch, strict=True), strict=True)]
        lines = map(",".join, zip(*made, strict=True))
        yield f"{header}{END.join(lines)}{END}".encode()
        header = ""
    if header:
        yield header.encode()


def broken(request_id: str) -> bytes:
    """A last row whose quotes are never closed, which no reader of RFC 4180 takes."""
    return f'"This file is not whole: the export failed half way (request {request_id})'.encode()


def _text(values: Sequence[str | None]) -> Cells:
    return ["" if each is None else _quoted(each if each[:1] not in _MARKED else MARK + each) for each in values]


def _quoted(text: str) -> str:
    return text if _NEEDS_QUOTES(text) is None else '"' + text.replace('"', '""') + '"'


def _integers(values: Sequence[int | None]) -> Cells:
    return ["" if each is None else str(each) for each in values]


def _numbers(values: Sequence[Decimal | None]) -> Cells:
    return ["" if each is None else plain(each) for each in values]


def _instants(values: Values) -> Cells:
    return [each or "" for each in msgspec.to_builtins(values)]


def _booleans(values: Sequence[bool | None]) -> Cells:
    return ["" if each is None else "true" if each else "false" for each in values]


def _alone(cell: Callable[[Values], Cells]) -> Callable[[Values], Cells]:
    """The only cell of a row: an empty one is quoted, since a line with nothing in it is no row."""
    return lambda values: [each or '""' for each in cell(values)]


_CELLS: Final[Mapping[Kind, Callable[[Values], Cells]]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.JSON: _text,
        Kind.INTEGER: _integers,
        Kind.NUMBER: _numbers,
        Kind.INSTANT: _instants,
        Kind.BOOLEAN: _booleans,
    }
)
