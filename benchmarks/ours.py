"""Our side of the in-process scenarios: a ledger on a fresh database, with its worker running beside it.

The worker is `tallystick worker` in a process of its own, as an operator runs it: projections and due work take their
share of the machine while we measure.
"""

import contextlib
import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import psycopg

from api.cli.running import WORKER_NICENESS
from api.schema import bring_up_to_date
from benchmarks.bench import Bench
from benchmarks.database import Database, throw_away
from benchmarks.harness import Call, counted_loop
from benchmarks.server import INCLUDED, MASTER_KEY_BYTES, tallystick
from ledger.core.balances.usage import Track
from ledger.core.offers.catalog import CreateFeature, CreatePlan
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer
from ledger.core.settings import CreateLedger, Env
from ledger.core.terms import Feature, FeatureKind, Plan, PlanItem
from ledger.interpreter import run_anywhere, settle
from ledger.store.ledger import (
    Caller,
    CatalogAddress,
    CustomerAddress,
    Ledger,
    Once,
    OpeningAddress,
    SettingsAddress,
    Step,
    Store,
)

BY = Caller("bench")
LEDGER_ID = "main"
TRACK = Track(feature_id="messages", value=Decimal(1))
STORE_TABLES = frozenset({"ledgers", "events", "claims", "due", "snapshots", "data_keys"})
IDEMPOTENCY_TABLES = frozenset({"idempotency"})
STEPS_A_COMMAND = 200


@dataclass(frozen=True)
class Ours:
    """A ledger whose customers c1 to c`customers` hold plenty of `messages`."""

    database: Database
    ledger: Ledger
    customers: int

    def head(self) -> int:
        """The position of the last event."""
        return self._number("SELECT position FROM ledgers WHERE ledger_id = %s")

    def projected(self) -> int:
        """The position the models have reached."""
        return self._number("SELECT position FROM projected WHERE ledger_id = %s")

    def seconds_until_projected(self, stuck_s: float = 30) -> float:
        """How long the models still take to reach the head of now; how far behind the load left them."""
        head, begin = self.head(), time.perf_counter()
        reached, moved_at = self.projected(), begin
        while reached < head:
            time.sleep(0.05)
            now, before = time.perf_counter(), reached
            reached = self.projected()
            moved_at = now if reached > before else moved_at
            if now - moved_at > stuck_s:
                raise RuntimeError(f"the models stand still at {reached} of {head}: is the worker projecting?")
        return time.perf_counter() - begin

    def _number(self, query: str) -> int:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            row = connection.execute(query.encode(), [LEDGER_ID]).fetchone()
        return 0 if row is None else int(row[0])


@contextlib.contextmanager
def worked_ledger(bench: Bench, customers: int) -> Iterator[Ours]:
    """A ledger with its catalog, customers and a running worker, on a database that is thrown away."""
    with throw_away(bench.directory) as database:
        bring_up_to_date(database.url)
        with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
            store.create_ledger(LEDGER_ID, Env.SANDBOX)
            _open(store.ledger(LEDGER_ID), customers)
            with tallystick("worker", "--nice", str(WORKER_NICENESS), "--database-url", database.url):
                ours = Ours(database, store.ledger(LEDGER_ID), customers)
                ours.seconds_until_projected()
                anywhere = os.sched_getaffinity(0)
                settle()  # as the server does
                try:
                    yield ours
                finally:
                    run_anywhere(anywhere)


def _open(ledger: Ledger, customers: int) -> None:
    ledger.execute(SettingsAddress(), CreateLedger(LEDGER_ID, Env.SANDBOX), by=BY)
    ledger.execute(CatalogAddress(), CreateFeature(Feature("messages", "Messages", FeatureKind.CONSUMABLE)), by=BY)
    monthly = Every(Interval.MONTH)
    item = PlanItem("messages", FeatureKind.CONSUMABLE, included=Decimal(INCLUDED), reset=monthly)
    plan = Plan("bench", 1, "Bench", datetime(2026, 1, 1, tzinfo=UTC), items=(item,))
    ledger.execute(CatalogAddress(), CreatePlan(plan), by=BY)
    names = [f"c{number}" for number in range(1, customers + 1)]
    for begin in range(0, customers, STEPS_A_COMMAND):
        batch = names[begin : begin + STEPS_A_COMMAND]
        create = [Step(OpeningAddress(name, None), CreateCustomer(customer_id=name, plan_id="bench")) for name in batch]
        ledger.execute_all(create, by=BY)


def tracking(ours: Ours) -> Callable[[int], Call]:
    """Callers that deduct one message from a customer drawn at random, each with a draw of its own."""
    addresses = [CustomerAddress(f"c{number}") for number in range(1, ours.customers + 1)]

    def make_call(index: int) -> Call:
        draw, ledger = random.Random(index), ours.ledger
        return lambda: ledger.execute(draw.choice(addresses), TRACK, by=BY)

    return make_call


def tracking_once(ours: Ours) -> Callable[[int], Call]:
    """As `tracking`, each command under an idempotency key of its own."""

    def make_call(index: int) -> Call:
        draw, ledger, numbers = random.Random(index), ours.ledger, itertools.count()

        def call() -> object:
            once = Once(f"bench-{index}-{next(numbers)}", "bench", "balances.track", bytes(32))
            return ledger.execute(CustomerAddress(f"c{draw.randint(1, ours.customers)}"), TRACK, by=BY, once=once)

        return call

    return make_call


def fill(ours: Ours, events: int) -> None:
    """Append tracked events until the head is at `events` or a little more: real commands, many to a transaction."""
    addresses = [CustomerAddress(f"c{number}") for number in range(1, ours.customers + 1)]

    def make_call(index: int) -> Call:
        draw, ledger = random.Random(index), ours.ledger

        def call() -> object:
            return ledger.execute_all([Step(draw.choice(addresses), TRACK) for _ in range(STEPS_A_COMMAND)], by=BY)

        return call

    missing = max(0, events - ours.head())
    if missing:
        counted_loop(4, -(-missing // STEPS_A_COMMAND), make_call)
