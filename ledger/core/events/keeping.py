"""What happens to a ledger itself: its settings and who holds a key to it."""

from datetime import datetime

from ledger.core.events.base import Event


class LedgerCreated(Event, frozen=True, tag="ledger.created.v1"):
    ledger_id: str
    env: str
    created_at: datetime
    timezone: str = "UTC"
    currency: str = "usd"


class LedgerChanged(Event, frozen=True, tag="ledger.changed.v1"):
    """A setting got another value, both as text."""

    setting: str
    before: str
    after: str


class KeyCreated(Event, frozen=True, tag="key.created.v1"):
    """An API key exists; its secret is a hash in a table of its own, never an event."""

    key_id: str
    name: str
    role: str
    created_at: datetime


class KeyRevoked(Event, frozen=True, tag="key.revoked.v1"):
    key_id: str
    revoked_at: datetime
