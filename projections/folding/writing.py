"""Rows to the database: one statement a table, its rows column by column in arrays of binary fields.

No COPY: it can not be sent ahead of the answers to what was sent before (`following/advancing.py`), and for the
batches of a runner it is no faster.
"""

import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, LiteralString, NamedTuple

from psycopg import Connection

from ledger.core.money import total
from ledger.store.binary import BigintArray, BinaryArray, InstantArray, IntegerArray, TextArray, UuidArray
from ledger.store.chain import NULL, bigint_field, bytes_field, instant_field, integer_field
from projections.projection import Changes, Key, Kind, Model, Row, Table
from projections.statements import statement

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
LENGTH: Final = struct.Struct("!i")
UUID_LENGTH: Final = LENGTH.pack(16)

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
    first = column[0]
    # In many columns the rows of a batch have nothing, or all the same. Numbers may be equal and not spelled the same.
    if (first is None or kind in SPELLED) and column.count(first) == count:
        # Of arrays that are unnested together the shorter ones are filled up with nulls.
        return array.of((), 0) if first is None else array.of(encode(column[:1]) * count, count)
    return array.of(encode(column), count)


def _bytes_fields(column: Column) -> list[bytes]:
    pack = LENGTH.pack
    return [NULL if value is None else pack(len(value)) + value for value in column]


def _text_fields(column: Column) -> list[bytes]:
    if "\0" in "".join([value for value in column if value is not None]):
        # PostgreSQL has no place for U+0000; personal data, sealed in the log, may have brought one along.
        column = [None if value is None else value.replace("\0", REPLACEMENT) for value in column]
    return _bytes_fields([None if value is None else value.encode() for value in column])


def _number_fields(column: Column) -> list[bytes]:
    return _bytes_fields([None if value is None else _plain(value) for value in column])


def _plain(number: Decimal) -> bytes:
    # To ask for no exponent takes three times as long, and few numbers are spelled with one.
    text = str(number)
    return (format(number, "f") if "E" in text else text).encode()


def _uuid_fields(column: Column) -> list[bytes]:
    # Spelled out: the id of its stream stands in each of the rows of a use.
    return [NULL if value is None else UUID_LENGTH + value.int.to_bytes(16, "big") for value in column]


def _instant_fields(column: Column) -> list[bytes]:
    # Events of one commit have their instants in common.
    found, last, encoded = list[bytes](), None, NULL
    for value in column:
        if value is not last and value != last:
            last, encoded = value, NULL if value is None else instant_field(value)
        found.append(encoded)
    return found


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


SPELLED: Final = (Kind.TEXT, Kind.JSON, Kind.TEXTS, Kind.BOOLEAN)
SWITCHES: Final[dict[bool | None, bytes]] = {True: bytes_field(b"t"), False: bytes_field(b"f"), None: NULL}

FIELDS: Final[dict[Kind, tuple[type[BinaryArray], Callable[[Column], list[bytes]]]]] = {
    Kind.UUID: (UuidArray, _uuid_fields),
    Kind.TEXT: (TextArray, _text_fields),
    Kind.INTEGER: (IntegerArray, _each_field(integer_field)),
    Kind.BIGINT: (BigintArray, _each_field(bigint_field)),
    Kind.NUMERIC: (TextArray, _number_fields),
    Kind.BOOLEAN: (TextArray, _switch_fields),
    Kind.INSTANT: (InstantArray, _instant_fields),
    Kind.JSON: (TextArray, _bytes_fields),
    Kind.TEXTS: (TextArray, _texts_fields),
}
