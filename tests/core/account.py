"""A customer that lives through time: commands at instants, through everything a decider asks of the store."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from ledger.core.balances import standing
from ledger.core.balances.deduction import Overage
from ledger.core.balances.standing import Standing
from ledger.core.balances.usage import Track
from ledger.core.customer import CUSTOMER, BillingChange, preview
from ledger.core.decider import Command, Context
from ledger.core.entity import CreateEntity
from ledger.core.events import Event, InvoiceFinalized, Quantity
from ledger.core.offers.catalog import Catalog
from ledger.core.profile import CreateCustomer, UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.state import Customer
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.quote import Quote
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Plan
from tests.core.given import STREAM
from tests.core.offers import START, offering, units
from tests.core.record import Record, check_moves


class Account:
    """One customer on its own little ledger. Time moves only by `wait_until`."""

    def __init__(self, *plans: Plan, settings: LedgerSettings | None = None, now: datetime = START) -> None:
        self.catalog: Catalog = offering(*plans)
        self.settings = settings or LedgerSettings()
        self.now = now
        self.reasoned = True
        self.claims: dict[tuple[str, str], UUID] = {}
        self.customer = Customer()
        self.log: list[tuple[datetime, Event]] = []
        self.record = Record()
        self.do(CreateCustomer("ann"))

    def do(self, command: Command) -> list[Event]:
        """What a command causes by itself, after what was due has happened."""
        CUSTOMER.admit(self.customer, command, self.context())
        self.catch_up()
        decided = list(CUSTOMER.decide(self.customer, command, self.context()))
        self._happen(self.now, decided)
        return decided

    def wait_until(self, instant: datetime) -> "Account":
        """Let time go by, and with it what falls due."""
        assert instant >= self.now
        self.now = instant
        self.catch_up()
        return self

    def wait(self, days: float) -> "Account":
        return self.wait_until(self.now + timedelta(days=days))

    def catch_up(self) -> None:
        while step := CUSTOMER.advance(self.customer, self.context()):
            self._happen(*step)
        assert self.customer.due_at is None or self.customer.due_at > self.now

    def attach(self, plan_id: str, entity_id: str | None = None, **quantities: int) -> int:
        """Attach a plan; answers what is owed at once, in minor units, as its preview said."""
        return self.bill(Attach(plan_id, None, entity_id, bought(**quantities)))

    def bill(self, command: BillingChange) -> int:
        """Make a billing change; answers what is owed at once, in minor units, as its preview said."""
        quote, before = self.preview(command), self.customer
        assert list(quote.planned.events) == self.do(command)
        if not quote.planned.abandoned:
            check_moves(self.now, before, quote.planned, self.customer)
        return quote.planned.total_minor

    def preview(self, command: BillingChange) -> Quote:
        self.catch_up()
        return preview(self.customer, command, self.context())

    def at_cycle_end(self, plan_id: str) -> Quote:
        """The preview of attaching a plan when the running cycle ends."""
        return self.preview(Attach(plan_id, schedule=Schedule.END_OF_CYCLE))

    def track(
        self, feature_id: str, value: float | str = 1, entity_id: str | None = None, overage: Overage = Overage.CAP
    ) -> list[Event]:
        return self.do(Track(feature_id, None, units(value), entity_id, overage))

    def entities(self, *entity_ids: str, feature_id: str = "users") -> "Account":
        for entity_id in entity_ids:
            self.do(CreateEntity(entity_id, feature_id))
        return self

    def standing(self, feature_id: str, entity_id: str | None = None) -> Standing:
        held = standing.held(self.customer.grants.values(), feature_id, entity_id)
        return standing.standing(held, self.now, self.settings.zone)

    def remaining(self, feature_id: str, entity_id: str | None = None) -> Decimal:
        return self.standing(feature_id, entity_id).remaining

    def balance(self, feature_id: str, entity_id: str | None = None) -> tuple[Decimal | int, Decimal | int]:
        """What remains and what was used."""
        found = self.standing(feature_id, entity_id)
        return found.remaining, found.usage

    def subscription(self, plan_id: str, entity_id: str | None = None) -> Subscription:
        (found,) = (
            each
            for each in self.customer.subscriptions.values()
            if each.plan.plan_id == plan_id and each.entity_id == entity_id
        )
        return found

    def plans(self, entity_id: str | None = None) -> dict[str, str]:
        """The plans of a scope and how they are: active, canceling or scheduled."""
        return {
            each.plan.plan_id: "canceling" if each.canceling else each.status.value
            for each in self.customer.subscriptions.values()
            if each.entity_id == entity_id
        }

    def pays_with(self, method: str) -> "Account":
        """Record the payment method; `pm_declined` is declined from now on."""
        self.do(UpdateCustomer({"metadata": {"payment_method": method}}))
        return self

    def happen(self, *events: Event) -> None:
        """Let something happen that is not asked for here."""
        self._happen(self.now, events)

    def invoiced(self) -> list[int]:
        """The totals of the invoices so far, in minor units, oldest first."""
        return [each.total_minor for each in self.customer.account.invoices.values()]

    def context(self) -> Context:
        last_at = self.log[-1][0] if self.log else None
        number = 1 + sum(isinstance(event, InvoiceFinalized) for _, event in self.log)
        return Context(self.now, self.catalog, self.settings, STREAM, self.claims, None, last_at, self.reasoned, number)

    def _happen(self, at: datetime, events: Sequence[Event]) -> None:
        assert not self.log or at >= self.log[-1][0], "time went back within a stream"
        self.log += [(at, event) for event in events]
        self.customer = self.record.follow(at, self.customer, events)


def bought(**quantities: int) -> tuple[Quantity, ...]:
    """Total units of prepaid features."""
    return tuple(Quantity(feature_id, units(number)) for feature_id, number in quantities.items())
