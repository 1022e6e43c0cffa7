"""SQL by name: one statement to a file, of the runner under `sql/`, of a model under the model's own `sql/`."""

from functools import cache
from importlib import resources
from typing import Final, LiteralString

from psycopg.sql import SQL, Composed

OWN: Final = "projections.sql"


@cache
def statement(name: str, package: str = OWN) -> LiteralString:
    """The text of `<name>.sql` in a package. Parameters are written in the file and never interpolated into it."""
    return (resources.files(package) / f"{name}.sql").read_text("utf-8")


@cache
def in_order(name: str, *, oldest_first: bool) -> Composed:
    """A statement of a list that is read from either end: `{way}` is the way of its order, `{beyond}` what compares a
    row to the last one of the page before.
    """
    way, beyond = (SQL("ASC"), SQL(">")) if oldest_first else (SQL("DESC"), SQL("<"))
    return SQL(statement(name)).format(way=way, beyond=beyond)
