"""What products use of what was granted."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ledger.core.events.base import Event
from ledger.core.events.values import Allocation, Counted, Draw, Window
from ledger.core.money import ZERO
from ledger.core.sealed import Sealed


class UsageRecorded(Event, frozen=True, tag="usage.recorded.v2"):
    """A product used `value` units: value = sum of allocations + dropped. Negative when it gave some back.

    An allocation of credits counts with the units that `drawn` names for its grant.
    """

    feature_id: str
    value: Decimal
    allocations: tuple[Allocation, ...] = ()
    dropped: Decimal = ZERO
    entity_id: str | None = None
    event_name: str | None = None
    opened: tuple[Window, ...] = ()
    properties: Sealed | None = None
    used_at: datetime | None = None
    drawn: tuple[Draw, ...] = ()
    counted: tuple[Counted, ...] = ()


class LockOpened(Event, frozen=True, tag="lock.opened.v1"):
    """Units were set aside under a lock's id until it is closed or expires: neither free nor used.

    What is used beyond them when it is closed becomes a debt where the lock `overflows`, and is dropped where not.
    """

    lock_id: str
    feature_id: str
    value: Decimal
    expires_at: datetime
    allocations: tuple[Allocation, ...] = ()
    entity_id: str | None = None
    opened: tuple[Window, ...] = ()
    properties: Sealed | None = None
    drawn: tuple[Draw, ...] = ()
    counted: tuple[Counted, ...] = ()
    overflows: bool = False


class LockEnd(StrEnum):
    """How a lock was closed."""

    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


class LockClosed(Event, frozen=True, tag="lock.closed.v1"):
    """A lock is gone, and `value` units of what it held were used.

    `allocations`, `drawn` and `counted` are the difference to what the lock held: below zero what is given back, in
    the opposite order of its taking; above zero what was used beyond it. `dropped` found no balance: value - held = sum
    of allocations + dropped. What was taken from a balance that is gone, or was reset since, is not given back.
    """

    lock_id: str
    feature_id: str
    end: LockEnd
    held: Decimal
    value: Decimal
    allocations: tuple[Allocation, ...] = ()
    entity_id: str | None = None
    opened: tuple[Window, ...] = ()
    properties: Sealed | None = None
    drawn: tuple[Draw, ...] = ()
    counted: tuple[Counted, ...] = ()
    dropped: Decimal = ZERO


class UsageBackdated(Event, frozen=True, tag="usage.backdated.v1"):
    """Usage was brought into a period that had closed: it moves no balance, and what it costs is a charge of its own.

    `used_before` and `used_after` are the units used in that period of the grant, which had `granted` of them.
    """

    feature_id: str
    value: Decimal
    used_at: datetime
    grant_id: str
    period_start: datetime
    period_end: datetime
    granted: Decimal
    used_before: Decimal
    used_after: Decimal
    entity_id: str | None = None
    properties: Sealed | None = None


class UsageAlerted(Event, frozen=True, tag="usage.alerted.v1"):
    """A threshold that was set for a feature was crossed."""

    feature_id: str
    threshold: Decimal
    threshold_type: str
    name: str | None = None
    entity_id: str | None = None
