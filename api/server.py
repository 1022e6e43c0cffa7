"""The web process: granian with threads, one process unless more are asked for.

One process, because the writer of a ledger serves hundreds of waiting threads with one commit, and a second process
only takes turns with it. Why granian: docs/decisions.
"""

import math
import multiprocessing.util
import os
from typing import TYPE_CHECKING, Final

from api.cli.lifeline import follow
from ledger.interpreter import settle
from ledger.logging import set_up_logging
from ledger.settings import Settings, read_settings

if TYPE_CHECKING:
    from flask import Flask

SECRETS: Final = ("DATABASE_URL", "TALLYSTICK_MASTER_KEY", "TALLYSTICK_BOOTSTRAP_KEY")
BACKLOG: Final = 2048


def build() -> "Flask":
    """The application of this process, from its environment; what it holds open is closed at the process's end."""
    from api.app import create_app
    from api.draining import watch_signals
    from api.observe import Metrics
    from api.stores import open_store

    settings = read_settings()
    set_up_logging(settings.log_level)
    follow()
    watch_signals()
    metrics = Metrics()
    store = open_store(settings, metrics.batch_done)
    multiprocessing.util.Finalize(None, store.close, exitpriority=10)
    for name in SECRETS:  # granian copies the environment into every request's
        os.environ.pop(name, None)
    app = create_app(store, settings, metrics)
    settle()
    return app


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was accepted within the drain time, and return.

    Ends the process with status 1 when a web worker died.
    """
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "api.server:build",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        backpressure=BACKLOG,
        backlog=BACKLOG,
        workers_kill_timeout=max(1, math.ceil(settings.drain_seconds)),
        log_enabled=False,
        websockets=False,
    ).serve()


def main() -> None:
    """`python -m api.server`, as `tallystick serve` starts it: on a database that is there and migrated."""
    settings = read_settings()
    set_up_logging(settings.log_level)
    follow()
    run(settings)


if __name__ == "__main__":
    main()
