"""What is too old to keep: idempotency keys after their 30 days."""

from typing import Final

from api.statements import statement
from ledger.store.ledger import Store

STEP: Final = 1_000


def expire_keys(store: Store, ledger_id: str) -> int:
    """Delete one step's worth of the oldest expired keys of a ledger; how many went."""
    with store.pool.connection() as conn:
        return conn.execute(statement("delete_expired_keys"), {"ledger_id": ledger_id, "limit": STEP}).rowcount
