"""What people, integrations and the calendar do to balances."""

from datetime import datetime
from decimal import Decimal

from ledger.core.events.base import Event
from ledger.core.events.values import Allocation, Change, Counted, Draw, GrantTerms, Level, Window
from ledger.core.money import ZERO


class BalanceGranted(Event, frozen=True, tag="balance.granted.v1"):
    """Units were added by hand: a new loose balance when `terms` is there, else onto a balance that exists."""

    feature_id: str
    grant_id: str
    amount: Decimal
    before: Level
    after: Level
    entity_id: str | None = None
    terms: GrantTerms | None = None
    opened: tuple[Window, ...] = ()


class BalanceSet(Event, frozen=True, tag="balance.set.v1"):
    """Balances were put to a value by hand; a new reset or expiry instant may come with it."""

    feature_id: str
    changes: tuple[Change, ...]
    entity_id: str | None = None
    period_end: datetime | None = None
    expires_at: datetime | None = None
    opened: tuple[Window, ...] = ()


class BalanceDeducted(Event, frozen=True, tag="balance.deducted.v1"):
    """Units were taken away by hand, in the deduction order."""

    feature_id: str
    amount: Decimal
    changes: tuple[Change, ...]
    entity_id: str | None = None
    opened: tuple[Window, ...] = ()


class BalanceDeleted(Event, frozen=True, tag="balance.deleted.v1"):
    """A loose balance is gone."""

    feature_id: str
    grant_id: str
    before: Level
    entity_id: str | None = None


class BalanceExpired(Event, frozen=True, tag="balance.expired.v1"):
    """A balance reached its expiry; what remained of it is forfeited."""

    feature_id: str
    grant_id: str
    before: Level
    entity_id: str | None = None


class BalanceReset(Event, frozen=True, tag="balance.reset.v2"):
    """A period ended with units used: the balance is full again for the next one.

    `before` is the balance at the end of the period from `period_start` to `period_end`; `overage` the units
    used beyond what was granted. What was left over lives on in `rolled`; `trimmed` are older leftovers that had
    to give way to a cap, or are used up: those with nothing left are gone. `opened` is the next period, where it is
    not one that nothing has happened in.
    """

    feature_id: str
    grant_id: str
    before: Level
    after: Level
    overage: Decimal
    period_start: datetime
    period_end: datetime
    entity_id: str | None = None
    rolled: GrantTerms | None = None
    trimmed: tuple[Change, ...] = ()
    opened: Window | None = None


class BalanceRecalculated(Event, frozen=True, tag="balance.recalculated.v1"):
    """Debts of some balances of a feature were taken from what others had left; the sum is as before."""

    feature_id: str
    changes: tuple[Change, ...]
    entity_id: str | None = None
    opened: tuple[Window, ...] = ()


class BalanceToppedUp(Event, frozen=True, tag="balance.topped_up.v1"):
    """Units were bought by themselves because less than `threshold` remained.

    `counted` are the purchase in the window of its limit, and the time during which no other one happens. Units that
    expire are a balance of their own, whose `terms` are there.
    """

    feature_id: str
    grant_id: str
    amount: Decimal
    threshold: Decimal
    before: Level
    after: Level
    counted: tuple[Counted, ...] = ()
    terms: GrantTerms | None = None


class EffectReversed(Event, frozen=True, tag="effect.reversed.v1"):
    """The effect on balances of the event at `position` (of this stream's `reversed_version`) was taken back.

    `allocations` are what is given back to grants (below zero), `changes` what levels become. Grants that are gone,
    or have been reset since, are left alone. The reason of this event says why. `drawn` and `counted` go back with
    the units of a use; `value` is that use's own, and counts no more. It is zero where no use was taken back.
    """

    position: int
    reversed_version: int
    name: str
    feature_id: str
    allocations: tuple[Allocation, ...] = ()
    changes: tuple[Change, ...] = ()
    entity_id: str | None = None
    opened: tuple[Window, ...] = ()
    drawn: tuple[Draw, ...] = ()
    counted: tuple[Counted, ...] = ()
    value: Decimal = ZERO
