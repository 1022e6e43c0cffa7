"""Claims in the making: who holds what within a batch, on top of what was read under the head lock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ledger.core.entity import ENTITY
from ledger.store.claim_keys import ClaimKey, without_stream
from ledger.store.writer.warm import WarmStates

ReadClaims = Callable[[list[ClaimKey]], Mapping[ClaimKey, UUID]]
ReadEntityHolders = Callable[[str], Mapping[ClaimKey, UUID]]


class Change(NamedTuple):
    """A stream took a claim (`held`) or gave it back."""

    stream_id: UUID
    held: bool
    shared: bool = False


class BatchClaims:
    """Answers who holds a claim now, and what to write of it at the end.

    A shared claim stays with its first holder. Any other may only be taken while it is free: the decision has asked
    for it under the lock, so finding it held is a mistake of ours and fails that request.
    """

    def __init__(self, warm: WarmStates, read: ReadClaims, read_entity_holders: ReadEntityHolders) -> None:
        self._warm, self._read, self._read_entity_holders = warm, read, read_entity_holders
        self._before: dict[ClaimKey, UUID | None] = {}
        self._changes: dict[ClaimKey, list[Change]] = {}
        self._undoable: list[tuple[ClaimKey, Change]] = []

    def prefetched(self, asked: Iterable[ClaimKey], found: Mapping[ClaimKey, UUID]) -> None:
        """Remember who held what before the batch; what was asked and not found was free."""
        for key in asked:
            self._before[key] = found.get(key)

    def holder(self, key: ClaimKey) -> UUID | None:
        """The stream that holds a claim at this point of the batch."""
        if key not in self._before:
            holder = self._warm.holder(key)
            self.prefetched([key], self._read([key]) if holder is None else {key: holder})
        return self._after(key) if key in self._changes else self._before[key]

    def holders(self, keys: Sequence[ClaimKey]) -> list[UUID | None]:
        """As `holder`, for several claims; what is not known yet is read in one question."""
        unknown = [key for key in keys if key not in self._before and self._warm.holder(key) is None]
        if unknown:
            self.prefetched(unknown, self._read(unknown))
        return [self.holder(key) for key in keys]

    def entity_holders(self, entity_id: str) -> set[UUID]:
        """The streams that have an entity of this id at this point of the batch."""
        found = self._read_entity_holders(entity_id)
        self.prefetched(found, found)
        changed = {key for key in self._changes if key[0] == ENTITY and without_stream(key[1]) == entity_id}
        return {holder for key in changed | set(found) if (holder := self._after(key)) is not None}

    def change(self, key: ClaimKey, change: Change, *, undoable: bool = False) -> None:
        """A stream took a claim or gave it back, for good or as part of a request that may still be refused."""
        if change.held and not change.shared and key in self._before:
            assert self._after(key) in (None, change.stream_id), f"a claim of kind {key[0]} is held by another stream"
        self._changes.setdefault(key, []).append(change)
        if undoable:
            self._undoable.append((key, change))

    def keep(self) -> None:
        """The request is allowed."""
        self._undoable.clear()

    def undo(self) -> None:
        """The request was refused."""
        for key, change in self._undoable:
            left = [each for each in self._changes[key] if each is not change]
            if left:
                self._changes[key] = left
            else:
                del self._changes[key]
        self._undoable.clear()

    def given_back(self) -> list[tuple[ClaimKey, UUID]]:
        """Rows to delete, before the new ones are written."""
        return [(key, one.stream_id) for key, changes in self._changes.items() for one in changes if not one.held]

    def taken(self, *, shared: bool) -> list[tuple[ClaimKey, UUID]]:
        """Rows to write: shared ones only where there is none yet."""
        rows: list[tuple[ClaimKey, UUID]] = []
        for key, changes in self._changes.items():
            holder = self._after(key)
            was_deleted = any(not change.held for change in changes)
            if holder is not None and changes[-1].shared is shared and (was_deleted or holder != self._before.get(key)):
                rows.append((key, holder))
        return rows

    def settle(self) -> None:
        """The batch is committed: keep what is known for as long as the holders are warm."""
        for key in self._changes:
            self._warm.released(key)
        for key in self._before:
            holder = self._after(key)
            if holder is not None:
                self._warm.holds(key, holder)

    def _after(self, key: ClaimKey) -> UUID | None:
        holder = self._before.get(key)
        for change in self._changes.get(key, ()):
            if change.held and holder is None:
                holder = change.stream_id
            elif not change.held and holder == change.stream_id:
                holder = None
        return holder
