"""The database server of a data directory, for as many processes as like to share it."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil
import psycopg

from ledger.clock import Deadline
from ledger.embedded.account import Account, account_for
from ledger.embedded.cluster import OWNER, START_SECONDS, Cluster
from ledger.embedded.holders import Holders
from ledger.embedded.programs import binaries_dir, reachable_programs
from ledger.embedded.sockets import LOCK, remove_socket_directory, socket_directory, someone_listens
from ledger.errors import OperatorError

DATABASE = "tallystick"
STOP_SECONDS = 120
# What a crash leaves behind for a moment: the last processes of a killed server, or its lock file with a number that
# another process has now.
PASSING = ("pre-existing shared memory block", "lock file")


class EmbeddedPostgres:
    """PostgreSQL in a directory: the first process to start it starts the server, the last to stop it stops it.

    A server that outlived its processes is adopted, one that died is started again. Durable by its settings; `settings`
    adds PostgreSQL settings to ours, `binaries` names another PostgreSQL's programs. Neither is for production.
    Everything an operator can put right is raised as OperatorError. Not for use by several threads at once.
    """

    def __init__(
        self, data_dir: Path | str, *, settings: Mapping[str, str] | None = None, binaries: Path | None = None
    ) -> None:
        self.data_dir = Path(data_dir).expanduser().absolute()
        self._settings = dict(settings or {})
        self._binaries = binaries
        self._directory = self.data_dir / "postgres"
        self._holders = Holders(self.data_dir)
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The database's URL; only between start and stop."""
        assert self._url is not None, "the database is not started"
        return self._url

    def start(self) -> str:
        """Start or join the server and answer the URL of its database `tallystick`. Twice is once."""
        if self._holders.held:
            return self.url
        with self._operator_errors():
            account = self._prepare()
            with self._holders.gate():
                self._holders.join()
                try:
                    self._url = self._ensure_running(account)
                except BaseException:
                    self._leave(account)
                    raise
        return self.url

    def ensure_running(self) -> bool:
        """Start the server again where it died under us; whether that was needed. Cheap when all is well."""
        assert self._holders.held, "only a holder keeps the server running"
        if someone_listens(self._sockets()):
            return False
        with self._operator_errors():
            account = self._prepare()
            with self._holders.gate():
                if someone_listens(self._sockets()):
                    return False
                self._url = self._ensure_running(account)
        return True

    def stop(self) -> bool:
        """Let go of the server, and stop it when nobody else holds it; whether it was stopped. Twice is once."""
        if not self._holders.held or not self.data_dir.exists():
            return False
        with self._operator_errors(), self._holders.gate():
            return self._leave(account_for(self._directory))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare(self) -> Account:
        """The data directory, made where it is missing and reachable for the database's user."""
        if re.search(r'["$`\\\x00-\x1f]', str(self.data_dir)):  # pg_ctl hands its paths to a shell
            raise OperatorError(f'{str(self.data_dir)!r} cannot hold the database: choose a path without " $ ` and \\.')
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(self.data_dir, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied", str(self.data_dir))
        account = account_for(self._directory)
        if account.can_enter(self.data_dir):
            return account
        self.data_dir.chmod(self.data_dir.stat().st_mode | 0o001)  # ours: it may be passed through, not looked into
        if not account.can_enter(self.data_dir):
            raise OperatorError(
                f"PostgreSQL does not run as root, and a folder above {self.data_dir} is closed to other users: "
                f"choose another data directory, such as /var/lib/tallystick."
            )
        return account

    def _cluster(self, account: Account) -> Cluster:
        programs = reachable_programs(self._binaries or binaries_dir(), account, self.data_dir)
        return Cluster(self._directory, self.data_dir / "postgres.log", programs, account, self._settings)

    def _ensure_running(self, account: Account) -> str:
        cluster = self._cluster(account)
        if not self._directory.exists():
            cluster.make()
        cluster.check_version()
        deadline = Deadline(START_SECONDS)
        while (trouble := self._start_or_connect(cluster)) is not None:
            if deadline.passed():
                raise self._not_started(cluster, trouble)
            time.sleep(0.1)
        return _url(self._sockets(), DATABASE)

    def _start_or_connect(self, cluster: Cluster) -> str | None:
        """One try; None when the database answers, else what is in the way and may pass."""
        if not someone_listens(self._sockets()):
            self._remove_stale_locks()
            trouble = cluster.start(socket_directory(self.data_dir, cluster.account))
            if trouble is not None and not any(words in trouble for words in PASSING):
                raise self._not_started(cluster, trouble)
            if trouble is not None:
                return trouble
        try:
            _ensure_database(_url(self._sockets(), "postgres"))
        except psycopg.OperationalError as error:  # starting up after a crash, or shutting down
            return str(error).strip()
        return None

    def _not_started(self, cluster: Cluster, trouble: str) -> OperatorError:
        return OperatorError(
            f"PostgreSQL did not start in {self._directory}: {trouble}. Mend that and start again (see {cluster.log})."
        )

    def _sockets(self) -> Path:
        """Where the running server said its socket is, else where it would be."""
        lines = self._lock_file_lines()
        if len(lines) > 4 and lines[4]:
            return Path(lines[4])
        return socket_directory(self.data_dir, account_for(self._directory))

    def _lock_file_lines(self) -> list[str]:
        try:
            return [line.strip() for line in (self._directory / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _remove_stale_locks(self) -> None:
        """Remove the lock files of a dead server whose number another process has by now, or that nobody collected.

        PostgreSQL removes them itself where no process has that number; where one has, it cannot tell (in a container,
        where the same few numbers come round at every start, this is the usual case). It still guards itself by the
        shared memory that a living server holds.
        """
        if self._server_pid() is None:
            (self._sockets() / LOCK).unlink(missing_ok=True)
            (self._directory / "postmaster.pid").unlink(missing_ok=True)

    def _leave(self, account: Account) -> bool:
        alone = self._holders.leave()
        pid = self._server_pid()
        if not alone or pid is None:
            return False
        sockets = self._sockets()
        self._cluster(account).stop()
        deadline = Deadline(STOP_SECONDS)
        while _is_postgres(pid, self._directory):
            if deadline.passed():
                raise OperatorError(
                    f"PostgreSQL in {self._directory} did not stop within {STOP_SECONDS} s: "
                    f"end its process {pid}, or wait until it has ended."
                )
            time.sleep(0.01)
        remove_socket_directory(sockets)
        return True

    def _server_pid(self) -> int | None:
        """The process id of the living server of this directory, by its lock file."""
        lines = self._lock_file_lines()
        pid = int(lines[0]) if lines and lines[0].isdigit() else None
        return pid if pid is not None and _is_postgres(pid, self._directory) else None

    @contextmanager
    def _operator_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            raise OperatorError(
                f"{self.data_dir} cannot hold the database: {why}. Mend that, or choose another data directory."
            ) from error


def _is_postgres(pid: int, directory: Path) -> bool:
    """Whether this process may be the server of this directory; when in doubt, yes."""
    try:
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and Path(process.cwd()) == directory.resolve()
    except psutil.NoSuchProcess:  # a zombie too: it holds nothing any more
        return False
    except psutil.AccessDenied:
        return True


def _url(sockets: Path, database: str) -> str:
    return f"postgresql://{OWNER}@/{database}?host={quote(str(sockets), safe='')}"


def _ensure_database(maintenance_url: str) -> None:
    with psycopg.connect(maintenance_url, autocommit=True, connect_timeout=10) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found is None:
            connection.execute("CREATE DATABASE tallystick")
