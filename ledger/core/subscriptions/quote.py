"""What a change would do: its events, what it costs at once, and the cycle that follows.

A preview and the change itself are made from the same `Planned`, so they cannot disagree.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ledger.core.events import ChangeAbandoned, Event, Line, Quantity
from ledger.core.terms import Plan


class Move(msgspec.Struct, frozen=True):
    """A plan coming in or going out, and when it does: None is at once."""

    plan: Plan
    quantities: tuple[Quantity, ...] = ()
    effective_at: datetime | None = None
    canceled_at: datetime | None = None
    expires_at: datetime | None = None


class Planned(msgspec.Struct, frozen=True):
    """A change worked out but not yet made: its events, and what it costs at once.

    `refund_minor` goes back to the payer instead of to the customer's credit. `foreseen` is what a change that waits
    for its payer does once it is paid.
    """

    events: Sequence[Event]
    lines: Sequence[Line] = ()
    incoming: Sequence[Move] = ()
    outgoing: Sequence[Move] = ()
    intent: str = "none"
    currency: str = "usd"
    refund_minor: int | None = None
    foreseen: Sequence[Event] = ()

    @property
    def plan_ids(self) -> tuple[str, ...]:
        """The plans that come and go."""
        return tuple(dict.fromkeys(move.plan.plan_id for move in (*self.incoming, *self.outgoing)))

    @property
    def subtotal_minor(self) -> int:
        return sum(line.before_discounts_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def abandoned(self) -> bool:
        """True when the payment that the change needs was declined."""
        return any(isinstance(event, ChangeAbandoned) for event in self.events)


class NextCycle(msgspec.Struct, frozen=True):
    """The invoice after this change: when, its known lines, and the features billed by usage then."""

    starts_at: datetime
    lines: Sequence[Line]
    usage: Sequence[Line]

    @property
    def subtotal_minor(self) -> int:
        return sum(line.before_discounts_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


class Quote(msgspec.Struct, frozen=True):
    """A preview: what the change would do, and the cycle that would follow."""

    planned: Planned
    next_cycle: NextCycle | None
