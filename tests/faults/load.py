"""Eight clients that write as fast as they are answered, remember every answer, and later ask the log who was right."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from ledger.embedded import EmbeddedPostgres
from ledger.store.verifying import verify_chain
from tests.support.serving import Serving, command_line, with_secret

CLIENTS = 8
CUSTOMERS = 5
PLENTY = 1_000_000_000
ANSWER_SECONDS = 30.0
PAUSE_SECONDS = 0.2
BATCH_ROWS = 3
"""Rows of each fourth write: they are there together or not at all."""


@dataclass
class Write:
    """One request with a key of its own, and whether it was ever answered."""

    key: str
    rows: Sequence[tuple[str, int]]
    port: int
    acknowledged: bool = False

    def send(self, client: httpx.Client) -> bool:
        """Send it, again perhaps; whether it was acknowledged."""
        rows: list[dict[str, Any]] = [
            {"customer_id": customer_id, "feature_id": "messages", "value": value} for customer_id, value in self.rows
        ]
        name, body = ("track", rows[0]) if len(rows) == 1 else ("batch_track", rows)
        headers = {"Idempotency-Key": self.key, "X-Request-Id": self.key}
        try:
            answer = client.post(f"/v1/balances.{name}", json=body, headers=headers)
        except httpx.TransportError:
            return False
        assert answer.status_code in (200, 202, 503), answer.text
        self.acknowledged = answer.status_code != 503
        return self.acknowledged


class Load:
    """Writes of several clients at once, over as many runs and servers as a test likes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.writes: list[Write] = []
        self._customers = [f"loaded-{number}" for number in range(CUSTOMERS)]
        self._failure: BaseException | None = None

    def open_accounts(self, server: Serving) -> None:
        """What the clients write about."""
        with self._client(server) as client:
            feature = {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True}
            assert client.post("/v1/features.create", json=feature).status_code == 200
            for customer_id in self._customers:
                assert client.post("/v1/customers.get_or_create", json={"customer_id": customer_id}).status_code == 200
                granted = {"customer_id": customer_id, "feature_id": "messages", "included_grant": PLENTY}
                assert client.post("/v1/balances.create", json=granted).status_code == 200

    @contextmanager
    def running(self, server: Serving) -> Iterator[None]:
        """All clients write for the length of the block."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._run, args=(server, stop, self.random.randrange(2**32)))
            for _ in range(CLIENTS)
        ]
        answered = self.acknowledged()
        for thread in threads:
            thread.start()
        try:
            self._wait_for(lambda: self.acknowledged() >= answered + CLIENTS)
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(ANSWER_SECONDS * 2)
        assert not any(thread.is_alive() for thread in threads), "a request was never answered"
        if self._failure is not None:
            raise self._failure

    def _run(self, server: Serving, stop: threading.Event, seed: int) -> None:
        choose = random.Random(seed)
        try:
            with self._client(server) as client:
                for number in range(PLENTY):
                    if stop.is_set():
                        return
                    rows = [(choose.choice(self._customers), choose.randint(1, 9))] * (
                        BATCH_ROWS if number % 4 == 3 else 1
                    )
                    write = Write(f"{seed:08x}-{number}", rows, server.port)
                    self.writes.append(write)
                    if not write.send(client):
                        time.sleep(PAUSE_SECONDS)
        except BaseException as failure:  # noqa: BLE001 - told to whoever started the thread
            self._failure = failure

    def _client(self, server: Serving) -> httpx.Client:
        return httpx.Client(base_url=server.url, headers=with_secret(), timeout=ANSWER_SECONDS, verify=False)

    def wait_until_served(self, server: Serving) -> None:
        """Until a write is acknowledged again, whatever happened to the server."""
        with self._client(server) as client:
            write = Write(f"probe-{len(self.writes)}", [(self._customers[0], 1)], server.port)
            self.writes.append(write)
            _again_until_served(server, lambda: write.send(client))

    def _wait_for(self, reached: Callable[[], bool]) -> None:
        by = time.monotonic() + ANSWER_SECONDS
        while not reached() and self._failure is None:
            assert time.monotonic() < by, "the server does not answer"
            time.sleep(PAUSE_SECONDS / 10)

    def pause(self, seconds: float) -> None:
        """Let the clients write for a while."""
        time.sleep(seconds)
        if self._failure is not None:
            raise self._failure

    def acknowledged(self) -> int:
        """How many writes were answered."""
        return sum(write.acknowledged for write in self.writes)

    def unanswered(self, server: Serving) -> int:
        """How many writes to this server were not."""
        return sum(not write.acknowledged for write in self.writes if write.port == server.port)

    def check(self, server: Serving) -> None:
        """Every acknowledged write is there once, no other is there in part; then each is sent again and there once."""
        with EmbeddedPostgres(server.data_dir) as database, psycopg.connect(database.url, autocommit=True) as conn:
            self._check_chain(conn)
            found = self._found(conn)
            for write in self.writes:
                expected = {len(write.rows)} if write.acknowledged else {0, len(write.rows)}
                assert found[write.key] in expected, (write, found[write.key])
            with self._client(server) as client, ThreadPoolExecutor(CLIENTS) as pool:
                missing = [write for write in self.writes if not write.acknowledged]
                list(pool.map(lambda write: _again_until_served(server, lambda: write.send(client)), missing))
                assert self._found(conn) == {write.key: len(write.rows) for write in self.writes}
                self._check_balances(client, server)
            self._check_chain(conn)
        command_line(server.data_dir, "replay", "verify")

    def _found(self, conn: psycopg.Connection[Any]) -> Counter[str]:
        rows = conn.execute("SELECT request_id FROM events WHERE type LIKE 'usage.recorded.%'")
        return Counter(request_id for (request_id,) in rows)

    def _check_chain(self, conn: psycopg.Connection[Any]) -> None:
        ((count, last),) = conn.execute("SELECT count(*), max(position) FROM events")
        verified = verify_chain(conn, "main")
        assert (verified.broken, verified.position, count) == (None, last, last)

    def _check_balances(self, client: httpx.Client, server: Serving) -> None:
        expected: Counter[str] = Counter()
        for write in self.writes:
            for customer_id, value in write.rows:
                expected[customer_id] += value
        for customer_id in self._customers:
            balance = self._balance(client, server, customer_id)
            assert (balance["usage"], balance["remaining"]) == (expected[customer_id], PLENTY - expected[customer_id])

    def _balance(self, client: httpx.Client, server: Serving, customer_id: str) -> dict[str, int]:
        answers: list[httpx.Response] = []

        def ask() -> bool:
            answers.append(client.post("/v1/customers.get", json={"customer_id": customer_id}))
            assert answers[-1].status_code in (200, 503), answers[-1].text
            return answers[-1].status_code == 200

        _again_until_served(server, ask)
        found: dict[str, int] = answers[-1].json()["balances"]["messages"]
        return found


def _again_until_served(server: Serving, ask: Callable[[], bool]) -> None:
    """Do as a 503 says: send it again. Fails with the server's log where that goes on for long."""
    by = time.monotonic() + ANSWER_SECONDS
    while not ask():
        assert time.monotonic() < by, server.log.read_text()[-3_000:]
        time.sleep(PAUSE_SECONDS)
