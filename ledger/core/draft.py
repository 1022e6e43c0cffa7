"""A change being worked out: what it makes happen so far, folded at once, and the lines it costs.

Each step sees the customer as the steps before it left it, so ids and sums need no looking ahead.
"""

from collections.abc import Iterable
from datetime import datetime

from ledger.core.decider import Context
from ledger.core.events import Event, Line
from ledger.core.folding import evolve
from ledger.core.state import Customer
from ledger.core.subscriptions.quote import Move, Planned
from ledger.core.subscriptions.subscription import Subscription


class Draft:
    """Collects the events, lines and moves of one change. `now` is the instant of all of them."""

    def __init__(self, customer: Customer, context: Context, now: datetime | None = None) -> None:
        self.before, self.customer, self.context = customer, customer, context
        self.now = context.now if now is None else now
        self.events: list[Event] = []
        self.lines: list[Line] = []
        self.incoming: list[Move] = []
        self.outgoing: list[Move] = []
        self.cycle_ended = False  # a period ended, so charges that wait for that are billed
        self.refund_minor: int | None = None
        self.begun: list[str] = []  # the subscriptions that come into being with it

    @property
    def version(self) -> int:
        """The stream version of the event that happens next."""
        return self.customer.version + 1

    @property
    def known(self) -> dict[str, Subscription]:
        """The subscriptions there were before and those there are now, as they are now."""
        return {**self.before.subscriptions, **self.customer.subscriptions}

    def happen(self, *events: Event) -> None:
        """Let events happen, in order."""
        for event in events:
            self.events.append(event)
            self.customer = evolve(self.customer, event)

    def new_subscription_id(self, ordinal: int = 0) -> str:
        """The id of a subscription that comes into being with an event, named by the `ordinal` among its ids.

        A change that was paid first gives each the id by which its invoice names it.
        """
        paid_for = self.context.paid_for
        key = self.customer.next_id(ordinal) if paid_for is None else paid_for.subscription_id(len(self.begun))
        self.begun.append(key)
        return key

    def charge(self, lines: Iterable[Line]) -> None:
        """Add lines to what the change costs at once."""
        self.lines.extend(lines)

    def planned(self, intent: str, currency: str) -> Planned:
        """What was worked out."""
        return Planned(
            tuple(self.events),
            tuple(self.lines),
            tuple(self.incoming),
            tuple(self.outgoing),
            intent,
            currency,
            self.refund_minor,
        )
