"""Two roles behind one database URL: the owner, who migrates, and the one the server works as."""

from typing import Final, LiteralString

from psycopg import Connection, errors

OWNER: Final[LiteralString] = "tallystick_owner"
APP: Final[LiteralString] = "tallystick_app"


def ensure_roles(conn: Connection) -> None:
    """Create both roles where they are missing and let this login act as them.

    Roles belong to the whole server, so another database's runner may create them in the same moment.
    """
    for role in (OWNER, APP):
        _ensure_role(conn, role)
        if not _may_act_as(conn, role):
            conn.execute(f"GRANT {role} TO CURRENT_USER")
    if not _may_create(conn):
        conn.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
    conn.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")


def _ensure_role(conn: Connection, role: LiteralString) -> None:
    if conn.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
        try:
            conn.execute(f"CREATE ROLE {role} NOLOGIN")
        except (errors.DuplicateObject, errors.UniqueViolation):
            return


def _may_act_as(conn: Connection, role: LiteralString) -> bool:
    # Since PostgreSQL 16 a member may still lack the right to SET ROLE; before, there was no such difference.
    privilege = "SET" if conn.info.server_version >= 160000 else "MEMBER"
    row = conn.execute("SELECT pg_catalog.pg_has_role(current_user, %s, %s)", (role, privilege)).fetchone()
    return row is not None and bool(row[0])


def _may_create(conn: Connection) -> bool:
    row = conn.execute("SELECT pg_catalog.has_schema_privilege(%s, 'public', 'CREATE')", (OWNER,)).fetchone()
    return row is not None and bool(row[0])
