"""One call of an operation: what a handler may ask of the ledger, and what it leaves for the answer's headers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from api.auth import Identity
from api.caller import business_now, caller, once
from api.request import ApiRequest
from api.services import Services
from api.views.shapes import Json, Scene
from ledger.core.decider import Command
from ledger.core.errors import CustomerNotFound, InvalidInput
from ledger.core.settings import Role
from ledger.core.state import Customer
from ledger.store.addresses import Address, internal_id
from ledger.store.requests import Caller, Expecting, Outcome, Step
from projections.models import model_named
from projections.reads import View


class Call:
    """Handlers read and write through this alone, so that who asks, why and once are never forgotten."""

    __slots__ = (
        "_background",
        "by",
        "due",
        "identity",
        "payload",
        "pinned",
        "position",
        "replayed",
        "request",
        "services",
        "status",
    )

    def __init__(self, services: Services, request: ApiRequest, identity: Identity, payload: Any) -> None:
        self.services, self.request, self.identity, self.payload = services, request, identity, payload
        self.by: Caller = caller(request)
        self.status = HTTPStatus.OK
        self.position: int | None = None
        self.pinned: int | None = None
        self.due: datetime | None = None
        self.replayed = False
        self._background: Outcome | None = None

    def execute(
        self,
        address: Address,
        command: Command,
        *,
        at: datetime | None = None,
        expecting: Expecting | None = None,
    ) -> Outcome:
        """Make something happen; `at` is the business time where the operation itself names one.

        `expecting` is asked in the decision whether what it finds is what it should be.
        """
        self.identity.require(Role.WRITE)
        ledger = self.identity.ledger
        asked, now = once(self.request, self.payload), self._time(at)
        outcome = ledger.execute(address, command, by=self.by, once=asked, business_now=now, expecting=expecting)
        return self._note(outcome)

    def execute_all(self, steps: Sequence[Step]) -> Outcome:
        """Make several things happen, or none. Raises `StepsRefused`."""
        self.identity.require(Role.WRITE)
        ledger = self.identity.ledger
        asked = once(self.request, self.payload)
        return self._note(ledger.execute_all(steps, by=self.by, once=asked, business_now=self._time(None)))

    def look(self, address: Address) -> Outcome:
        """Read a stream as of the head, after what is due has happened."""
        outcome = self._note(self.identity.ledger.look(address, by=self.by))
        self._background = self._background or outcome
        return outcome

    def settle(self, customer_id: str) -> UUID:
        """The stream of a customer, after what is due for it has happened. Raises `CustomerNotFound`."""
        return self.identity.ledger.settle(customer_id, by=self.by)

    def ponder(self, address: Address, command: Command, *, at: datetime | None = None) -> Outcome:
        """Read a stream as a command would find it; `.context` is what deciding it would look at. For previews."""
        return self._note(self.identity.ledger.ponder(address, command, by=self.by, business_now=self._time(at)))

    @contextmanager
    def view(self, models: Sequence[str], *, stream_id: UUID | None = None) -> Iterator[View]:
        """The projections as of the ledger's head, or as they are where the caller sent `Ledger-Allow-Stale: true`.

        With `stream_id` only rows of that stream may be read, and what others do is not waited for. Raises
        `ProjectionUnavailable`.
        """
        stale = self.request.environ.get("HTTP_LEDGER_ALLOW_STALE", "").lower() == "true"
        ledger_id, reads = self.identity.ledger.ledger_id, self.services.reads
        with reads.open(ledger_id, models=models, stream_id=stream_id, upto=self.pinned, allow_stale=stale) as view:
            self._as_of(view.position, view.due)
            if self.pinned is not None:
                # An older revision serves the present until the new one is built, and has no past.
                for model in map(model_named, models):
                    assert model is not None
                    view.standing.require(model)
            yield view

    @property
    def background(self) -> Outcome:
        """The catalog and the settings that lists are shown with, as of what was looked at first."""
        if self._background is None:
            self._background = self.identity.ledger.background(by=self.by)
        return self._background

    def scene(self, outcome: Outcome, *, step: int = 0, expand: Sequence[str] = (), on_record: bool = False) -> Scene:
        """A customer as an outcome left it. Raises `CustomerNotFound` for one that is gone, whose records stay: with
        `on_record` it is shown too.
        """
        found = outcome.steps[step]
        state = found.after
        if not isinstance(state, Customer) or not (state.exists or on_record):
            raise CustomerNotFound(internal_id(found.stream_id))
        return Scene(found.stream_id, state, outcome.now, outcome.catalog, outcome.settings, frozenset(expand))

    def _time(self, at: datetime | None) -> datetime | None:
        header = business_now(self.request)
        if at is not None and header is not None:
            raise InvalidInput("Send one of frozen_time and the header Tallystick-Now, not both")
        return at or header

    def _note(self, outcome: Outcome) -> Outcome:
        self.replayed = outcome.replayed
        self._as_of(outcome.position, self.due)
        return outcome

    def pin(self, position: int) -> None:
        """The answer is about the past: as of this position, whatever is read for it."""
        self.pinned = position
        self._as_of(position, None)

    def _as_of(self, position: int, due: datetime | None) -> None:
        # What had fallen due is not known of a moment in the past: only a present has a `Ledger-Due`.
        self.position, self.due = (position, due) if self.pinned is None else (self.pinned, None)


Handler = Callable[[Call, Any], Json]
Handlers = Mapping[str, Handler]
