"""`tallystick serve` and `tallystick worker` as they are installed, and what HTTP scenarios need from a client."""

import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.bench import Skipped
from benchmarks.database import Database

KEY = "bench-secret-for-a-throw-away-server"
MASTER_KEY_BYTES = b"throw-away master key of a bench"
MASTER_KEY = base64.b64encode(MASTER_KEY_BYTES).decode()
INCLUDED = 1_000_000_000
CALLERS = 16


@dataclass(frozen=True)
class Server:
    """A running server; its ledger has the feature `messages` and customers c1 to c`customers`."""

    port: int
    key: str
    customers: int
    pid: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Client:
    """One caller of the JSON API on one kept connection."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._headers = {
            "Authorization": f"Bearer {server.key}",
            "Content-Type": "application/json",
            "x-api-version": "2.5.0",
        }

    def post(self, operation: str, body: object) -> Any:
        """One call; anything but success is an error."""
        return json.loads(self._ask("POST", f"/v1/{operation}", json.dumps(body)))

    def get(self, path: str) -> bytes:
        """One read, as it came; anything but success is an error."""
        return self._ask("GET", path, None)

    def served(self, path: str) -> bool:
        """Whether a read is answered by now, and not put off with 503."""
        self._connection.request("GET", path, None, self._headers)
        response = self._connection.getresponse()
        response.read()
        return response.status == 200

    def download(self, path: str, file: IO[bytes]) -> None:
        """One read of any length into a file; anything but success is an error."""
        self._connection.request("GET", path, None, self._headers)
        response = self._connection.getresponse()
        if response.status >= 300:
            raise RuntimeError(f"GET {path} answered {response.status}: {response.read(300)!r}")
        shutil.copyfileobj(response, file, 1 << 20)

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path} answered {response.status}: {answer[:300]!r}")
        return answer

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def serving(database: Database, customers: int, *arguments: str) -> Iterator[Server]:
    """`tallystick serve` on `database` and a free port, ready when this yields, stopped with SIGTERM."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tallystick("serve", "--database-url", database.url, "--port", str(port), *arguments) as process:
        _wait_until_ready(process)
        yield Server(port, KEY, customers, process.pid)


def prepare(server: Server) -> None:
    """Put the catalog and the customers in, over HTTP: a plan with plenty of messages a month, attached to each."""
    with contextlib.closing(Client(server)) as client:
        feature = {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True}
        client.post("features.create", feature)
        item = {"feature_id": "messages", "included": INCLUDED, "reset": {"interval": "month"}}
        client.post("plans.create", {"plan_id": "bench", "name": "Bench", "items": [item]})

    def customers(first: int) -> None:
        with contextlib.closing(Client(server)) as client:
            for number in range(first, server.customers + 1, CALLERS):
                client.post("customers.get_or_create", {"customer_id": f"c{number}"})
                client.post("billing.attach", {"customer_id": f"c{number}", "plan_id": "bench"})

    with ThreadPoolExecutor(CALLERS) as threads:
        list(threads.map(customers, range(1, CALLERS + 1)))


@contextlib.contextmanager
def tallystick(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The console script as a child; ended with SIGTERM, as an operator would."""
    process = subprocess.Popen(command(arguments), env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def command(arguments: Sequence[str]) -> list[str]:
    program = Path(sysconfig.get_path("scripts")) / "tallystick"
    if not program.exists():
        raise Skipped("the `tallystick` command is not installed here; `make setup` installs it")
    return [str(program), *arguments]


def environment() -> Mapping[str, str]:
    """Ours, without a DATABASE_URL that would lead a child elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "TALLYSTICK_BOOTSTRAP_KEY": KEY, "TALLYSTICK_MASTER_KEY": MASTER_KEY}


def _wait_until_ready(process: "subprocess.Popen[str]", limit_s: float = 60) -> None:
    """Wait for the line that says so, then keep reading, so that the child never waits for us."""
    assert process.stdout is not None
    output, ready = process.stdout, threading.Event()

    def read() -> None:
        for line in output:
            if line.startswith("ready "):
                ready.set()

    threading.Thread(target=read, daemon=True).start()
    give_up_at = time.monotonic() + limit_s
    while not ready.wait(0.1):
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"the server did not become ready (exit status {process.returncode})")
