"""Whether this process has been told to end: answers that never end by themselves look here.

The server's own signal handlers come after ours and replace them. What the interpreter writes to its wake-up
descriptor on every signal does not depend on whose handler it is.
"""

import signal
import socket
import threading
from typing import Final

ENDING: Final = frozenset({signal.SIGTERM, signal.SIGINT})

draining: Final = threading.Event()


def watch_signals() -> None:
    """Set `draining` when SIGTERM or SIGINT arrives. Only in a process's main thread, once."""
    heard, told = socket.socketpair()
    told.settimeout(0.0)
    signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_wait, args=(heard,), name="draining", daemon=True).start()


def _wait(heard: socket.socket) -> None:
    while numbers := heard.recv(16):
        if ENDING.intersection(numbers):
            draining.set()
