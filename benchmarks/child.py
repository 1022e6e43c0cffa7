"""A child process, its wall time and the most memory it ever held."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Linux counts the peak in KiB, macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Finished:
    seconds: float
    peak_mib: float
    output: str


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Finished:
    """Run to the end. The peak is of the child alone, as the kernel counted it, not of samples; failing is an error."""
    with tempfile.TemporaryFile("w+") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True)
        usage, status = _wait(process.pid)
        seconds = time.perf_counter() - begin
        process.returncode = status
        output.seek(0)
        said = output.read()
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}: {said[-1000:]}")
    return Finished(seconds, usage.ru_maxrss * RSS_UNIT / 2**20, said)


def _wait(pid: int) -> tuple[resource.struct_rusage, int]:
    _, status, usage = os.wait4(pid, 0)
    return usage, os.waitstatus_to_exitcode(status)
