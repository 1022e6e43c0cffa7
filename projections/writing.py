"""Rows to the database: one statement a table, in arrays of binary fields or lines of a COPY."""

import re
import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, LiteralString, NamedTuple

from psycopg import Connection

from ledger.core.money import total
from ledger.store.binary import BigintArray, BinaryArray, InstantArray, IntegerArray, TextArray, UuidArray
from ledger.store.chain import NULL, bigint_field, bytes_field, instant_field, integer_field, uuid_field
from projections.projection import Changes, Key, Kind, Model, Row, Table
from projections.statements import statement

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
LENGTH: Final = struct.Struct("!i")

# A column at a time: whether anything in it must be escaped is asked once for all of its values.
Column = Sequence[Any]


class Write(NamedTuple):
    """A statement ready to be sent: with its parameters, or with the lines of its COPY."""

    statement: LiteralString
    parameters: dict[str, Any]
    lines: bytes | None = None

    def send(self, conn: Connection[Any]) -> None:
        """Run it in the caller's transaction."""
        if self.lines is None:
            conn.execute(self.statement, self.parameters, prepare=True)
            return
        with conn.cursor() as cursor, cursor.copy(self.statement) as copy:
            copy.write(self.lines)


def prepare(ledger_id: str, generation: int, model: Model, changes: Changes) -> list[Write]:
    """What writes the changes of a batch: at most a delete and a write for each table, in the model's order of them."""
    place, found = {"ledger_id": ledger_id, "generation": generation}, []
    for table in model.tables:
        gone, rows = changes.gone.get(table.name), changes.rows.get(table.name)
        if gone:
            parameters = place | _columns(list(table.columns.items())[: table.key], gone)
            found.append(Write(statement(f"delete_{table.name}", model.package), parameters))
        source = changes.rows.get(table.derived_from or "")
        if source:
            positions = [row[0] for row in source]
            stretch = {"first": min(positions), "last": max(positions)}
            found.append(Write(statement(f"derive_{table.name}", model.package), place | stretch))
        if rows and table.grows_only:
            text = statement(f"append_{table.name}", model.package)
            found.append(Write(text, {}, _lines(table, f"{_escaped(ledger_id)}\t{generation}\t", rows)))
        elif rows and table.accumulates:
            parameters = place | _columns(list(table.columns.items()), summed(table, rows))
            found.append(Write(statement(f"add_{table.name}", model.package), parameters))
        elif rows:
            parameters = place | _columns(list(table.columns.items()), rows)
            found.append(Write(statement(f"upsert_{table.name}", model.package), parameters))
    return found


def summed(table: Table, rows: Sequence[Row]) -> list[Row]:
    """The rows of a table that accumulates, one for each key: its amounts added up exactly."""
    key, by_key = table.key, dict[Key, list[Row]]()
    for row in rows:
        by_key.setdefault(row[:key], []).append(row)
    sums = [sum if kind is Kind.BIGINT else total for kind in list(table.columns.values())[key:]]
    return [
        (*each, *(add_up(column) for add_up, column in zip(sums, list(zip(*found, strict=True))[key:], strict=True)))
        for each, found in by_key.items()
    ]


def _columns(columns: Sequence[tuple[str, Kind]], rows: Sequence[Row | Key]) -> dict[str, Any]:
    count, values = len(rows), zip(*rows, strict=True)
    return {name: _array(kind, column, count) for (name, kind), column in zip(columns, values, strict=True)}


def _array(kind: Kind, column: Column, count: int) -> BinaryArray:
    array, encode = FIELDS[kind]
    return array.of(encode(column), count)


def _bytes_fields(column: Column) -> list[bytes]:
    return [NULL if value is None else LENGTH.pack(len(value)) + value for value in column]


def _text_fields(column: Column) -> list[bytes]:
    if "\0" in "".join([value for value in column if value is not None]):
        # PostgreSQL has no place for U+0000; personal data, sealed in the log, may have brought one along.
        column = [None if value is None else value.replace("\0", REPLACEMENT) for value in column]
    return _bytes_fields([None if value is None else value.encode() for value in column])


def _number_fields(column: Column) -> list[bytes]:
    return _bytes_fields([None if value is None else format(value, "f").encode() for value in column])


def _switch_fields(column: Column) -> list[bytes]:
    return [SWITCHES[value] for value in column]


def _texts_fields(column: Column) -> list[bytes]:
    return _text_fields([_array_text(tuple(values)) for values in column])


def _each_field(to_field: Callable[[Any], bytes]) -> Callable[[Column], list[bytes]]:
    return lambda column: [NULL if value is None else to_field(value) for value in column]


SWITCHES: Final[dict[bool | None, bytes]] = {True: bytes_field(b"t"), False: bytes_field(b"f"), None: NULL}

FIELDS: Final[dict[Kind, tuple[type[BinaryArray], Callable[[Column], list[bytes]]]]] = {
    Kind.UUID: (UuidArray, _each_field(uuid_field)),
    Kind.TEXT: (TextArray, _text_fields),
    Kind.INTEGER: (IntegerArray, _each_field(integer_field)),
    Kind.BIGINT: (BigintArray, _each_field(bigint_field)),
    Kind.NUMERIC: (TextArray, _number_fields),
    Kind.BOOLEAN: (TextArray, _switch_fields),
    Kind.INSTANT: (InstantArray, _each_field(instant_field)),
    Kind.JSON: (TextArray, _bytes_fields),
    Kind.TEXTS: (TextArray, _texts_fields),
}


def _lines(table: Table, head: str, rows: Sequence[Row]) -> bytes:
    columns = [
        LINES[kind](column) for kind, column in zip(table.columns.values(), zip(*rows, strict=True), strict=True)
    ]
    return "".join([f"{head}{line}\n" for line in map("\t".join, zip(*columns, strict=True))]).encode()


NOTHING: Final = r"\N"
_SPECIAL: Final = re.compile("[\\\\\t\n\r\0]")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": REPLACEMENT})


def _escaped(value: str) -> str:
    return value.translate(_ESCAPES)


def _text_lines(column: Column) -> list[str]:
    texts = [NOTHING if value is None else value for value in column]
    if not _SPECIAL.search(" ".join([value for value in column if value is not None])):
        return texts
    return [NOTHING if value is None else _escaped(value) for value in column]


def _json_lines(column: Column) -> list[str]:
    return _text_lines([None if value is None else value.decode() for value in column])


def _texts_lines(column: Column) -> list[str]:
    return _text_lines([_array_text(tuple(values)) for values in column])


@lru_cache(1_000)
def _array_text(values: tuple[str, ...]) -> str:
    quoted = [value.replace("\\", r"\\").replace('"', r"\"") for value in values]
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def _each(to_text: Callable[[Any], str]) -> Callable[[Column], list[str]]:
    return lambda column: [NOTHING if value is None else to_text(value) for value in column]


LINES: Final[dict[Kind, Callable[[Column], list[str]]]] = {
    Kind.UUID: lambda column: [value.hex for value in column],
    Kind.TEXT: _text_lines,
    Kind.INTEGER: _each(str),
    Kind.BIGINT: _each(str),
    Kind.NUMERIC: _each(lambda value: format(value, "f")),
    Kind.BOOLEAN: _each(lambda value: "t" if value else "f"),
    Kind.INSTANT: _each(datetime.isoformat),
    Kind.JSON: _json_lines,
    Kind.TEXTS: _texts_lines,
}
