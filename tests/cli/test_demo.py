"""Sample data, and how commands talk: to people at a terminal, and to programs in a pipe."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.cli.program import ROOT, environment, run, serving

SHOW = "from api.cli.output import progress\nwith progress('events') as shown:\n    shown(5, 10)\n"


@pytest.mark.slow
def test_a_server_with_sample_data_fills_an_empty_ledger_once(database_url: str, tmp_path: Path) -> None:
    counts = []
    for _ in range(2):
        with serving(tmp_path / "log", "--demo", "--database-url", database_url) as server:
            status, page = server.post("customers.list", {"limit": 100})
            assert status == 200
            counts.append(len(page["list"]))
        assert "balances.track" not in (tmp_path / "log").read_text()  # nobody asked for the requests of the sample
    assert counts == [40, 40]
    with psycopg.connect(database_url) as conn:
        happened = {name for (name,) in conn.execute("SELECT DISTINCT type FROM events").fetchall()}
        (discounted,) = conn.execute(
            "SELECT count(*) FROM readable_events WHERE type = 'invoice.created.v1' AND state::text LIKE '%welcome%'"
        ).fetchone() or (0,)
    assert happened >= {"invoice.finalized.v1", "payment.succeeded.v1", "payment.failed.v1", "plan.past_due.v1"}
    assert happened >= {"trial.ended.v1", "plan.renewed.v1", "discount.created.v1", "balance.expired.v1"}
    assert discounted > 0
    keys = run("keys", "list", "--database-url", database_url).stdout.splitlines()
    assert [line.split()[2] for line in keys if line.endswith(" -")] == ["bootstrap"]


def test_progress_is_shown_on_a_terminal_and_wiped() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, stderr=theirs, check=True, timeout=30)
        os.close(theirs)
        assert terminal.read(200) == b"\revents: 5 of 10\x1b[K\r\x1b[K"


def test_progress_is_silent_in_a_pipe() -> None:
    done = subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, capture_output=True, check=True, timeout=30)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_whoever_has_read_enough_is_not_told_of_a_mistake() -> None:
    command = f"{sys.executable} -m api.cli.main --help | true"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=30
    )
    assert done.stderr == ""
