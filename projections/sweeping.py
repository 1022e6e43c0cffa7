"""Deleting generations that nobody reads any more, in small steps between other work.

Any number of runners may do so at once: they delete the same rows, and no number is given to a generation twice
(`begin_generation.sql`), so that whoever is late deletes nothing that was begun since.
"""

from typing import Any, Final

from psycopg import Connection

from projections.models import model_named
from projections.statements import statement

STEP_ROWS: Final = 2_000


def sweep_step(conn: Connection[Any]) -> bool:
    """Delete a few rows of one retired generation of any ledger; answers whether there was one."""
    found = conn.execute(statement("select_retired"), prepare=True).fetchone()
    if found is None:
        return False
    ledger_id, name, generation = found
    place, model = {"ledger_id": ledger_id, "generation": generation}, model_named(name)
    for table in model.tables if model is not None else ():
        assert model is not None
        step = statement(f"retire_{table.name}", model.package)
        if conn.execute(step, place | {"limit": STEP_ROWS}, prepare=True).rowcount:
            return True
    conn.execute(statement("delete_generation"), place | {"model": name}, prepare=True)
    return True
