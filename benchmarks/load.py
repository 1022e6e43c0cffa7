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


def start(server: Server, operation: str, connections: int, seconds: float) -> "subprocess.Popen[str]":
    """Start wrk and answer at once; `finish` waits for it. `operation`: track, track_once, check or batch_track."""
    program = shutil.which("wrk")
    if program is None:
        raise Skipped("wrk is not installed, so nothing is known about HTTP; on Debian: apt-get install wrk")
    environment = {
        **os.environ,
        "BENCH_OPERATION": operation,
        "BENCH_CUSTOMERS": str(server.customers),
        "BENCH_KEY": server.key,
        "BENCH_BATCH": str(BATCH),
        "BENCH_RUN": uuid.uuid4().hex,
    }
    size = ["-t", str(min(2, connections)), "-c", str(connections), "-d", f"{max(1, round(seconds))}s"]
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
