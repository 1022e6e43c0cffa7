"""`tallystick worker`: what falls due happens although nobody asks."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from tests.cli.program import LIMIT_SECONDS, ROOT, SECRET, environment, refused, run, serving, until


@contextmanager
def working(database_url: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker, told to stop at the end; it must do so cleanly."""
    command = [sys.executable, "-m", "api.cli.main", "worker", "--database-url", database_url, *arguments]
    process = subprocess.Popen(command, env=environment(), cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(LIMIT_SECONDS)
    assert status == 0


def happened(database_url: str, stored_name: str) -> list[tuple[str, float]]:
    """Actor and lateness in seconds of the events of this name."""
    with psycopg.connect(database_url) as conn:
        return conn.execute(
            "SELECT actor, extract(epoch FROM recorded_at - at)::float FROM events WHERE type = %s", [stored_name]
        ).fetchall()


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> str:
    """A ledger of ten customers whose balance of messages expires in two seconds; the server is gone again."""
    with serving(tmp_path / "log", "--database-url", database_url, "--no-worker") as server:
        feature = {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True}
        assert server.post("features.create", feature)[0] == 200
        expires_at = int((time.time() + 2) * 1000)
        for number in range(10):
            customer = {"customer_id": f"c{number}"}
            assert server.post("customers.get_or_create", customer)[0] == 200
            grant = {**customer, "feature_id": "messages", "included_grant": 5, "expires_at": expires_at}
            assert server.post("balances.create", grant)[0] == 200
    return database_url


def test_two_workers_make_each_due_thing_happen_once_and_at_its_own_instant(shop: str) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(working(shop))
        assert until(lambda: len(happened(shop, "balance.expired.v1")) == 10)
        time.sleep(1)
    expired = happened(shop, "balance.expired.v1")
    assert len(expired) == 10
    assert {actor for actor, _ in expired} == {"clock"}
    with psycopg.connect(shop) as conn:
        assert conn.execute("SELECT count(*) FROM due").fetchone() == (0,)
        head, projected = conn.execute(
            "SELECT l.position, p.position FROM ledgers l JOIN projected p USING (ledger_id)"
        ).fetchone() or (0, -1)
    assert head == projected


@pytest.mark.slow
def test_old_idempotency_keys_go_and_young_ones_stay(shop: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--database-url", shop, "--no-worker") as server:
        for key in ("old", "young"):
            track = {"customer_id": "c1", "feature_id": "messages"}
            assert server.post("balances.track", track, SECRET, **{"Idempotency-Key": key})[0] == 200
    with psycopg.connect(shop, autocommit=True) as conn:
        conn.execute("UPDATE idempotency SET recorded_at = recorded_at - interval '31 days' WHERE key = 'old'")
        with working(shop):
            assert until(lambda: conn.execute("SELECT count(*) FROM idempotency").fetchone() == (1,))
        assert conn.execute("SELECT key FROM idempotency").fetchall() == [("young",)]


@pytest.mark.slow
def test_it_counts_what_it_does(shop: str) -> None:
    with working(shop, "--metrics-port", "18641"):
        assert until(lambda: len(happened(shop, "balance.expired.v1")) == 10)
        assert until(lambda: 'tallystick_worker_caught_up_total{ledger="main"} 10.0' in metrics(18641))


def metrics(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return str(answer.read().decode())


def test_a_worker_for_a_ledger_that_is_not_there_is_refused(database_url: str) -> None:
    run("ledgers", "create", "main", "--database-url", database_url)
    assert "There is no ledger other" in refused("worker", "--ledger", "other", "--database-url", database_url)
