"""A running server: what is started in which order, what is watched, and how it ends."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPException
from types import FrameType
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import click

from api.cli.children import Child, Restarting
from api.cli.keeping import Keeper
from api.cli.ports import free_port, local_url, url_of
from ledger.clock import Deadline
from ledger.embedded import EmbeddedPostgres
from ledger.errors import OperatorError
from ledger.logging import logger
from ledger.master_key import FILE
from ledger.settings import Settings

READY_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.1
WORKER_STOP_SECONDS: Final = 15.0
GRACE_SECONDS: Final = 5.0  # over the drain time, for what follows it
WORKER_NICENESS: Final = 15  # requests come before renewals and rows

log = logger(__name__)


class Stop:
    """Whether somebody told us to stop, and whether they insisted."""

    def __init__(self) -> None:
        self.signals = 0

    def __bool__(self) -> bool:
        return self.signals > 0

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Count SIGTERM and SIGINT for the length of a block."""
        before = {number: signal.signal(number, self._count) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.signals += 1


@dataclass
class Server:
    """The web process and the worker on one database; a `quiet` one says no more than what is wrong."""

    settings: Settings
    postgres: EmbeddedPostgres | None
    stop: Stop
    with_worker: bool
    quiet: bool = False

    def __post_init__(self) -> None:
        quieter = {"TALLYSTICK_LOG_LEVEL": "warning"} if self.quiet else {}
        environment = {**quieter, **child_environment(self.settings)}
        self.web = Child("web", ["-m", "api.server"], environment)
        worker = Child("worker", ["-m", "api.cli.main", "worker", "--nice", str(WORKER_NICENESS)], environment)
        self.worker = Restarting(worker) if self.with_worker else None
        self.keeper = Keeper(self.postgres)

    def run(self, ledger_id: str, link: str | None = None) -> int:
        """Start both, say when they answer and how to sign in, watch them until told to stop; the exit status."""
        try:
            self.web.start()
            if self.worker is not None:
                self.worker.child.start()
            self._wait_until_it_answers()
            if not self.stop and self.web.status() is None:
                url = url_of(self.settings.host, self.settings.port)
                click.echo(f"ready {url} ledger={ledger_id}")
                if link is not None:
                    click.echo(f"sign-in {url}/sign-in/{link}")
                sys.stdout.flush()
                log.info("serving", host=self.settings.host, port=self.settings.port, ledger_id=ledger_id)
            while not self.stop and self.web.status() is None:
                time.sleep(LOOK_SECONDS)
                self._look()
        finally:
            ended_by_itself = self.web.status()
            drained = self._wind_down()
        if ended_by_itself is not None:
            click.echo(f"tallystick: the web server ended by itself (status {ended_by_itself}).", err=True)
            return 1
        return 0 if drained else 1

    @contextmanager
    def answering(self) -> Iterator[str]:
        """Its local URL, while both run. Raises OperatorError when it does not become ready."""
        try:
            self.web.start()
            if self.worker is not None:
                self.worker.child.start()
            if not self._wait_until_it_answers():
                raise OperatorError("The server did not start: see its log above.")
            yield local_url(self.settings.host, self.settings.port)
        finally:
            self._wind_down()

    def _look(self) -> None:
        if self.worker is not None:
            self.worker.look()
        self.keeper.look()

    def _wait_until_it_answers(self) -> bool:
        url = local_url(self.settings.host, self.settings.port) + "/readyz"
        deadline = Deadline(READY_SECONDS)
        while not self.stop and self.web.status() is None:
            if _answers(url):
                return True
            if deadline.passed():
                raise OperatorError(f"The server did not become ready within {READY_SECONDS:.0f} s: see its log above.")
            time.sleep(0.05)
            self._look()
        return False

    def _wind_down(self) -> bool:
        """Requests first, then the worker that readers wait for; whether the web ended within its time."""
        if self.stop.signals > 1:
            self.web.kill()
        drained = self.web.stop(self.settings.drain_seconds + GRACE_SECONDS)
        if self.worker is not None:
            self.worker.child.stop(WORKER_STOP_SECONDS)
        if not self.quiet:
            log.info("stopped", count=self.stop.signals)
        return drained


@contextmanager
def temporary_server(settings: Settings) -> Iterator[str]:
    """The URL of a server and worker on this machine and a free port, for the length of a block."""
    host = "127.0.0.1"
    stop = Stop()
    with stop.on_signals():
        placed = replace(settings, host=host, port=free_port(host, 0))
        with Server(placed, None, stop, with_worker=True, quiet=True).answering() as url:
            yield url
    if stop:
        raise click.Abort


def child_environment(settings: Settings) -> Mapping[str, str]:
    """Our environment with what the command line and the embedded database add to it."""
    assert settings.database_url is not None
    added = {
        "DATABASE_URL": settings.database_url,
        "TALLYSTICK_DATA": str(settings.data_dir),
        "TALLYSTICK_HOST": settings.host,
        "TALLYSTICK_PORT": str(settings.port),
    }
    if not any(os.environ.get(name, "").strip() for name in ("TALLYSTICK_MASTER_KEY", "TALLYSTICK_MASTER_KEY_FILE")):
        added["TALLYSTICK_MASTER_KEY_FILE"] = str(settings.data_dir / FILE)
    return {**os.environ, **added}


def _answers(url: str) -> bool:
    """Whether requests would be answered. A read model that stopped stops no others, so it does not stop us."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310  our own server
            return bool(answer.status == HTTPStatus.OK)
    except HTTPError as error:
        checks = _checks(error.read())
        return checks.get("database") == checks.get("schema") == "ok"
    except (URLError, HTTPException, OSError):
        return False


def _checks(text: bytes) -> dict[str, str]:
    try:
        found = json.loads(text)["checks"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
