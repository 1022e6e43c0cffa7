"""What an operation would do to the catalog, found out without doing it."""

from datetime import datetime
from functools import reduce

from api.call import Call
from api.dashboard.gate import Visitor
from api.v1.handlers import HANDLERS
from api.views.shapes import Json
from api.wire.operations import OPERATIONS
from ledger.core.decider import Command
from ledger.core.offers.catalog import CATALOG
from ledger.core.settings import Role
from ledger.store.addresses import Address
from ledger.store.requests import Outcome, StepOutcome


class _Rehearsal(Call):
    """Decides what an operation asks of the catalog, and records nothing of it."""

    __slots__ = ("outcome",)

    outcome: Outcome

    def execute(
        self, address: Address, command: Command, *, at: datetime | None = None, expecting: object = None
    ) -> Outcome:
        """The outcome that doing it would have now."""
        del expecting
        self.identity.require(Role.ADMIN)
        found = self.ponder(address, command, at=at)
        before = found.state
        events = CATALOG.decide(before, command, found.context)
        after = reduce(CATALOG.evolve, events, before)
        step = StepOutcome(found.steps[0].stream_id, before, after, events)
        self.outcome = found._replace(steps=[step])
        return self.outcome


def rehearse(visitor: Visitor, operation: str, payload: Json) -> Outcome:
    """What an operation on the catalog would cause, and the catalog after it. Raises the refusals of doing it."""
    call = _Rehearsal(visitor.call.services, visitor.call.request, visitor.call.identity, payload)
    HANDLERS[operation](call, OPERATIONS[operation].read(payload))
    return call.outcome
