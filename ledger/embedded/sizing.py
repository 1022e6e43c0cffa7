"""How much of a machine a ledger takes: settings that go with the memory and the disk that are there.

Buffers that hold what is written to spare each use some seven pages that would be put out and fetched again, half of
them with a write; and the further apart two checkpoints are, the fewer pages go into the log whole, as each does when
it is first written to after one. Measured in `docs/performance.md`.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

MIB: Final = 1024 * 1024
LEAST_BUFFERS, MOST_BUFFERS = 128 * MIB, 8192 * MIB
LEAST_LOG, MOST_LOG = 1024 * MIB, 8192 * MIB
STATE_BYTES = 12 * 1024  # a customer with a plan of two features, its key and what leads to it
LEAST_STATES, MOST_STATES = 2_000, 200_000
GROUP_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def sized(memory: int, disk: int) -> Mapping[str, str]:
    """Settings for so many bytes of memory in all and of disk at hand.

    A quarter of the memory is buffers, as PostgreSQL's manual has it, and an eighth of the disk may be log, each within
    bounds.
    """
    return {
        "shared_buffers": _mib(min(max(memory // 4, LEAST_BUFFERS), MOST_BUFFERS)),
        "effective_cache_size": _mib(max(memory // 2, LEAST_BUFFERS)),
        "max_wal_size": _mib(min(max(disk // 8, LEAST_LOG), MOST_LOG)),
    }


def warm_streams(memory: int) -> int:
    """How many states a ledger's writer keeps in so much memory: in a thirty-second of it, within bounds.

    A customer whose state is at hand costs a write a third of what one does that has to be read first.
    """
    return min(max(memory // 32 // STATE_BYTES, LEAST_STATES), MOST_STATES)


def memory_at_hand(limits: tuple[Path, ...] = GROUP_LIMITS) -> int:
    """Bytes of memory that this process may use: the machine's, or less where its container says so."""
    found = int(psutil.virtual_memory().total)
    for limit in limits:
        try:
            found = min(found, int(limit.read_text()))
        except (OSError, ValueError):  # no such file, or the word `max`
            continue
    return found


def disk_at_hand(directory: Path) -> int:
    """Bytes on the disk of a directory: what is free, and what the directory's log has taken of it already."""
    log = directory / "pg_wal"
    taken = sum(file.stat().st_size for file in log.iterdir() if file.is_file()) if log.is_dir() else 0
    return shutil.disk_usage(directory).free + taken


def _mib(size: int) -> str:
    return f"{size // MIB}MB"
