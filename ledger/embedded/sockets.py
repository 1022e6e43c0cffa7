"""Where the database's socket lives, and whether anyone listens there."""

import hashlib
import os
import re
import socket
import stat
from pathlib import Path

from ledger.embedded.account import Account
from ledger.errors import OperatorError

NAME = ".s.PGSQL.5432"
LOCK = f"{NAME}.lock"
PATH_LIMIT_BYTES = 103  # the smaller of Linux's 107 and macOS's 103
SHORT = Path("/tmp")  # noqa: S108  # below it a folder that we make, own and check: TMPDIR may be as long as the data's path


def socket_directory(data_dir: Path, account: Account) -> Path:
    """A folder for the socket, open to the account alone: `run` in the data directory, or a short name outside it.

    Whoever can reach the socket is trusted as the database's owner, so the folder is the lock on the door.
    """
    beside = data_dir / "run"
    plain = re.fullmatch(r"[\w/.+@%:~ -]+", str(beside)) is not None  # no quoting inside quoting in the settings
    if plain and len(os.fsencode(beside / NAME)) <= PATH_LIMIT_BYTES:
        return _private(beside, account)
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return _private(SHORT / f"tallystick-{mark}", account)


def remove_socket_directory(directory: Path) -> None:
    """Remove a folder that lies outside the data directory, which would not go with it."""
    if directory.parent == SHORT and not any(directory.iterdir()):
        directory.rmdir()


def _private(directory: Path, account: Account) -> Path:
    try:
        directory.mkdir(mode=0o700)
        account.own(directory)
    except FileExistsError:
        pass
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
        raise OperatorError(f"{directory} belongs to someone else: remove it, or choose another data directory.")
    directory.chmod(0o700)
    return directory


def someone_listens(directory: Path) -> bool:
    """Whether a server accepts connections on the socket in this folder; a dead server's socket file accepts none."""
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with probe:
        probe.settimeout(5)
        try:
            probe.connect(str(directory / NAME))
        except TimeoutError:
            return True  # its queue is full: busy, not gone
        except OSError:
            return False
    return True
