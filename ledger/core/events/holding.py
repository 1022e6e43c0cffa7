"""A change that waits for its payment, and what becomes of it. One that is given up is `ChangeAbandoned`."""

from datetime import datetime

from ledger.core.events.base import Event
from ledger.core.sealed import Sealed
from ledger.core.terms import Discount, Plan


class ChangeHeld(Event, frozen=True, tag="change.held.v1"):
    """A change waits for the payment of an invoice; until that is paid, plans and balances are as before.

    `asked` is what its caller asked for, a command of this `kind`; `plans` and `discounts` are those that it names, as
    the catalog had them. Once it is paid the change happens as of `asked_at`; not paid by `lapses_at` it is called off.
    Lines of the invoice name plans that are yet to begin by `<stream version of this event>.<ordinal>`.
    """

    kind: str
    asked: Sealed
    invoice_id: str
    asked_at: datetime
    intent: str
    plan_ids: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    discounts: tuple[Discount, ...] = ()
    lapses_at: datetime | None = None


class ChangeReleased(Event, frozen=True, tag="change.released.v1"):
    """The invoice that a change waited for is paid: the change happens now, by the events that follow."""

    invoice_id: str
    intent: str
    plan_ids: tuple[str, ...] = ()
