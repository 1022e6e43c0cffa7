"""Users of the dashboard: added, changed and disabled as events of the ledger; their passwords are hashed rows."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from argon2 import PasswordHasher

from api.keys import run
from ledger.core.access import AddUser, ChangeRole, DisableUser, User, UserRole
from ledger.core.errors import InvalidInput
from ledger.core.settings import LedgerSettings
from ledger.store.ledger import Caller, SettingsAddress, Store

LEAST_PASSWORD_CHARS, MOST_PASSWORD_CHARS = 12, 256
HASHER: Final = PasswordHasher()


def add_user(store: Store, ledger_id: str, name: str, role: UserRole, password: str | None, *, by: Caller) -> User:
    """Add a user. Without a password a sign-in link is the only way in.

    Raises `UnknownLedger`, a `Refusal` (the name is taken or cannot be one, the password is too short),
    `StoreUnavailable`.
    """
    if password is not None:
        _check_password(password)
    user_id = f"user_{secrets.token_hex(8)}"
    after = store.ledger(ledger_id).execute(SettingsAddress(), AddUser(user_id, name, role), by=by).state
    if password is not None:
        put_password(store, ledger_id, user_id, password)
    user: User = after.users[user_id]
    return user


def set_password(store: Store, ledger_id: str, user_id: str, password: str) -> None:
    """Give a user another password; nobody stays signed in as them. Raises `InvalidInput` for one too short."""
    _check_password(password)
    put_password(store, ledger_id, user_id, password)
    run(store, "delete_sessions", {"ledger_id": ledger_id, "user_id": user_id})


def change_role(store: Store, ledger_id: str, user_id: str, role: UserRole, *, by: Caller) -> User:
    """Let a user do more, or less, from the next request on. Raises a `Refusal`."""
    after = store.ledger(ledger_id).execute(SettingsAddress(), ChangeRole(user_id, role), by=by).state
    user: User = after.users[user_id]
    return user


def disable_user(store: Store, ledger_id: str, user_id: str, *, by: Caller) -> User:
    """Let a user in no more, from the next request on. Raises a `Refusal`."""
    after = store.ledger(ledger_id).execute(SettingsAddress(), DisableUser(user_id), by=by).state
    run(store, "delete_sessions", {"ledger_id": ledger_id, "user_id": user_id})
    user: User = after.users[user_id]
    return user


def list_users(store: Store, ledger_id: str, *, by: Caller) -> Sequence[User]:
    """Every user a ledger ever had, oldest first."""
    return sorted(users_of(store, ledger_id, by=by).values(), key=lambda user: (user.created_at, user.user_id))


def users_of(store: Store, ledger_id: str, *, by: Caller) -> Mapping[str, User]:
    """Every user a ledger ever had, by id."""
    state: LedgerSettings = store.ledger(ledger_id).look(SettingsAddress(), by=by).state
    return state.users


def _check_password(password: str) -> None:
    if not LEAST_PASSWORD_CHARS <= len(password) <= MOST_PASSWORD_CHARS:
        raise InvalidInput(f"A password must be {LEAST_PASSWORD_CHARS} to {MOST_PASSWORD_CHARS} characters long")


def put_password(store: Store, ledger_id: str, user_id: str, password: str) -> None:
    """Keep the hash of a password that may be one."""
    kept = {"ledger_id": ledger_id, "user_id": user_id, "hash": HASHER.hash(password)}
    run(store, "upsert_password", kept)
