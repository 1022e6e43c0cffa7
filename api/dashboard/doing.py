"""Changing things from a page: the operations of the JSON API, done, or only rehearsed to show what they would do."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

from api.call import Call
from api.dashboard.gate import Visitor
from api.v1.handlers import HANDLERS
from api.views.shapes import Json
from api.wire.operations import OPERATIONS
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Command
from ledger.core.events import Event
from ledger.core.settings import Role
from ledger.core.state import Customer
from ledger.store.addresses import Address
from ledger.store.requests import Outcome, StepOutcome


class Rehearsal(Call):
    """Works out what a command would do to a customer, and records nothing."""

    __slots__ = ("after",)

    after: Customer

    def execute(self, address: Address, command: Command, *, at: datetime | None = None) -> Outcome:
        """The outcome that doing it would have now."""
        self.identity.require(Role.WRITE)
        found = self.ponder(address, command, at=at)
        before: Customer = found.state
        events: Sequence[Event] = CUSTOMER.decide(before, command, found.context)
        self.after = reduce(CUSTOMER.evolve, events, before)
        return found._replace(steps=[StepOutcome(found.steps[0].stream_id, before, self.after, events)])


def do(visitor: Visitor, operation: str, payload: Json) -> Json:
    """Do an operation as the JSON API would: once, however often the form is sent. Raises its refusals."""
    return _run(Call(visitor.call.services, visitor.call.request, visitor.call.identity, payload), operation, payload)


def rehearse(visitor: Visitor, operation: str, payload: Json) -> Customer:
    """The customer as an operation would leave it. Raises the refusals that doing it would raise."""
    call = Rehearsal(visitor.call.services, visitor.call.request, visitor.call.identity, payload)
    _run(call, operation, payload)
    return call.after


def _run(call: Call, operation: str, payload: Json) -> Json:
    described = OPERATIONS[operation]
    return HANDLERS[operation](call, described.read(payload))
