"""Extensions of PostgreSQL that the schema needs: made by the login itself, before the migrations."""

from typing import Final, LiteralString

from psycopg import Connection, errors

from ledger.errors import OperatorError

NEEDED: Final[tuple[LiteralString, ...]] = ("pg_trgm",)


def ensure_extensions(conn: Connection) -> None:
    """Create what is missing. Raises `OperatorError` where the server has not got it, or this login may not make it.

    Each is one that PostgreSQL ships and trusts: whoever may create objects in the database may create it.
    """
    for name in NEEDED:
        if conn.execute("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = %s", (name,)).fetchone() is None:
            _create(conn, name)


def _create(conn: Connection, name: LiteralString) -> None:
    try:
        conn.execute(f"CREATE EXTENSION IF NOT EXISTS {name} SCHEMA public")
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.UndefinedFile) as error:
        reason = str(error).strip().split("\n")[0]
        raise OperatorError(
            f"the database has no extension {name}, which searching needs, and it could not be made ({reason}): "
            f"install PostgreSQL's contrib package and let an administrator run CREATE EXTENSION {name} in it once"
        ) from error
