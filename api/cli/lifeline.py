"""A child that outlives its parent holds a port nobody watches. A pipe tells it: it ends with the parent, however.

The parent keeps the writing end and never writes; the child reads, and what it reads is the end.
"""

import os
import threading
from collections.abc import Callable
from typing import Final

VARIABLE: Final = "TALLYSTICK_LIFELINE"
ORPHANED: Final = 1


def follow(on_end: Callable[[], object] | None = None) -> None:
    """Do `on_end` when the parent is gone; by default this process ends at once, as the parent did."""
    if (text := os.environ.get(VARIABLE, "")).isdigit():
        threading.Thread(target=_wait, args=(int(text), on_end), name="lifeline", daemon=True).start()


def _wait(descriptor: int, on_end: Callable[[], object] | None) -> None:
    try:
        os.read(descriptor, 1)
    except OSError:
        return  # not our pipe: started by hand with a variable left over
    if on_end is None:
        os._exit(ORPHANED)
    on_end()
