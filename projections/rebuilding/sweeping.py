"""Deleting generations that nobody reads any more, in small steps between other work.

Any number of runners may do so at once: who finds another at a generation leaves it to that one. No number is given
to a generation twice (`begin_generation.sql`), so that whoever is late deletes nothing that was begun since.
"""

from collections.abc import Mapping
from typing import Any, Final

from psycopg import Connection

from projections.models import MODELS
from projections.projection import Model
from projections.statements import statement

STEP_ROWS: Final = 2_000
KNOWN: Final = {model.name: model for model in MODELS}


def sweep_step(conn: Connection[Any]) -> bool:
    """Delete a few rows of one retired generation of any ledger; answers whether there was one for us to sweep."""
    found = conn.execute(statement("select_retired"), {"models": list(KNOWN)}, prepare=True).fetchone()
    if found is None:
        return False
    place = dict(zip(("ledger_id", "model", "generation"), found, strict=True))
    with conn.transaction():
        if conn.execute(statement("lock_retired"), place, prepare=True).fetchone() is None:
            return False
        if not _delete_some(conn, KNOWN[place["model"]], place):
            conn.execute(statement("delete_generation"), place, prepare=True)
    return True


def _delete_some(conn: Connection[Any], model: Model, place: Mapping[str, Any]) -> bool:
    """Whether there was anything to delete."""
    for table in model.tables:
        step = statement(f"retire_{table.name}", model.package)
        if conn.execute(step, {**place, "limit": STEP_ROWS}, prepare=True).rowcount:
            return True
    return False
