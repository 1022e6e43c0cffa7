"""given / when / then on a customer, with no database in sight: what it remembers, what is asked, what happens."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from uuid import UUID

from ledger.core.customer import CUSTOMER
from ledger.core.decider import Command, Context
from ledger.core.errors import Refusal
from ledger.core.events import Event
from ledger.core.offers.catalog import Catalog
from ledger.core.settings import LedgerSettings
from ledger.core.state import Customer
from tests.core.offers import CATALOG, START

STREAM = UUID(int=7)


class Happened:
    """What a command led to: events, or a refusal."""

    def __init__(self, fell_due: Sequence[Event], decided: Sequence[Event], refusal: Refusal | None) -> None:
        self.fell_due, self.decided, self.refusal = list(fell_due), list(decided), refusal

    def due(self, *events: Event) -> "Happened":
        """What fell due before the command was decided, in order."""
        assert self.fell_due == list(events)
        return self

    def then(self, *events: Event) -> "Happened":
        """What the command itself caused, in order."""
        if self.refusal is not None:
            raise self.refusal
        assert self.decided == list(events)
        return self

    def refused(self, code: str, sentence: str = "") -> "Happened":
        """The command was refused with this code and a sentence that says this (a regular expression)."""
        assert self.refusal is not None, f"not refused: {self.decided}"
        assert self.refusal.code == code
        assert re.search(sentence, str(self.refusal)), self.refusal
        assert not self.decided
        return self


class Given:
    """A customer with a past."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer

    def when(
        self,
        command: Command,
        now: datetime = START,
        *,
        catalog: Catalog = CATALOG,
        settings: LedgerSettings | None = None,
        claims: Mapping[tuple[str, str], UUID] | None = None,
        moved_to: datetime | None = None,
        last_at: datetime | None = None,
        reasoned: bool = True,
    ) -> Happened:
        """Let a command happen at an instant: first what is due, then what it decides."""
        context = Context(
            moved_to or now,
            catalog,
            settings or LedgerSettings(),
            STREAM,
            claims or {},
            moved_to,
            last_at,
            reasoned,
        )
        fell_due: list[Event] = []
        customer = self.customer
        try:
            CUSTOMER.admit(customer, command, context)
            while step := CUSTOMER.advance(customer, context):
                fell_due += step[1]
                customer = reduce(CUSTOMER.evolve, step[1], customer)
            decided = CUSTOMER.decide(customer, command, context)
        except Refusal as refusal:
            return Happened(fell_due, [], refusal)
        reduce(CUSTOMER.evolve, decided, customer)
        return Happened(fell_due, decided, None)


def given(*events: Event) -> Given:
    """A customer to whom these events have happened; nobody, when there are none."""
    return Given(reduce(CUSTOMER.evolve, events, CUSTOMER.initial))
