"""A throw-away PostgreSQL for one scenario: a new cluster with the product's own settings, for us and for every rival.

That is fsync, full page writes and synchronous commit on: nobody is answered before the data is on disk.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ledger.embedded import EmbeddedPostgres, binaries_dir

DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@dataclass(frozen=True)
class Database:
    """A running server's database; `host` is the folder of its socket."""

    url: str

    @property
    def host(self) -> str:
        return self._part("host")

    @property
    def port(self) -> str:
        return self._part("port") or "5432"

    @property
    def user(self) -> str:
        return self._part("user")

    @property
    def name(self) -> str:
        return self._part("dbname")

    def _part(self, name: str) -> str:
        return str(conninfo_to_dict(self.url).get(name) or "")


@contextlib.contextmanager
def throw_away(directory: Path) -> Iterator[Database]:
    """A running cluster with its data under `directory`; stopped and deleted at the end."""
    data = Path(tempfile.mkdtemp(prefix="postgresql-", dir=directory))
    try:
        with EmbeddedPostgres(data) as server:
            _check_durable(server.url)
            yield Database(server.url)
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def kept(directory: Path) -> Iterator[Database]:
    """As `throw_away`, in a directory of one's own that is there again next time."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)
    with EmbeddedPostgres(directory / "postgresql") as server:
        _check_durable(server.url)
        yield Database(server.url)


def program(name: str) -> Path:
    """One of PostgreSQL's own programs, such as `pgbench`."""
    return binaries_dir() / name


def _check_durable(url: str) -> None:
    """A setting of the environment must not make anybody look fast."""
    with psycopg.connect(url) as connection:
        for name, wanted in DURABLE.items():
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            if row != (wanted,):
                raise RuntimeError(f"PostgreSQL runs with {name} = {row}: it must be {wanted} here")
