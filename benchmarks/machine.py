"""The machine a run was made on, because a figure without one means nothing."""

import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

BLOCK = b"\0" * 8192


@dataclass(frozen=True)
class Machine:
    """`fdatasyncs_per_second` is of one 8 KiB write each, in the directory the databases will use."""

    cores: int
    memory_gib: float
    processor: str
    kernel: str
    python: str
    file_system: str
    fdatasyncs_per_second: float
    load_average: float

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    def sentence(self) -> str:
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gib:.0f} GiB, {self.kernel}, Python {self.python}, "
            f"{self.file_system}, {self.fdatasyncs_per_second:,.0f} fdatasync/s, load {self.load_average:.1f} before"
        )

    @property
    def sync_is_free(self) -> bool:
        """A file system in memory makes every durable write look fast."""
        return self.file_system in {"tmpfs", "ramfs"}


def describe(directory: Path) -> Machine:
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        processor=_processor(),
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        file_system=_file_system(directory),
        fdatasyncs_per_second=_fdatasyncs_per_second(directory),
        load_average=os.getloadavg()[0],
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _file_system(directory: Path) -> str:
    """The type of the mount that holds `directory`, as the kernel names it."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown file system"
    held = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    resolved = directory.resolve()
    inside = [(len(point), kind) for point, kind in held if resolved.is_relative_to(point)]
    return max(inside)[1] if inside else "unknown file system"


def _fdatasyncs_per_second(directory: Path, seconds: float = 0.5) -> float:
    probe = directory / "fdatasync-probe"
    handle = os.open(probe, os.O_CREAT | os.O_WRONLY)
    try:
        os.write(handle, BLOCK)
        os.fsync(handle)
        begin, calls = time.perf_counter(), 0
        while time.perf_counter() - begin < seconds:
            os.pwrite(handle, BLOCK, 0)
            os.fdatasync(handle)
            calls += 1
        return calls / (time.perf_counter() - begin)
    finally:
        os.close(handle)
        probe.unlink()
