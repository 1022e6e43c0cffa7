"""The generation of each model of a ledger that is read and written, and whether it can be."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection

from projections.statements import statement


class Active(NamedTuple):
    """A model as a ledger has it now. `revision` is of the fold that made its rows, 0 where nobody has folded any.

    With a `failed_position` it stands still: at the event that it failed on, or at 0 until it is built.
    """

    generation: int
    failed_position: int | None
    revision: int


def active_models(conn: Connection[Any], ledger_id: str) -> Mapping[str, Active]:
    """All models that a ledger has, by name, also those that only another program knows."""
    rows = conn.execute(statement("select_models"), {"ledger_id": ledger_id}, prepare=True).fetchall()
    return {name: Active(*rest) for name, *rest in rows}
