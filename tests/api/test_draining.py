"""A process that is told to end says so to what would never end by itself, whoever handles the signal."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal
from api.draining import draining, watch_signals
watch_signals()
signal.signal(signal.{name}, lambda *_: None)  # as the server does after us
assert not draining.is_set()
os.kill(os.getpid(), signal.{name})
print(draining.wait(2))
"""


@pytest.mark.parametrize(("name", "ends"), [("SIGTERM", "True"), ("SIGHUP", "False")])
def test_a_signal_to_end_is_heard_beside_its_handler(name: str, ends: str) -> None:
    assert signal.Signals[name]
    seconds = {"SIGHUP": "0.2"}.get(name, "10")
    program = PROGRAM.format(name=name).replace("wait(2)", f"wait({seconds})")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout.strip(), done.stderr) == (ends, "")
