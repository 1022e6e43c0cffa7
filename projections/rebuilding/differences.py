"""Two generations of a model, row by row: streaming, whatever the ledger's size."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from psycopg import Connection, sql

from projections.projection import Key, Model, Table

AT_ONCE: Final = 2_000


# A row's key, in the order that PostgreSQL and Python agree on, and the whole row as text.
Keyed = tuple[Key, str]


class Difference(NamedTuple):
    """The first row that is not the same in both: its key, and each side as text, None where it is missing."""

    model: str
    table: str
    key: str
    ours: str | None
    theirs: str | None

    def __str__(self) -> str:
        """One sentence that names the row."""
        if self.ours is None:
            return f"{self.table} {self.key} is missing"
        if self.theirs is None:
            return f"{self.table} {self.key} should not be there"
        return f"{self.table} {self.key} is {self.ours} and should be {self.theirs}"


def rows_differ(
    conn: Connection[Any], model: Model, ledger_id: str, generation_a: int, generation_b: int
) -> Difference | None:
    """The first row in which generation a differs from b, or None. Call it inside one transaction's snapshot."""
    for table in model.tables:
        ours = _rows(conn, table, ledger_id, generation_a)
        theirs = _rows(conn, table, ledger_id, generation_b)
        for one, other in zip_longest(ours, theirs):
            if one != other:
                return _difference(model, table, one, other)
    return None


def _difference(model: Model, table: Table, one: Keyed | None, other: Keyed | None) -> Difference:
    def found(key: Key, ours: str | None, theirs: str | None) -> Difference:
        return Difference(model.name, table.name, ", ".join(map(str, key)), ours, theirs)

    if other is None or (one is not None and one[0] < other[0]):
        assert one is not None
        return found(one[0], one[1], None)
    if one is None or other[0] < one[0]:
        return found(other[0], None, other[1])
    return found(one[0], one[1], other[1])


def _rows(conn: Connection[Any], table: Table, ledger_id: str, generation: int) -> Iterator[Keyed]:
    names = list(table.columns)
    keys, columns = map(sql.Identifier, names[: table.key]), map(sql.Identifier, names)
    query = sql.SQL(
        "SELECT {keys}, ROW({columns})::text FROM {table} "
        "WHERE ledger_id = {ledger_id} AND generation = {generation} ORDER BY {order}"
    ).format(
        keys=sql.SQL(", ").join(keys),
        columns=sql.SQL(", ").join(columns),
        table=sql.Identifier(table.name),
        ledger_id=sql.Literal(ledger_id),
        generation=sql.Literal(generation),
        order=sql.SQL(", ").join(map(sql.Identifier, names[: table.key])),
    )
    with conn.cursor(name=f"{table.name}_{generation}") as cursor:
        cursor.itersize = AT_ONCE
        for row in cursor.execute(query):
            yield row[:-1], row[-1]
