"""Numbered migrations: each file applied once, in order, by the owner, and never changed afterwards.

Several folders share one number order, so that read models add their tables in their own folder. Two runners at
once are safe: the second waits for the first and finds nothing left to do.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, LiteralString

import psycopg
from psycopg import Connection, errors

from ledger.errors import OperatorError
from ledger.store.extensions import ensure_extensions
from ledger.store.roles import OWNER, ensure_roles
from ledger.store.statements import statement

FILE_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
STORE_MIGRATIONS: Final = resources.files("ledger.store.migrations")
ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    text: LiteralString

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, kept beside its number so that an edited one is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_migrations(folders: Sequence[Traversable]) -> list[Migration]:
    """All migrations of the folders in number order; the same number twice is an assertion error."""
    found = [
        Migration(int(match[1]), file.name, file.read_text("utf-8"))
        for folder in folders
        for file in folder.iterdir()
        if (match := FILE_NAME.fullmatch(file.name))
    ]
    found.sort(key=lambda migration: migration.number)
    numbers = [migration.number for migration in found]
    assert len(set(numbers)) == len(numbers), f"a migration number is used twice: {numbers}"
    return found


def migrate(database_url: str, folders: Sequence[Traversable] = (STORE_MIGRATIONS,)) -> list[str]:
    """Bring the schema to what the code needs; answers the names of the files it applied.

    Raises `OperatorError` when the database cannot be reached, the login may not do it, the server lacks an extension,
    an applied file was edited, or the schema is newer than the code.
    """
    migrations = read_migrations(folders)
    try:
        with psycopg.connect(database_url, autocommit=True) as conn:
            return _migrate(conn, migrations)
    except errors.InsufficientPrivilege as error:
        raise OperatorError(
            f"the database login may not prepare the schema ({_first_line(error)}): use a login that may create roles "
            "and tables, or let a database administrator run the migrations once"
        ) from error
    except psycopg.OperationalError as error:
        raise OperatorError(f"the database cannot be reached: {_first_line(error)}") from error


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().split("\n")[0]


def _migrate(conn: Connection, migrations: Sequence[Migration]) -> list[str]:
    for attempt in range(ATTEMPTS):
        try:
            if _is_current(conn, migrations):
                return []
            ensure_roles(conn)
            ensure_extensions(conn)
            with conn.transaction():
                return _apply_missing(conn, migrations)
        except (errors.DuplicateObject, errors.UniqueViolation, errors.InternalError_):
            # Another runner made the same role or table in this moment; it is there now.
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt answers or raises")


def _is_current(conn: Connection, migrations: Sequence[Migration]) -> bool:
    # A server that starts on a finished schema needs no right to change it.
    found = conn.execute("SELECT to_regclass('schema_migrations') IS NOT NULL").fetchone()
    if found is None or not found[0]:
        return False
    try:
        return not _missing(conn, migrations)
    except errors.InsufficientPrivilege:
        return False


def _apply_missing(conn: Connection, migrations: Sequence[Migration]) -> list[str]:
    conn.execute(f"SET LOCAL ROLE {OWNER}")
    conn.execute(statement("create_schema_migrations"))
    conn.execute("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
    missing = _missing(conn, migrations)
    for migration in missing:
        conn.execute(migration.text)
        conn.execute(
            "INSERT INTO schema_migrations (number, name, checksum) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.checksum),
        )
    if missing:
        _distribute(conn)
    return [migration.name for migration in missing]


def _missing(conn: Connection, migrations: Sequence[Migration]) -> list[Migration]:
    known = {migration.number: migration for migration in migrations}
    rows = conn.execute("SELECT number, name, checksum FROM schema_migrations ORDER BY number").fetchall()
    for number, name, checksum in rows:
        if number not in known:
            raise OperatorError(
                f"the database schema is newer than this program (it has migration {name}): run the newer version"
            )
        if known[number].checksum != checksum:
            raise OperatorError(f"migration {known[number].name} was changed after it had been applied: restore it")
    applied = {number for number, _, _ in rows}
    return [migration for migration in migrations if migration.number not in applied]


def _distribute(conn: Connection) -> None:
    # Beyond one machine: with Citus, every table of a ledger is placed by its ledger_id.
    if conn.execute("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'citus'").fetchone() is None:
        return
    for (table,) in conn.execute(statement("undistributed_tables")).fetchall():
        conn.execute("SELECT create_distributed_table(%s, 'ledger_id')", (table,))
