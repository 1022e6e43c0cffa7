"""Everything that is set from outside, read once from the environment into one object.

A bad value is an OperatorError that names the variable, what it was (a secret excepted) and what it must be.
"""

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from ledger.errors import OperatorError

MASTER_KEY_BYTES = 32
BOOTSTRAP_KEY_MIN_CHARACTERS = 16
LOG_LEVELS = ("debug", "info", "warning", "error")
SYSTEM_DATA = Path("/var/lib/tallystick")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How this process is set up. Times in seconds, sizes in bytes; secrets are left out of its repr.

    `database_url` is None where the embedded database of `data_dir` is used.
    """

    database_url: str | None = field(default=None, repr=False)  # may hold a password
    data_dir: Path
    bootstrap_key: str | None = field(default=None, repr=False)
    master_key: bytes | None = field(default=None, repr=False)
    master_key_file: Path | None = None

    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 1  # a second process takes turns with the first at the head of every ledger
    web_threads: int = 64
    drain_seconds: float = 10.0
    max_body_bytes: int = 1_000_000

    pool_min: int = 1
    pool_max: int = 16
    connect_timeout_seconds: float = 5.0
    statement_timeout_seconds: float = 30.0
    lock_timeout_seconds: float = 10.0

    exports_at_once: int = 4  # each has a database connection of its own
    export_seconds: float = 1_800.0
    export_stall_seconds: float = 60.0  # how long a client may take before it reads on

    projection_wait_seconds: float = 5.0
    projection_batch_events: int = 5_000
    batch_commands: int = 512  # at most so many commands in one commit
    warm_streams: int | None = None  # states kept in memory, a ledger and process; None: as the machine's memory allows
    log_level: str = "info"


def read_settings(environ: Mapping[str, str] | None = None, **given: object) -> Settings:
    """The settings of this process: what a command line gave, else the environment, else the defaults.

    `given` are fields of Settings, None for not given. Raises OperatorError on a bad value.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, object] = {}
    for name, (variable, parse) in VARIABLES.items():
        if text := environ.get(variable, "").strip():
            values[name] = parse(variable, text)
    unknown = given.keys() - {each.name for each in fields(Settings)}
    assert not unknown, f"no such settings: {unknown}"
    values |= {name: value for name, value in given.items() if value is not None}
    values["data_dir"] = Path(str(values.get("data_dir") or default_data_dir(environ))).expanduser().absolute()
    settings = Settings(**values)  # type: ignore[arg-type]  # each parser answers the type of its own field
    if settings.pool_min > settings.pool_max:
        raise OperatorError(
            f"TALLYSTICK_POOL_MIN ({settings.pool_min}) is above TALLYSTICK_POOL_MAX ({settings.pool_max})."
        )
    return settings


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where the embedded database lives unless told otherwise.

    `var` in a checkout, else `tallystick` in the user's data folder. For root, whose home PostgreSQL's own user
    cannot enter, a place that it can.
    """
    checkout = Path(__file__).parent.parent
    share = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    place = checkout / "var" if (checkout / "Makefile").exists() else share / "tallystick"
    if os.geteuid() == 0 and not all(_open_to_all(folder) for folder in place.parents if folder.exists()):
        return SYSTEM_DATA
    return place


def _open_to_all(folder: Path) -> bool:
    return bool(folder.stat().st_mode & 0o001)


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def parse(variable: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and low <= int(text) <= high):
            raise OperatorError(f"{variable} is {text!r}: it must be a whole number from {low} to {high}.")
        return int(text)

    return parse


def _seconds(low: float, high: float) -> Callable[[str, str], float]:
    def parse(variable: str, text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not low <= seconds <= high:  # refuses NaN too
            raise OperatorError(f"{variable} is {text!r}: it must be a number of seconds from {low:g} to {high:g}.")
        return seconds

    return parse


def _database_url(variable: str, text: str) -> str:
    try:
        scheme = urlsplit(text).scheme
    except ValueError:
        scheme = ""
    if scheme not in {"postgresql", "postgres"}:
        raise OperatorError(f"{variable} must look like postgresql://user:password@host:5432/database.")
    return text


def _bootstrap_key(variable: str, text: str) -> str:
    if len(text) < BOOTSTRAP_KEY_MIN_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise OperatorError(f"{variable} must be at least {BOOTSTRAP_KEY_MIN_CHARACTERS} plain characters, no spaces.")
    return text


def decode_master_key(source: str, text: str) -> bytes:
    """The operator's key from its base64 text; `source` is named in the OperatorError, the text never."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise OperatorError(f"{source} must be {MASTER_KEY_BYTES} random bytes in base64: openssl rand -base64 32.")
    return key


def _log_level(variable: str, text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise OperatorError(f"{variable} is {text!r}: it must be one of {', '.join(LOG_LEVELS)}.")
    return text.lower()


def _text(_: str, text: str) -> str:
    return text


def _path(_: str, text: str) -> Path:
    return Path(text).expanduser().absolute()


VARIABLES: Mapping[str, tuple[str, Callable[[str, str], object]]] = {
    "database_url": ("DATABASE_URL", _database_url),
    "data_dir": ("TALLYSTICK_DATA", _path),
    "bootstrap_key": ("TALLYSTICK_BOOTSTRAP_KEY", _bootstrap_key),
    "master_key": ("TALLYSTICK_MASTER_KEY", decode_master_key),
    "master_key_file": ("TALLYSTICK_MASTER_KEY_FILE", _path),
    "host": ("TALLYSTICK_HOST", _text),
    "port": ("TALLYSTICK_PORT", _whole(0, 65_535)),
    "web_workers": ("TALLYSTICK_WEB_WORKERS", _whole(1, 64)),
    "web_threads": ("TALLYSTICK_WEB_THREADS", _whole(1, 512)),
    "drain_seconds": ("TALLYSTICK_DRAIN_SECONDS", _seconds(0, 300)),
    "max_body_bytes": ("TALLYSTICK_MAX_BODY_BYTES", _whole(1_024, 1_000_000)),
    "pool_min": ("TALLYSTICK_POOL_MIN", _whole(0, 100)),
    "pool_max": ("TALLYSTICK_POOL_MAX", _whole(2, 100)),
    "connect_timeout_seconds": ("TALLYSTICK_CONNECT_TIMEOUT_SECONDS", _seconds(1, 300)),
    "statement_timeout_seconds": ("TALLYSTICK_STATEMENT_TIMEOUT_SECONDS", _seconds(0.1, 3_600)),
    "lock_timeout_seconds": ("TALLYSTICK_LOCK_TIMEOUT_SECONDS", _seconds(0.1, 3_600)),
    "exports_at_once": ("TALLYSTICK_EXPORTS_AT_ONCE", _whole(1, 64)),
    "export_seconds": ("TALLYSTICK_EXPORT_SECONDS", _seconds(0.1, 86_400)),
    "export_stall_seconds": ("TALLYSTICK_EXPORT_STALL_SECONDS", _seconds(0.1, 3_600)),
    "projection_wait_seconds": ("TALLYSTICK_PROJECTION_WAIT_SECONDS", _seconds(0, 60)),
    "projection_batch_events": ("TALLYSTICK_PROJECTION_BATCH_EVENTS", _whole(1, 100_000)),
    "batch_commands": ("TALLYSTICK_BATCH_COMMANDS", _whole(1, 10_000)),
    "warm_streams": ("TALLYSTICK_WARM_STREAMS", _whole(1, 10_000_000)),
    "log_level": ("TALLYSTICK_LOG_LEVEL", _log_level),
}
