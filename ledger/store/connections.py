"""Connections that work as the server's role, with their time limits and a UTF-8, UTC session."""

from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import Connection

from ledger.store.binary import register_arrays
from ledger.store.roles import APP
from ledger.store.statements import statement


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the database may take, in seconds, and how many connections readers share."""

    connect_seconds: float = 5.0
    statement_seconds: float = 30.0
    lock_seconds: float = 10.0
    idle_in_transaction_seconds: float = 30.0
    pool_min: int = 1
    pool_max: int = 16


def connect(database_url: str, limits: Limits, role: LiteralString = APP, also: str | None = None) -> Connection[Any]:
    """One connection in autocommit, working as `role`; `also` names a statement that sets more for its session.

    Raises psycopg's `OperationalError` when there is none.
    """
    conn: Connection[Any] = psycopg.connect(database_url, **session(limits))
    try:
        prepare_session(conn, limits, role)
        if also is not None:
            conn.execute(statement(also))
    except BaseException:
        conn.close()
        raise
    return conn


def session(limits: Limits) -> dict[str, Any]:
    """What every connection is opened with."""
    # A server that vanished without a word is noticed by what it does not acknowledge.
    return {
        "autocommit": True,
        "client_encoding": "utf8",
        "connect_timeout": max(2, round(limits.connect_seconds)),
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": round(limits.statement_seconds * 1000),
    }


def prepare_session(conn: Connection[Any], limits: Limits, role: LiteralString = APP) -> None:
    """Give a new connection its role, its limits and durable commits, whatever the server's defaults are."""
    register_arrays(conn)
    conn.execute(
        statement("prepare_session"),
        {
            "role": role,
            "statement_ms": str(round(limits.statement_seconds * 1000)),
            "lock_ms": str(round(limits.lock_seconds * 1000)),
            "idle_ms": str(round(limits.idle_in_transaction_seconds * 1000)),
        },
    )
