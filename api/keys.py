"""API keys: created, listed and revoked as events of the ledger; their secrets are hashed rows and never events."""

import secrets
from collections.abc import Sequence
from http import HTTPStatus
from itertools import count
from typing import Any, Final, NamedTuple

import psycopg
from psycopg_pool import PoolTimeout

from api.statements import statement
from ledger.core.errors import InvalidInput, Refusal
from ledger.core.settings import CreateKey, Env, Key, LedgerSettings, RevokeKey, Role
from ledger.store.ledger import Caller, SettingsAddress, Store, StoreUnavailable
from ledger.store.requests import Once

PREFIXES: Final = {Env.SANDBOX: "am_sk_test_", Env.LIVE: "am_sk_live_"}
NAME_CHARS: Final = 100
BOOTSTRAP: Final = "bootstrap"


class KeyNotFound(Refusal):
    code = "key_not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, key_id: str) -> None:
        super().__init__(f"Key {key_id} does not exist in this ledger")


class SecretShown(Refusal):
    """A key was asked for twice with one request: its secret was in the first answer, and is kept nowhere."""

    code = "secret_shown"
    status = HTTPStatus.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The key {name} was made when this was sent first, and its secret was shown then: where nobody has seen"
            " it, revoke the key and create another"
        )


class NewKey(NamedTuple):
    """A key with its secret, which is shown this once and kept nowhere."""

    key: Key
    secret: str


class KeyHolder(NamedTuple):
    """What a secret opens."""

    ledger_id: str
    key_id: str


class Revocations:
    """Counts revocations in this process, so that nothing here trusts what it cached before one."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.number = 0

    def happened(self) -> None:
        """Something that was open may be closed now."""
        self.number = next(self._numbers)


REVOCATIONS: Final = Revocations()


def create_key(
    store: Store,
    ledger_id: str,
    name: str,
    role: Role,
    *,
    by: Caller,
    secret: str | None = None,
    once: Once | None = None,
) -> NewKey:
    """Create a key of a ledger; `secret` only where the operator chose it.

    Raises `UnknownLedger`, a `Refusal` (the name is taken or cannot be one), `SecretShown` where the same request made
    it before, `StoreUnavailable`.
    """
    if not 0 < len(name) <= NAME_CHARS or not name.isprintable() or name != name.strip():
        raise InvalidInput(f"A key's name must be 1 to {NAME_CHARS} visible characters without spaces around it")
    ledger = store.ledger(ledger_id)
    settings: LedgerSettings = ledger.look(SettingsAddress(), by=by).state
    key_id = f"key_{secrets.token_hex(8)}"
    chosen = PREFIXES[settings.env] + secrets.token_urlsafe(32) if secret is None else secret
    outcome = ledger.execute(SettingsAddress(), CreateKey(key_id, name, role), by=by, once=once)
    if outcome.replayed:
        raise SecretShown(name)
    parameters = {"ledger_id": ledger_id, "key_id": key_id, "secret_hash": store.operator.hash_secret(chosen)}
    run(store, "insert_key_secret", parameters)
    return NewKey(outcome.state.keys[key_id], chosen)


def revoke_key(store: Store, ledger_id: str, key_id: str, *, by: Caller) -> Key:
    """Revoke a key: at once in this process, within a second in every other. A second time changes nothing."""
    after = store.ledger(ledger_id).execute(SettingsAddress(), RevokeKey(key_id), by=by).state
    run(store, "delete_key_secret", {"ledger_id": ledger_id, "key_id": key_id})
    REVOCATIONS.happened()
    key: Key = after.keys[key_id]
    return key


def find_key(store: Store, ledger_id: str, key_id: str, *, by: Caller) -> Key:
    """A key of a ledger. Raises `KeyNotFound`."""
    settings: LedgerSettings = store.ledger(ledger_id).look(SettingsAddress(), by=by).state
    if key_id not in settings.keys:
        raise KeyNotFound(key_id)
    return settings.keys[key_id]


def list_keys(store: Store, ledger_id: str, *, by: Caller) -> Sequence[Key]:
    """Every key a ledger ever had, oldest first."""
    state: LedgerSettings = store.ledger(ledger_id).look(SettingsAddress(), by=by).state
    return sorted(state.keys.values(), key=lambda key: (key.created_at, key.key_id))


def ensure_key(store: Store, ledger_id: str, secret: str, *, by: Caller) -> Key:
    """Make sure that `secret` is an admin key of the ledger, and answer it; called at every start."""
    settings: LedgerSettings = store.ledger(ledger_id).look(SettingsAddress(), by=by).state
    for holder in find_holders(store, secret):
        key = settings.keys.get(holder.key_id) if holder.ledger_id == ledger_id else None
        if key is not None and key.revoked_at is None and key.role is Role.ADMIN:
            return key
    names = {key.name for key in settings.keys.values() if key.revoked_at is None}
    name = BOOTSTRAP if BOOTSTRAP not in names else f"{BOOTSTRAP}-{secrets.token_hex(3)}"
    return create_key(store, ledger_id, name, Role.ADMIN, by=by, secret=secret).key


def find_holders(store: Store, secret: str) -> list[KeyHolder]:
    """The keys that a secret opens, newest first; mostly one, or none."""
    rows = run(store, "select_key_by_secret", {"secret_hash": store.operator.hash_secret(secret)})
    return [KeyHolder(*row) for row in rows]


def run(store: Store, name: str, parameters: dict[str, Any]) -> list[Any]:
    """One of the API's own statements, by name. Raises `StoreUnavailable`."""
    try:
        with store.pool.connection() as conn:
            cursor = conn.execute(statement(name), parameters)
            return cursor.fetchall() if cursor.description else []
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise StoreUnavailable("the database did not answer in time; send the request again") from error
