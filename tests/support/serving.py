"""`tallystick serve` as a real process of the suite's own: on a free port, stopped politely or killed at will."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.support.command import in_process

READY_SECONDS = 120.0
STOP_SECONDS = 60.0
SECRET = "am_sk_test_the-suite-knows-this-one"
MASTER_KEY = "dGhlIG1hc3RlciBrZXkgb2YgdGhlIGNsaSB0ZXN0cyE="
_READY = re.compile(r"^ready (http://\S+) ledger=(\S+)$")
_OURS = ("DATABASE_URL", "TALLYSTICK_")


def environment(**added: str) -> dict[str, str]:
    """Our own environment without what would tell the server where to work, with an operator's key, plus `added`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "PYTHONWARNINGS": "default", "TALLYSTICK_MASTER_KEY": MASTER_KEY, **added}


def command_line(data_dir: Path, *arguments: str) -> str:
    """What a `tallystick` command on this data directory prints; it must succeed."""
    finished = in_process([*arguments, "--data", str(data_dir)], environment())
    assert finished.returncode == 0, f"tallystick {' '.join(arguments)}: {finished.stdout}{finished.stderr}"
    return finished.stdout


class Serving:
    """One `tallystick serve`. Its log goes to a file beside the data directory, shown when it does not start."""

    def __init__(self, data_dir: Path, *, name: str = "serve", arguments: Sequence[str] = ()) -> None:
        self.data_dir, self._arguments = data_dir, list(arguments)
        self.log = data_dir.with_name(f"{data_dir.name}-{name}.log")
        self.port = 0
        self.url = ""
        self.ledger_id = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self, **variables: str) -> Self:
        """Start and wait for the ready line; after the first time on the same port again."""
        self.begin(**variables)
        found = _READY.match(self._first_line())
        assert found, f"no ready line: {self.log.read_text()[-3_000:]}"
        self.url, self.ledger_id = found.groups()
        self.port = int(self.url.rpartition(":")[2])
        return self

    def begin(self, **variables: str) -> None:
        """Start and wait for nothing."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.cli.main", "serve", "--data", str(self.data_dir),
                 "--port", str(self.port), *self._arguments],
                env=environment(**{"TALLYSTICK_BOOTSTRAP_KEY": SECRET, **variables}),
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip

    def _first_line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], READY_SECONDS)
        return self._process.stdout.readline() if readable else ""

    @property
    def process(self) -> psutil.Process:
        """The process of the command itself."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def family(self) -> list[psutil.Process]:
        """The command's process and all below it, the database apart: web, worker, and theirs."""
        everyone = [self.process, *self.process.children(recursive=True)]
        return [each for each in everyone if not _is_database(each)]

    def postmaster(self) -> psutil.Process:
        """The database's first process."""
        return psutil.Process(int((self.data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit status. Killed when it does not within its time."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(sent)
        try:
            return self._process.wait(STOP_SECONDS)
        finally:
            self._forget()

    def kill(self, victims: Sequence[psutil.Process] | None = None) -> None:
        """SIGKILL for the whole family, or for some of it, all in one instant; waits until the family is gone."""
        family = self.family()
        for victim in family if victims is None else victims:
            victim.kill()
        assert self._process is not None
        if self._process.pid not in {each.pid for each in victims or family}:
            return
        self._process.wait(STOP_SECONDS)
        gone_by = time.monotonic() + STOP_SECONDS
        while any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in family):
            assert time.monotonic() < gone_by, f"outlived their parent: {family}"
            time.sleep(0.01)
        self._forget()

    def _forget(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def _is_database(process: psutil.Process) -> bool:
    try:
        return process.name().startswith("postgres")
    except psutil.NoSuchProcess:
        return False


@contextmanager
def serving(data_dir: Path, **variables: str) -> Iterator[Serving]:
    """A server for the length of a block, with these environment variables; its data and log are removed with it."""
    server = Serving(data_dir)
    try:
        yield server.start(**variables)
    finally:
        server.stop()
        server.log.unlink(missing_ok=True)
        shutil.rmtree(data_dir, ignore_errors=True)


def with_secret(headers: Mapping[str, str] | None = None, secret: str = SECRET) -> dict[str, str]:
    """Headers of a request by the suite's own key."""
    return {"Authorization": f"Bearer {secret}", **(headers or {})}
