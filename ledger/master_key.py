"""The operator's key, which wraps the data keys of the customers. Losing it makes every personal value unreadable."""

import base64
import os
import secrets
import stat
from pathlib import Path

from ledger.errors import OperatorError
from ledger.settings import MASTER_KEY_BYTES, Settings, decode_master_key

FILE = "master.key"


def load_master_key(settings: Settings) -> bytes:
    """The 32 bytes: from TALLYSTICK_MASTER_KEY, else its file, else `master.key` in the data directory.

    That file is made (mode 0600) on the first start of an embedded database, so call this before the database is
    started; where there is a database without its key, a new key would only hide the loss. Raises OperatorError.
    """
    if settings.master_key is not None:
        return settings.master_key
    if settings.master_key_file is not None:
        return _read(settings.master_key_file)
    if settings.database_url is not None:
        raise OperatorError(
            "With DATABASE_URL the operator's key must be given: set TALLYSTICK_MASTER_KEY (openssl rand -base64 32) "
            "or TALLYSTICK_MASTER_KEY_FILE."
        )
    path = settings.data_dir / FILE
    if not path.exists():
        if (settings.data_dir / "postgres").exists():
            raise OperatorError(f"{path} is missing beside its database: put it back from your backup.")
        _make(path)
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise OperatorError(f"{path} is open to other users: chmod 600 {path}")
        return decode_master_key(str(path), path.read_text(encoding="ascii"))
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise OperatorError(f"{path} does not hold a key in base64.") from error


def _make(path: Path) -> None:
    """Write a new key, whole and on disk before its name is; of two processes at once, the second takes the first's."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
        _sync(path.parent)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
