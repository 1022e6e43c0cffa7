"""`tallystick demo --cdnow FILE`: a real purchase history goes through the public HTTP API and is checked.

Every customer is created and attached to a plan with 3 CDs a month on 1 January 1997, every purchase is tracked
on its own date (`Tallystick-Now`), and every clock is then moved past the last month, so that each month
with a purchase is closed by a reset that says how much was overage.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from api.cli import purchases
from api.cli.purchases import Purchase
from ledger.clock import monotonic

FIRST_DAY: Final = datetime(1997, 1, 1, tzinfo=UTC)
AFTER_ALL: Final = datetime(1998, 8, 1, tzinfo=UTC)
INCLUDED: Final = 3
CONNECTIONS: Final = 16

Progress = Callable[[int, int], None]


class Loaded(NamedTuple):
    """What went in, and how long it took."""

    customers: int
    purchases: int
    events: int
    seconds: float

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds


class Client:
    """A keep-alive connection to the JSON API; any answer but a success ends the load with its text."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(self, operation: str, body: object, at: datetime | None = None) -> Any:
        """POST one operation, at a business instant of the customer's when given."""
        headers = self._headers if at is None else {**self._headers, "Tallystick-Now": at.isoformat()}
        self._connection.request("POST", f"/v1/{operation}", msgspec.json.encode(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{operation} answered {answer.status}: {text.decode()}")
        return msgspec.json.decode(text)

    def lines(self, path: str) -> Iterator[Any]:
        """GET newline-delimited JSON, one decoded line at a time."""
        self._connection.request("GET", path, headers={**self._headers, "Accept": "application/x-ndjson"})
        answer = self._connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.read().decode()}")
        for line in answer:
            yield msgspec.json.decode(line)


def load(url: str, key: str, file: Path, *, customers: int | None = None, progress: Progress | None = None) -> Loaded:
    """Send the history of the file (of its first `customers` customers) through the API at `url`."""
    histories = list(islice(purchases.by_customer(purchases.read(file)), customers))
    started = monotonic()
    _catalog(Client(url, key))
    chunks = [histories[part::CONNECTIONS] for part in range(CONNECTIONS)]
    done = 0
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for finished in pool.map(lambda chunk: _send(Client(url, key), chunk), chunks):
            done += finished
            if progress is not None:
                progress(done, len(histories))
    seconds = monotonic() - started
    events = sum(1 for _ in Client(url, key).lines("/v1/events"))
    return Loaded(len(histories), sum(len(rows) for _, rows in histories), events, seconds)


def _catalog(client: Client) -> None:
    client.post("features.create", {"feature_id": "cds", "name": "CDs", "type": "metered", "consumable": True})
    price = {"amount": 12, "interval": "month", "billing_method": "usage_based"}
    item = {"feature_id": "cds", "included": INCLUDED, "reset": {"interval": "month"}, "price": price}
    client.post("plans.create", {"plan_id": "cd-club", "name": "CD club", "items": [item]})


def _send(client: Client, histories: list[tuple[str, list[Purchase]]]) -> int:
    for customer_id, rows in histories:
        who = {"customer_id": customer_id}
        client.post("customers.get_or_create", who, FIRST_DAY)
        client.post("billing.attach", {**who, "plan_id": "cd-club"}, FIRST_DAY)
        for row in rows:
            usage = {**who, "feature_id": "cds", "value": row.quantity, "async": False}
            client.post("balances.track", usage, row.bought_at)
        frozen = int(AFTER_ALL.timestamp() * 1000)
        client.post("customers.advance_test_clock", {**who, "frozen_time": frozen})
    return len(histories)
