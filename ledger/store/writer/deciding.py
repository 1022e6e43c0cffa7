"""Deciding one request within a batch: all of its steps or none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg

from ledger.core.decider import Command, Context
from ledger.core.errors import CustomerNotFound, Refusal
from ledger.core.events import Event
from ledger.store.addresses import Address, OpeningAddress
from ledger.store.requests import Expecting, Outcome, Step, StepOutcome, StepsRefused
from ledger.store.writer.batch import NO_CLAIMS, Batch, BatchFull, MustWrite
from ledger.store.writer.journal import THE_CLOCK, author
from ledger.store.writer.pending import Pending
from ledger.store.writer.stage import Stage
from ledger.store.writer.warm import Warm


def serve(batch: Batch, request: Pending) -> None:
    """Give a request its outcome or its error.

    Raises `BatchFull` and `MustWrite`, when it must be asked again, and psycopg's errors, which end the transaction.
    """
    try:
        if request.once is None or not batch.onces.answers(request, request.once):
            request.outcome = Deciding(batch, request).outcome()
    except (BatchFull, MustWrite, psycopg.Error):
        raise
    except Exception as error:  # noqa: BLE001  whatever is wrong with one request is its own caller's to hear
        request.error = error


class Deciding:
    """A refusal undoes what the request did; what was due before it stays."""

    def __init__(self, batch: Batch, request: Pending) -> None:
        self._batch, self._request, self._stage = batch, request, Stage()
        self._by = author(request.by)
        self._first: Context | None = None

    def outcome(self) -> Outcome:
        """Decide every step and keep what they did. Raises the refusal, or `StepsRefused` of several steps."""
        batch, stage = self._batch, self._stage
        try:
            steps = self._steps()
        except BaseException:
            batch.drop(stage)
            raise
        began_after = batch.position
        context, ponders = self._first, self._request.ponders
        assert context is not None
        if ponders:
            batch.drop(stage)
        else:
            batch.keep(stage)
        catalog, settings = batch.catalog.state, batch.settings.state
        pondered = context if ponders else None
        outcome = Outcome(batch.position, context.now, steps, catalog, settings, pondered=pondered)
        batch.onces.use(self._request, outcome, began_after)
        return outcome

    def _steps(self) -> list[StepOutcome]:
        steps = self._request.steps
        if len(steps) == 1:
            return [self._step(steps[0])]
        outcomes: list[StepOutcome] = []
        refusals: dict[int, Refusal] = {}
        for index, step in enumerate(steps):
            try:
                outcomes.append(self._step(step))
            except Refusal as refusal:
                refusals[index] = refusal
        if refusals:
            raise StepsRefused(refusals)
        return outcomes

    def _step(self, step: Step) -> StepOutcome:
        batch, stage = self._batch, self._stage
        known = step.once is not None and batch.onces.step_is_known(step.once)
        warm = self._find(step.address)
        if known or step.command is None or self._request.ponders:
            return self._look(warm, step.command, known=known)
        before, events = self._decide(warm, step.command, step.expecting)
        if step.once is not None:
            batch.onces.step_uses(step.once)
        return StepOutcome(warm.stream_id, before, stage.state(warm), events)

    def _look(self, warm: Warm, command: Command | None, *, known: bool) -> StepOutcome:
        # Nothing is decided; whoever ponders a command sees what deciding it would look at.
        pondered = None if known else command
        context = self._context(warm, pondered)
        if pondered is not None:
            warm.decider.admit(self._stage.state(warm), pondered, context)
        if self._catch_up(warm, context):
            context = self._context(warm, pondered)
        self._first = self._first or context
        state = self._stage.state(warm)
        return StepOutcome(warm.stream_id, state, state, (), known)

    def _find(self, address: Address) -> Warm:
        stream_id = self._batch.resolver.resolve(address)
        return self._open(address) if stream_id is None else self._batch.memory.stream(stream_id)

    def _open(self, address: Address) -> Warm:
        assert isinstance(address, OpeningAddress)
        if not self._batch.locked:
            raise CustomerNotFound(address.customer_id or address.email or "without an id")
        stream_id = self._batch.resolver.new_stream()
        self._stage.begun.append(stream_id)
        return self._batch.memory.begin(stream_id)

    def _decide(self, warm: Warm, command: Command, expecting: Expecting | None) -> tuple[Any, Sequence[Event]]:
        stage, decider = self._stage, warm.decider
        context = self._context(warm, command)
        decider.admit(stage.state(warm), command, context)
        if self._catch_up(warm, context):
            context = self._context(warm, command)
        before, count = stage.state(warm), len(stage.entries)
        if expecting is not None:
            expecting(before, context)
        events = decider.decide(before, command, context)
        self._first = self._first or context
        if not events:
            return before, ()
        stage.add(warm, events, context.now, self._by)
        decided = stage.entries[count:]
        self._batch.claim(decided)
        return before, tuple([entry.event for entry in decided])

    def _catch_up(self, warm: Warm, context: Context) -> bool:
        # What is due anyway stays. What falls due only because this request has moved the clock, or has changed
        # the stream already, is undone with it; so is what falls due after this request took an invoice number.
        happened, stage = False, self._stage
        if not stage.changes(warm) and not stage.invoices:
            if context.moved_to is None:
                return self._batch.catch_up(warm, context)
            happened = self._batch.catch_up(warm, self._context(warm, unmoved=True))
        while (due := warm.decider.advance(stage.state(warm), context)) is not None:
            at, events = due
            count, happened = len(stage.entries), True
            stage.add(warm, events, at, THE_CLOCK)
            self._batch.claim(stage.entries[count:])
            if context.next_invoice != self._next_invoice:
                context = replace(context, next_invoice=self._next_invoice)
        return happened

    @property
    def _next_invoice(self) -> int:
        return self._batch.next_invoice + self._stage.invoices

    def _context(self, warm: Warm, command: Command | None = None, *, unmoved: bool = False) -> Context:
        batch, stage = self._batch, self._stage
        asked = None if unmoved else self._request.business_now
        state = stage.state(warm)
        now = asked or warm.decider.business_now(state, batch.recorded_at)
        claims = NO_CLAIMS if command is None else batch.asked_claims(warm.decider.asks(state, command))
        catalog, settings = stage.state(batch.catalog), stage.state(batch.settings)
        reasoned = self._by.reason is not None
        last_at, number = stage.last_at(warm), self._next_invoice
        return Context(now, catalog, settings, warm.stream_id, claims, asked, last_at, reasoned, number)
