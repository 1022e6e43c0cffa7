"""Rows to the database: one statement a table, in arrays of binary fields or lines of a COPY."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from ledger.store.binary import BigintArray, BinaryArray, InstantArray, IntegerArray, TextArray, UuidArray
from ledger.store.chain import NULL, bigint_field, bytes_field, instant_field, integer_field, uuid_field
from projections.projection import Changes, Key, Kind, Model, Row, Table
from projections.statements import statement

LINES_AT_ONCE: Final = 500
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def write(conn: Connection[Any], ledger_id: str, generation: int, model: Model, changes: Changes) -> None:
    """Write what a batch changed, in the caller's transaction."""
    place = {"ledger_id": ledger_id, "generation": generation}
    for table in model.tables:
        gone, rows = changes.gone.get(table.name), changes.rows.get(table.name)
        if gone:
            columns = list(table.columns.items())[: table.key]
            _execute(conn, statement(f"delete_{table.name}", model.package), place, columns, gone)
        if rows and table.grows_only:
            _append(conn, model, table, place, rows)
        elif rows:
            _execute(conn, statement(f"upsert_{table.name}", model.package), place, list(table.columns.items()), rows)


def _execute(
    conn: Connection[Any], text: Any, place: dict[str, Any], columns: list[tuple[str, Kind]], rows: Sequence[Row | Key]
) -> None:
    count = len(rows)
    values = zip(*rows, strict=True)
    arrays = {name: _array(kind, column, count) for (name, kind), column in zip(columns, values, strict=True)}
    conn.execute(text, place | arrays, prepare=True)


def _array(kind: Kind, column: Sequence[Any], count: int) -> BinaryArray:
    array, encode = FIELDS[kind]
    return array.of([NULL if value is None else encode(value) for value in column], count)


def _text(value: str) -> bytes:
    # PostgreSQL has no place for U+0000; personal data, sealed in the log, may have brought one along.
    return bytes_field((value.replace("\0", REPLACEMENT) if "\0" in value else value).encode())


def _number(value: Decimal) -> bytes:
    return bytes_field(format(value, "f").encode())


def _switch(value: bool) -> bytes:  # noqa: FBT001  a column's value, not a flag of this function
    return b"\x00\x00\x00\x01t" if value else b"\x00\x00\x00\x01f"


FIELDS: Final[dict[Kind, tuple[type[BinaryArray], Callable[[Any], bytes]]]] = {
    Kind.UUID: (UuidArray, uuid_field),
    Kind.TEXT: (TextArray, _text),
    Kind.INTEGER: (IntegerArray, integer_field),
    Kind.BIGINT: (BigintArray, bigint_field),
    Kind.NUMERIC: (TextArray, _number),
    Kind.BOOLEAN: (TextArray, _switch),
    Kind.INSTANT: (InstantArray, instant_field),
    Kind.JSON: (TextArray, bytes_field),
}


def _append(conn: Connection[Any], model: Model, table: Table, place: dict[str, Any], rows: Sequence[Row]) -> None:
    writers = [LINES[kind] for kind in table.columns.values()]
    head = f"{_escaped(place['ledger_id'])}\t{place['generation']}\t"
    with (
        conn.cursor() as cursor,
        cursor.copy(statement(f"append_{table.name}", model.package)) as copy,
    ):
        for start in range(0, len(rows), LINES_AT_ONCE):
            lines = [
                head + "\t".join([r"\N" if v is None else f(v) for f, v in zip(writers, row, strict=True)])
                for row in rows[start : start + LINES_AT_ONCE]
            ]
            copy.write("\n".join(lines) + "\n")


_SPECIAL: Final = re.compile("[\\\\\t\n\r\0\b\f\v]")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": REPLACEMENT})


def _escaped(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _escaped_json(value: bytes) -> str:
    text = value.decode()
    return text.replace("\\", r"\\") if "\\" in text else text


def _texts(values: Sequence[str]) -> str:
    quoted = ['"' + value.replace("\\", r"\\").replace('"', r"\"") + '"' for value in values]
    return _escaped("{" + ",".join(quoted) + "}")


LINES: Final[dict[Kind, Callable[[Any], str]]] = {
    Kind.UUID: UUID.__str__,
    Kind.TEXT: _escaped,
    Kind.INTEGER: str,
    Kind.BIGINT: str,
    Kind.NUMERIC: lambda value: format(value, "f"),
    Kind.BOOLEAN: lambda value: "t" if value else "f",
    Kind.INSTANT: datetime.isoformat,
    Kind.JSON: _escaped_json,
    Kind.TEXTS: _texts,
}
