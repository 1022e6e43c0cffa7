"""Who a customer is: creating it, changing what is known of it, deleting it, and moving its test clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType

from ledger.core.balances.limiting import NewControls, decide_controls
from ledger.core.decider import Ask, Command, Context
from ledger.core.errors import ClockMovedBack, CustomerExists, EmailTaken, InvalidInput, LiveClock
from ledger.core.events import (
    ClockMoved,
    CurrencySet,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    Event,
)
from ledger.core.sealed import Sealed
from ledger.core.state import Customer
from ledger.core.subscriptions.currency import CustomerBilledIn

CUSTOMER_ID = "customer"
EMAIL = "email"


class CreateCustomer(Command, frozen=True):
    """Create a customer, or find it. An id given to a customer without one adopts it."""

    customer_id: str | None = None
    name: str | None = None
    email: str | None = None
    fingerprint: str | None = None
    metadata: Mapping[str, object] | None = None
    currency: str | None = None
    send_email_receipts: bool = False
    plan_id: str | None = None
    controls: NewControls | None = None

    def asks(self) -> Sequence[Ask]:
        return _asks(self.customer_id, self.email)


class UpdateCustomer(Command, frozen=True):
    """Change what is in `changes`: name, email, fingerprint, metadata (None forgets one). A new id must be free.

    A new currency is that of the ledger where it is None.
    """

    changes: Mapping[str, object]
    new_customer_id: str | None = None
    send_email_receipts: bool | None = None
    currency: str | UnsetType | None = UNSET
    controls: NewControls | None = None

    def asks(self) -> Sequence[Ask]:
        email = self.changes.get("email")
        return _asks(self.new_customer_id, email if isinstance(email, str) else None)


class DeleteCustomer(Command, frozen=True):
    """The customer takes no more commands; its history stays."""


class MoveClock(Command, frozen=True):
    """Put a sandbox customer's clock to the instant that the caller's `Context.moved_to` says, and let it stand."""


def _asks(customer_id: str | None, email: str | None) -> list[Ask]:
    asked = [Ask(CUSTOMER_ID, customer_id)] if customer_id is not None else []
    return asked + ([Ask(EMAIL, email, personal=True)] if email is not None else [])


def check_clock(customer: Customer, context: Context) -> None:
    """Refuse an instant that the customer's clock cannot go to: live ledgers have none, and it never goes back."""
    if context.moved_to is None:
        return
    if not context.settings.sandbox:
        raise LiveClock
    standing = customer.clock or context.last_at
    if standing is not None and context.moved_to < standing:
        raise ClockMovedBack(standing, context.moved_to)


def clock_moved(customer: Customer, moved_to: datetime | None) -> list[Event]:
    """The event that puts the clock where the caller asked; none when it stands there already."""
    if moved_to is None or moved_to == customer.clock:
        return []
    return [ClockMoved(customer.clock, moved_to)]


def created(command: CreateCustomer, context: Context) -> CustomerCreated:
    """The first event of a customer: it needs an id or an email."""
    if command.customer_id is None and command.email is None:
        raise InvalidInput("Either customer_id or email is required")
    personal = {
        "name": command.name,
        "email": command.email,
        "fingerprint": command.fingerprint,
        "metadata": dict(command.metadata) if command.metadata else None,
    }
    known = {key: value for key, value in personal.items() if value is not None}
    return CustomerCreated(
        command.customer_id, Sealed(known), context.now, command.currency, command.send_email_receipts
    )


def adopted(customer: Customer, command: CreateCustomer) -> Sequence[Event]:
    """What finding a customer changes: one without an id takes the id it is now called by, everything else stays."""
    if customer.customer_id is not None or command.customer_id is None:
        return []
    return [CustomerUpdated(Sealed({}), Sealed({}), None, command.customer_id)]


def decide_update(customer: Customer, command: UpdateCustomer, context: Context) -> Sequence[Event]:
    """Answer a change with what really changes, before and after."""
    events: list[Event] = list(_personal_changes(customer, command, context))
    if command.currency is not UNSET:
        events += _new_currency(customer, command.currency or context.settings.currency, context)
    if command.controls is not None:
        events += decide_controls(customer, command.controls, context)
    return events


def _new_currency(customer: Customer, asked: str, context: Context) -> list[Event]:
    """The currency of a customer can change until something was billed in the one it has (`currency_mismatch`)."""
    current = customer.currency or context.settings.currency
    billed = bool(customer.account.invoices or customer.account.accrued)
    if asked != current and (billed or any(each.plan.priced for each in customer.subscriptions.values())):
        raise CustomerBilledIn(current, asked)
    return [] if asked == customer.currency else [CurrencySet(customer.currency, asked)]


def _personal_changes(customer: Customer, command: UpdateCustomer, context: Context) -> Sequence[Event]:
    known = customer.personal.fields()
    changed = {key: value for key, value in command.changes.items() if known.get(key) != value}
    new_id = command.new_customer_id
    if new_id == customer.customer_id:
        new_id = None
    if new_id is not None and _another(context, CUSTOMER_ID, new_id):
        raise CustomerExists(new_id)
    email = changed.get("email")
    if customer.customer_id is None and new_id is None and isinstance(email, str) and _another(context, EMAIL, email):
        raise EmailTaken
    if customer.customer_id is None and new_id is None and "email" in changed and changed["email"] is None:
        raise InvalidInput("email is all this customer is known by: give it an id before the email goes")
    receipts = command.send_email_receipts
    if receipts == customer.send_email_receipts:
        receipts = None
    if not changed and new_id is None and receipts is None:
        return []
    before = {key: known.get(key) for key in changed}
    return [
        CustomerUpdated(Sealed(before), Sealed(changed), customer.customer_id if new_id else None, new_id, receipts)
    ]


def _another(context: Context, kind: str, value: str) -> bool:
    return context.claims.get((kind, value), context.stream_id) != context.stream_id


def decide_delete(customer: Customer, context: Context) -> Sequence[Event]:
    """Answer a deletion with its event."""
    return [CustomerDeleted(customer.customer_id, context.now)]
