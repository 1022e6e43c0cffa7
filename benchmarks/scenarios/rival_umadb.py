"""The rival written in Rust: the `umadb` server, appending one event a call for 64 clients, as it ships.

As it ships it is durable: two `fdatasync` calls stand behind every batch it commits (seen with strace), and it commits
the calls that wait in one batch, as we do. It decides nothing: no balance is read and nothing can be refused. Its
Python client is run from one process and from two, in case one interpreter is the limit; the better counts.
"""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.bench import Bench, Skipped
from benchmarks.figures import Figure
from benchmarks.harness import Load, Measured, summarise
from benchmarks.rivals import UMADB

CLIENTS = 64


def run(bench: Bench) -> Iterator[Figure]:
    figures = []
    for processes in (1, 2):
        with _server(bench.directory) as url:
            result = _measure(url, processes, bench.load(CLIENTS // processes, seconds=8))
        title = f"umadb {_version()} append, {CLIENTS} clients in {processes} process{'es' if processes > 1 else ''}"
        figures.append(_figure(f"{UMADB}.{processes}", title, result, "decides nothing"))
        yield figures[-1]
    best = max(figures, key=lambda figure: figure.value)
    yield Figure(UMADB, "umadb, the better of these", best.value, best.unit, best.p50_ms, best.p99_ms, note=best.title)


def _figure(key: str, title: str, result: Measured, note: str) -> Figure:
    return Figure(key, title, result.per_second, "appends/s", result.p50_ms, result.p99_ms, note=note)


def _measure(url: str, processes: int, load: Load) -> Measured:
    """Client processes side by side; their rates add up, their latencies are taken together."""
    arguments = [url, str(load.callers), str(load.seconds), str(load.warm_up_s)]
    command = [sys.executable, "-m", "benchmarks.umadb_clients", *arguments]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
    answers = [client.communicate(timeout=load.seconds + load.warm_up_s + 60)[0] for client in clients]
    if any(client.returncode for client in clients):
        raise RuntimeError("a umadb client failed")
    windows = [json.loads(answer) for answer in answers]
    latencies = [latency for window in windows for latency in window["latencies_s"]]
    return summarise(latencies, sum(window["seconds"] for window in windows) / processes)


@contextlib.contextmanager
def _server(directory: Path) -> Iterator[str]:
    """The server with its default settings, on a database of its own on the measured disk."""
    _version()
    program = Path(sysconfig.get_path("scripts")) / "umadb"
    with (
        tempfile.TemporaryDirectory(prefix="umadb-", dir=directory) as data,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port = free.getsockname()[1]
        free.close()
        command = [str(program), "--listen", f"127.0.0.1:{port}", "--db-path", f"{data}/db"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_until_listening(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


def _version() -> str:
    try:
        return version("umadb")
    except PackageNotFoundError:
        raise Skipped("umadb is not installed; `pip install umadb==0.7.8` brings the server and the client") from None


def _wait_until_listening(port: int) -> None:
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"umadb did not listen on port {port}")
