"""A customer that lives through a history, looked at as often as one likes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce

import msgspec

from ledger.core.balances.locking import Reserve
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Command, Context
from ledger.core.errors import Refusal
from ledger.core.events import Event, InvoiceFinalized
from ledger.core.invoices.documents import PayInvoice
from ledger.core.offers.catalog import Catalog
from ledger.core.profile import CreateCustomer
from ledger.core.state import Customer
from tests.core.given import STREAM
from tests.core.offers import offering
from tests.properties.generator import DISCOUNTS, Deed, History, PayingAll, Reserving

Log = list[tuple[datetime, Event]]


class Numbers:
    """The invoice numbers of a ledger: several lives may share them."""

    def __init__(self, first: int = 1) -> None:
        self.next = first


class Life:
    """One customer of a ledger of its own, or of one that it shares `numbers` with."""

    def __init__(self, history: History, numbers: Numbers | None = None) -> None:
        self.history, self.numbers = history, numbers or Numbers()
        self.catalog: Catalog = msgspec.structs.replace(offering(*history.plans), discounts=DISCOUNTS)
        self.now = history.began_at
        self.customer: Customer = CUSTOMER.initial
        self.log: Log = []
        self.refusals: list[Refusal] = []
        self.do(CreateCustomer("ann"))

    def context(self) -> Context:
        last_at = self.log[-1][0] if self.log else None
        settings = self.history.settings
        return Context(self.now, self.catalog, settings, STREAM, last_at=last_at, next_invoice=self.numbers.next)

    def do(self, command: Command) -> Sequence[Event]:
        """What a command causes; nothing where it is refused."""
        try:
            CUSTOMER.admit(self.customer, command, self.context())
            self.catch_up()
            events = CUSTOMER.decide(self.customer, command, self.context())
        except Refusal as refusal:
            self.refusals.append(refusal)
            return ()
        self.happen(self.now, events)
        return events

    def act(self, deed: Deed) -> Sequence[Event]:
        """Let a step of a history happen."""
        match deed:
            case Reserving():
                ends_at = None if deed.lasts is None else self.now + deed.lasts
                return self.do(Reserve(deed.lock_id, deed.feature_id, deed.value, deed.entity_id, ends_at))
            case PayingAll():
                self.catch_up()
                asked = [PayInvoice(each.invoice_id) for each in self.customer.account.open_invoices()]
                return [event for command in asked for event in self.do(command)]
        return self.do(deed)

    def wait(self, length: timedelta, look: timedelta | None = None) -> None:
        """Let time go by; with `look`, asking so often what is due."""
        until = self.now + length
        while look is not None and self.now + look < until:
            self.now += look
            self.catch_up()
        self.now = until

    def catch_up(self) -> None:
        while step := CUSTOMER.advance(self.customer, self.context()):
            self.happen(*step)

    def happen(self, at: datetime, events: Sequence[Event]) -> None:
        assert not self.log or at >= self.log[-1][0], "time went back within a stream"
        assert at <= self.now
        self.numbers.next += sum(isinstance(each, InvoiceFinalized) for each in events)
        self.log += [(at, event) for event in events]
        self.customer = reduce(CUSTOMER.evolve, events, self.customer)


def lived(history: History, look: timedelta | None = None) -> Life:
    """The whole history, and everything that was due at its end."""
    life = Life(history)
    for wait, command in history.steps:
        life.wait(wait, look)
        life.act(command)
    life.wait(timedelta(days=40), look)
    life.catch_up()
    return life
