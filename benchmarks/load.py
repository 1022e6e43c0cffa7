"""HTTP load with wrk: closed-loop connections, one Lua script for every operation."""

import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import Skipped
from benchmarks.server import Server

SCRIPT = Path(__file__).parent / "wrk" / "request.lua"
BATCH = 500


@dataclass(frozen=True)
class Answered:
    """What wrk counted: requests that were answered with success, and how long they took, in milliseconds."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def start(
    server: Server, operation: str, connections: int, seconds: float, *, first: int = 1, last: int | None = None
) -> "subprocess.Popen[str]":
    """Start wrk and answer at once; `finish` waits for it.

    `operation`: track, track_once, check, batch_track, attach, preview_attach or update; on the customers from `first`
    to `last`, which is all of them unless said otherwise.
    """
    program = shutil.which("wrk")
    if program is None:
        raise Skipped("wrk is not installed, so nothing is known about HTTP; on Debian: apt-get install wrk")
    threads = min(2, connections)
    environment = {
        **os.environ,
        "BENCH_OPERATION": operation,
        "BENCH_FIRST": str(first),
        "BENCH_CUSTOMERS": str((last or server.customers) - first + 1),
        "BENCH_THREADS": str(threads),
        "BENCH_KEY": server.key,
        "BENCH_BATCH": str(BATCH),
        "BENCH_RUN": uuid.uuid4().hex,
    }
    size = ["-t", str(threads), "-c", str(connections), "-d", f"{max(1, round(seconds))}s"]
    command = [program, *size, "--timeout", "10s", "--latency", "-s", str(SCRIPT), server.url]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(wrk: "subprocess.Popen[str]") -> Answered:
    """Wait for the end of the run. Any refused or broken request makes its figures worthless, so it is an error."""
    output, _ = wrk.communicate(timeout=300)
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    if wrk.returncode or not lines:
        raise RuntimeError(f"wrk failed: {output[-500:]}")
    result = json.loads(lines[0].removeprefix("RESULT "))
    if result["refused"] or result["broken"]:
        raise RuntimeError(
            f"{result['refused']} requests refused and {result['broken']} broken of {result['requests']}"
        )
    return Answered(result["requests"], result["microseconds"] / 1e6, result["p50_us"] / 1000, result["p99_us"] / 1000)
