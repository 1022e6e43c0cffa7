"""`tallystick worker`: the work that nobody asks for, in a process of its own."""

import os
import signal
import time
from types import FrameType
from typing import Final

import click

from api.cli.options import Place, at_a_place

LOOK_SECONDS: Final = 0.1


@click.command()
@click.option("--nice", type=click.IntRange(0, 19), default=0, metavar="N", help="Give way to others by this much.")
@click.option("--metrics-port", type=click.IntRange(1, 65_535), metavar="PORT", help="Serve Prometheus metrics there.")
@at_a_place
def worker(place: Place, *, nice: int, metrics_port: int | None) -> int:
    """Keep read models up to date, and make renewals and resets happen when they fall due.

    `tallystick serve` runs one. More of them on one database are safe. SIGTERM stops it.
    """
    from api.cli.database import embedded
    from api.cli.keeping import Keeper
    from api.cli.lifeline import follow
    from api.stores import open_store
    from api.work.meters import Meters
    from api.worker import Worker
    from ledger.interpreter import collect_rarely
    from ledger.logging import logger, set_up_logging

    if nice:
        os.nice(nice)  # before there are threads: each has its own on Linux
    told = _told_to_stop()
    settings = place.settings()
    set_up_logging(settings.log_level)
    follow(lambda: os.kill(os.getpid(), signal.SIGTERM))
    with embedded(settings, create=True) as (postgres, ready):
        store, meters, keeper = open_store(ready), Meters(), Keeper(postgres)
        try:
            if metrics_port is not None:
                meters.serve(ready.host, metrics_port)
            running = Worker(store, ready, meters, [place.ledger_id] if place.ledger_id else [])
            collect_rarely()
            running.start()
            logger(__name__).info("worker started")
            while not told:
                time.sleep(LOOK_SECONDS)
                keeper.look()
            in_time = running.stop()
        finally:
            store.close()
    logger(__name__).info("worker stopped")
    return 0 if in_time else 1


def _told_to_stop() -> list[int]:
    """The signals that told us to stop, as they come."""
    told: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    return told
