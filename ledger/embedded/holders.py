"""Who uses the database of a directory: locks of the kernel, which end with their holder however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.clock import Deadline
from ledger.errors import OperatorError

GATE_SECONDS = 600  # as long as the slowest start and stop together


class Holders:
    """The processes that hold a data directory open.

    `gate` is held while one of them starts or stops the server. Every holder has a shared lock on `holders`; whoever
    gets it exclusively, under the gate, is alone.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether we are one of them."""
        return self._descriptor is not None

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Hold the gate: nobody else starts or stops the server meanwhile. OperatorError after its time limit."""
        descriptor = self._open("gate.lock")
        try:
            deadline = Deadline(GATE_SECONDS)
            while not _locked(descriptor, fcntl.LOCK_EX):
                if deadline.passed():
                    raise OperatorError(
                        f"Another process has been starting or stopping {self._data_dir} for 10 minutes: "
                        "end it, and start again."
                    )
                time.sleep(0.02)
            yield
        finally:
            os.close(descriptor)

    def join(self) -> None:
        """Become a holder. Only under the gate."""
        descriptor = self._open("holders.lock")
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        self._descriptor = descriptor

    def leave(self) -> bool:
        """Stop being a holder; whether nobody is left. Only under the gate.

        Asked by trying for the lock alone: a forked child of ours that still lives shares our lock and is no one else,
        so it does not keep the server up.
        """
        assert self._descriptor is not None
        descriptor, self._descriptor = self._descriptor, None
        try:
            return _locked(descriptor, fcntl.LOCK_EX)
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _open(self, name: str) -> int:
        path = self._data_dir / name
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.geteuid() == 0:  # a directory that is not root's must stay usable to its owner afterwards
            owner = self._data_dir.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
