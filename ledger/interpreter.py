"""How a process that serves for long sets up its interpreter: for one writer thread among many that wait for it."""

import contextlib
import fcntl
import gc
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

SWITCH_SECONDS: Final = 0.05
RARE_COLLECTIONS: Final = (50_000, 20, 100)

_held: dict[int, int] = {}  # the processors whose lock files this process has open


def settle() -> int | None:
    """Call once, when everything is imported and before the load. Answers the processor it keeps to, if any.

    A caller runs for some microseconds and then waits; taking the interpreter away from the writer in favour of
    one costs more than it gains, so threads are switched only where they let go.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    collect_rarely()
    return keep_to_one_processor()


def collect_rarely() -> None:
    """What is loaded by now stays and is left out of the search for cycles, which the core's values do not make."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARE_COLLECTIONS)


def keep_to_one_processor() -> int | None:
    """Let all threads of this process run on one processor that no other serving process has taken.

    One thread of an interpreter runs at a time. On several processors each thread that is woken starts elsewhere,
    finds the interpreter taken and sleeps again: docs/decisions has what that costs. Does nothing where the system
    cannot do it, on a single processor, and when others have taken them all.
    """
    if sys.platform != "linux":
        return None
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        return None
    taken = next((each for each in sorted(allowed, reverse=True) if _take(each)), None)
    if taken is not None:
        _run_on({taken})
    return taken


def run_anywhere(processors: set[int]) -> None:
    """Undo `keep_to_one_processor`, for a process that is about to start others: they would inherit it."""
    if sys.platform == "linux":
        _run_on(processors)


def _run_on(processors: set[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), processors)


def _take(processor: int) -> bool:
    """Hold the processor's lock file until this process ends, if nobody holds it."""
    if processor in _held:
        return True
    path = Path(tempfile.gettempdir()) / f"tallystick-processor-{processor}.lock"
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    _held[processor] = file
    return True
