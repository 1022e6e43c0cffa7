"""How a command names the stream it is for. Ids find their streams through claims, never through a projection."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.core.balances.locking import LOCK
from ledger.core.decider import Ask
from ledger.core.profile import CUSTOMER_ID, EMAIL

INTERNAL_ID: Final = re.compile(r"cus_([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class CatalogAddress:
    """The ledger's catalog."""


@dataclass(frozen=True, slots=True)
class SettingsAddress:
    """The ledger's own settings and keys."""


@dataclass(frozen=True, slots=True)
class CustomerAddress:
    """A customer by its id, or by its internal id `cus_<32 hex>`. Refuses with `CustomerNotFound`."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class OpeningAddress:
    """The customer of this id; else the one customer without an id that has this email; else a new one."""

    customer_id: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """A stream by its id, whether it exists or not."""

    stream_id: UUID


@dataclass(frozen=True, slots=True)
class EntityAddress:
    """The one customer that has an entity of this id. Refuses with `EntityNotFound`, or when several have it."""

    entity_id: str


@dataclass(frozen=True, slots=True)
class LockAddress:
    """The one customer that has an open lock of this id. Refuses with `LockNotFound`."""

    lock_id: str


Address = (
    CatalogAddress | SettingsAddress | CustomerAddress | OpeningAddress | StreamAddress | EntityAddress | LockAddress
)


def asks_of(address: Address) -> Sequence[Ask]:
    """The claims that resolve an address, the more telling one first; entities are searched differently."""
    match address:
        case CustomerAddress(customer_id):
            return (Ask(CUSTOMER_ID, customer_id),)
        case OpeningAddress(customer_id, email):
            asks = [] if customer_id is None else [Ask(CUSTOMER_ID, customer_id)]
            return asks if email is None else [*asks, Ask(EMAIL, email, personal=True)]
        case LockAddress(lock_id):
            return (Ask(LOCK, lock_id),)
        case _:
            return ()


def internal_id(stream_id: UUID) -> str:
    """The id that addresses any customer, also one without an id of its own."""
    return f"cus_{stream_id.hex}"


def internal_stream(customer_id: str) -> UUID | None:
    """The stream that an internal id names, or None when it is not of that form."""
    match = INTERNAL_ID.fullmatch(customer_id)
    return None if match is None else UUID(match[1])
