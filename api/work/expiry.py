"""What is too old to keep: idempotency keys after their 30 days."""

from typing import Final

from ledger.store.housekeeping import delete_expired_keys
from ledger.store.ledger import Store

STEP: Final = 1_000


def expire_keys(store: Store, ledger_id: str) -> int:
    """Delete one step's worth of the oldest expired keys of a ledger; how many went."""
    with store.pool.connection() as conn:
        return delete_expired_keys(conn, ledger_id, STEP)
