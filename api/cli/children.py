"""The processes that `serve` runs and watches: one for the web, one for the worker."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from api.cli.lifeline import VARIABLE
from ledger.clock import monotonic
from ledger.logging import logger

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0  # who ran this long has earned a fresh start

log = logger(__name__)


class Child:
    """One child process: started, asked to stop, and made to. In a session of its own, so Ctrl-C reaches only us."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name, self._arguments, self._environment = name, arguments, environment
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None
        self.started_at = 0.0

    def start(self) -> None:
        """Start it, or start it again."""
        self._drop_lifeline()
        reading, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, *self._arguments],
                env={**self._environment, VARIABLE: str(reading)},
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,  # our own output is for the ready line alone
                pass_fds=(reading,),
                start_new_session=True,
            )
        finally:
            os.close(reading)
        self.started_at = monotonic()

    def status(self) -> int | None:
        """Its exit status, None while it runs; a signal that ended it is a negative number."""
        return None if self._process is None else self._process.poll()

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self, within_seconds: float) -> bool:
        """Ask it to stop and wait; whether it did so by itself. Whoever does not is killed."""
        if self._process is None:
            return True
        self.ask_to_stop()
        try:
            self._process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            log.warning("a child did not stop in time and was killed", where=self.name, seconds=within_seconds)
            self.kill()
            return False
        finally:
            self._drop_lifeline()
        return True

    def kill(self) -> None:
        """SIGKILL; its own children end with its lifeline."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._drop_lifeline()

    def _drop_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


class Restarting:
    """Starts a child again after it ended, each time a little later, so that a broken one does not eat the machine."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self._pause = FIRST_PAUSE_SECONDS
        self._start_at: float | None = None

    def look(self) -> None:
        """Called often: notices an end, and starts again when it is time."""
        status = self.child.status()
        if status is None:
            return
        if self._start_at is None:
            self._note_end(status)
        elif monotonic() >= self._start_at:
            self._start_at = None
            self.child.start()

    def _note_end(self, status: int) -> None:
        if monotonic() - self.child.started_at > STEADY_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        log.error("a child ended and is started again", where=self.child.name, status=status, seconds=self._pause)
        self._start_at = monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
