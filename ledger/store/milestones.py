"""Milestones: states kept on the way through long streams, for whoever looks into the past.

The writer keeps one where a snapshot passes a multiple of their distance. After a change of the code that folds,
whoever folds past such a place keeps it again.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from ledger.store.reading import SnapshotRow
from ledger.store.snapshots import kept_parameters
from ledger.store.statements import statement


def read_milestone(
    conn: Connection[Any], ledger_id: str, stream_id: UUID, version: int, code_version: str
) -> SnapshotRow | None:
    """The last usable state of a stream at a version or before it."""
    parameters = {"ledger_id": ledger_id, "stream_id": stream_id, "version": version, "code_version": code_version}
    row = conn.cursor(binary=True).execute(statement("select_milestone"), parameters, prepare=True).fetchone()
    return None if row is None else SnapshotRow(*row)


def keep_milestones(
    conn: Connection[Any], ledger_id: str, stream_id: UUID, taken: Sequence[SnapshotRow], code_version: str
) -> None:
    """Keep states of one stream, in a transaction of its own; nothing that is sealed for whom has been forgotten."""
    with conn.transaction():
        conn.execute(statement("hold_data_key"), {"ledger_id": ledger_id, "stream_id": stream_id})
        parameters = {"ledger_id": ledger_id, **kept_parameters(taken, code_version)}
        conn.cursor(binary=True).execute(statement("upsert_milestones"), parameters)
