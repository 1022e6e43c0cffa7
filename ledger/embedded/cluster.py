"""One PostgreSQL data directory: made, configured, started and stopped through PostgreSQL's own programs."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ledger.embedded.account import Account
from ledger.embedded.sizing import disk_at_hand, memory_at_hand, sized
from ledger.errors import OperatorError

OWNER = "tallystick"
START_SECONDS = 300  # recovery after a crash may have gigabytes of log to go through
LOG_LIMIT_BYTES = 10_000_000
LOG_ROOM_BYTES = 65_536
CONF = "tallystick.conf"

# What goes with the machine's size is in `sizing`. Durability is PostgreSQL's default, written down so that no one need
# wonder. pg_prewarm reads into the buffers after a restart what was in them before. The last four keep personal data
# out of the database's log.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_buffers": "16MB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "shared_preload_libraries": "pg_prewarm",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
}


@dataclass(frozen=True)
class Cluster:
    """The files of one database server and the programs that work on them, all as one account."""

    directory: Path
    log: Path
    binaries: Path
    account: Account
    settings: Mapping[str, str] = field(default_factory=dict)

    def check_version(self) -> None:
        """Refuse a directory that another major version of PostgreSQL has written."""
        found = (self.directory / "PG_VERSION").read_text().strip()
        if found != (ours := str(self.major())):
            raise OperatorError(
                f"{self.directory} was written by PostgreSQL {found} and this is PostgreSQL {ours}: "
                f"move it with pg_dump and psql, or choose another data directory."
            )

    def major(self) -> int:
        """The major version of the programs."""
        answer = self._program("postgres", "--version", timeout_seconds=30)
        return int(re.search(r"\d+", answer)[0])  # type: ignore[index]  # it always names its version

    def make(self) -> None:
        """Make the data directory, whole or not at all: what a crash half way leaves, the next try removes."""
        unfinished = self.directory.with_name(self.directory.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.account.own(unfinished)
        builtin = self.major() >= 17  # sorts by bytes everywhere, and still knows the letters of every alphabet
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if builtin else ("--locale=C.UTF-8",)
        try:
            self._program(
                "initdb", "-D", unfinished, "-U", OWNER, "--encoding=UTF8", *locale, "--auth=trust", timeout_seconds=300
            )
            with (unfinished / "postgresql.conf").open("a") as conf:
                conf.write(f"\ninclude_if_exists = '{CONF}'\n")
            unfinished.rename(self.directory)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def start(self, sockets: Path) -> str | None:
        """Start the server with its socket in `sockets` and wait until it answers; a failure's own words, else None."""
        self._configure(sockets)
        self.log.touch(mode=0o600)
        self.account.own(self.log)
        if self.log.stat().st_size > LOG_LIMIT_BYTES:
            os.truncate(self.log, 0)
        before = self.log.stat().st_size
        command = ("-D", self.directory, "-l", self.log, "-w", "-t", str(START_SECONDS), "start")
        finished = self.account.run([self.binaries / "pg_ctl", *command], timeout_seconds=START_SECONDS + 30)
        return None if finished.status == 0 else self._last_words(before)

    def stop(self) -> None:
        """Ask the server to stop: connections are ended, what was committed is on disk. Does not wait for the end.

        pg_ctl would wait for the process id to vanish, which it does not where nobody collects dead processes.
        """
        self._program("pg_ctl", "-D", self.directory, "-m", "fast", "-W", "stop", timeout_seconds=30)

    def _configure(self, sockets: Path) -> None:
        size = sized(memory_at_hand(), disk_at_hand(self.directory))
        settings = {**SETTINGS, **size, "unix_socket_directories": f'"{sockets}"', **self.settings}
        text = "# Written at every start. Change settings with ALTER SYSTEM, which wins over this file.\n"
        text += "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        conf, unfinished = self.directory / CONF, self.directory / f"{CONF}.new"
        unfinished.write_text(text)  # beside it first: a full disk must not leave half a configuration
        unfinished.chmod(0o600)
        self.account.own(unfinished)
        unfinished.rename(conf)

    def _program(self, name: str, *arguments: str | Path, timeout_seconds: float) -> str:
        try:
            finished = self.account.run([self.binaries / name, *arguments], timeout_seconds=timeout_seconds)
        except subprocess.TimeoutExpired as error:
            raise OperatorError(f"PostgreSQL's {name} did not finish within {timeout_seconds:.0f} s.") from error
        if finished.status != 0:
            raise OperatorError(f"PostgreSQL's {name} failed in {self.directory}: {_one_line(finished.output)}")
        return finished.output

    def _last_words(self, offset: int) -> str:
        """What the server wrote to its log since `offset` about why it did not start."""
        with self.log.open(errors="replace") as log:
            log.seek(offset)
            said = log.read()
        if not said and shutil.disk_usage(self.log).free < LOG_ROOM_BYTES:
            return "no space left on the disk"
        return _one_line(said)


def _one_line(output: str) -> str:
    """The line of a program's output that tells why it failed: the first that sounds like it, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"FATAL|PANIC|error:|could not|invalid value|unrecognized", line)]
    line = (wrong or lines[-1:] or ["it said nothing"])[0]
    return re.sub(r"^.*?(LOG|FATAL|PANIC|error): *", "", line)
