"""What happens to a ledger itself: its settings, who holds a key to it, and who may sign in."""

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


class UserAdded(Event, frozen=True, tag="user.added.v1"):
    """A person may sign in; the password is a hash in a table of its own, never an event."""

    user_id: str
    name: str
    role: str
    created_at: datetime


class UserRoleChanged(Event, frozen=True, tag="user.role_changed.v1"):
    user_id: str
    name: str
    before: str
    after: str


class UserDisabled(Event, frozen=True, tag="user.disabled.v1"):
    """A person may not sign in any more; what they did stays under their name."""

    user_id: str
    name: str
    disabled_at: datetime
