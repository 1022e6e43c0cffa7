"""The operating-system user the database runs as. PostgreSQL refuses root, so under root it gets a user of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import OperatorError

SERVICE_USER = "tallystick"
LAST_RESORT = "nobody"  # where no user can be added: better than not starting, and said in the manual
ADMIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Finished:
    """What a program answered: its exit status and everything it printed."""

    status: int
    output: str


@dataclass(frozen=True)
class Account:
    """A user under whom programs are started; `switch` when that is not the user we are."""

    uid: int
    gid: int
    switch: bool

    def run(self, arguments: Sequence[str | Path], *, timeout_seconds: float) -> Finished:
        """Run a program to its end as this user, in a session of its own so that Ctrl-C does not reach it.

        The environment is empty but for what is named here: PGPORT and its like must not redirect it. The output
        goes through a file, because a server left running would hold a pipe open.
        """
        with tempfile.TemporaryFile() as output:
            finished = subprocess.run(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",  # the present directory may be closed to this user
                env={"PATH": ADMIN_PATH, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                timeout=timeout_seconds,
                check=False,
                user=self.uid if self.switch else None,
                group=self.gid if self.switch else None,
                extra_groups=[] if self.switch else None,
            )
            output.seek(0)
            return Finished(finished.returncode, output.read().decode(errors="replace"))

    def can_enter(self, directory: Path) -> bool:
        """Whether this user may reach the directory; asked of the kernel, which knows every kind of permission."""
        return not self.switch or self.run(["test", "-x", directory], timeout_seconds=10).status == 0

    def own(self, path: Path) -> None:
        """Give a path that we made to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def account_for(cluster: Path) -> Account:
    """The user for a data directory: whoever owns it already, else ourselves, else (as root) the service user."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, switch=True)
    entry = _find(SERVICE_USER) or _add_service_user() or _find(LAST_RESORT)
    if entry is None:
        raise OperatorError(f"PostgreSQL does not run as root: add a user named {SERVICE_USER} and start again.")
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _add_service_user() -> pwd.struct_passwd | None:
    if (useradd := shutil.which("useradd", path=ADMIN_PATH)) is None:
        return None
    flags = ("--system", "--user-group", "--no-create-home", "--home-dir", "/", "--shell", "/usr/sbin/nologin")
    subprocess.run([useradd, *flags, SERVICE_USER], capture_output=True, check=False, timeout=30)
    return _find(SERVICE_USER)  # there as well when another process added it a moment before us
