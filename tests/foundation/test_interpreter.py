"""A serving process settles on a processor of its own; the one after it takes another."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processors are chosen on Linux only")

SETTLE = """
import gc, os, sys, threading
from ledger.interpreter import run_anywhere, settle
before = os.sched_getaffinity(0)
waiting = threading.Event()
threading.Thread(target=waiting.wait, daemon=True).start()
taken = settle()
tasks = {frozenset(os.sched_getaffinity(int(task))) for task in os.listdir("/proc/self/task")}
run_anywhere(before)
anywhere = os.sched_getaffinity(0) == before
again = settle()
print(taken, again, sorted(map(sorted, tasks)), round(sys.getswitchinterval(), 3), gc.get_freeze_count() > 0,
      anywhere, flush=True)
sys.stdin.read()
"""


def settled(folder: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SETTLE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"TMPDIR": folder, "PYTHONPATH": ":".join(sys.path)},
    )


def test_processes_that_serve_take_a_processor_each(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = str(tmp_path_factory.mktemp("locks"))
    with settled(folder) as first:
        assert first.stdout is not None
        taken, again, rest = first.stdout.readline().split(" ", 2)
        with settled(folder) as second:
            assert second.stdout is not None
            other = second.stdout.readline().split(" ", 1)[0]
            second.communicate("", timeout=10)
        first.communicate("", timeout=10)
    assert rest.endswith("0.05 True True\n")
    assert again == taken
    if taken == "None":
        assert other == "None"  # one processor is all there is
    else:
        assert rest.startswith(f"[[{taken}]]")
        assert other != taken
