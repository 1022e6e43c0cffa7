"""What a worker does beside the log: old idempotency keys, what is due next, forgetting a person."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from ledger.core.profile import EMAIL
from ledger.store.statements import statement

ROWS_A_STEP: Final = 1_000


def delete_expired_keys(conn: Connection[Any], ledger_id: str, limit: int = ROWS_A_STEP) -> int:
    """Delete idempotency keys older than 30 days, the oldest first, at most `limit`; answers how many."""
    return conn.execute(statement("delete_expired_idempotency"), {"ledger_id": ledger_id, "limit": limit}).rowcount


def due_streams(conn: Connection[Any], ledger_id: str, limit: int) -> list[tuple[UUID, datetime]]:
    """The streams on which something is due by the database's clock, the longest due first."""
    return conn.execute(statement("select_due"), {"ledger_id": ledger_id, "limit": limit}).fetchall()


def next_due_at(conn: Connection[Any], ledger_id: str) -> datetime | None:
    """When the next thing falls due in a ledger, or None."""
    row = conn.execute(statement("select_next_due"), {"ledger_id": ledger_id}).fetchone()
    return None if row is None else row[0]


def forget(conn: Connection[Any], ledger_id: str, stream_id: UUID) -> None:
    """Destroy a stream's data key: nobody can read its personal data in the log again.

    Its kept states and its personal claim go with it. Events and hashes stay as they are. Read models keep what they
    hold until they are rebuilt; a writer that has the stream in memory keeps it until it drops it.
    """
    parameters = {"ledger_id": ledger_id, "stream_id": stream_id}
    with conn.transaction():
        conn.execute(statement("forget_data_key"), parameters)
        conn.execute(statement("delete_snapshot"), parameters)
        conn.execute(statement("delete_milestones"), parameters)
        conn.execute(statement("delete_claims_of_kind"), {**parameters, "kind": EMAIL})
