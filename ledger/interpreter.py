"""How a process that serves for long sets up its interpreter: for one writer thread among many that wait for it."""

import gc
import sys
from typing import Final

SWITCH_SECONDS: Final = 0.05
RARE_COLLECTIONS: Final = (50_000, 20, 100)


def settle() -> None:
    """Call once, when everything is imported and before threads start.

    A caller runs for some microseconds and then waits; taking the interpreter away from the writer in favour of
    one costs more than it gains, so threads are switched only where they let go. What is loaded by now stays for
    good and is left out of the search for cycles, which the core's values do not make.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARE_COLLECTIONS)
