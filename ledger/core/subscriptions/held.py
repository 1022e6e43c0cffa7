"""The change that a customer waits to pay for: at most one, as its events have left it."""

from datetime import datetime

import msgspec

from ledger.core.events import ChangeAbandoned, ChangeHeld, ChangeReleased, Event, PaymentRequested
from ledger.core.sealed import Sealed
from ledger.core.terms import Discount, Plan


class Held(msgspec.Struct, frozen=True, gc=False):
    """What was asked for, the invoice that it waits for, and what the catalog said of it then.

    `version` is the stream version of the event that holds it, `payment_id` the latest payment that was tried.
    """

    kind: str
    asked: Sealed
    invoice_id: str
    asked_at: datetime
    intent: str
    version: int
    plan_ids: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    discounts: tuple[Discount, ...] = ()
    lapses_at: datetime | None = None
    payment_id: str = ""

    def subscription_id(self, ordinal: int) -> str:
        """The id that lines of its invoice give the plan that is the n-th to begin with it."""
        return f"{self.version}.{ordinal}"


def evolve(held: Held | None, event: Event, version: int) -> Held | None:
    """Fold the event of a stream version into what waits; events about other things leave it as it is."""
    match event:
        case ChangeHeld():
            return Held(
                event.kind,
                event.asked,
                event.invoice_id,
                event.asked_at,
                event.intent,
                version,
                event.plan_ids,
                event.plans,
                event.discounts,
                event.lapses_at,
            )
        case PaymentRequested() if held is not None and event.invoice_id == held.invoice_id:
            return msgspec.structs.replace(held, payment_id=event.payment_id)
        case ChangeAbandoned() if held is not None and event.payment_id == held.payment_id:
            return None
        case ChangeReleased():
            return None
    return held
