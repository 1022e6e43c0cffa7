"""One transaction's decisions: every request in turn, on states as of the head whose lock is held."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM, Ask, Context
from ledger.core.events import Event, InvoiceFinalized
from ledger.store import snapshots
from ledger.store.chain import Head
from ledger.store.writer.claims import BatchClaims, Change
from ledger.store.writer.idempotency import BatchOnces
from ledger.store.writer.journal import THE_CLOCK, Journal
from ledger.store.writer.memory import Memory
from ledger.store.writer.resolving import Resolver
from ledger.store.writer.stage import Stage, Staged
from ledger.store.writer.warm import Warm

MOST_EVENTS: Final = 5_000
NO_CLAIMS: Final[Mapping[tuple[str, str], UUID]] = {}


class BatchFull(Exception):
    """The transaction has grown to its limit: what it holds is committed, and the request goes on in the next."""


class MustWrite(Exception):
    """A look found something due: it has to be asked again under the lock."""


class Batch:
    """What requests share while they are decided. `locked` is false for looks, which may not write."""

    def __init__(
        self,
        memory: Memory,
        recorded_at: datetime,
        claims: BatchClaims,
        onces: BatchOnces,
        *,
        locked: bool,
        most_events: int,
    ) -> None:
        self.memory, self.recorded_at, self.claims, self.onces = memory, recorded_at, claims, onces
        self.head: Head = memory.head
        self.journal = Journal(memory.codec)
        self.resolver = Resolver(memory, claims, recorded_at)
        self.catalog = memory.stream(CATALOG_STREAM)
        self.settings = memory.stream(SETTINGS_STREAM)
        self.locked, self._most_events = locked, most_events
        self._invoices = 0

    @property
    def position(self) -> int:
        """The position of the last event decided so far."""
        return self.head.position + len(self.journal.drafts)

    @property
    def next_invoice(self) -> int:
        """The number of the invoice that is finalized next, if nothing that is only staged is kept."""
        return self.head.invoices + self._invoices + 1

    @property
    def is_full(self) -> bool:
        """Whether the next request belongs into the next transaction."""
        return len(self.journal.drafts) >= self._most_events

    def asked_claims(self, asks: Sequence[Ask]) -> Mapping[tuple[str, str], UUID]:
        """Who holds what a command asks about, at this point of the batch."""
        if not asks:
            return NO_CLAIMS
        holders = self.claims.holders([self.memory.claim_key(ask) for ask in asks])
        found = zip(asks, holders, strict=True)
        return {(ask.kind, ask.value): holder for ask, holder in found if holder is not None}

    def catch_up(self, warm: Warm, context: Context) -> bool:
        """Let happen what is due for a stream, each at its own instant; it stays whatever comes after.

        Answers whether anything was. Raises `BatchFull` when it is more than one transaction should hold.
        """
        happened = False
        while (due := warm.decider.advance(warm.state, context)) is not None:
            if not self.locked:
                raise MustWrite
            at, events = due
            self._happened(warm, events, at)
            happened = True
            if self.is_full:
                raise BatchFull
            if context.next_invoice != self.next_invoice:
                context = replace(context, next_invoice=self.next_invoice)
        return happened

    def keep(self, stage: Stage) -> None:
        """A request is allowed: its events are written with the batch."""
        for entry in stage.entries:
            self.journal.write(entry.warm, entry.version, entry.event, entry.at, entry.by)
        stage.settle()
        self._invoices += stage.invoices
        self.claims.keep()

    def drop(self, stage: Stage) -> None:
        """A request was refused: nothing of it is left."""
        self.claims.undo()
        self.onces.undo_steps()
        for stream_id in stage.begun:
            self.memory.warm.discard(stream_id)

    def claim(self, staged: Sequence[Staged]) -> None:
        """Take and give back what events that were just folded say."""
        for entry in staged:
            self._claim(entry.warm, entry.before, entry.event, undoable=True)

    def close(self) -> None:
        """Work out the rows that follow from the events: when each stream is next due, and snapshots."""
        old: list[Warm] = []
        for warm in self.journal.touched:
            due_at = warm.decider.due_at(warm.state)
            if due_at != warm.due_at:
                self.journal.due.append((warm.stream_id, due_at))
                warm.due_at = due_at
            if warm.long_tail or warm.state.version - warm.snapshot_version >= snapshots.EVENTS_BETWEEN:
                old.append(warm)
        if old:
            self._keep_states(old)

    def _keep_states(self, old: Sequence[Warm]) -> None:
        keys = self.memory.keys
        keys.load([warm.stream_id for warm in old])
        for warm in old:
            if keys.is_forgotten(warm.stream_id):
                continue  # this memory may know what nobody should read again, and nothing to seal it with
            assert warm.last_at is not None, "what was touched has an event"
            taken = snapshots.keep(self.memory.codec, warm.stream_id, warm.state, warm.last_at)
            self.journal.snapshots.append(taken)
            if snapshots.passes_milestone(warm.snapshot_version, taken.version):
                self.journal.milestones.append(taken)
            warm.snapshot_version, warm.long_tail = warm.state.version, False

    def _happened(self, warm: Warm, events: Sequence[Event], at: datetime) -> None:
        for event in events:
            after = warm.decider.evolve(warm.state, event)
            self.journal.write(warm, after.version, event, at, THE_CLOCK)
            self._claim(warm, warm.state, event)
            warm.state = after
            if type(event) is InvoiceFinalized:
                self._invoices += 1

    def _claim(self, warm: Warm, before: object, event: Event, *, undoable: bool = False) -> None:
        for claim in warm.decider.claims(before, event):
            key = self.memory.claimed_key(claim, warm.stream_id)
            self.claims.change(key, Change(warm.stream_id, claim.held, claim.shared), undoable=undoable)
