"""40,000 customers on a paid plan whose first month ends in the same hour: how long one worker takes to renew them all.

Each renewal is an invoice with its payment and a balance that is filled again. They are put in with a billing
anchor a little ahead, spread over its last seconds, and the worker starts once all of them are due; models are
kept up to date meanwhile, as ever.
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg

from api.schema import bring_up_to_date
from benchmarks.bench import Bench
from benchmarks.database import Database, throw_away
from benchmarks.figures import Figure, Target
from benchmarks.ours import BY, LEDGER_ID
from benchmarks.server import MASTER_KEY_BYTES, tallystick
from ledger.clock import utc_now
from ledger.core.balances.usage import Track
from ledger.core.offers.catalog import CreateFeature, CreatePlan
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer
from ledger.core.settings import CreateLedger, Env
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import BasePrice, Feature, FeatureKind, Plan, PlanItem
from ledger.store.ledger import (
    CatalogAddress,
    CustomerAddress,
    Ledger,
    OpeningAddress,
    SettingsAddress,
    Step,
    Store,
)

CUSTOMERS = 40_000
CUSTOMERS_A_COMMAND = 100
PUT_IN_A_SECOND = 400  # at least; the anchor lies so far ahead that all are in before it
TARGET = Target(120, "under")


def run(bench: Bench) -> Iterator[Figure]:
    customers = bench.size(CUSTOMERS)
    with throw_away(bench.directory) as database:
        bring_up_to_date(database.url)
        with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
            store.create_ledger(LEDGER_ID, Env.SANDBOX)
            due_at = _put_in(store.ledger(LEDGER_ID), customers)
        time.sleep(max(0.0, (due_at - utc_now()).total_seconds()))
        begin = time.perf_counter()
        with tallystick("worker", "--database-url", database.url):
            _wait_until_renewed(database, customers)
            seconds = time.perf_counter() - begin
    note = f"{customers / seconds:,.0f} renewals/s, the worker's start included"
    yield Figure("renewals", f"{customers:,} renewals, one worker", seconds, "s", target=TARGET, note=note)


def _put_in(ledger: Ledger, customers: int) -> datetime:
    """The customers, all of whom have used something; answers the instant by which all of them are due."""
    _offer(ledger)
    due_at = utc_now().replace(microsecond=0) + timedelta(seconds=15 + customers / PUT_IN_A_SECOND)
    for begin in range(0, customers, CUSTOMERS_A_COMMAND):
        names = [f"c{number}" for number in range(begin, min(begin + CUSTOMERS_A_COMMAND, customers))]
        ledger.execute_all([Step(OpeningAddress(name, None), CreateCustomer(name)) for name in names], by=BY)
        spread = timedelta(milliseconds=5000 * begin // customers)
        steps = [
            step
            for name in names
            for step in (
                Step(CustomerAddress(name), Attach("pro", anchor_at=due_at - spread)),
                Step(CustomerAddress(name), Track("messages", value=Decimal(3))),
            )
        ]
        ledger.execute_all(steps, by=BY)
    if utc_now() > due_at - timedelta(seconds=5):
        raise RuntimeError("putting the customers in took too long: some were renewed before the worker began")
    return due_at


def _offer(ledger: Ledger) -> None:
    ledger.execute(SettingsAddress(), CreateLedger(LEDGER_ID, Env.SANDBOX), by=BY)
    ledger.execute(CatalogAddress(), CreateFeature(Feature("messages", "Messages", FeatureKind.CONSUMABLE)), by=BY)
    monthly = Every(Interval.MONTH)
    items = (PlanItem("messages", FeatureKind.CONSUMABLE, Decimal(500), reset=monthly),)
    plan = Plan("pro", 1, "Pro", datetime(2026, 1, 1, tzinfo=UTC), base=BasePrice(2000, monthly), items=items)
    ledger.execute(CatalogAddress(), CreatePlan(plan), by=BY)


def _wait_until_renewed(database: Database, customers: int, stuck_s: float = 60) -> None:
    """Wait until every customer has entered its next period. Raises RuntimeError when nothing moves."""
    renewed, moved_at = 0, time.perf_counter()
    with psycopg.connect(database.url, autocommit=True) as connection:
        while renewed < customers:
            time.sleep(0.2)
            row = connection.execute(
                "SELECT (SELECT count(*) FROM due WHERE ledger_id = %s AND due_at <= now())", [LEDGER_ID]
            ).fetchone()
            assert row is not None
            before, renewed = renewed, customers - int(row[0])
            if renewed > before:
                moved_at = time.perf_counter()
            if time.perf_counter() - moved_at > stuck_s:
                raise RuntimeError(f"renewing stands still at {renewed} of {customers}")
        row = connection.execute("SELECT count(*) FROM events WHERE type = 'plan.renewed.v1'").fetchone()
    if row is None or row[0] != customers:
        raise RuntimeError(f"{row} renewals are in the log, not {customers}")
