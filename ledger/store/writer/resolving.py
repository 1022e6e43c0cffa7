"""From the address in a request to the stream it means, at this point of the batch."""

from datetime import datetime
from uuid import UUID

from ledger.core.balances.locking import LOCK
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM
from ledger.core.errors import CustomerNotFound, EntityAmbiguous, EntityNotFound, LockNotFound
from ledger.core.profile import CUSTOMER_ID
from ledger.store.addresses import (
    Address,
    CatalogAddress,
    CustomerAddress,
    EntityAddress,
    LockAddress,
    OpeningAddress,
    SettingsAddress,
    StreamAddress,
    asks_of,
    internal_stream,
)
from ledger.store.ids import new_stream_id
from ledger.store.writer.claims import BatchClaims
from ledger.store.writer.memory import Memory


class Resolver:
    """Finds streams by their claims as the batch has left them so far."""

    def __init__(self, memory: Memory, claims: BatchClaims, recorded_at: datetime) -> None:
        self._memory, self._claims, self._recorded_at = memory, claims, recorded_at

    def resolve(self, address: Address) -> UUID | None:
        """The stream, or None for one that is still to be opened. Refuses what does not exist."""
        match address:
            case CustomerAddress(customer_id):
                return self._claims.holder((CUSTOMER_ID, customer_id)) or self._internal(customer_id)
            case CatalogAddress():
                return CATALOG_STREAM
            case SettingsAddress():
                return SETTINGS_STREAM
            case StreamAddress(stream_id):
                return stream_id
            case OpeningAddress():
                return self._holder(address)
            case EntityAddress(entity_id):
                return self._entity(entity_id)
            case LockAddress(lock_id):
                return self._lock(lock_id)

    def new_stream(self) -> UUID:
        """The id of a stream that begins now."""
        return new_stream_id(self._recorded_at)

    def _holder(self, address: Address) -> UUID | None:
        for ask in asks_of(address):
            holder = self._claims.holder(self._memory.claim_key(ask))
            if holder is not None:
                return holder
        return None

    def _internal(self, customer_id: str) -> UUID:
        stream_id = internal_stream(customer_id)
        if stream_id is None or stream_id in (CATALOG_STREAM, SETTINGS_STREAM):
            raise CustomerNotFound(customer_id)
        if not self._memory.stream(stream_id).state.version:
            raise CustomerNotFound(customer_id)
        return stream_id

    def _lock(self, lock_id: str) -> UUID:
        holder = self._claims.holder((LOCK, lock_id))
        if holder is None:
            raise LockNotFound(lock_id)
        return holder

    def _entity(self, entity_id: str) -> UUID:
        holders = self._claims.entity_holders(entity_id)
        if not holders:
            raise EntityNotFound(entity_id)
        if len(holders) > 1:
            raise EntityAmbiguous(entity_id)
        return holders.pop()
