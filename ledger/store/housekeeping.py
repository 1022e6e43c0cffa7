"""What a worker does beside the log: old idempotency keys, what is due; and forgetting a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from ledger.core.profile import EMAIL
from ledger.store.statements import statement


def delete_expired_keys(conn: Connection[Any], ledger_id: str, limit: int) -> int:
    """Delete idempotency keys older than 30 days, the oldest first, at most `limit`; answers how many."""
    return conn.execute(statement("delete_expired_idempotency"), {"ledger_id": ledger_id, "limit": limit}).rowcount


def due_streams(
    conn: Connection[Any], ledger_id: str, limit: int, set_aside: Sequence[UUID] = ()
) -> list[tuple[UUID, datetime]]:
    """The streams on which something is due by the database's clock, the longest due first, without those set aside."""
    parameters = {"ledger_id": ledger_id, "limit": limit, "set_aside": list(set_aside)}
    return conn.execute(statement("select_due"), parameters).fetchall()


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
