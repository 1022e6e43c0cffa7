"""The `tallystick` command, in this process or in one of its own, and what a test asks of it."""

import contextlib
import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests.support.command import in_process
from tests.support.serving import MASTER_KEY

SECRET = "a-bootstrap-secret-for-tests"
ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 60.0


def environment(**extra: str) -> Mapping[str, str]:
    """Ours without what would lead the command elsewhere, and with an operator's key; a blank value takes it away."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TALLYSTICK_") and name != "DATABASE_URL"
    }
    return {**kept, "TALLYSTICK_MASTER_KEY": MASTER_KEY, **extra}


def spawned(*arguments: str | Path, **extra: str) -> "subprocess.CompletedProcess[str]":
    """A command to its end in a process of its own, for what only that shows: how it is started and how it exits."""
    command = [sys.executable, "-m", "api.cli.main", *map(str, arguments)]
    return subprocess.run(
        command, env=environment(**extra), cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )


def run(*arguments: str | Path, said: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
    """A command to its end in this process; `said` is what its standard input holds."""
    return in_process(list(map(str, arguments)), environment(**extra), said)


def report(*arguments: str | Path, **extra: str) -> Any:
    """What a command that must succeed reports with --json."""
    done = run(*arguments, "--json", **extra)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(*arguments: str | Path, **extra: str) -> str:
    """The one sentence of a command that could not begin."""
    done = run(*arguments, **extra)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(said) == 1, said
    return said[0]


@dataclass
class Served:
    """A `tallystick serve` that said it was ready."""

    process: "subprocess.Popen[str]"
    url: str
    ledger: str
    errors: Path

    def post(self, operation: str, body: object, key: str = SECRET, **headers: str) -> tuple[int, Any]:
        """One request: its status and its decoded answer."""
        with contextlib.closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)) as connection:
            sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
            connection.request("POST", f"/v1/{operation}", json.dumps(body), sent)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def get(self, path: str) -> tuple[int, bytes]:
        """A GET without a key."""
        with contextlib.closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def send(self, path: str) -> int:
        """An empty form without a cookie: its status."""
        with contextlib.closing(http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)) as connection:
            connection.request("POST", path)
            return connection.getresponse().status

    def next_line(self) -> str:
        """The next line that it prints, once it does."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(LIMIT_SECONDS)

    def children(self, *words: str) -> list[psutil.Process]:
        """The processes below it whose command line holds these words."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [each for each in found if all(word in _command(each) for word in words)]

    def rest_of_output(self) -> str:
        """What it printed after its ready line; only once it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.read()


@contextlib.contextmanager
def serving(errors: Path, *arguments: str | Path, **extra: str) -> Iterator[Served]:
    """A server on a free port, stopped at the end where the test has not; its standard error is in the file."""
    command = [sys.executable, "-m", "api.cli.main", "serve", "--port", "0", *map(str, arguments)]
    given = environment(**{"TALLYSTICK_BOOTSTRAP_KEY": SECRET, **extra})
    with errors.open("w") as log:
        process = subprocess.Popen(command, env=given, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = _first_line(process, errors)
        ready, url, ledger = line.split()
        assert ready == "ready", line
        yield Served(process, url, ledger.removeprefix("ledger="), errors)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdout is not None
        process.stdout.close()


def until(what: Callable[[], object], seconds: float = 15.0) -> bool:
    """Whether it came true in time."""
    limit = time.monotonic() + seconds
    while not what():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def _first_line(process: "subprocess.Popen[str]", errors: Path) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(LIMIT_SECONDS), f"silent for {LIMIT_SECONDS} s: {errors.read_text()[-2000:]}"
    line = process.stdout.readline()
    assert line, f"it ended ({process.wait()}): {errors.read_text()[-2000:]}"
    return line


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
