"""A customer as its events have left it: the whole that every decision about it sees."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ledger.core.balances.balance import Grant
from ledger.core.balances.limits import UsageWindow
from ledger.core.balances.lock import Lock
from ledger.core.errors import EntityNotFound
from ledger.core.invoices.invoice import Account
from ledger.core.sealed import Sealed
from ledger.core.subscriptions.held import Held
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Controls


class Entity(msgspec.Struct, frozen=True, gc=False):
    """A team or organisation inside a customer; it holds one unit of its feature."""

    entity_id: str
    feature_id: str
    name: Sealed | None
    created_at: datetime
    controls: Controls = Controls()


class Customer(msgspec.Struct, frozen=True, gc=False):
    """Everything remembered of one customer. Before its first event it is `Customer()`.

    `clock` is its own test clock, standing still, once it has one. `due_at` is the next instant at which
    something happens by itself; `version` counts the events folded. `ended_plans` are the ids of
    plans that it was on and that ended; it may be on them again. `ended_ids` are the plans of the latest
    subscriptions that ended, by the ids that name them. `held` is the change that waits for its payment.
    """

    version: int = 0
    customer_id: str | None = None
    personal: Sealed = Sealed({})
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    currency: str | None = None
    send_email_receipts: bool = False
    clock: datetime | None = None
    due_at: datetime | None = None
    entities: Mapping[str, Entity] = {}
    subscriptions: Mapping[str, Subscription] = {}
    grants: Mapping[str, Grant] = {}
    account: Account = Account()
    controls: Controls = Controls()
    locks: Mapping[str, Lock] = {}
    windows: Mapping[str, UsageWindow] = {}
    trials_used: tuple[str, ...] = ()
    ended_plans: tuple[str, ...] = ()
    ended_ids: Mapping[str, str] = {}
    held: Held | None = None

    @property
    def exists(self) -> bool:
        return self.created_at is not None and self.deleted_at is None

    @property
    def name(self) -> str | None:
        return self._text("name")

    @property
    def email(self) -> str | None:
        return self._text("email")

    @property
    def fingerprint(self) -> str | None:
        return self._text("fingerprint")

    @property
    def metadata(self) -> Mapping[str, object]:
        found = self.personal.fields().get("metadata")
        return found if isinstance(found, dict) else {}

    def entity(self, entity_id: str) -> Entity:
        """The entity, or `EntityNotFound`."""
        found = self.entities.get(entity_id)
        if found is None:
            raise EntityNotFound(entity_id)
        return found

    def next_id(self, ordinal: int = 0) -> str:
        """An id derived from the version of the event that happens next, and an ordinal within it."""
        return f"{self.version + 1}.{ordinal}"

    def _text(self, field: str) -> str | None:
        found = self.personal.fields().get(field)
        return found if isinstance(found, str) else None
