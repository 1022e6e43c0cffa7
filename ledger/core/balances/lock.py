"""A lock: units that are set aside, neither free nor used (reference §2.8)."""

from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.core.events import Allocation, Counted, Draw, LockOpened


class Lock(msgspec.Struct, frozen=True, gc=False):
    """Units that are set aside, and where they came from, in the order of their taking.

    `lapsed` are grants that were reset since: what was taken from them went with their period.
    """

    lock_id: str
    feature_id: str
    value: Decimal
    expires_at: datetime
    allocations: tuple[Allocation, ...] = ()
    entity_id: str | None = None
    drawn: tuple[Draw, ...] = ()
    counted: tuple[Counted, ...] = ()
    lapsed: tuple[str, ...] = ()
    overflows: bool = False

    def reset(self, grant_id: str) -> "Lock":
        """The lock after one of its grants was reset."""
        if all(each.grant_id != grant_id for each in self.allocations):
            return self
        return msgspec.structs.replace(self, lapsed=(*self.lapsed, grant_id))

    @staticmethod
    def opened(event: LockOpened) -> "Lock":
        """The lock that an event opened."""
        return Lock(
            event.lock_id,
            event.feature_id,
            event.value,
            event.expires_at,
            event.allocations,
            event.entity_id,
            event.drawn,
            event.counted,
            overflows=event.overflows,
        )
