"""A ledger and its embedded database take what their machine has, within bounds."""

from pathlib import Path

import psutil
import psycopg
import pytest

from ledger.embedded import EmbeddedPostgres
from ledger.embedded.sizing import MIB, disk_at_hand, memory_at_hand, sized, warm_streams
from tests.support.postgres import binaries

GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("memory", "disk", "buffers", "log"),
    [
        (24 * GIB, 40 * GIB, "6144MB", "5120MB"),
        (512 * MIB, 4 * GIB, "128MB", "1024MB"),
        (512 * GIB, 4_096 * GIB, "8192MB", "8192MB"),
    ],
)
def test_buffers_go_with_the_memory_and_the_log_with_the_disk_within_bounds(
    memory: int, disk: int, buffers: str, log: str
) -> None:
    found = sized(memory, disk)
    assert (found["shared_buffers"], found["max_wal_size"]) == (buffers, log)


@pytest.mark.parametrize(
    ("memory", "states"), [(256 * MIB, 2_000), (8 * GIB, 21_845), (24 * GIB, 65_536), (512 * GIB, 200_000)]
)
def test_states_that_are_kept_go_with_the_memory_within_bounds(memory: int, states: int) -> None:
    assert warm_streams(memory) == states


@pytest.mark.parametrize(
    ("said", "counts"), [("1073741824\n", True), ("max\n", False), ("9223372036854771712\n", False)]
)
def test_a_containers_limit_counts_where_it_has_one(tmp_path: Path, said: str, counts: bool) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(said)
    whole = psutil.virtual_memory().total
    assert memory_at_hand((tmp_path / "none", limit)) == (min(whole, GIB) if counts else whole)


def test_the_log_that_is_there_already_does_not_make_the_disk_smaller(tmp_path: Path) -> None:
    (tmp_path / "pg_wal").mkdir()
    with (tmp_path / "pg_wal" / "000000010000000000000001").open("wb") as log:
        log.truncate(GIB)
    assert disk_at_hand(tmp_path) > psutil.disk_usage(str(tmp_path)).free + GIB // 2


def test_a_server_runs_with_the_size_of_its_machine(made_data_dir: Path) -> None:
    (made_data_dir / "postgres" / "postgresql.auto.conf").write_text("")  # where tests make their servers smaller
    wanted = sized(memory_at_hand(), 0)["shared_buffers"]
    with EmbeddedPostgres(made_data_dir, binaries=binaries()) as server, psycopg.connect(server.url) as conn:
        row = conn.execute("SELECT pg_size_bytes(current_setting('shared_buffers')) / 1048576 || 'MB'").fetchone()
    assert row == (wanted,)
