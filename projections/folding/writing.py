"""Rows to the database: one statement a table, its rows column by column in arrays of binary fields.

No COPY: it can not be sent ahead of the answers to what was sent before (`following/advancing.py`), and for the
batches of a runner it is no faster.
"""

import struct
from collections.abc import Callable, Sequence
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
    """A statement ready to be sent, with its parameters."""

    statement: LiteralString
    parameters: dict[str, Any]

    def send(self, conn: Connection[Any]) -> None:
        """Run it in the caller's transaction; in a pipeline, without waiting for its end."""
        conn.execute(self.statement, self.parameters, prepare=True)


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
        if rows:
            written = summed(table, rows) if table.accumulates else rows
            parameters = place | _columns(list(table.columns.items()), written)
            found.append(Write(statement(f"{_verb(table)}_{table.name}", model.package), parameters))
    return found


def _verb(table: Table) -> str:
    if table.grows_only:
        return "append"
    return "add" if table.accumulates else "upsert"


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


@lru_cache(1_000)
def _array_text(values: tuple[str, ...]) -> str:
    quoted = [value.replace("\\", r"\\").replace('"', r"\"") for value in values]
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


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
