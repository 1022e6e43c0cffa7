"""Secrets of API keys: kept as keyed hashes, found by the secret alone."""

from typing import Any, NamedTuple

from psycopg import Connection

from ledger.store.sealing import OperatorKey
from ledger.store.statements import statement


class FoundKey(NamedTuple):
    """Whose secret it is. Whether the key still counts, and what it may do, the ledger's settings say."""

    ledger_id: str
    key_id: str


def put_key_secret(conn: Connection[Any], operator: OperatorKey, ledger_id: str, key_id: str, secret: str) -> bool:
    """Keep a secret's hash; answers False when the key has one already."""
    parameters = {"ledger_id": ledger_id, "key_id": key_id, "secret_hash": operator.hash_secret(secret)}
    return conn.execute(statement("insert_key_secret"), parameters).rowcount == 1


def find_key_secrets(conn: Connection[Any], operator: OperatorKey, secret: str) -> list[FoundKey]:
    """The keys that have this secret: none or one, unless an operator gave the same to several ledgers."""
    parameters = {"secret_hash": operator.hash_secret(secret)}
    return [FoundKey(*row) for row in conn.execute(statement("select_key_secrets"), parameters).fetchall()]


def delete_key_secret(conn: Connection[Any], ledger_id: str, key_id: str) -> None:
    """Forget a secret: its key opens nothing any more."""
    conn.execute(statement("delete_key_secret"), {"ledger_id": ledger_id, "key_id": key_id})
