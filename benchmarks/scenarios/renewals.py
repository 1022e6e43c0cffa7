"""40,000 customers on a paid plan whose first month ends in the same hour: how long one worker takes to renew them all.

Each renewal is an invoice with its payment and a balance that is filled again. They are put in with a billing
anchor a little ahead, spread over its last seconds, and the worker starts once all of them are due; models are
kept up to date meanwhile, as ever. With `--crowd DIR` they are so among the customers of the crowd that is kept there.
"""

import contextlib
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg

from api.schema import bring_up_to_date
from benchmarks.bench import Bench
from benchmarks.crowd import crowded
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
DUE = "SELECT count(*) FROM due WHERE ledger_id = %s AND due_at <= now()"
RENEWED = "SELECT count(*) FROM events WHERE ledger_id = %s AND type = 'plan.renewed.v1'"
BEHIND = """
SELECT (coalesce(p.position, 0) < l.position OR count(m.model) = 0 OR bool_or(m.failed_position IS NOT NULL))::int
FROM ledgers AS l LEFT JOIN projected AS p USING (ledger_id) LEFT JOIN projections AS m USING (ledger_id)
WHERE l.ledger_id = %s GROUP BY l.position, p.position"""


def run(bench: Bench) -> Iterator[Figure]:
    customers = bench.size(CUSTOMERS)
    with _ledger(bench) as (database, others):
        with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
            after = store.ledgers()[0].position
            due_at = _put_in(store.ledger(LEDGER_ID), customers)
        time.sleep(max(0.0, (due_at - utc_now()).total_seconds()))
        begin = time.perf_counter()
        with tallystick("worker", "--database-url", database.url):
            _wait_until_renewed(database, customers, after)
            seconds = time.perf_counter() - begin
    note = f"{customers / seconds:,.0f} renewals/s, the worker's start included"
    title = f"{customers:,} renewals, one worker" + (f", {others:,} other customers" if others else "")
    yield Figure("renewals", title, seconds, "s", target=TARGET, note=note)


@contextlib.contextmanager
def _ledger(bench: Bench) -> Iterator[tuple[Database, int]]:
    """A ledger for them alone or, where a crowd is kept, that of the crowd, with nothing left to do."""
    if bench.crowd is not None:
        with crowded(bench) as (database, size):
            with tallystick("worker", "--database-url", database.url):
                _wait_until_idle(database)
            yield database, size.customers
        return
    with throw_away(bench.directory) as database:
        bring_up_to_date(database.url)
        with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
            store.create_ledger(LEDGER_ID, Env.SANDBOX)
            _offer(store.ledger(LEDGER_ID))
        yield database, 0


def _put_in(ledger: Ledger, customers: int) -> datetime:
    """The customers, all of whom have used something; answers the instant by which all of them are due."""
    run, due_at = uuid.uuid4().hex[:8], utc_now().replace(microsecond=0)
    due_at += timedelta(seconds=15 + customers / PUT_IN_A_SECOND)
    for begin in range(0, customers, CUSTOMERS_A_COMMAND):
        names = [f"{run}-{number}" for number in range(begin, min(begin + CUSTOMERS_A_COMMAND, customers))]
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


def _wait_until_renewed(database: Database, customers: int, after: int, stuck_s: float = 60) -> None:
    """Wait until every customer has entered its next period. Raises RuntimeError when nothing moves."""
    renewed, moved_at = 0, time.perf_counter()
    while renewed < customers:
        time.sleep(0.2)
        before, renewed = renewed, customers - _number(database, DUE)
        if renewed > before:
            moved_at = time.perf_counter()
        if time.perf_counter() - moved_at > stuck_s:
            raise RuntimeError(f"renewing stands still at {renewed} of {customers}")
    in_the_log = _number(database, f"{RENEWED} AND position > {after:d}")
    if in_the_log != customers:
        raise RuntimeError(f"{in_the_log} renewals are in the log, not {customers}")


def _wait_until_idle(database: Database, limit_s: float = 7_200) -> None:
    """Wait until nothing is due, and the models are built and have what the log has."""
    give_up_at = time.monotonic() + limit_s
    while _number(database, DUE) or _number(database, BEHIND):
        if time.monotonic() > give_up_at:
            raise RuntimeError("the worker has not come to an end of its work")
        time.sleep(1)


def _number(database: Database, query: str) -> int:
    with psycopg.connect(database.url, autocommit=True) as connection:
        row = connection.execute(query.encode(), [LEDGER_ID]).fetchone()
    return 0 if row is None else int(row[0])
