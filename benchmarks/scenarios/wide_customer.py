"""One customer with 200 entities, 50 balances and 100,000 past events: a check on it, warm over HTTP and cold in a
new process's memory.

Cold is a store that has not seen the customer, with its connection open: the snapshot, the events since, the check.
"""

import contextlib
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from api.schema import bring_up_to_date
from benchmarks import load
from benchmarks.bench import Bench
from benchmarks.database import Database, throw_away
from benchmarks.figures import Figure, Target
from benchmarks.ours import BY, LEDGER_ID
from benchmarks.server import MASTER_KEY_BYTES, Server, serving
from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.spending import Use, allowed
from ledger.core.balances.standing import held, standing
from ledger.core.balances.usage import Track
from ledger.core.decider import Command, Context
from ledger.core.entity import CreateEntity
from ledger.core.offers.catalog import CreateFeature, CreatePlan
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer
from ledger.core.settings import CreateLedger, Env
from ledger.core.terms import Feature, FeatureKind, Plan, PlanItem
from ledger.store.ledger import (
    CatalogAddress,
    CustomerAddress,
    Ledger,
    OpeningAddress,
    SettingsAddress,
    Step,
    Store,
)

ENTITIES = 200
BALANCES = 50
EVENTS = 100_000
STEPS_A_COMMAND = 200
COLD_STARTS = 10
WARM = Target(5, "under")
COLD = Target(100, "under")


def run(bench: Bench) -> Iterator[Figure]:
    with throw_away(bench.directory) as database:
        bring_up_to_date(database.url)
        with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
            store.create_ledger(LEDGER_ID, Env.SANDBOX)
            _live(store.ledger(LEDGER_ID), bench.size(EVENTS))
        cold_ms = [_cold_ms(database) for _ in range(COLD_STARTS)]
        title = f"check, {ENTITIES} entities, {BALANCES} balances, {bench.size(EVENTS):,} events"
        worst = f"worst of {COLD_STARTS}: {max(cold_ms):.1f} ms"
        yield Figure("wide.cold", f"{title}, cold", statistics.median(cold_ms), "ms", target=COLD, note=worst)
        with serving(database, 1) as server:
            yield _warm(bench, server, title)


def _warm(bench: Bench, server: Server, title: str) -> Figure:
    planned = bench.load(1, seconds=5)
    load.finish(load.start(server, "check", 1, planned.warm_up_s))
    answered = load.finish(load.start(server, "check", 1, planned.seconds))
    note = f"p99 {answered.p99_ms:.1f} ms, {answered.per_second:,.0f}/s"
    return Figure("wide.warm", f"{title}, warm over HTTP", answered.p50_ms, "ms", target=WARM, note=note)


def _cold_ms(database: Database) -> float:
    with contextlib.closing(Store(database.url, operator_key=MASTER_KEY_BYTES)) as store:
        ledger = store.ledger(LEDGER_ID)
        ledger.look(CustomerAddress("c2"), by=BY)  # so that connecting is not counted
        begin = time.perf_counter()
        seen = ledger.look(CustomerAddress("c1"), by=BY)
        grants = held(seen.state.grants.values(), "messages", None)
        context = Context(seen.now, seen.catalog, seen.settings, seen.steps[0].stream_id)
        assert allowed(seen.state, Use("messages", Decimal(1)), context)
        standing(grants, seen.now, seen.settings.zone)
        return (time.perf_counter() - begin) * 1000


def _live(ledger: Ledger, events: int) -> None:
    """A catalog, a customer with its entities and balances, and what it used."""
    ledger.execute(SettingsAddress(), CreateLedger(LEDGER_ID, Env.SANDBOX), by=BY)
    for feature_id, kind in (("messages", FeatureKind.CONSUMABLE), ("seats", FeatureKind.ALLOCATED)):
        ledger.execute(CatalogAddress(), CreateFeature(Feature(feature_id, feature_id.title(), kind)), by=BY)
    items = (
        PlanItem("messages", FeatureKind.CONSUMABLE, Decimal(10**9), reset=Every(Interval.MONTH)),
        PlanItem("seats", FeatureKind.ALLOCATED, Decimal(ENTITIES)),
    )
    plan = Plan("bench", 1, "Bench", datetime(2026, 1, 1, tzinfo=UTC), items=items)
    ledger.execute(CatalogAddress(), CreatePlan(plan), by=BY)
    for name in ("c1", "c2"):
        ledger.execute(OpeningAddress(name, None), CreateCustomer(name, plan_id="bench"), by=BY)
    commands: list[Command] = [CreateEntity(f"e{number}", "seats") for number in range(ENTITIES)]
    for number in range(BALANCES):
        every = Every(list(Interval)[1 + number % 8])
        owner = f"e{number}" if number % 2 else None
        commands.append(GrantBalance("messages", owner, Decimal(10**9), reset=every, balance_id=f"b{number}"))
    uses = [Track("messages", value=Decimal(1), entity_id=f"e{n % ENTITIES}" if n % 3 else None) for n in range(600)]
    _all(ledger, commands)
    for begin in range(0, events, STEPS_A_COMMAND):
        _all(ledger, [uses[(begin + n) % len(uses)] for n in range(STEPS_A_COMMAND)])


def _all(ledger: Ledger, commands: list[Command]) -> None:
    for begin in range(0, len(commands), STEPS_A_COMMAND):
        batch = commands[begin : begin + STEPS_A_COMMAND]
        ledger.execute_all([Step(CustomerAddress("c1"), command) for command in batch], by=BY)
