"""Setting units aside before they are used, and closing that when it is known how many were (reference §2.8)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from ledger.core.decider import Ask, Command
from ledger.core.deduction import Overage
from ledger.core.draft import Draft
from ledger.core.events import Allocation, Draw, LockClosed, LockEnd
from ledger.core.lock import Lock
from ledger.core.money import ZERO, negate

LOCK: Final = "lock"
"""The kind of the claim that makes a lock's id unique in its ledger."""


class Reserve(Command, frozen=True):
    """Set `value` units of a feature aside if they are allowed, else nothing: a check with a lock.

    Without `expires_at` the lock lasts a day.
    """

    lock_id: str
    feature_id: str
    value: Decimal
    entity_id: str | None = None
    expires_at: datetime | None = None
    overage: Overage = Overage.CAP
    properties: Mapping[str, object] | None = None

    def asks(self) -> list[Ask]:
        return [Ask(LOCK, self.lock_id)]


class FinalizeLock(Command, frozen=True):
    """Close a lock: `confirmed` uses its units, or `value` of them, or more; `released` gives them back."""

    lock_id: str
    end: LockEnd
    value: Decimal | None = None
    properties: Mapping[str, object] | None = None


def expire(draft: Draft, lock: Lock) -> None:
    """Give back everything that a lock holds, in the opposite order of its taking."""
    given_back = tuple(Allocation(each.grant_id, negate(each.amount)) for each in reversed(lock.allocations))
    drawn = tuple(Draw(each.grant_id, negate(each.units)) for each in reversed(lock.drawn))
    draft.happen(
        LockClosed(
            lock.lock_id, lock.feature_id, LockEnd.EXPIRED, lock.value, ZERO, given_back, lock.entity_id, drawn=drawn
        )
    )
