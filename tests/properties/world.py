"""One ledger that two writers share, its read models, and the naive model beside them."""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg

from ledger.core.balances.deduction import Overage, overage_room
from ledger.core.balances.usage import Consume, Track
from ledger.core.decider import Command
from ledger.core.errors import Refusal
from ledger.core.events import UsageRecorded
from ledger.core.money import ZERO
from ledger.core.offers.catalog import CreateFeature, CreatePlan
from ledger.core.profile import CreateCustomer
from ledger.core.settings import CreateLedger, Env
from ledger.core.state import Customer
from ledger.core.terms import FeatureKind
from ledger.store.ledger import (
    Caller,
    CatalogAddress,
    CustomerAddress,
    Once,
    OpeningAddress,
    Outcome,
    SettingsAddress,
    Store,
    StreamAddress,
    Tuning,
)
from projections.runner import Runner
from replay.verify import verify
from tests.core.offers import FEATURES
from tests.core.test_laws import PLANS
from tests.properties.naive import Naive

OPERATOR_KEY: Final = b"0123456789abcdef0123456789abcdef"
ME: Final = Caller("machine")
ROWS_A_BATCH: Final = 7


class World:
    """Everything a machine acts on. `stores` are two processes' worth of writers on one ledger."""

    def __init__(self, database_url: str, ledger_id: str) -> None:
        self.database_url, self.ledger_id = database_url, ledger_id
        self.stores = [self._open(), self._open()]
        self.naive = Naive()
        self.runner = Runner(database_url, self.stores[0].operator, batch_events=ROWS_A_BATCH)
        self.tracked = Decimal(0)
        self.stores[0].create_ledger(ledger_id, Env.SANDBOX)
        ledger = self.stores[0].ledger(ledger_id)
        ledger.execute(SettingsAddress(), CreateLedger(ledger_id, Env.SANDBOX), by=ME)
        for feature in FEATURES.values():
            ledger.execute(CatalogAddress(), CreateFeature(feature), by=ME)
        for plan in PLANS:
            ledger.execute(CatalogAddress(), CreatePlan(plan), by=ME)

    def _open(self) -> Store:
        # Few streams are kept, so that cold starts, snapshots and foreign events are met all the time.
        return Store(self.database_url, operator_key=OPERATOR_KEY, tuning=Tuning(warm_streams=3, long_tail=3))

    def restart(self, writer: int) -> None:
        """A process ends and another begins."""
        self.stores[writer].close()
        self.stores[writer] = self._open()

    def close(self) -> None:
        for store in self.stores:
            store.close()

    def submit(
        self, writer: int, customer_id: str, command: Command, now: datetime | None, once: Once | None = None
    ) -> "Future[Outcome]":
        """Ask one of the writers for something, without waiting."""
        opens = isinstance(command, CreateCustomer)
        address = OpeningAddress(customer_id, None) if opens else CustomerAddress(customer_id)
        ledger = self.stores[writer].ledger(self.ledger_id)
        return ledger.submit(address, command, by=ME, once=once, business_now=now)

    def settle(self, command: Command, asked: "Future[Outcome]") -> Outcome | None:
        """Wait for an answer, and check what it says; None for a refusal."""
        try:
            outcome = asked.result(30)
        except Refusal:
            return None
        if isinstance(command, Track | Consume):
            self.tracked += sum((each.value for each in outcome.events if isinstance(each, UsageRecorded)), ZERO)
            check_floors(command, outcome)
        return outcome

    def check_rows(self) -> None:
        """What is served, what the naive model says, and what both writers remember are the same."""
        self.runner.catch_up()
        self._tell_naive()
        naive = self.naive
        assert self._rows("balances", "grant_id", "status", "granted", "remaining") == naive.balance_rows()
        plans = self._rows("subscriptions", "subscription_id", "status")
        assert {place: status for place, (status,) in plans.items()} == naive.plans
        assert set(self._rows("entities", "entity_id")) == naive.entities
        customers = self._rows("customers", "version", "customer_id", "deleted_at")
        found = {stream: (customer_id, gone is None) for (stream, _), (customer_id, gone) in customers.items()}
        assert found == naive.customers
        assert naive.tracked == self.tracked
        assert naive.deducted == naive.tracked - naive.dropped

    def check_memories(self) -> None:
        """Both writers give the same account of every customer that is there."""
        for stream, (_, exists) in list(self.naive.customers.items()):
            if exists:
                first, second = [
                    store.ledger(self.ledger_id).look(StreamAddress(stream), by=ME).state for store in self.stores
                ]
                assert first == second
                self._check_memory(stream, first)

    def check_replay(self) -> None:
        """Everything folded again from event 1 is what is there."""
        self.runner.catch_up()
        found = verify(self.database_url, self.stores[0].operator, self.ledger_id)
        assert found.whole, found.difference

    def _check_memory(self, stream: UUID, customer: Customer) -> None:
        self._tell_naive()
        told = {key: each for (owner, key), each in self.naive.balance_rows().items() if owner == stream}
        active = {key: (granted, left) for key, (status, granted, left) in told.items() if status == "active"}
        assert {key: (each.granted, each.balance) for key, each in customer.grants.items()} == active

    def _tell_naive(self) -> None:
        for row in self._ask(
            "SELECT position, stream_id, type, state FROM events"
            " WHERE ledger_id = %s AND position > %s ORDER BY position",
            self.naive.position,
        ):
            self.naive.tell(*row)

    def _rows(self, table: str, *columns: str) -> dict[tuple[UUID, Any], tuple[Any, ...]]:
        model = "customers" if table == "entities" else table
        rows = self._ask(
            f"SELECT t.stream_id, {', '.join(f't.{name}' for name in columns)} FROM {table} AS t"
            " JOIN projections AS p USING (ledger_id, generation) WHERE t.ledger_id = %s AND p.model = %s",
            model,
        )
        return {(row[0], row[1]): tuple(row[2:]) for row in rows}

    def _ask(self, question: str, *parameters: object) -> Sequence[Any]:
        with psycopg.connect(self.database_url) as conn:
            return conn.execute(question, [self.ledger_id, *parameters]).fetchall()


def check_floors(command: Track | Consume, outcome: Outcome) -> None:
    """Usage that may not overflow leaves no balance below what may be bought of it."""
    if isinstance(command, Track) and command.overage is Overage.OVERFLOW:
        return
    before, after = outcome.steps[0].before, outcome.steps[0].after
    for event in outcome.events:
        for each in event.allocations if isinstance(event, UsageRecorded) else ():
            was, now = before.grants[each.grant_id], after.grants[each.grant_id]
            free_seats = was.terms.kind is FeatureKind.ALLOCATED and was.terms.price is None
            room = overage_room(was)
            if each.amount > 0 and room is not None and not was.terms.unlimited and not free_seats:
                assert now.balance >= min(was.balance, ZERO) - room
