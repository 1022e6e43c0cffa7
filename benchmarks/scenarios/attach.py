"""Changes of plans over HTTP at 16 connections: a switch with its prorated lines, invoice and payment; its preview; and
another quantity. Each is a read, a decision and, but for the preview, a durable write.

A switch sends every customer to the other of two plans in its turn, so the load is upgrades and downgrades alike.
"""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks import load
from benchmarks.bench import Bench
from benchmarks.database import throw_away
from benchmarks.figures import Figure, Target
from benchmarks.server import CALLERS, Client, Server, serving

CONNECTIONS = 16
CUSTOMERS = 8_000
TARGET = Target(500, p99_ms=80)
OPERATIONS = (
    ("preview_attach", "billing.preview_attach of a switch"),
    ("update", "billing.update of a quantity"),
    ("attach", "billing.attach, a switch that is paid for"),
)


def run(bench: Bench) -> Iterator[Figure]:
    with throw_away(bench.directory) as database, serving(database, bench.size(CUSTOMERS)) as server:
        prepare(server)
        planned = bench.load(CONNECTIONS, seconds=10)
        few = max(1, server.customers // 5)
        for operation, name in OPERATIONS:
            load.finish(load.start(server, operation, CONNECTIONS, planned.warm_up_s, last=few))
            answered = load.finish(load.start(server, operation, CONNECTIONS, planned.seconds, first=few + 1))
            title = f"HTTP {CONNECTIONS} connections, {name}"
            speed = (answered.per_second, "requests/s", answered.p50_ms, answered.p99_ms)
            yield Figure(f"billing.{operation}", title, *speed, TARGET)


def prepare(server: Server) -> None:
    """Put in two plans with a base price and messages sold ahead, and customers on the first of them."""
    with contextlib.closing(Client(server)) as client:
        client.post(
            "features.create", {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True}
        )
        for plan_id, dollars in (("pro", 20), ("premium", 50)):
            client.post("plans.create", _plan(plan_id, dollars))

    def customers(first: int) -> None:
        with contextlib.closing(Client(server)) as client:
            for number in range(first, server.customers + 1, CALLERS):
                client.post("customers.get_or_create", {"customer_id": f"c{number}"})
                bought = [{"feature_id": "messages", "quantity": 100}]
                client.post(
                    "billing.attach", {"customer_id": f"c{number}", "plan_id": "pro", "feature_quantities": bought}
                )

    with ThreadPoolExecutor(CALLERS) as threads:
        list(threads.map(customers, range(1, CALLERS + 1)))


def _plan(plan_id: str, dollars: int) -> object:
    price = {"amount": 10, "interval": "month", "billing_method": "prepaid", "billing_units": 100}
    return {
        "plan_id": plan_id,
        "name": plan_id.title(),
        "price": {"amount": dollars, "interval": "month"},
        "items": [{"feature_id": "messages", "included": 0, "price": price}],
    }
